import { runToEnd } from '../lab/subprocess.js';
import { addCommand, examples, type CommandLine } from './command-line.js';
import { runInForeground } from './foreground.js';
import { signalStatus } from './interruption.js';
import { chosenLab, type CommonOptions } from './lab-option.js';

/** `exec`: any program on any node. */
export function addExecCommand(line: CommandLine): void {
  addCommand(line, 'exec')
    .summary('run a command on a node')
    .description(
      "Run a command in a node's network namespace, with the files and the user of\n" +
        "this shell, or on a node's VM. The exit status is the command's.",
    )
    .argument('<node>', "any node, or 'switch', which holds the bridges between them")
    .argument('<command...>', 'command and its arguments, after --')
    .addHelpText(
      'after',
      examples('exec client -- ip route', 'exec d1 -- tcpdump -ni clients', 'exec s1 -- sh'),
    )
    .action(async (node: string, command: string[], options: CommonOptions) => {
      const argv = (await chosenLab(options)).execArgs(node, command);
      if (options.json !== true) return line.fail(await runInForeground(argv));
      const finished = await runToEnd(argv, {});
      line.terminal.out(`${JSON.stringify({ node, command, ...finished }, undefined, 2)}\n`);
      const { status } = finished;
      line.fail(typeof status === 'number' ? status : signalStatus(status));
    });
}
