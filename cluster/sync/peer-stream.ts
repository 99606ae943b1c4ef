import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { Never, type Instant } from '../../director/base/time.js';
import type { DigestWatch } from './digest-watch.js';
import type { Standing } from './effects.js';
import { MaxNackRanges, type SequenceRange, type Updates } from './message.js';

/** Updates remembered after they were applied, to be relayed should the peer die: a busy node's last quarter of a second. */
const recentLength = 128;

/** Sequences that one Nack looks at, from the first that is missing. */
const nackSpan = 1024;

/**
 * The Updates of one sender in one epoch, put back into order.
 *
 *     applied            missing   held     missing     announced
 *     … 5  6  7          8         9  10    11 12       (Hello: 12)
 *             |next = 8                                 highest = 12
 *
 * Owns no timer and sends nothing: `SyncReceiver` does that with `nackAt` and `nackAttempts`.
 */
export class PeerStream {
  readonly node: string;
  readonly epoch: number;
  /** Where the peer was last heard from; undefined while it is known by others' word only. */
  address: IpAddress | undefined;
  lastHeard: Instant;
  /** The first sequence applied without a hole up to `next`: what came before is known by bulk transfer or not at all. */
  base = 0;
  /** True from the first Hello on. */
  introduced = false;
  /** What its last Hello said: a peer that still fetches its table acknowledges nothing yet. */
  tableComplete = false;
  nackAt: Instant = Never;
  /** The sequence that the peer wants acknowledged once it is applied; 0 for none. */
  ackWanted = 0;
  /** What the peer has acknowledged of this node's own Updates. */
  acknowledged = 0;
  /** When the peer said goodbye, or was found dead; `Never` while neither. */
  goneAt: Instant = Never;
  /** What the driver has been told of the weight of its word. */
  standing: Standing = 'gone';
  readonly digests: DigestWatch;
  nackAttempts = 0;
  /** Updates that arrived to fill a hole, and holes that were given up. */
  repaired = 0;
  gaps = 0;
  /** Messages that came from its address and had no effect. */
  rejected = 0;

  /** Who can relay the Updates of this peer when it is dead. */
  helper: IpAddress | undefined;

  #next = 0;
  #highest = 0;
  readonly #held = new Map<number, Updates>();
  /** Sequence n is at n modulo the length. */
  readonly #recent: Updates[] = [];

  constructor(peer: { node: string; epoch: number; lastHeard: Instant; digests: DigestWatch }) {
    this.node = peer.node;
    this.epoch = peer.epoch;
    this.lastHeard = peer.lastHeard;
    this.digests = peer.digests;
  }

  /** True once it is known which sequence is to be applied next. */
  get positioned(): boolean {
    return this.#next > 0;
  }

  /** The sequence up to which everything since `base` has been applied. */
  get applied(): number {
    return Math.max(this.#next - 1, 0);
  }

  /** How many Updates are known to exist that have not arrived. */
  get missing(): number {
    return this.positioned ? this.#highest - this.applied - this.#held.size : 0;
  }

  /** The last sequence that is known to exist. */
  get announced(): number {
    return Math.max(this.#highest, this.applied);
  }

  get held(): number {
    return this.#held.size;
  }

  /** Starts to apply at `sequence`. */
  begin(sequence: number): void {
    assert(!this.positioned, 'a stream is positioned once');
    assert(sequence > 0, 'sequences count from 1');
    this.base = sequence;
    this.#next = sequence;
    this.#highest = Math.max(this.#highest, sequence - 1);
  }

  /** The sender has sent everything up to `sequence`. */
  announce(sequence: number): void {
    this.#highest = Math.max(this.#highest, sequence);
  }

  isDuplicate(sequence: number): boolean {
    return sequence < this.#next || this.#held.has(sequence);
  }

  /** Keeps Updates until their turn comes. */
  hold(updates: Updates): void {
    this.announce(updates.sequence);
    this.#held.set(updates.sequence, updates);
  }

  /** Remembers Updates that have been applied. */
  remember(updates: Updates): void {
    this.#recent[updates.sequence % recentLength] = updates;
  }

  /** Updates that were applied lately. */
  recall(sequence: number): Updates | undefined {
    const updates = this.#recent[sequence % recentLength];
    return updates?.sequence === sequence ? updates : undefined;
  }

  /** The Updates whose turn it is, if they are here. */
  takeNext(): Updates | undefined {
    const updates = this.#held.get(this.#next);
    if (updates === undefined) return undefined;
    this.#held.delete(this.#next);
    this.#next += 1;
    return updates;
  }

  /** The sequences to ask for, oldest first: a bounded part of what is missing. */
  missingRanges(): SequenceRange[] {
    const ranges: SequenceRange[] = [];
    const end = Math.min(this.#highest, this.#next + nackSpan - 1);
    let first = 0;
    for (let sequence = this.#next; sequence <= end + 1; sequence += 1) {
      const isMissing = sequence <= end && !this.#held.has(sequence);
      if (isMissing && first === 0) first = sequence;
      if (isMissing || first === 0) continue;
      ranges.push({ first, last: sequence - 1 });
      first = 0;
      if (ranges.length === MaxNackRanges) break;
    }
    return ranges;
  }

  /** The end of the first hole: the oldest held sequence, or what follows everything announced. */
  get afterHole(): number {
    let oldest = this.#highest + 1;
    for (const sequence of this.#held.keys()) if (sequence < oldest) oldest = sequence;
    return oldest;
  }

  /**
   * Gives up what is missing before `sequence`: the next to apply is that one, and everything before counts as not
   * known. What is held from before comes back, to be applied in this order.
   */
  skipTo(sequence: number): Updates[] {
    assert(sequence > this.#next, 'a skip goes forward');
    const passed: Updates[] = [];
    for (const held of [...this.#held.values()].toSorted((a, b) => a.sequence - b.sequence)) {
      if (held.sequence >= sequence) break;
      passed.push(held);
      this.#held.delete(held.sequence);
    }
    this.#next = sequence;
    this.base = sequence;
    this.#highest = Math.max(this.#highest, sequence - 1);
    return passed;
  }
}
