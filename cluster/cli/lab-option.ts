import { UsageError } from '../../director/base/errors.js';
import { openLab, runningLabs } from '../lab/lab.js';
import type { RunningLab } from '../lab/running-lab.js';

/** The options that every command has. */
export interface CommonOptions {
  readonly lab?: string;
  readonly json?: true;
}

/** The lab that is meant when nothing says which and none is running. */
const defaultName = 'lab';

/**
 * The name of the lab that a command is about: the one asked for, else the only one that runs, else `lab`. Throws a
 * `UsageError` when several run and none is called so.
 */
export function labName({ lab }: CommonOptions): string {
  if (lab !== undefined) return lab;
  const running = runningLabs();
  const [only = defaultName] = running;
  if (running.length <= 1) return only;
  if (running.includes(defaultName)) return defaultName;
  throw new UsageError(
    { code: 'which-lab' },
    `several labs are running: choose one with --lab (${running.join(', ')})`,
  );
}

export const chosenLab = (options: CommonOptions): RunningLab => openLab(labName(options));
