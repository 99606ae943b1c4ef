import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, statSync, unlinkSync, writeSync } from 'node:fs';

import { IoError } from '../../director/base/errors.js';

/**
 * The named pipe that people's programs read changes of state from, a line each (`notify_fifo`). Nobody has to read it:
 * what does not fit into the pipe any more is dropped and counted.
 */
export class NotifyFifo {
  /** Lines that found the pipe full. */
  dropped = 0;
  readonly #path: string;
  readonly #handle: number;
  readonly #isOwn: boolean;

  /** Makes the pipe when there is none. Throws an `IoError` when that fails, or when the path is something else. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#isOwn = statSync(path, { throwIfNoEntry: false }) === undefined;
      if (this.#isOwn) execFileSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' });
      if (!statSync(path).isFIFO()) throw new Error('it is no pipe');
      // With a reader of its own the pipe opens at once, and writing to it never ends the process.
      this.#handle = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new IoError({ code: 'notify-fifo' }, `cannot use the pipe ${path}: ${reason}`, {
        cause,
      });
    }
  }

  write(line: string): void {
    try {
      // Shorter than PIPE_BUF: it is written whole, or not at all.
      writeSync(this.#handle, `${line}\n`);
    } catch {
      this.dropped += 1;
    }
  }

  /** Closes the pipe, and removes it when it was made here. */
  close(): void {
    closeSync(this.#handle);
    if (!this.#isOwn) return;
    try {
      unlinkSync(this.#path);
    } catch {
      // Somebody else was faster.
    }
  }
}
