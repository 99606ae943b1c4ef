import { Deadlines } from '../../director/base/deadlines.js';
import {
  after,
  earliest,
  microseconds,
  milliseconds,
  Never,
  type Instant,
} from '../../director/base/time.js';
import type { SyncEffect } from './effects.js';
import { positionOf, type TouchJournal } from './journal.js';
import type { BulkChunk } from './message.js';
import type { Outbox } from './outbox.js';
import type { PackedRecord } from './packed-record.js';
import type { PeerStream } from './peer-stream.js';
import type { SyncReceiver } from './receiver.js';
import type { Life, TableSource } from './record.js';
import type { SyncTuning } from './tuning.js';

/** What a transfer works with; all of it belongs to the session-sync machine. */
export interface TransferContext {
  readonly outbox: Outbox;
  readonly receiver: SyncReceiver;
  readonly journal: TouchJournal;
  readonly table: TableSource;
  readonly effects: SyncEffect[];
  readonly tuning: SyncTuning;
  readonly counters: BulkCounters;
}

/** What all transfers of a node together have done. */
export interface BulkCounters {
  /** Entries in accepted chunks. */
  entries: number;
  /** Entries skipped because a newer update had touched them. */
  superseded: number;
  /** Chunks dropped because the donor was behind, and fetched anew. */
  stale: number;
  /** Chunks accepted though the donor was behind, because it stayed so. */
  lagging: number;
  /** Entries that a repair has taken out, because the peer that told of them no longer had them. */
  swept: number;
}

/** What is pulled: all of the donor's table, or the donor's own entries to close a gap in its stream. */
export type TransferScope = 'all' | 'own';

const Timer = { fetch: 0, sweep: 1 } as const;

/** Pause between two steps of the sweep, each of which looks at some slots of the table. */
const sweepPause = milliseconds(1);

/** Chunks in a row that are dropped as too old before a donor is taken as it is: about a second. */
const maxStale = 100;

/**
 * Pulls a donor's table, chunk by chunk, while updates go on.
 *
 * A chunk says how far the donor had come in its own and everybody's Updates when it read its table (`asOf`). Rules:
 *
 * 1. A chunk waits until this node has come as far in the donor's own stream: its last chunk then leaves nothing open.
 * 2. A chunk is dropped and fetched anew when the donor had not yet come to where this node was at the start of the
 *    transfer, in the stream of any peer that is alive: what lies between would be in neither.
 * 3. An entry is skipped when an update that the donor had not applied has touched its key (`TouchJournal`). So an
 *    older chunk never undoes a removal, and never an update.
 * 4. Of a peer in whose stream this node had come further, a chunk brings only entries that are not there at all. That is so
 *    when the peer is dead, or the donor cannot hear it, or does not say how far it is for lack of room.
 *
 * A transfer of scope `own` ends with a sweep: what the donor's life has told of, and not again since the transfer began,
 * neither by a chunk nor by an update, is no longer there. It was removed in the gap, and is removed here.
 */
export class BulkTransfer {
  readonly donor: PeerStream;
  readonly scope: TransferScope;

  readonly #context: TransferContext;
  readonly #id: number;
  readonly #startedAt: Instant;
  readonly #timers = new Deadlines(2);
  readonly #held = new Map<number, BulkChunk>();
  #cursor = 0;
  #outstanding = 0;
  #attempts = 0;
  #lastChunk: Instant;
  #first = true;
  #waiting = false;
  #staleInRow = 0;
  #sweepCursor = -1;
  #covered: readonly string[] = [];

  constructor(
    now: Instant,
    context: TransferContext,
    plan: { donor: PeerStream; scope: TransferScope; id: number },
  ) {
    this.#context = context;
    this.donor = plan.donor;
    this.scope = plan.scope;
    this.#id = plan.id;
    this.#startedAt = now;
    this.#lastChunk = now;
    this.#fetch(now);
  }

  get deadline(): Instant {
    return earliest(this.#timers.next, this.silentAt);
  }

  /** When the donor is given up if nothing comes: no chunk, or nothing at all while a chunk waits for its updates. */
  get silentAt(): Instant {
    if (this.#cursor < 0) return Never;
    const last = this.#waiting ? this.donor.lastHeard : this.#lastChunk;
    return after(last, this.#context.tuning.donorSilence);
  }

  /** When the donor is left for another one, if there is one: a fetch and its repeats have had no answer. */
  get doubtedAt(): Instant {
    // A chunk that waits is an answer: what it waits for is asked for elsewhere.
    if (this.#cursor < 0 || this.#waiting) return Never;
    return after(this.#lastChunk, this.#context.tuning.donorPatience);
  }

  /** True when every chunk has been applied and the sweep has been done. */
  get finished(): boolean {
    return this.#cursor < 0 && this.#sweepCursor < 0;
  }

  /** The nodes whose updates the donor knew: what it did not know must be repaired otherwise. */
  get covered(): readonly string[] {
    return this.#covered;
  }

  handleChunk(now: Instant, chunk: BulkChunk): void {
    if (chunk.transfer !== this.#id || chunk.cursor < this.#cursor || this.#cursor < 0) return;
    this.#lastChunk = now;
    if (this.#held.size >= 2 * this.#context.tuning.fetchWindow) this.#forgetLater();
    this.#held.set(chunk.cursor, chunk);
    this.advance(now);
  }

  /** Applies the chunks whose turn it is: called when one arrives, and when a stream has moved. */
  advance(now: Instant): void {
    while (this.#cursor >= 0) {
      const chunk = this.#held.get(this.#cursor);
      if (chunk === undefined) return;
      if (this.#first) this.#adopt(now, chunk);
      if (this.#isTooOld(now, chunk)) return this.#refetchSoon(now);
      this.#waiting = this.#isAhead(chunk);
      if (this.#waiting) {
        // Nothing to ask for: the stream's own repair brings what this chunk waits for.
        this.#timers.disarm(Timer.fetch);
        return;
      }
      this.#held.delete(this.#cursor);
      this.#apply(chunk);
      this.#goOn(now, chunk.next);
    }
  }

  handleDeadline(now: Instant): void {
    if (this.#timers.takeDue(Timer.fetch, now)) this.#fetch(now);
    if (this.#timers.takeDue(Timer.sweep, now)) this.#sweep(now);
  }

  /** Makes room: chunks of an earlier fetch may begin elsewhere and never have their turn. */
  #forgetLater(): void {
    const current = this.#held.get(this.#cursor);
    this.#held.clear();
    // The chunk whose turn it is may be waiting for updates, and then nothing would fetch it again.
    if (current !== undefined) this.#held.set(this.#cursor, current);
  }

  #fetch(now: Instant): void {
    const { outbox, tuning } = this.#context;
    const { node, epoch, address } = this.donor;
    const window = tuning.fetchWindow;
    const ownOnly = this.scope === 'own';
    const request = { node, epoch, transfer: this.#id, cursor: this.#cursor, window, ownOnly };
    outbox.send({ kind: 'bulk-fetch', ...request }, address);
    this.#outstanding = window;
    const wait = tuning.fetchTimeout * 2 ** Math.min(this.#attempts, 10);
    this.#attempts += 1;
    this.#timers.arm(Timer.fetch, after(now, microseconds(Math.min(wait, tuning.fetchTimeoutMax))));
  }

  #refetchSoon(now: Instant): void {
    const { counters, tuning } = this.#context;
    counters.stale += 1;
    this.#staleInRow += 1;
    this.#waiting = false;
    this.#held.clear();
    this.#timers.arm(Timer.fetch, after(now, tuning.refetchDelay));
  }

  /** From the first chunk on, streams that only the donor knows are followed from where the donor is. */
  #adopt(now: Instant, chunk: BulkChunk): void {
    const { receiver, outbox } = this.#context;
    this.#first = false;
    this.#covered = chunk.asOf.map((position) => position.node);
    if (this.scope !== 'all') return;
    for (const position of chunk.asOf) {
      if (position.node !== outbox.envelope.node) receiver.adopt(now, position);
    }
  }

  #isTooOld(now: Instant, chunk: BulkChunk): boolean {
    const { journal, receiver, outbox, tuning } = this.#context;
    const behind = journal.behind(chunk.asOf).some((node) => {
      if (node === this.donor.node || node === outbox.envelope.node) return true;
      // A donor never catches up with a peer that is dead or that it cannot hear: take what it has.
      const peer = receiver.peer(node);
      const alive = peer !== undefined && !receiver.isSilent(now, peer, tuning.donorSilence);
      return alive && positionOf(chunk.asOf, node) !== undefined;
    });
    if (!behind || this.#staleInRow < maxStale) return behind;
    this.#context.counters.lagging += 1;
    return false;
  }

  #isAhead(chunk: BulkChunk): boolean {
    const own = positionOf(chunk.asOf, this.donor.node);
    return own !== undefined && own.sequence > this.donor.applied;
  }

  #apply(chunk: BulkChunk): void {
    const { journal, counters } = this.#context;
    const records = chunk.records.records;
    counters.entries += records.length;
    const lives: readonly Life[] = [this.donor, ...chunk.lives];
    const areBehind = lives.map((life) => journal.isBehind(chunk.asOf, life));
    for (const [index, record] of records.entries()) {
      const origin = chunk.origins[index] ?? 0;
      const createsOnly = areBehind[origin] ?? false;
      if (journal.supersedes(record.keyHash, chunk.asOf)) counters.superseded += 1;
      else this.#emit(record, lives[origin] ?? this.donor, createsOnly);
    }
  }

  #emit(record: PackedRecord, { node: from, epoch }: Life, createsOnly: boolean): void {
    this.#context.effects.push({ kind: 'apply', record, from, epoch, bulk: true, createsOnly });
  }

  #goOn(now: Instant, next: number): void {
    this.#cursor = next;
    this.#attempts = 0;
    this.#staleInRow = 0;
    this.#outstanding -= 1;
    if (next < 0) {
      this.#timers.disarm(Timer.fetch);
      this.#held.clear();
      if (this.scope === 'own') this.#startSweep(now);
    } else if (this.#outstanding <= 0) {
      this.#fetch(now);
    } else {
      this.#timers.arm(Timer.fetch, after(now, this.#context.tuning.fetchTimeout));
    }
  }

  #startSweep(now: Instant): void {
    this.#sweepCursor = 0;
    this.#timers.arm(Timer.sweep, after(now, sweepPause));
  }

  #sweep(now: Instant): void {
    const { table, effects, counters } = this.#context;
    const { node, epoch } = this.donor;
    const { keys, next } = table.outdated({ node, epoch }, this.#startedAt, this.#sweepCursor);
    counters.swept += keys.length;
    for (const key of keys) {
      effects.push({ kind: 'remove', key, from: node, epoch, isServed: false });
    }
    this.#sweepCursor = next;
    if (next >= 0) this.#timers.arm(Timer.sweep, after(now, sweepPause));
  }
}
