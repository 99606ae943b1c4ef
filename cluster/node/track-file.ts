import {
  closeSync,
  constants,
  openSync,
  readSync,
  statSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs';
import path from 'node:path';

import type { Log } from '../../director/base/log.js';
import type { TrackFileConfig } from '../config/vrrp-config.js';
import { errorCode } from './error-code.js';

/** How often a file is read although nobody said that it has changed: not every file system tells. */
const PollMs = 1_000;
/** What of a file is read: a number and what surrounds it. */
const LongestText = 128;

/**
 * Follows the number in one `track_file` and reports it when it changes. A file that is missing, or begins with something
 * else, holds 0, as in keepalived. So does one that cannot be read, which is logged.
 */
export class FileWatch {
  readonly #config: TrackFileConfig;
  readonly #report: (value: number) => void;
  readonly #log: Log;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #value: number | undefined;
  #isUnreadable = false;

  constructor(config: TrackFileConfig, report: (value: number) => void, log: Log) {
    this.#config = config;
    this.#report = report;
    this.#log = log;
  }

  /** Creates or overwrites the file if the configuration says so, reports its number and follows it from then on. */
  start(): void {
    const { file, initial } = this.#config;
    if (initial !== undefined && (initial.overwrite || !exists(file))) {
      tryTo(() => writeFileSync(file, `${initial.value}\n`));
    }
    // The folder is watched, not the file: that one may be replaced, or come later.
    tryTo(() => {
      this.#watcher = watch(path.dirname(file), (_event, name) => {
        if (name === null || name === path.basename(file)) this.#read();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    });
    this.#timer = setInterval(() => this.#read(), PollMs);
    this.#read();
  }

  close(): void {
    this.#watcher?.close();
    clearInterval(this.#timer);
  }

  #read(): void {
    const value = numberIn(this.#readText());
    if (value === this.#value) return;
    this.#value = value;
    this.#report(value);
  }

  /** How the file begins; nothing where there is none, or it cannot be read. */
  #readText(): string {
    const { file } = this.#config;
    try {
      const text = beginningOf(file);
      this.#isUnreadable = false;
      return text;
    } catch (error) {
      const code = errorCode(error);
      const isMissing = code === 'ENOENT';
      if (!isMissing && !this.#isUnreadable) {
        this.#log.warn('a track file cannot be read, and counts as 0', { file, code });
      }
      this.#isUnreadable = !isMissing;
      return '';
    }
  }
}

function beginningOf(file: string): string {
  const buffer = Buffer.alloc(LongestText);
  // A pipe without a writer would hold the node up.
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return buffer.toString('latin1', 0, readSync(handle, buffer));
  } finally {
    closeSync(handle);
  }
}

/** The number at the beginning of a text, within what 32 bits hold. */
function numberIn(text: string): number {
  const [digits] = /^\s*[+-]?\d+/.exec(text) ?? [];
  const value = Number(digits ?? 0);
  return Math.max(-0x8000_0000, Math.min(0x7fff_ffff, value));
}

const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;

/** A file that cannot be written, or a folder that cannot be watched, is like one that is not there. */
function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    // Looked at again with the next poll.
  }
}
