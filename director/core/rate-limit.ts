import { between, toSeconds, type Instant } from '../base/time.js';

/**
 * A token bucket: lets through `burst` at once and `perSecond` in the long run. For what an attacker could make the director
 * send (RFC 1812 §4.3.2.8 asks for it of ICMP errors; the defaults are Linux's `icmp_msgs_per_sec` and `icmp_msgs_burst`).
 */
export class RateLimit {
  /** Refused so far. */
  refused = 0;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #last: Instant | undefined = undefined;

  constructor(perSecond = 1_000, burst = 50) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  allows(now: Instant): boolean {
    const elapsed = this.#last === undefined ? 0 : toSeconds(between(this.#last, now));
    this.#last = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsed * this.#perSecond);
    if (this.#tokens < 1) {
      this.refused += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
