import type { IpAddress } from '../../director/base/address.js';
import { Deadlines } from '../../director/base/deadlines.js';
import { assert } from '../../director/base/invariant.js';
import type { Log } from '../../director/base/log.js';
import { after, earliest, type Duration, type Instant } from '../../director/base/time.js';
import { BulkTransfer, type TransferContext, type TransferScope } from './bulk-transfer.js';
import type { CompleteReason } from './effects.js';
import type { BulkChunk, Hello, Position, Updates } from './message.js';
import { Offers } from './offers.js';
import type { PeerStream } from './peer-stream.js';

/** - `requesting`: asks the group who has a table. `choosing`: collects offers. `pulling`: a transfer runs. */
type JoinState = 'idle' | 'requesting' | 'choosing' | 'pulling' | 'settled';

const Timer = { request: 0, choose: 1, solo: 2, giveUp: 3 } as const;

/** What the joiner needs of the machine around it. */
export interface JoinerContext extends TransferContext {
  readonly log: Log;
  /** Sends what waits in the sender, so that this node's own position covers every change so far. */
  readonly flush: (now: Instant) => void;
  /** How far this node is in its own stream and in those of its peers. */
  readonly positions: () => readonly Position[];
  /** True when the election hears a master: somebody has a table, even if nobody speaks of it here. */
  readonly isMasterHeard: () => boolean;
}

/**
 * Sees to it that this node has the whole table: once after the start, and again from a peer whose stream had a gap.
 *
 *     requesting ──Hello of a complete peer──▶ choosing ──100 ms──▶ pulling ──last chunk──▶ settled
 *         │  ▲                                                       │  │                     │ ▲
 *         │  └──────────────── donor silent, restarted or gone ──────┘  │      gap: repair owed │ │
 *         └─nobody for 1 s: alone──▶ settled                            └──◀──next Hello of it──┘ │
 *
 * Nobody is who neither speaks of a table nor is heard as master: a node that hears a master which it cannot sync with waits
 * for the bulk timeout, since it would take over with an empty table. Two nodes that start together hear no complete peer,
 * only one another, so each is complete by definition after the solo timeout. A node that found itself alone and then meets
 * a peer whose table was complete before they met (its link came up late) fetches that table after all. A node that fetches
 * its table anew may lack something, and still knows more than one that has just started: when there is nobody better it
 * is the donor. A donor that does not answer is left for the best of the other offers, if there are any: its peers may be
 * about to leave, and then nobody has the table any more.
 */
export class BulkJoiner {
  transfers = 0;
  failures = 0;

  readonly #context: JoinerContext;
  readonly #bulkTimeout: Duration;
  readonly #timers = new Deadlines(4);
  readonly #offers = new Offers();
  /** Transfers still to be made, by donor. */
  readonly #owed = new Map<string, TransferScope>();
  #state: JoinState = 'idle';
  #transfer: BulkTransfer | undefined;
  #reason: CompleteReason | undefined;
  #wasComplete = false;
  #nextTransfer = 1;
  /** Something that a dead node has told is missing here, and whoever else has it is to be asked. */
  #lacksOfDead = false;

  constructor(context: JoinerContext, bulkTimeout: Duration) {
    this.#context = context;
    this.#bulkTimeout = bulkTimeout;
  }

  /** True from the `table-complete` effect on. */
  get tableComplete(): boolean {
    return this.#reason !== undefined;
  }

  /** True when the table was complete before it had to be fetched anew. */
  get wasComplete(): boolean {
    return this.#wasComplete;
  }

  /** True when others may have this node's table, though it may lack what happened lately. */
  get mayDonate(): boolean {
    return this.tableComplete || this.#wasComplete;
  }

  /** True while this node has no table of its own to stand on: a stream met now may begin in its middle. */
  get midway(): boolean {
    return this.#state === 'requesting' || this.#state === 'choosing';
  }

  /** Donors whose table or own entries are still to be fetched. */
  get owed(): number {
    return this.#owed.size;
  }

  /** True when all that this node has applied of a stream stands on everything that came before it. */
  isWhole(peer: PeerStream): boolean {
    if (!peer.positioned || this.#owed.has(peer.node)) return false;
    if (this.#transfer?.donor === peer && this.#transfer.scope === 'own') return false;
    // What came before a stream's beginning arrives with the first transfer.
    return peer.base === 1 || this.#state === 'settled' || this.#transfer?.scope === 'own';
  }

  get deadline(): Instant {
    const transfer = this.#transfer;
    if (transfer === undefined) return this.#timers.next;
    return earliest(this.#timers.next, earliest(transfer.deadline, this.#leaveAt(transfer)));
  }

  /** When the donor is given up: soon, if there is another to ask, which may not be there for much longer. */
  #leaveAt(transfer: BulkTransfer): Instant {
    const { silentAt, doubtedAt } = transfer;
    return this.#hasOtherOffer(transfer) ? earliest(doubtedAt, silentAt) : silentAt;
  }

  #hasOtherOffer({ donor }: BulkTransfer): boolean {
    return !this.tableComplete && this.#offers.size > (this.#offers.has(donor.node) ? 1 : 0);
  }

  start(now: Instant): void {
    assert(this.#state === 'idle', 'a joiner starts once');
    this.#timers.arm(Timer.giveUp, after(now, this.#bulkTimeout));
    this.#becomeRequesting(now);
  }

  /** The table may lack what happened lately: it is incomplete until it has been fetched anew. */
  restart(now: Instant): void {
    if (this.#state === 'idle' || this.midway) return;
    this.#context.log.info('the table is fetched anew');
    if (this.#transfer !== undefined) this.#endTransfer();
    this.#wasComplete ||= this.tableComplete;
    this.#reason = undefined;
    this.#timers.arm(Timer.giveUp, after(now, this.#bulkTimeout));
    this.#becomeRequesting(now);
  }

  stop(): void {
    for (const timer of Object.values(Timer)) this.#timers.disarm(timer);
    this.#transfer = undefined;
    this.#context.journal.end();
    this.#state = 'idle';
  }

  handleHello(now: Instant, peer: PeerStream, hello: Hello): void {
    if (!peer.introduced && hello.tableComplete && hello.entries > 0) this.#meetComplete(peer);
    peer.introduced = true;
    if (this.midway && (hello.tableComplete || hello.wasComplete)) {
      this.#offers.add(peer, hello);
      if (this.#state === 'requesting' && hello.tableComplete) this.#becomeChoosing(now);
    } else {
      if (this.#offers.has(peer.node)) this.#offers.add(peer, hello);
      this.#beginOwed(now);
    }
  }

  /** A peer has been admitted that has not heard this node's question, or could not answer it yet. */
  handleProof(to: IpAddress): void {
    if (this.#state === 'requesting') this.#context.outbox.send({ kind: 'bulk-request' }, to);
  }

  handleChunk(now: Instant, peer: PeerStream, chunk: BulkChunk): void {
    if (peer !== this.#transfer?.donor) return;
    this.#transfer.handleChunk(now, chunk);
    this.#settleIfFinished(now);
  }

  /** A stream has moved: a chunk may have waited for that. */
  handleAdvance(now: Instant): void {
    this.#transfer?.advance(now);
    this.#settleIfFinished(now);
  }

  /** Notes what updates touch while a transfer runs. */
  noteUpdates(peer: PeerStream, updates: Updates): void {
    const { journal } = this.#context;
    if (!journal.active) return;
    const by = { node: peer.node, epoch: peer.epoch, sequence: updates.sequence };
    for (const change of updates.changes.items) journal.touch(change.keyHash, by);
  }

  /** Some Updates of the peer are lost for good: its own entries are to be fetched. */
  handleGap(peer: PeerStream): void {
    this.#context.log.warn('sync gap', { peer: peer.node, resumeAt: peer.base });
    if (peer.standing === 'gone') this.#lacksOfDead = true;
    else this.#owe(peer, 'own');
  }

  /** This node's copy of what the peer has told of is not what the peer has: it is to be fetched. */
  handleDivergence(now: Instant, peer: PeerStream): void {
    this.#context.log.warn('sync divergence', { peer: peer.node });
    this.#owe(peer, 'own');
    // What the peer no longer tells of may be a master's by now, and would be missing here until that is found, too.
    for (const other of this.#context.receiver.peers) {
      if (other.standing === 'master') this.#owe(other, 'own');
    }
    this.#beginOwed(now);
  }

  /** The peer has left, or runs anew: what it was to send will not come. */
  handlePeerGone(now: Instant, node: string): void {
    this.#offers.drop(node);
    if (this.#transfer?.donor.node === node) this.#failTransfer(now);
    if (this.#owed.delete(node)) this.#lacksOfDead = true;
  }

  handleDeadline(now: Instant): void {
    if (this.#timers.takeDue(Timer.giveUp, now)) this.#giveUp(now);
    if (this.#timers.takeDue(Timer.solo, now)) this.#settleAlone(now);
    if (this.#timers.takeDue(Timer.request, now)) this.#request(now);
    if (this.#timers.takeDue(Timer.choose, now)) this.#choose(now);
    const transfer = this.#transfer;
    if (transfer === undefined) return;
    if (this.#leaveAt(transfer) <= now) this.#failTransfer(now);
    else transfer.handleDeadline(now);
    this.#settleIfFinished(now);
  }

  #settleAlone(now: Instant): void {
    if (!this.#context.isMasterHeard()) {
      if (this.#offers.size > 0) this.#becomeChoosing(now);
      else this.#settle(now, 'alone');
    } else this.#timers.arm(Timer.solo, after(now, this.#context.tuning.soloTimeout));
  }

  #becomeRequesting(now: Instant): void {
    this.#state = 'requesting';
    this.#offers.clear();
    this.#timers.arm(Timer.solo, after(now, this.#context.tuning.soloTimeout));
    this.#request(now);
  }

  #becomeChoosing(now: Instant): void {
    this.#state = 'choosing';
    this.#timers.disarm(Timer.request);
    this.#timers.disarm(Timer.solo);
    this.#timers.arm(Timer.choose, after(now, this.#context.tuning.offerWindow));
  }

  #becomePulling(now: Instant, donor: PeerStream, scope: TransferScope): void {
    assert(this.#transfer === undefined, 'one transfer at a time');
    this.#state = 'pulling';
    this.transfers += 1;
    const id = this.#nextTransfer;
    this.#nextTransfer += 1;
    this.#context.log.info('bulk transfer started', { donor: donor.node, scope });
    // A change that still waits would be neither in the journal nor before its beginning.
    this.#context.flush(now);
    this.#context.journal.begin(this.#context.positions());
    this.#transfer = new BulkTransfer(now, this.#context, { donor, scope, id });
  }

  #request(now: Instant): void {
    this.#context.outbox.send({ kind: 'bulk-request' });
    this.#timers.arm(Timer.request, after(now, this.#context.tuning.requestInterval));
  }

  #choose(now: Instant): void {
    const { best } = this.#offers;
    if (best === undefined) this.#becomeRequesting(now);
    else this.#becomePulling(now, best, 'all');
  }

  #giveUp(now: Instant): void {
    if (this.tableComplete) return;
    if (this.#state === 'pulling') this.#declare('timeout');
    else this.#settle(now, 'timeout');
  }

  #failTransfer(now: Instant): void {
    const transfer = this.#transfer;
    assert(transfer !== undefined, 'only a running transfer fails');
    const { donor, scope } = transfer;
    const { receiver, tuning } = this.#context;
    this.failures += 1;
    this.#context.log.warn('bulk transfer failed', { donor: donor.node, scope });
    this.#endTransfer();
    if (this.tableComplete) {
      this.#state = 'settled';
      this.#owe(donor, scope);
    } else {
      this.#offers.fail(donor.node);
      // Offers may be as old as the transfer that has failed.
      this.#offers.dropSilent((peer) => receiver.isSilent(now, peer, tuning.donorSilence));
      if (this.#offers.hasTaken) this.#goOn(now);
      else if (this.#offers.size > 0) this.#choose(now);
      else this.#becomeRequesting(now);
    }
  }

  #endTransfer(): void {
    this.#transfer = undefined;
    this.#context.journal.end();
  }

  #settleIfFinished(now: Instant): void {
    const transfer = this.#transfer;
    if (transfer?.finished !== true) return;
    this.#endTransfer();
    if (transfer.scope === 'all') this.#oweUnseen(transfer.covered);
    if (this.tableComplete) this.#state = 'settled';
    else {
      this.#offers.take(transfer.donor.node);
      this.#goOn(now);
    }
    this.#beginOwed(now);
  }

  /** A table has been fetched: it is complete, unless somebody knows more. */
  #goOn(now: Instant): void {
    const { further } = this.#offers;
    if (further === undefined) this.#settle(now, 'bulk');
    else this.#becomePulling(now, further, 'all');
  }

  #settle(now: Instant, reason: CompleteReason): void {
    for (const timer of Object.values(Timer)) this.#timers.disarm(timer);
    this.#state = 'settled';
    this.#offers.clear();
    this.#declare(reason);
    if (reason === 'bulk') return;
    this.#oweUnseen([]);
    this.#beginOwed(now);
  }

  #declare(reason: CompleteReason): void {
    assert(this.#reason === undefined, 'a table becomes complete once');
    this.#reason = reason;
    const { entries } = this.#context.counters;
    this.#context.log.info('table complete', { reason, entries });
    this.#context.effects.push({ kind: 'table-complete', reason, entries });
  }

  /** Streams that began in their middle and of which no donor brought the beginning. */
  #oweUnseen(covered: readonly string[]): void {
    for (const peer of this.#context.receiver.peers) {
      if (peer.base > 1 && !covered.includes(peer.node)) this.#owe(peer, 'own');
    }
  }

  #meetComplete(peer: PeerStream): void {
    if (this.tableComplete && this.#reason !== 'bulk') this.#owe(peer, 'all');
  }

  #owe(peer: PeerStream, scope: TransferScope): void {
    if (this.#owed.get(peer.node) !== 'all') this.#owed.set(peer.node, scope);
  }

  #beginOwed(now: Instant): void {
    if (this.#state !== 'settled') return;
    const { receiver, tuning } = this.#context;
    const present = receiver.peers.filter(
      (peer) => !receiver.isSilent(now, peer, tuning.donorSilence),
    );
    const byMastery = present.toSorted((a, b) => mastery(b) - mastery(a));
    const donor = byMastery.find(({ node }) => this.#owed.has(node));
    if (donor !== undefined) {
      const scope = this.#owed.get(donor.node) ?? 'own';
      this.#owed.delete(donor.node);
      this.#becomePulling(now, donor, scope);
      return;
    }
    const other = byMastery.find((peer) => peer.tableComplete && peer.standing !== 'gone');
    if (!this.#lacksOfDead || other === undefined) return;
    this.#lacksOfDead = false;
    this.#becomePulling(now, other, 'all');
  }
}

/** Puts masters before others. */
const mastery = ({ standing }: PeerStream): number => Number(standing === 'master');
