import { Option } from 'commander';

import { UsageError } from '../../director/base/errors.js';
import { partitionPlanes, type PartitionPlane } from '../lab/network-faults.js';
import { addCommand, examples, report, type CommandLine } from './command-line.js';
import { chosenLab, type CommonOptions } from './lab-option.js';

interface PartitionOptions extends CommonOptions {
  readonly only: PartitionPlane;
  readonly oneWay?: true;
}

/** `partition`, `link` and `heal`: what becomes of the wires. */
export function addNetworkCommands(line: CommandLine): void {
  addCommand(line, 'partition')
    .summary('cut nodes off from each other')
    .description(
      'Cut nodes off from each other: those of different sides hear nothing of each other any\n' +
        'more, though their links stay up. Nodes on no side go on talking to everybody.',
    )
    .argument('<sides...>', 'two sides or more, each a node or NODE,NODE,…')
    .addOption(
      new Option('--only <plane>', 'cut only the election, or only session sync')
        .choices(partitionPlanes)
        .default('all'),
    )
    .option('--one-way', 'the first side is not heard, but hears')
    .addHelpText('after', examples('partition d1 d2,client', 'partition d1 d2 --only vrrp', 'heal'))
    .action(async (names: readonly string[], options: PartitionOptions) => {
      const sides = names.map((side) => side.split(','));
      const { only: plane, oneWay = false } = options;
      await (await chosenLab(options)).partition({ sides, plane, oneWay });
      const text = `${names.join(oneWay ? ' x ' : ' | ')} do not hear each other any more`;
      report(
        line,
        options,
        { sides, plane, oneWay },
        plane === 'all' ? text : `${text} (${plane})`,
      );
    });

  addCommand(line, 'link')
    .summary("pull a node's cable, or plug it in again")
    .description("Pull a node's cable, or plug it in again: its carrier goes and comes.")
    .argument('<node>', 'node')
    .argument('<state>', 'up or down')
    .argument('[network]', 'only the cable to this network (default: all)')
    .addHelpText('after', examples('link d1 down', 'link d1 down clients', 'link d1 up'))
    .action(
      async (node: string, state: string, network: string | undefined, options: CommonOptions) => {
        if (state !== 'up' && state !== 'down') {
          throw new UsageError({ code: 'link-state' }, `a link is up or down, not '${state}'`);
        }
        await (await chosenLab(options)).setLink(node, network, state === 'up');
        const where = network === undefined ? 'all networks' : network;
        report(line, options, { node, network, state }, `${node}: link to ${where} is ${state}`);
      },
    );

  addCommand(line, 'heal')
    .summary('end every partition and plug every cable in')
    .description('End every partition and plug every cable in again.')
    .addHelpText('after', examples('heal'))
    .action(async (options: CommonOptions) => {
      await (await chosenLab(options)).heal();
      report(line, options, { healed: true }, 'healed: every node hears every other again');
    });
}
