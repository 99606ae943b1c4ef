import { between, Never, toMilliseconds, type Instant } from '../../director/base/time.js';
import { now } from './clock.js';

/** Node's timers overflow above this. */
const LongestTimeoutMs = 2_147_483_647;

/**
 * Calls when the next deadline of a machine has come, to about a millisecond, which is how fine the timers of the event loop
 * are. A machine that is called too early, or whose deadline is farther away than they reach, sets it again.
 */
export class DeadlineTimer {
  readonly #act: () => void;
  #next: Instant = Never;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(act: () => void) {
    this.#act = act;
  }

  /** From now on this is the deadline, and no other. */
  set(next: Instant): void {
    if (next === this.#next || this.#isClosed) return;
    this.#next = next;
    clearTimeout(this.#timer);
    if (next === Never) return;
    // Timers drop the fraction of a millisecond: without rounding up, the process would wake up twice for each deadline.
    const wait = Math.ceil(toMilliseconds(between(now(), next)));
    this.#timer = setTimeout(
      () => {
        this.#next = Never;
        this.#act();
      },
      Math.min(Math.max(0, wait), LongestTimeoutMs),
    );
  }

  /** Does not call any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
