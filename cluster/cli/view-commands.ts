import { isNoAnswer } from '../lab/control-client.js';
import type { LabControl } from '../lab/lab-control.js';
import { diffTables, type TableOf } from '../lab/table-diff.js';
import type { Api } from '../node/api.js';
import { renderJson, type Answer } from './answers.js';
import { addCommand, examples, type CommandLine } from './command-line.js';
import { chosenLab, type CommonOptions } from './lab-option.js';
import { renderDiff } from './render-diff.js';
import { renderHealth } from './render-health.js';
import { renderServices } from './render-services.js';
import { renderSessions } from './render-sessions.js';
import { renderStatus } from './render-status.js';
import { renderSync } from './render-sync.js';
import { renderVrrp } from './render-vrrp.js';

interface ViewOptions extends CommonOptions {
  readonly node?: string;
}

/** A command that asks directors for one document and shows the answers side by side. */
interface View<P extends keyof Api> {
  readonly name: string;
  readonly summary: string;
  readonly path: P;
  readonly render: (answers: readonly Answer<P>[]) => string;
}

/** `status`, `sessions`, `services`, `health`, `vrrp` and `sync`. */
export function addViewCommands(line: CommandLine): void {
  addView(line, {
    name: 'status',
    summary: 'show the directors: state, table, packets',
    path: '/status',
    render: (answers) => renderStatus(answers, Date.now()),
  });
  addView(line, {
    name: 'sessions',
    summary: "show the directors' connection tables",
    path: '/sessions',
    render: renderSessions,
  });
  addView(line, {
    name: 'services',
    summary: 'show virtual services and real servers as ipvsadm does',
    path: '/services',
    render: renderServices,
  });
  addView(line, {
    name: 'health',
    summary: 'show the health checkers of real servers and what they have found',
    path: '/health',
    render: renderHealth,
  });
  addView(line, {
    name: 'vrrp',
    summary: 'show the VRRP instances: who is master and since when',
    path: '/vrrp',
    render: (answers) => renderVrrp(answers, Date.now()),
  });
  addView(line, {
    name: 'sync',
    summary: 'show the exchange of the connection table between directors',
    path: '/sync',
    render: (answers) => renderSync(answers, Date.now()),
  });
}

/** `diff`: do two directors know the same? */
export function addDiffCommand(line: CommandLine): void {
  addCommand(line, 'diff')
    .summary('compare the connection tables of two directors')
    .description(
      'Compare the connection tables of two directors: entries that only one of them has, by\n' +
        'reason, and those that differ. Exit status 1 when the tables differ.',
    )
    .argument('<a>', 'director')
    .argument('<b>', 'another director')
    .option('--all', 'list every entry (default: five of each group)')
    .addHelpText('after', examples('diff d1 d2', 'diff d1 d2 --all --json'))
    .action(async (a: string, b: string, options: CommonOptions & { readonly all?: true }) => {
      const lab = await chosenLab(options);
      const tableOf = async (node: string): Promise<TableOf> => ({
        node,
        sessions: (await lab.request(node, '/sessions')).sessions,
      });
      // At the same moment, or what happens between the two requests would count as a difference.
      const [first, second] = await Promise.all([tableOf(a), tableOf(b)]);
      const diff = diffTables(first, second);
      line.terminal.out(
        options.json === true
          ? `${JSON.stringify(diff, undefined, 2)}\n`
          : renderDiff(diff, options.all === true),
      );
      if (!diff.equal) line.fail(1);
    });
}

function addView<P extends keyof Api>(line: CommandLine, view: View<P>): void {
  addCommand(line, view.name)
    .summary(view.summary)
    .description(
      `${view.summary.charAt(0).toUpperCase()}${view.summary.slice(1)}.\n` +
        'With --json: one object, keyed by director; null for one that does not run.',
    )
    .option('--node <name>', 'only this director (default: all)')
    .addHelpText('after', examples(view.name, `${view.name} --node d1 --json`))
    .action(async (options: ViewOptions) => {
      const answers = await ask(await chosenLab(options), view.path, options.node);
      line.terminal.out(options.json === true ? renderJson(answers) : view.render(answers));
    });
}

/** Asks one director, which must run, or all, of which some may not. */
async function ask<P extends keyof Api>(
  lab: LabControl,
  path: P,
  node: string | undefined,
): Promise<Answer<P>[]> {
  if (node !== undefined) return [{ node, document: await lab.request(node, path) }];
  return Promise.all(
    lab.directors.map(async (each) => ({
      node: each,
      document: await askIfRunning(lab, path, each),
    })),
  );
}

/** Undefined from a director that does not run, or ends while it is asked. */
async function askIfRunning<P extends keyof Api>(
  lab: LabControl,
  path: P,
  node: string,
): Promise<Api[P] | undefined> {
  try {
    return await lab.request(node, path);
  } catch (error) {
    if (isNoAnswer(error) && !(await lab.isRunning(node))) return undefined;
    throw error;
  }
}
