import { Flag, type ConnectionTable } from './connections.js';

/** The greatest limit: beyond, memory would be set aside for nothing. */
const LongestQueue = 1_048_576;

/**
 * The entries that peers are to be told of, each at most once, until the node takes them. When the queue is full an
 * entry is left out and counted; its next packet tries again.
 */
export class SyncQueue {
  /** True when peers note whose word an entry is: then a node that takes one over tells them at once. */
  hasOwners = true;
  /** Entries left out because the queue was full. */
  overflows = 0;
  /** Called with a synced entry that is about to go. */
  onRemove: (index: number) => void = () => {};
  readonly #limit: number;
  readonly #entries: Int32Array;
  #length = 0;

  /** `limit`: the most entries that wait between two drains, the setting `sync_qlen_max`. */
  constructor(limit: number) {
    this.#limit = Math.min(limit, LongestQueue);
    this.#entries = new Int32Array(this.#limit);
  }

  get length(): number {
    return this.#length;
  }

  /** Marks an entry as one that peers are to be told of, unless it is a template that has been retired. */
  add(connections: ConnectionTable, index: number): void {
    if (connections.hasFlag(index, Flag.queued) || connections.isRetired(index)) return;
    if (this.#length >= this.#limit) {
      this.overflows += 1;
      return;
    }
    connections.setFlag(index, Flag.queued);
    this.#entries[this.#length] = index;
    this.#length += 1;
  }

  /** Hands over the waiting entries that still exist and empties the queue. `take` must not add to it. */
  drain(connections: ConnectionTable, take: (index: number) => void): void {
    const length = this.#length;
    this.#length = 0;
    for (let position = 0; position < length; position += 1) {
      const index = this.#entries[position] ?? 0;
      if (!connections.isInUse(index) || !connections.hasFlag(index, Flag.queued)) continue;
      connections.clearFlag(index, Flag.queued);
      if (!connections.isRetired(index)) take(index);
    }
  }
}
