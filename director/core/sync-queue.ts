import type { Instant } from '../base/time.js';
import { Flag, type ConnectionTable } from './connections.js';
import type { Settings } from './settings.js';

/** The most entries that wait between two drains. */
const LongestQueue = 65_536;

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
  readonly #entries = new Int32Array(LongestQueue);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Marks an entry as one that peers are to be told of. */
  add(connections: ConnectionTable, index: number): void {
    if (connections.hasFlag(index, Flag.queued)) return;
    if (this.#length >= LongestQueue) {
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
      take(index);
    }
  }
}

/** Settings that say when peers are told of a connection; a threshold of 0 is never. */
export type SyncSettings = Pick<
  Settings,
  'sync_threshold' | 'sync_refresh_period' | 'sync_persist_mode'
>;

/**
 * The last step of the packet path: are peers to be told of this connection now? Yes when it has reached the threshold
 * and they were not told yet. Of one that they know, also below the threshold, when they know another state, or a period
 * of client packets, or of seconds, is over, or so much time has passed that their copy would have used up half its life.
 */
export function isSyncDue(
  connections: ConnectionTable,
  index: number,
  settings: SyncSettings,
  isFromClient: boolean,
  now: Instant,
): boolean {
  const [threshold, period] = settings.sync_threshold;
  const packets = connections.packets[index] ?? 0;
  const isBelow = threshold === 0 || packets < threshold;
  if (!connections.hasFlag(index, Flag.synced)) return !isBelow;
  if (connections.state[index] !== connections.syncedState[index]) return true;
  const refresh = settings.sync_refresh_period;
  if (refresh > 0 && connections.sinceSync(index, now) >= refresh) return true;
  const isPeriodOver =
    refresh === 0 &&
    isFromClient &&
    !isBelow &&
    period > 0 &&
    packets % period === threshold % period;
  return isPeriodOver || connections.isSyncStale(index, now);
}

/** Templates are told when they change or age, not with every packet of their connections as IPVS does. */
export function isTemplateDue(
  connections: ConnectionTable,
  template: number,
  now: Instant,
): boolean {
  return (
    !connections.hasFlag(template, Flag.synced) ||
    connections.state[template] !== connections.syncedState[template] ||
    connections.isSyncStale(template, now)
  );
}
