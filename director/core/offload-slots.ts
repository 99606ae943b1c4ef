import type { Instant } from '../base/time.js';

/**
 * How long a slot rests after its connection has been withdrawn, in microseconds. A packet that the program had in hand at that
 * moment has long left then.
 */
const RestTime = 1_000_000;

/** The places of carried connections, numbered from 1. One that was in use rests before it is used again. */
export class OffloadSlots {
  readonly #limit: number;
  readonly #free: Int32Array;
  #freeCount = 0;
  #end = 1;
  /** Slots that rest, and since when, in a circle. */
  readonly #resting: Int32Array;
  readonly #since: Float64Array;
  #first = 0;
  #restingCount = 0;

  /** There are slots below `limit`. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#free = new Int32Array(limit);
    this.#resting = new Int32Array(limit);
    this.#since = new Float64Array(limit);
  }

  /** Slots from here on have never been used. */
  get end(): number {
    return this.#end;
  }

  /** The share of the slots that can be taken now. */
  get shareFree(): number {
    return (this.#freeCount + this.#limit - this.#end) / this.#limit;
  }

  /** A slot that is free; 0 when none is. */
  take(): number {
    if (this.#freeCount > 0) {
      this.#freeCount -= 1;
      return this.#free[this.#freeCount] ?? 0;
    }
    if (this.#end === this.#limit) return 0;
    this.#end += 1;
    return this.#end - 1;
  }

  /** Gives a slot back that the program has never seen, or cannot see any more. */
  release(slot: number): void {
    this.#free[this.#freeCount] = slot;
    this.#freeCount += 1;
  }

  /** Gives a slot back that the program may still have in hand. */
  rest(slot: number, now: Instant): void {
    const place = (this.#first + this.#restingCount) % this.#limit;
    this.#resting[place] = slot;
    this.#since[place] = now;
    this.#restingCount += 1;
  }

  /**
   * Calls `visit` with slots that have rested, at most so many, which are free then. They have rested since before `quietSince`, when
   * nobody had anything in hand.
   */
  wake(now: Instant, quietSince: Instant, most: number, visit: (slot: number) => void): void {
    for (let woken = 0; woken < most && this.#restingCount > 0; woken += 1) {
      const since = this.#since[this.#first] ?? 0;
      if (since + RestTime > now || since > quietSince) return;
      const slot = this.#resting[this.#first] ?? 0;
      this.#first = (this.#first + 1) % this.#limit;
      this.#restingCount -= 1;
      visit(slot);
      this.release(slot);
    }
  }
}
