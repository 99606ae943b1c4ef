import { instant, type Instant } from '../base/time.js';
import type { Board } from './board.js';

/**
 * Finds out since when no thread has anything in hand of what was hidden before: each has had nothing in hand at some moment since
 * it was asked for.
 */
export class Grace {
  /** The numbers of the threads. */
  threads: readonly number[] = [];
  readonly #board: Board;
  #since: Instant = instant(0);
  #asked: { readonly at: Instant; readonly epochs: readonly number[] };

  constructor(board: Board) {
    this.#board = board;
    this.#asked = { at: this.#since, epochs: [] };
  }

  /** To be asked again and again. */
  since(now: Instant): Instant {
    const epochs = this.threads.map((thread) => this.#board.epoch(thread));
    const { at, epochs: before } = this.#asked;
    if (epochs.every((epoch, index) => epoch % 2 === 0 || epoch !== before[index])) {
      this.#since = at;
      this.#asked = { at: now, epochs };
    }
    return this.#since;
  }
}
