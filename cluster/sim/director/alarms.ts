import { after, type Duration } from '../../../director/base/time.js';
import type { EventQueue } from '../event-queue.js';
import type { NodeClock } from './node-clock.js';
import type { Deliver } from './peer-streams.js';

/** The timers of a process, by its own clock: what they wake is read with everything else that has arrived. */
export class Alarms {
  readonly #queue: EventQueue;
  readonly #clock: NodeClock;
  readonly #deliver: Deliver;

  constructor(queue: EventQueue, clock: NodeClock, deliver: Deliver) {
    this.#queue = queue;
    this.#clock = clock;
    this.#deliver = deliver;
  }

  /** Calls back once, after so long, unless the answer is called before. */
  readonly wait = (length: Duration, act: () => void): (() => void) => {
    const due = after(this.#clock.now, length);
    let isOff = false;
    const plan = (): void => {
      const at = this.#clock.whenReached(due);
      this.#queue.at(at, () => {
        if (isOff) return;
        // The clock may run slower now than when this was planned.
        if (this.#clock.now < due && this.#queue.now < this.#clock.whenReached(due)) plan();
        else this.#deliver(() => isOff || act());
      });
    };
    plan();
    return () => (isOff = true);
  };
}
