import { assert } from './invariant.js';
import { Never, type Instant } from './time.js';

/**
 * The timers of one state machine, as data: each timer is a small integer (a value of the machine's const object, from
 * 0), each either armed at an instant or not. "What can happen next" is then one minimum.
 */
export class Deadlines {
  readonly #at: Instant[];

  constructor(count: number) {
    assert(count > 0, 'a machine with a timer table has at least one timer');
    this.#at = Array.from({ length: count }, () => Never);
  }

  arm(timer: number, at: Instant): void {
    assert(timer >= 0 && timer < this.#at.length, 'timer is in the table');
    this.#at[timer] = at;
  }

  disarm(timer: number): void {
    this.arm(timer, Never);
  }

  disarmAll(): void {
    this.#at.fill(Never);
  }

  isArmed(timer: number): boolean {
    return this.at(timer) !== Never;
  }

  /** When the timer fires, or `Never`. */
  at(timer: number): Instant {
    return this.#at[timer] ?? Never;
  }

  /** The earliest instant at which any timer fires, or `Never`. */
  get next(): Instant {
    let next = Never;
    for (const at of this.#at) if (at < next) next = at;
    return next;
  }

  /** Disarms a timer that is due at `now` and says whether it was: the caller handles it exactly once. */
  takeDue(timer: number, now: Instant): boolean {
    if (this.at(timer) > now) return false;
    this.disarm(timer);
    return true;
  }
}
