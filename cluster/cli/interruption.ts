import { constants } from 'node:os';

import { BatonError } from '../../director/base/errors.js';
import type { Terminal } from './terminal.js';

type InterruptingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const signals: readonly InterruptingSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Somebody asked this process to end before it was done: Ctrl-C, a shutdown, a closed terminal. */
export class Interruption extends BatonError<{
  readonly code: 'interrupted';
  readonly signal: InterruptingSignal;
}> {}

/** The exit status that a shell gives a process ended by `signal`. */
export const signalStatus = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/**
 * Runs `work` with a signal that is aborted, with an `Interruption` as its reason, when this process is asked to end.
 * Only `work` decides what follows: asking again, however often, does not stop it from tidying up.
 */
export async function interruptible<T>(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const interrupt = (signal: InterruptingSignal): void => {
    if (controller.signal.aborted) terminal.note('still tidying up');
    controller.abort(new Interruption({ code: 'interrupted', signal }, `interrupted by ${signal}`));
  };
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
