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
    const [time] = this.#times;
    return time === undefined ? Never : instant(time);
  }

  /** Plans an event; one for the past happens now. */
  at(time: Instant, action: Action): void {
    assert(time !== Never, 'what never happens is not planned');
    this.#planned += 1;
    this.#rise(time > this.#now ? time : this.#now, this.#planned, action);
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
    const [first] = this.#actions;
    assert(first !== undefined, 'an empty queue has no next event');
    const time = this.#times.pop() ?? 0;
    const sequence = this.#sequences.pop() ?? 0;
    const action = this.#actions.pop() ?? first;
    if (this.#times.length > 0) this.#sink(time, sequence, action);
    return first;
  }

  /** Finds the place of an event from the bottom up, moving those down that come later. */
  #rise(time: number, sequence: number, action: Action): void {
    let index = this.#times.length;
    this.#times.push(time);
    this.#sequences.push(sequence);
    this.#actions.push(action);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      // What is planned later rises only past what happens later.
      if ((this.#times[parent] ?? 0) <= time) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, time, sequence, action);
  }

  /** Finds the place of an event from the top down, moving those up that come earlier. */
  #sink(time: number, sequence: number, action: Action): void {
    const size = this.#times.length;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#precedes(child + 1, child)) child += 1;
      const childTime = this.#times[child] ?? 0;
      if (childTime > time) break;
      if (childTime === time && (this.#sequences[child] ?? 0) > sequence) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(index, time, sequence, action);
  }

  #precedes(left: number, right: number): boolean {
    const difference = (this.#times[left] ?? 0) - (this.#times[right] ?? 0);
    if (difference !== 0) return difference < 0;
    return (this.#sequences[left] ?? 0) < (this.#sequences[right] ?? 0);
  }

  #move(from: number, to: number): void {
    const action = this.#actions[from];
    assert(action !== undefined, 'an event is moved from where one is');
    this.#put(to, this.#times[from] ?? 0, this.#sequences[from] ?? 0, action);
  }

  #put(index: number, time: number, sequence: number, action: Action): void {
    this.#times[index] = time;
    this.#sequences[index] = sequence;
    this.#actions[index] = action;
  }
}
