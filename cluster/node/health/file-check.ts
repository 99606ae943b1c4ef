import { isDeepStrictEqual } from 'node:util';

import { Never, type Instant } from '../../../director/base/time.js';
import type { CheckerConfig, FileCheckConfig } from '../../config/checker-config.js';
import { judgeFile } from '../../health/file-verdict.js';
import type { Check, CheckListener, CheckSnapshot } from '../../member/health/check.js';
import type { TrackedFiles } from './tracked-files.js';

/** `FILE_CHECK`: the number in a tracked file moves the server's weight, or takes it out. It is told, and never asks. */
export class FileCheck implements Check {
  readonly deadline = Never;
  readonly config: FileCheckConfig;
  readonly #listener: CheckListener;
  readonly #files: TrackedFiles;
  #stop: (() => void) | undefined;
  #isUp: boolean;
  #weightChange = 0;
  #changes = 0;
  #reason: string | undefined;

  constructor(config: FileCheckConfig, files: TrackedFiles, listener: CheckListener) {
    this.config = config;
    this.#files = files;
    this.#listener = listener;
    this.#isUp = !config.alpha;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get weightChange(): number {
    return this.#weightChange;
  }

  start(_now: Instant): void {
    this.#stop = this.#files.follow(this.config.trackFile, (value) => this.#take(value));
  }

  serve(_now: Instant): void {}

  hurry(_now: Instant): void {}

  /** A file is there all the same. */
  setSuspended(_now: Instant, _isSuspended: boolean): void {}

  /** Another weight, or another file, is another check. */
  canAdopt(config: CheckerConfig): boolean {
    return isDeepStrictEqual(config, this.config);
  }

  adopt(_now: Instant, _config: CheckerConfig): void {}

  snapshot(): CheckSnapshot {
    return {
      isUp: this.#isUp,
      hasRun: this.#changes > 0,
      isSuspended: false,
      reason: this.#reason,
      weightChange: this.#weightChange,
      checks: this.#changes,
      voids: 0,
    };
  }

  close(): void {
    this.#stop?.();
  }

  #take(value: number): void {
    this.#changes += 1;
    const verdict = judgeFile(this.config, value);
    const change = verdict.isUp ? verdict.weightChange : 0;
    this.#reason = verdict.isUp ? undefined : `the file says ${value}`;
    if (change !== this.#weightChange) {
      this.#weightChange = change;
      this.#listener.weight(change);
    }
    // One that begins as down tells so with the first number.
    const isNews = verdict.isUp !== this.#isUp || (this.#changes === 1 && !verdict.isUp);
    if (isNews) {
      this.#isUp = verdict.isUp;
      if (verdict.isUp) this.#listener.up();
      else this.#listener.down(this.#reason ?? '');
    }
    this.#listener.changed();
  }
}
