import type { ChildProcess } from 'node:child_process';

import { toMilliseconds } from '../../director/base/time.js';
import type { TrackScriptConfig } from '../config/vrrp-config.js';
import { killGroup, type UserCommand } from './user-command.js';

/**
 * Runs one `vrrp_script` again and again and reports each outcome: a success is the exit status 0 in time. A run that
 * exceeds the timeout is killed, with all that it has started. Runs never overlap: one that takes longer than the interval
 * is followed by the next at once.
 */
export class ScriptRuns {
  readonly #config: TrackScriptConfig;
  readonly #command: UserCommand;
  readonly #report: (isSuccess: boolean) => void;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    config: TrackScriptConfig,
    command: UserCommand,
    report: (isSuccess: boolean) => void,
  ) {
    this.#config = config;
    this.#command = command;
    this.#report = report;
  }

  /** Runs the script now, and then once an interval. */
  start(): void {
    if (this.#isClosed) return;
    const startedAt = performance.now();
    const child = this.#command.start([], { diesWithNode: true });
    this.#child = child;
    const timeout = setTimeout(() => killGroup(child), toMilliseconds(this.#config.timeout));
    let isOver = false;
    const end = (isSuccess: boolean): void => {
      clearTimeout(timeout);
      if (isOver || this.#isClosed) return;
      isOver = true;
      this.#report(isSuccess);
      const next = toMilliseconds(this.#config.interval) - (performance.now() - startedAt);
      this.#timer = setTimeout(() => this.start(), Math.max(0, next));
    };
    child.once('exit', (status) => end(status === 0));
    child.once('error', () => end(false));
  }

  /** Kills what runs and reports no more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#child !== undefined) killGroup(this.#child);
  }
}
