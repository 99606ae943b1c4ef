import type { IpAddress } from '../../director/base/address.js';
import { Deadlines } from '../../director/base/deadlines.js';
import { assert } from '../../director/base/invariant.js';
import { after, between, earliest, seconds, type Instant } from '../../director/base/time.js';
import { Allowance } from './allowance.js';
import { ChangeWriter, type PackedChange } from './change-list.js';
import type { Hello, Nack } from './message.js';
import type { Outbox } from './outbox.js';
import { packRecord, packRemoval, type PackedRemoval } from './packed-record.js';
import { positionsThatFit } from './position-room.js';
import type { SessionKey, SyncRecord } from './record.js';
import { SignatureLength } from './signature.js';
import type { SyncTuning } from './tuning.js';

/** What a Hello says beside the sequence. */
export type SenderStatus = Pick<
  Hello,
  'entries' | 'tableComplete' | 'wasComplete' | 'master' | 'digest' | 'heard'
>;

interface SentUpdates {
  readonly bytes: Uint8Array;
  readonly at: Instant;
}

const Timer = { flush: 0, hello: 1 } as const;

/** Room for changes in an Updates datagram: what the envelope and the sequence leave at most. */
const envelopeRoom = 100 + SignatureLength;

/** What a Hello takes besides the lives that it has heard. */
const helloRoom = envelopeRoom + 60;

/** What `repeatTail` repeats: Updates not older than this, and not more. */
const tailAge = seconds(1);
const tailCount = 32;

/**
 * A node's own stream of Updates: changes of its table, numbered from 1, and kept for a while so that a peer that
 * missed some can have them again.
 *
 * The first change after a quiet time leaves at once: with the driver's next turn. From then on changes wait for company,
 * until a datagram is full or `flushBound` has passed since the last one left: a busy node sends few datagrams that are
 * not full, and nothing waits longer than the bound. A later change of the same key takes the place of the
 * earlier one, unless that is an end. A Hello follows the last Updates after 20 and again after
 * 100 ms: a peer that lost the tail of a burst learns of it from there.
 */
export class SyncSender {
  records = 0;
  removals = 0;
  retransmissions = 0;
  /** Nacks that were answered in part only, because they asked for too many Updates at once. */
  nackOverflows = 0;
  lostNotices = 0;

  readonly #outbox: Outbox;
  readonly #status: (now: Instant) => SenderStatus;
  readonly #tuning: SyncTuning;
  readonly #timers = new Deadlines(2);
  #flushedAt: Instant | undefined;
  #helloAt: Instant | undefined;
  readonly #pending: ChangeWriter;
  readonly #resends: Allowance;
  /** Sequence n is at (n - 1) modulo the size. */
  readonly #ring: (SentUpdates | undefined)[];
  #lastSequence = 0;
  #hellosSinceUpdates = 2;

  constructor(outbox: Outbox, status: (now: Instant) => SenderStatus, tuning: SyncTuning) {
    this.#outbox = outbox;
    this.#status = status;
    this.#tuning = tuning;
    this.#pending = new ChangeWriter(tuning.maxLength - envelopeRoom);
    this.#resends = new Allowance(tuning.resendsAllowed);
    this.#ring = Array.from({ length: tuning.ringSize }, () => undefined);
  }

  /** The sequence of the last Updates sent, 0 before the first. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  get deadline(): Instant {
    return this.#timers.next;
  }

  start(now: Instant): void {
    this.hello(now);
  }

  /** The sequence of the Updates that will carry the change. */
  update(now: Instant, record: SyncRecord): number {
    this.#enqueue(now, packRecord(record));
    return this.#lastSequence + 1;
  }

  /** Tells that the entry is gone, for everybody when this node serves the connection. */
  remove(now: Instant, key: SessionKey, isServed: boolean): PackedRemoval {
    const removal = packRemoval(key, isServed);
    this.#enqueue(now, removal);
    return removal;
  }

  /** Sends what waits, so that `lastSequence` covers every change so far; true when anything did. */
  flush(now: Instant, acknowledge = false): boolean {
    this.#timers.disarm(Timer.flush);
    if (this.#pending.isEmpty) return false;
    const changes = this.#pending.take();
    const sequence = this.#lastSequence + 1;
    this.#flushedAt = now;
    const bytes = this.#outbox.send({ kind: 'updates', sequence, changes, acknowledge });
    this.#lastSequence = sequence;
    this.#ring[(sequence - 1) % this.#ring.length] = { bytes, at: now };
    const records = changes.records.length;
    this.records += records;
    this.removals += changes.items.length - records;
    this.#hellosSinceUpdates = 0;
    this.#helloSoon(now);
    return true;
  }

  /** Sends the latest Updates again to everybody, if it is that one. */
  repeat(sequence: number): void {
    if (this.#ring[(sequence - 1) % this.#ring.length] !== undefined) this.#resend(sequence);
  }

  /** Asks for an Ack of everything so far without any Updates that could ask. */
  askByHello(now: Instant): void {
    this.flush(now);
    this.#outbox.send({ ...this.#helloBody(now), acknowledge: true });
  }

  /** Tells everybody where this node is, and when to say it again. */
  hello(now: Instant): void {
    // The digest is that of the table as peers know it once they have everything up to the sequence.
    this.flush(now);
    this.#helloAt = now;
    this.#outbox.send(this.#helloBody(now));
    this.#hellosSinceUpdates += 1;
    const again = this.#hellosSinceUpdates === 1;
    const wait = again ? this.#tuning.helloAgain : this.#tuning.helloInterval;
    this.#timers.arm(Timer.hello, after(now, wait));
  }

  /** Tells one node where this one is: the answer to its BulkRequest. */
  helloTo(now: Instant, to: IpAddress): void {
    this.flush(now);
    this.#outbox.send(this.#helloBody(now), to);
  }

  /** Sends again what a peer lacks and the ring still has; tells the peer when the ring no longer has it. */
  handleNack(now: Instant, nack: Nack, to: IpAddress): void {
    const oldest = Math.max(1, this.#lastSequence - this.#ring.length + 1);
    let budget = this.#tuning.nackBatch;
    if (nack.ranges.some((range) => range.first < oldest)) {
      this.lostNotices += 1;
      this.#outbox.send({ kind: 'lost-notice', oldestKept: oldest }, to);
    }
    for (const { first, last } of nack.ranges) {
      const end = Math.min(last, this.#lastSequence);
      for (let sequence = Math.max(first, oldest); sequence <= end; sequence += 1) {
        if (budget === 0 || !this.#resends.take(now)) {
          this.nackOverflows += 1;
          return;
        }
        budget -= 1;
        this.#resend(sequence, to);
      }
    }
  }

  /** Sends the latest Updates once more, for the end of an epoch: nobody will answer a Nack for a lost tail. */
  repeatTail(now: Instant): void {
    const oldest = Math.max(1, this.#lastSequence - Math.min(tailCount, this.#ring.length) + 1);
    for (let sequence = oldest; sequence <= this.#lastSequence; sequence += 1) {
      const sent = this.#ring[(sequence - 1) % this.#ring.length];
      if (sent && between(sent.at, now) <= tailAge) this.#resend(sequence);
    }
  }

  /** After the last Updates and Goodbye: nothing is due any more. */
  stop(): void {
    assert(this.#pending.isEmpty, 'a sender that stops has flushed');
    this.#timers.disarm(Timer.hello);
  }

  handleDeadline(now: Instant): void {
    if (this.#timers.takeDue(Timer.flush, now)) this.flush(now);
    if (this.#timers.takeDue(Timer.hello, now)) this.hello(now);
  }

  #enqueue(now: Instant, change: PackedChange): void {
    if (!this.#pending.add(change)) {
      this.flush(now);
      const fits = this.#pending.add(change);
      assert(fits, 'the greatest record fits an empty message');
    }
    if (this.#timers.isArmed(Timer.flush)) return;
    const due =
      this.#flushedAt === undefined ? now : after(this.#flushedAt, this.#tuning.flushBound);
    this.#timers.arm(Timer.flush, due > now ? due : now);
  }

  #resend(sequence: number, to?: IpAddress): void {
    const sent = this.#ring[(sequence - 1) % this.#ring.length];
    assert(sent !== undefined, 'the ring holds the sequences that it says');
    this.retransmissions += 1;
    this.#outbox.sendBytes(sent.bytes, to);
  }

  /** A Hello in 20 ms, unless more Updates come first and say as much. */
  #helloSoon(now: Instant): void {
    const soon = after(now, this.#tuning.helloAfterUpdates);
    const latest = after(this.#helloAt ?? now, this.#tuning.helloInterval);
    this.#timers.arm(Timer.hello, earliest(soon, latest));
  }

  #helloBody(now: Instant): Hello {
    const lastSequence = this.#lastSequence;
    const status = this.#status(now);
    const heard = positionsThatFit(status.heard, this.#tuning.maxLength - helloRoom);
    return { kind: 'hello', lastSequence, ...status, heard, acknowledge: false };
  }
}
