import { CommanderError } from 'commander';

import { BatonError } from '../../../director/base/errors.js';

/**
 * Ends a program on an error that a person can do something about: one line on stderr. Returns the exit code, 2, or 0 when
 * the error is commander's way to end after `--help`. Throws anything else on: that is our bug.
 */
export function reportFailure(error: unknown): number {
  // Commander has printed its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof BatonError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  return 2;
}
