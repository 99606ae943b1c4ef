import { assert } from '../../director/base/invariant.js';
import { instant, Never, type Instant } from '../../director/base/time.js';

/** Something that happens at an instant. */
export type Action = () => void;

/**
 * What is going to happen, ordered by time and then by the order in which it was planned: the one source of order in a
 * simulation. A binary heap in three parallel arrays, because it is touched for every frame.
 */
export class EventQueue {
  #now: Instant = instant(0);
  #planned = 0;
  readonly #times: number[] = [];
  readonly #sequences: number[] = [];
  readonly #actions: Action[] = [];

  /** The virtual clock: the time of the event that is happening. */
  get now(): Instant {
    return this.#now;
  }

  /** How many events have been planned so far. */
  get planned(): number {
    return this.#planned;
  }

  /** When the next event happens, or `Never`. */
  get next(): Instant {
    return this.#times.length === 0 ? Never : instant(this.#times[0] ?? 0);
  }

  /** Plans an event; one for the past happens now. */
  at(time: Instant, action: Action): void {
    assert(time !== Never, 'what never happens is not planned');
    this.#planned += 1;
    this.#times.push(Math.max(time, this.#now));
    this.#sequences.push(this.#planned);
    this.#actions.push(action);
    this.#rise(this.#times.length - 1);
  }

  /** Lets the next event happen; false when there is none before or at `end`. The clock ends at `end` at the latest. */
  step(end: Instant): boolean {
    const time = this.next;
    if (time > end) {
      this.#now = end;
      return false;
    }
    this.#now = time;
    const action = this.#pop();
    action();
    return true;
  }

  #pop(): Action {
    const [action] = this.#actions;
    assert(action !== undefined, 'an empty queue has no next event');
    const last = this.#times.length - 1;
    this.#swap(0, last);
    this.#times.pop();
    this.#sequences.pop();
    this.#actions.pop();
    if (last > 0) this.#sink(0);
    return action;
  }

  #rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#precedes(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(start: number): void {
    let index = start;
    for (;;) {
      const left = index * 2 + 1;
      if (left >= this.#times.length) return;
      const right = left + 1;
      const child = right < this.#times.length && this.#precedes(right, left) ? right : left;
      if (!this.#precedes(child, index)) return;
      this.#swap(child, index);
      index = child;
    }
  }

  #precedes(left: number, right: number): boolean {
    const difference = (this.#times[left] ?? 0) - (this.#times[right] ?? 0);
    if (difference !== 0) return difference < 0;
    return (this.#sequences[left] ?? 0) < (this.#sequences[right] ?? 0);
  }

  #swap(left: number, right: number): void {
    swap(this.#times, left, right);
    swap(this.#sequences, left, right);
    swap(this.#actions, left, right);
  }
}

function swap(list: unknown[], left: number, right: number): void {
  const kept = list[left];
  list[left] = list[right];
  list[right] = kept;
}
