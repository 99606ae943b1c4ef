import { text } from 'node:stream/consumers';

import type { IpvsadmAnswer } from '../ipvsadm/command.js';
import { commandOf } from '../ipvsadm/parse.js';
import { isNoAnswer } from '../lab/control-client.js';
import type { LabControl } from '../lab/lab-control.js';
import { addCommand, examples, type CommandLine } from './command-line.js';
import { chosenLab, type CommonOptions } from './lab-option.js';
import { restoreRules } from './restore-rules.js';

interface IpvsadmOptions extends CommonOptions {
  readonly node?: string;
}

/** What one director made of a command line; undefined when it is not running. */
interface NodeAnswer {
  readonly node: string;
  readonly answer: IpvsadmAnswer | undefined;
}

/** `ipvsadm`: the command line that people know, for the directors of a lab. */
export function addIpvsadmCommand(line: CommandLine): void {
  addCommand(line, 'ipvsadm')
    .summary('change and list virtual services as ipvsadm does')
    .description(
      'Carry out an ipvsadm command line. A change is made on every director, so that\n' +
        "they stay alike; a listing is the master's. The exit status is ipvsadm's.\n" +
        'What is given after the first word that is not an option of ours is for ipvsadm:\n' +
        '-h shows what that can be.',
    )
    .option('--node <name>', 'only this director')
    .helpOption('--help', 'display help for command')
    .allowUnknownOption()
    .passThroughOptions()
    .argument('[arguments...]', "ipvsadm's arguments (default: list)")
    .addHelpText(
      'after',
      examples(
        'ipvsadm -A -t 10.1.0.100:8080 -s wlc',
        'ipvsadm -a -t 10.1.0.100:8080 -r 10.2.0.21:80 -m',
        'ipvsadm --node d2 -Ln --stats',
      ),
    )
    .action(async (argv: string[], options: IpvsadmOptions) => {
      const lab = await chosenLab(options);
      if (commandOf(argv) === 'restore') {
        const rules = await text(process.stdin);
        const status = await restoreRules(rules, async (rule) =>
          report(line, options, await carryOut(lab, rule, options.node)),
        );
        line.fail(status);
        return;
      }
      line.fail(report(line, options, await carryOut(lab, argv, options.node)));
    });
}

/** Commands that change nothing: one director's answer is enough. */
const isListing = (argv: readonly string[]): boolean =>
  ['list', 'save', 'help', 'version', undefined].includes(commandOf(argv));

async function carryOut(
  lab: LabControl,
  argv: readonly string[],
  node: string | undefined,
): Promise<NodeAnswer[]> {
  if (node !== undefined) return [{ node, answer: await lab.ipvsadm(node, argv) }];
  if (isListing(argv)) {
    const master = await findMaster(lab);
    return [{ node: master, answer: await lab.ipvsadm(master, argv) }];
  }
  const answers: NodeAnswer[] = [];
  // One after the other: a command that fails on the first is seen to fail there first.
  for (const each of lab.directors) {
    answers.push({ node: each, answer: await ifRunning(lab, each, () => lab.ipvsadm(each, argv)) });
  }
  return answers;
}

/** The master, or the first director that runs, or else the first. */
async function findMaster(lab: LabControl): Promise<string> {
  const statuses = await Promise.all(
    lab.directors.map((node) => ifRunning(lab, node, () => lab.request(node, '/status'))),
  );
  const master = statuses.findIndex((status) => status?.state === 'master');
  const running = statuses.findIndex((status) => status !== undefined);
  return lab.directors[Math.max(0, master < 0 ? running : master)] ?? '';
}

/** Undefined from a director that does not run, or ends while it is asked. */
async function ifRunning<T>(
  lab: LabControl,
  node: string,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isNoAnswer(error) && !(await lab.isRunning(node))) return undefined;
    throw error;
  }
}

/**
 * Writes the answers: once when all directors say the same, otherwise each under its name. Returns the exit status: the
 * worst of theirs, 1 when none is running.
 */
function report(
  { terminal }: CommandLine,
  options: IpvsadmOptions,
  answers: readonly NodeAnswer[],
): number {
  const given = answers.flatMap(({ node, answer }) =>
    answer === undefined ? [] : [{ node, ...answer }],
  );
  for (const { node, answer } of answers) {
    if (answer === undefined) terminal.note(`${node} is not running`);
  }
  if (options.json === true) {
    const byNode = Object.fromEntries(answers.map(({ node, answer }) => [node, answer ?? null]));
    terminal.out(`${JSON.stringify(byNode, undefined, 2)}\n`);
  } else {
    const texts = new Set(given.map(({ stdout, stderr }) => `${stdout}\n${stderr}`));
    for (const { node, stdout, stderr } of texts.size === 1 ? given.slice(0, 1) : given) {
      const name = texts.size === 1 ? '' : `${node}: `;
      if (stdout !== '') terminal.out(`${name === '' ? '' : `${node}:\n`}${stdout}`);
      if (stderr !== '') terminal.note(`${name}${stderr.replace(/\n$/, '')}`);
    }
  }
  return given.length === 0 ? 1 : Math.max(...given.map(({ exit }) => exit));
}
