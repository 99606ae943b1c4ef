import { spawn } from 'node:child_process';

import { exitOf } from '../lab/subprocess.js';
import { signalStatus } from './interruption.js';

const ignore = (): void => {};

/**
 * Runs a program that has the terminal to itself, and returns the exit status as a shell would. Ctrl-C is its business,
 * since the terminal sends it to both; a SIGTERM for this process is passed on.
 */
export async function runInForeground(argv: readonly string[]): Promise<number> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { stdio: 'inherit' });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', passOn);
  process.on('SIGHUP', passOn);
  try {
    const end = await exitOf(child);
    return typeof end === 'number' ? end : signalStatus(end);
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', passOn);
    process.off('SIGHUP', passOn);
  }
}
