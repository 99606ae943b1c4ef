import type { Instant } from '../base/time.js';
import { Flag, type ConnectionTable } from './connections.js';

/** The most entries that wait between two drains. */
const LongestQueue = 65_536;

/** When peers are told of a connection; the words of `net.ipv4.vs.sync_threshold`. */
export interface SyncPolicy {
  /** The client packet from which on a connection is synced; 1 syncs the first, 0 never syncs. */
  readonly threshold: number;
  /** After the threshold, every so many client packets the entry is sent again; 0 for never. */
  readonly period: number;
}

/**
 * The entries that peers are to be told of, each at most once, until the node takes them. When the queue is full an
 * entry is left out and counted; its next packet tries again.
 */
export class SyncQueue {
  policy: SyncPolicy;
  /** Entries left out because the queue was full. */
  overflows = 0;
  /** Called with a synced entry that is about to go. */
  onRemove: (index: number) => void = () => {};
  #entries: number[] = [];

  constructor(policy: SyncPolicy) {
    this.policy = policy;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Marks an entry as one that peers are to be told of. */
  add(connections: ConnectionTable, index: number): void {
    if (connections.hasFlag(index, Flag.queued)) return;
    if (this.#entries.length >= LongestQueue) {
      this.overflows += 1;
      return;
    }
    connections.setFlag(index, Flag.queued);
    this.#entries.push(index);
  }

  /** Hands over the waiting entries that still exist and empties the queue. */
  drain(connections: ConnectionTable, take: (index: number) => void): void {
    const entries = this.#entries;
    if (entries.length === 0) return;
    this.#entries = [];
    for (const index of entries) {
      if (!connections.isInUse(index) || !connections.hasFlag(index, Flag.queued)) continue;
      connections.clearFlag(index, Flag.queued);
      take(index);
    }
  }
}

/**
 * The last step of the packet path: are peers to be told of this connection now? Yes when it has reached the threshold
 * and they were not told yet, or know another state, or a period of client packets is over, or so much time has passed
 * that their copy would have used up half its life.
 */
export function isSyncDue(
  connections: ConnectionTable,
  index: number,
  policy: SyncPolicy,
  isFromClient: boolean,
  now: Instant,
): boolean {
  const { threshold, period } = policy;
  const packets = connections.packets[index] ?? 0;
  if (threshold === 0 || packets < threshold) return false;
  if (!connections.hasFlag(index, Flag.synced)) return true;
  if (connections.state[index] !== connections.syncedState[index]) return true;
  if (isFromClient && period > 0 && packets % period === threshold % period) return true;
  return connections.isSyncStale(index, now);
}
