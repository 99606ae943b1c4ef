import { Option } from 'commander';

import { DriverChoices, type DriverChoice } from '../config/node-config.js';
import { defaultLabFile, readLabFile } from '../lab/default-lab.js';
import { withDriver } from '../lab/demo-plan.js';
import { bringUp, takeDown } from '../lab/lab.js';
import { refuseVagrantName } from '../vagrant/open.js';
import { addCommand, examples, type CommandLine } from './command-line.js';
import { interruptible } from './interruption.js';
import { labName, type CommonOptions } from './lab-option.js';

interface UpOptions extends CommonOptions {
  readonly topologyOnly?: true;
  readonly driver?: DriverChoice;
}

/** `up` and `down`. */
export function addLabCommands(line: CommandLine): void {
  addCommand(line, 'up')
    .summary('bring a lab up')
    .description(
      'Bring a lab up and wait until it works: one director is master, all have\n' +
        'the whole table. Interrupted or failed, it leaves nothing behind.',
    )
    .argument('[lab-file]', 'lab file (default: the lab that comes with baton)')
    .option('--topology-only', 'only the namespaces and links, no directors or real servers')
    .addOption(
      new Option(
        '--driver <name>',
        'how frames come in and go out, whatever the file says',
      ).choices(DriverChoices),
    )
    .addHelpText('after', examples('up', 'up my-lab.yaml', 'up --lab second', 'up --driver pcap'))
    .action(async (file: string | undefined, options: UpOptions) => up(line, file, options));

  addCommand(line, 'down')
    .summary('take a lab down')
    .description('Take a lab down, also one that came up only half or was left by a crash.')
    .addHelpText('after', examples('down', 'down --lab second'))
    .action(async (options: CommonOptions) => down(line, options));
}

async function up(
  { terminal }: CommandLine,
  file: string | undefined,
  options: UpOptions,
): Promise<void> {
  const config = readLabFile(file ?? defaultLabFile);
  const named = { ...config, name: options.lab ?? config.name };
  const lab = options.driver === undefined ? named : withDriver(named, options.driver);
  refuseVagrantName(lab.name);
  const { name, folder, nodes, directors } = await interruptible(terminal, async (signal) =>
    bringUp(lab, {
      signal,
      progress: (text) => terminal.note(text),
      topologyOnly: options.topologyOnly === true,
    }),
  );
  const summary = { name, folder, nodes, directors };
  terminal.out(
    options.json === true
      ? `${JSON.stringify(summary, undefined, 2)}\n`
      : `lab '${name}' is up: ${nodes.join(', ')}; logs are in ${folder}\n`,
  );
}

async function down({ terminal }: CommandLine, options: CommonOptions): Promise<void> {
  const name = labName(options);
  refuseVagrantName(name);
  // Interrupted halfway it would leave more to clean up than before: it goes on to the end.
  await interruptible(terminal, async () => takeDown(name));
  terminal.out(
    options.json === true
      ? `${JSON.stringify({ name, running: false })}\n`
      : `lab '${name}' is down\n`,
  );
}
