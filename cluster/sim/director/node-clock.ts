import {
  instant,
  microseconds,
  milliseconds,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import type { EventQueue } from '../event-queue.js';

/** The wall clock that a simulation begins at: some moment in 2026. */
const Beginning = milliseconds(1_790_000_000_000);

/**
 * The clocks of one machine. The monotonic one runs at its own rate and counts from the start of a process; the wall clock
 * may be set at any moment.
 */
export class NodeClock {
  readonly #queue: EventQueue;
  /** Seconds of this clock for a true second. */
  #rate = 1;
  #since: Instant;
  #base: Instant = instant(0);
  #wallOffset = 0;

  constructor(queue: EventQueue) {
    this.#queue = queue;
    this.#since = queue.now;
  }

  /** The monotonic clock. */
  get now(): Instant {
    return instant(this.#base + (this.#queue.now - this.#since) * this.#rate);
  }

  get wallClock(): Duration {
    return microseconds(Beginning + this.#queue.now + this.#wallOffset);
  }

  /** The true time at which the monotonic clock has reached `at`. */
  whenReached(at: Instant): Instant {
    return instant(Math.ceil(this.#since + (at - this.#base) / this.#rate));
  }

  /** A process starts: its clock begins. */
  restart(): void {
    this.#since = this.#queue.now;
    this.#base = instant(0);
  }

  /** The monotonic clock runs fast or slow by so many millionths. */
  drift(millionths: number): void {
    this.#base = this.now;
    this.#since = this.#queue.now;
    this.#rate = 1 + millionths / 1_000_000;
  }

  /** Somebody sets the wall clock. */
  step(by: Duration): void {
    this.#wallOffset += by;
  }
}
