import { between, milliseconds, type Instant } from '../../director/base/time.js';

/** The length of time that an allowance is for. */
const Window = milliseconds(10);

/**
 * How much may be done in ten milliseconds for whoever asks: a question costs its sender one datagram and may be forged,
 * an answer costs hundreds.
 */
export class Allowance {
  readonly #most: number;
  #since: Instant | undefined;
  #left = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** True when one more is allowed. */
  take(now: Instant): boolean {
    if (this.#since === undefined || between(this.#since, now) >= Window) {
      this.#since = now;
      this.#left = this.#most;
    }
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}
