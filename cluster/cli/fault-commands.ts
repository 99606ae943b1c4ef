import { ConfigError } from '../../director/base/errors.js';
import type { ReloadAnswer } from '../node/api.js';
import { addCommand, examples, report, type CommandLine } from './command-line.js';
import { interruptible } from './interruption.js';
import { chosenLab, type CommonOptions } from './lab-option.js';

/** `kill`, `stop`, `pause`, `resume` and `start`: a director's process as an operator, or bad luck, treats it. */
export function addFaultCommands(line: CommandLine): void {
  addCommand(line, 'kill')
    .summary('kill a director (SIGKILL; a VM: power off)')
    .description(
      'Kill a director by SIGKILL, or cut the power of its VM: it cannot say goodbye, and its\n' +
        'peers must notice.',
    )
    .argument('<node>', 'director')
    .addHelpText('after', examples('kill d1'))
    .action(async (node: string, options: CommonOptions) => {
      const lab = await chosenLab(options);
      const at = await lab.killNode(node);
      report(line, options, { node, action: 'killed', at }, `killed ${node} (${lab.means.kill})`);
    });

  addCommand(line, 'stop')
    .summary('stop a director in good order (SIGTERM)')
    .description('Stop a director by SIGTERM and wait until it has handed over and ended.')
    .argument('<node>', 'director')
    .addHelpText('after', examples('stop d1'))
    .action(async (node: string, options: CommonOptions) => {
      await (await chosenLab(options)).stopNode(node);
      report(line, options, { node, action: 'stopped' }, `stopped ${node}`);
    });

  addCommand(line, 'pause')
    .summary('halt a director (SIGSTOP; a VM: all of it)')
    .description('Halt a director by SIGSTOP, as a machine that hangs: it is silent, but not dead.')
    .argument('<node>', 'director')
    .addHelpText('after', examples('pause d1', 'resume d1'))
    .action(async (node: string, options: CommonOptions) => {
      const lab = await chosenLab(options);
      await lab.pauseNode(node);
      report(line, options, { node, action: 'paused' }, `paused ${node} (${lab.means.pause})`);
    });

  addCommand(line, 'resume')
    .summary('let a director that was paused go on (SIGCONT)')
    .description('Let a director that was paused go on, as if no time had passed for it.')
    .argument('<node>', 'director')
    .addHelpText('after', examples('resume d1'))
    .action(async (node: string, options: CommonOptions) => {
      await (await chosenLab(options)).resumeNode(node);
      report(line, options, { node, action: 'resumed' }, `resumed ${node}`);
    });

  addCommand(line, 'start')
    .summary('start a director that was killed or stopped')
    .description('Start a director that was killed or stopped and wait until it answers.')
    .argument('<node>', 'director')
    .addHelpText('after', examples('start d1'))
    .action(async (node: string, options: CommonOptions) => {
      const lab = await chosenLab(options);
      await interruptible(line.terminal, async (signal) => lab.startNode(node, signal));
      report(line, options, { node, action: 'started' }, `started ${node}`);
    });
}

/** `preempt` and `reload`: what one asks of a director that works. */
export function addNodeCommands(line: CommandLine): void {
  addCommand(line, 'preempt')
    .summary('let a director take over before it has the whole table')
    .description(
      'A director that starts waits for the whole connection table before it takes over from a\n' +
        'master of lower priority. This ends the wait: connections that it lacks may break.',
    )
    .argument('<node>', 'director')
    .addHelpText('after', examples('preempt d1'))
    .action(async (node: string, options: CommonOptions) => {
      const tableComplete = await (await chosenLab(options)).preempt(node);
      const text = `${node} may take over${tableComplete ? '' : ' without the whole table'}`;
      report(line, options, { node, action: 'preempt', tableComplete }, text);
    });

  addCommand(line, 'reload')
    .summary('let a director read its configuration file again (SIGHUP)')
    .description(
      'Let a director read its configuration file again. What is the same in the old file and the\n' +
        'new one goes on untouched: connections, counters, elections, checkers. A file with a\n' +
        'mistake changes nothing.',
    )
    .argument('<node>', 'director')
    .addHelpText('after', examples('reload d1', 'reload d1 --json'))
    .action(async (node: string, options: CommonOptions) => {
      const lab = await chosenLab(options);
      const answer: ReloadAnswer = JSON.parse(await lab.call(node, 'POST', '/reload', '{}'));
      if (answer.refusal !== undefined) throw reloadRefused(node, answer.refusal);
      const { differences } = answer;
      const lines = differences.map((difference) => `  ${difference}`);
      const text = [`reloaded ${node}`, ...lines].join('\n');
      report(line, options, { node, action: 'reloaded', differences }, text);
    });
}

const reloadRefused = (node: string, reason: string): ConfigError =>
  new ConfigError({ code: 'reload-refused', file: node }, `${node} has changed nothing: ${reason}`);
