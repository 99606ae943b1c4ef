import {
  after,
  between,
  microseconds,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import type { TableDigest } from './record.js';
import type { SyncTuning } from './tuning.js';

/** What two digests of what should be the same set differ by; undefined when they are equal. */
function difference(theirs: TableDigest, ours: TableDigest): TableDigest | undefined {
  const entries = theirs.entries - ours.entries;
  const low = (theirs.low - ours.low) >>> 0;
  const borrow = theirs.low < ours.low ? 1 : 0;
  const high = (theirs.high - ours.high - borrow) >>> 0;
  return entries === 0 && high === 0 && low === 0 ? undefined : { entries, high, low };
}

/**
 * Compares a peer's digest of its own entries with the one of this node's copies of them, each time a Hello comes that
 * speaks of the very sequence that has been applied here.
 *
 * A difference by itself is nothing: an entry may be about to change hands between two nodes. But digests are sums, so
 * what is missing or too much contributes the same amount to their difference whatever else comes and goes. Two
 * comparisons, a Hello apart, that come to the same difference mean that something is really lost: a divergence. The
 * peer's own entries are then fetched. What a repair cannot mend, because the table is full or the peer's state is not
 * known here, is tried again after pauses that grow.
 */
export class DigestWatch {
  /** Differences that have lasted. */
  divergences = 0;
  readonly #tuning: SyncTuning;
  #last: { readonly difference: TableDigest; readonly since: Instant } | undefined;
  #quietUntil: Instant | undefined;
  #pause: Duration;

  constructor(tuning: SyncTuning) {
    this.#tuning = tuning;
    this.#pause = tuning.repairPause;
  }

  /** True when the copies are to be repaired now. */
  compare(now: Instant, theirs: TableDigest, ours: TableDigest): boolean {
    const found = difference(theirs, ours);
    if (found === undefined) {
      this.#last = undefined;
      this.#pause = this.#tuning.repairPause;
      return false;
    }
    const { difference: before, since } = this.#last ?? { difference: found, since: now };
    const isSame =
      before.entries === found.entries && before.high === found.high && before.low === found.low;
    this.#last = { difference: found, since: isSame ? since : now };
    if (!isSame || between(since, now) < this.#tuning.divergenceAge) return false;
    if (this.#quietUntil !== undefined && now < this.#quietUntil) return false;
    this.divergences += 1;
    this.#last = undefined;
    this.#quietUntil = after(now, this.#pause);
    this.#pause = microseconds(Math.min(this.#pause * 2, this.#tuning.repairPauseMax));
    return true;
  }
}
