import { assert } from '../../director/base/invariant.js';

/** Counters that are told apart behind the greatest: as many datagrams may overtake another. */
const WindowSize = 1_024;

/**
 * Which counters of a sender's datagrams have been seen: each is accepted once (RFC 6479 does so for IPsec). One that has
 * fallen out of the window, 1,024 behind the greatest, counts as seen.
 */
export class ReplayWindow {
  readonly #seen = new Uint8Array(WindowSize);
  #greatest: number;

  /** Counters up to `start` count as seen. */
  constructor(start: number) {
    assert(isCounter(start), 'a window starts at a counter');
    this.#greatest = start;
    this.#seen.fill(1);
  }

  /** True when the counter is met for the first time. */
  accept(counter: number): boolean {
    if (!isCounter(counter) || counter <= this.#greatest - WindowSize) return false;
    if (counter > this.#greatest) {
      this.#advance(counter);
      return true;
    }
    const slot = counter % WindowSize;
    if (this.#seen[slot] === 1) return false;
    this.#seen[slot] = 1;
    return true;
  }

  #advance(counter: number): void {
    const steps = Math.min(counter - this.#greatest, WindowSize);
    for (let step = 1; step < steps; step += 1) this.#seen[(counter - step) % WindowSize] = 0;
    if (steps === WindowSize) this.#seen.fill(0);
    this.#seen[counter % WindowSize] = 1;
    this.#greatest = counter;
  }
}

const isCounter = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
