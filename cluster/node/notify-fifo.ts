import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, statSync, unlinkSync, writeSync } from 'node:fs';

import { IoError } from '../../director/base/errors.js';
import type { Log } from '../../director/base/log.js';
import { errorCode } from './error-code.js';

/** How much people's programs have not been told, since the start of the node. */
export interface NotifyDrops {
  /** Notify scripts that were not run because too many waited. */
  readonly scripts: number;
  /** Lines that could not be written to a pipe: nearly always because it was full. */
  readonly lines: number;
}

/**
 * The named pipe that people's programs read changes of state from, a line each (`notify_fifo`). Nobody has to read it:
 * what does not fit into the pipe any more is dropped and counted. Why is logged once for each reason.
 */
export class NotifyFifo {
  /** Lines that were not written. */
  dropped = 0;
  readonly #path: string;
  readonly #handle: number;
  readonly #isOwn: boolean;
  #isClosed = false;
  readonly #log: Log;
  readonly #logged = new Set<string>();

  /** Makes the pipe when there is none. Throws an `IoError` when that fails, or when the path is something else. */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
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

  /** Nothing is written after `close`: the number of the pipe may be that of another file by then. */
  write(line: string): void {
    if (this.#isClosed) return;
    try {
      // Shorter than PIPE_BUF: it is written whole, or not at all.
      writeSync(this.#handle, `${line}\n`);
    } catch (error) {
      this.dropped += 1;
      this.#explain(errorCode(error));
    }
  }

  /** EAGAIN is a full pipe. */
  #explain(code: string): void {
    if (this.#logged.has(code)) return;
    this.#logged.add(code);
    this.#log.warn('a line for a notify pipe is dropped', { pipe: this.#path, code });
  }

  /** Closes the pipe, and removes it when it was made here. */
  close(): void {
    this.#isClosed = true;
    closeSync(this.#handle);
    if (!this.#isOwn) return;
    try {
      unlinkSync(this.#path);
    } catch {
      // Somebody else was faster.
    }
  }
}
