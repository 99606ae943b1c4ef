import { Command, CommanderError } from 'commander';

import { BatonError, ConfigError, UsageError } from '../../director/base/errors.js';
import { addApiCommand } from './api-command.js';
import { addConfigCommands } from './config-commands.js';
import { addDoctorCommand } from './doctor-command.js';
import { addExecCommand } from './exec-command.js';
import { addFaultCommands, addNodeCommands } from './fault-commands.js';
import { Interruption, signalStatus } from './interruption.js';
import { addIpvsadmCommand } from './ipvsadm-command.js';
import { addLabCommands } from './lab-commands.js';
import type { CommonOptions } from './lab-option.js';
import { addNetworkCommands } from './network-commands.js';
import { addRunCommand } from './run-command.js';
import { addSimCommands } from './sim-commands.js';
import type { Terminal } from './terminal.js';
import { addTrafficCommand } from './traffic-command.js';
import { addDiffCommand, addViewCommands } from './view-commands.js';

/** The command line, or a file it names, cannot be used as given. */
const usageStatus = 2;

/** What was asked for is fine, and did not work. */
const failureStatus = 1;

/**
 * Carries out one command line and returns the exit status: 0, 1 for a failure, 2 for a mistake in the command line or
 * a configuration, 128 and the signal's number when interrupted.
 */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0;
  const program = createProgram();
  const line = {
    program,
    terminal,
    fail: (failure: number): void => {
      status = failure;
    },
  };
  addLabCommands(line);
  addViewCommands(line);
  addDiffCommand(line);
  addFaultCommands(line);
  addNodeCommands(line);
  addNetworkCommands(line);
  addTrafficCommand(line);
  addExecCommand(line);
  addIpvsadmCommand(line);
  addSimCommands(line);
  addRunCommand(line);
  addApiCommand(line);
  addConfigCommands(line);
  addDoctorCommand(line);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    return complain(error, terminal);
  }
  return status;
}

const createProgram = (): Command =>
  new Command('baton')
    .description(
      'A cluster of layer-4 directors, in a lab of network namespaces on this machine, or of\n' +
        'virtual machines (--lab vagrant).\n' +
        'Bring it up, run traffic, kill the master, and see what became of every session.',
    )
    .exitOverride()
    .option('--lab <name>', "the lab a command is about; 'vagrant' is the one on virtual machines")
    // It may stand before the command as well as after it.
    .hook('preAction', (program, command) => {
      const { lab } = program.opts<CommonOptions>();
      if (lab !== undefined && command.getOptionValue('lab') === undefined) {
        command.setOptionValue('lab', lab);
      }
    })
    // So that what follows `ipvsadm` can be its own business.
    .enablePositionalOptions()
    .showHelpAfterError(
      "(baton --help lists the commands, baton COMMAND --help a command's options)",
    )
    .addHelpText(
      'after',
      `
Examples:
  baton up                       bring up the lab that comes with baton
  baton traffic --duration 30s   open flows and check every byte
  baton kill d1                  meanwhile: kill the master
  baton sessions                 see who holds which session
  baton down

Exit status: 0 fine, 1 failed, 2 mistake in the command line or a configuration.
Labs live in $BATON_STATE (default /run/baton).`,
    );

/** Says what went wrong; throws on what only a mistake of ours explains. */
function complain(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    // Commander has said it already.
    return error.exitCode === 0 ? 0 : usageStatus;
  }
  if (!(error instanceof BatonError)) throw error;
  terminal.note(`error: ${error.message}${reasonOf(error)}`);
  if (error instanceof Interruption) return signalStatus(error.details.signal);
  return error instanceof UsageError || error instanceof ConfigError ? usageStatus : failureStatus;
}

/** What the system said, where an error of ours wraps that. */
const reasonOf = ({ cause }: BatonError): string =>
  cause instanceof Error ? ` (${cause.message})` : '';
