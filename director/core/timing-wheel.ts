import { assert } from '../base/invariant.js';

/** No entry: slots hold index + 1, so that fresh memory, all zero, is an empty wheel without touching it. */
const None = 0;

/**
 * Orders up to millions of entries by the tick at which they are due, in constant time an operation (a hashed timing
 * wheel after Varghese and Lauck). The wheel has fewer slots than the longest wait has ticks: an entry further away
 * waits in the farthest slot, and its owner, called early, schedules it again.
 *
 * Owners are lazy: an entry whose time moves later stays where it is until its slot comes up.
 */
export class TimingWheel {
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #due: Uint32Array;
  readonly #mask: number;
  /** Every slot up to and including this tick has been visited. */
  #tick: number;

  constructor(capacity: number, slots: number, tick: number) {
    assert((slots & (slots - 1)) === 0, 'the number of slots is a power of two');
    this.#heads = new Int32Array(slots);
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#due = new Uint32Array(capacity);
    this.#mask = slots - 1;
    this.#tick = tick;
  }

  get byteLength(): number {
    const columns = [this.#heads, this.#next, this.#previous, this.#due];
    return columns.reduce((sum, column) => sum + column.byteLength, 0);
  }

  /** The tick at which a scheduled entry will be visited. */
  due(index: number): number {
    return this.#due[index] ?? 0;
  }

  /** Puts an entry that is not in the wheel into the slot of `tick`, or the nearest one that is possible. */
  schedule(index: number, tick: number): void {
    const due = Math.min(Math.max(tick, this.#tick + 1), this.#tick + this.#mask);
    const slot = due & this.#mask;
    const head = this.#heads[slot] ?? None;
    this.#due[index] = due;
    this.#next[index] = head;
    this.#previous[index] = None;
    if (head !== None) this.#previous[head - 1] = index + 1;
    this.#heads[slot] = index + 1;
  }

  /** Takes an entry out. */
  cancel(index: number): void {
    const next = this.#next[index] ?? None;
    const previous = this.#previous[index] ?? None;
    if (next !== None) this.#previous[next - 1] = previous;
    if (previous === None) this.#heads[this.due(index) & this.#mask] = next;
    else this.#next[previous - 1] = next;
  }

  /**
   * Calls `visit` with every entry due up to `tick`, each taken out before the call. `visit` may schedule the entry
   * again and may cancel others.
   */
  advance(tick: number, visit: (index: number) => void): void {
    if (tick <= this.#tick) return;
    // After a long pause one turn of the wheel is enough: it visits every slot.
    this.#tick = Math.max(this.#tick, tick - this.#mask - 1);
    while (this.#tick < tick) {
      this.#tick += 1;
      this.#drain(this.#tick & this.#mask, visit);
    }
  }

  #drain(slot: number, visit: (index: number) => void): void {
    for (;;) {
      const head = this.#heads[slot] ?? None;
      if (head === None) return;
      this.cancel(head - 1);
      visit(head - 1);
    }
  }
}
