import type { IpAddress } from '../../director/base/address.js';
import {
  after,
  between,
  earliest,
  microseconds,
  milliseconds,
  Never,
  seconds,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import { Allowance } from './allowance.js';
import { DigestWatch } from './digest-watch.js';
import { MaxPeers, type Datagram, type Nack, type Position, type Updates } from './message.js';
import type { Outbox } from './outbox.js';
import { PeerStream } from './peer-stream.js';
import type { Life } from './record.js';
import type { SyncTuning } from './tuning.js';

/** What the receiver hands on. */
export interface ReceiverEvents {
  /** Updates whose turn it is. */
  apply(peer: PeerStream, updates: Updates): void;
  /** Some Updates of this peer will never be applied: its table is to be fetched. */
  gap(now: Instant, peer: PeerStream): void;
  /** The peer runs with a new epoch; `peer` is the new stream, `before` the one of the life that has ended. */
  restarted(now: Instant, peer: PeerStream, before: PeerStream): void;
}

/** Why a datagram of a peer is not accepted. */
export type PeerReject = 'old-epoch' | 'address-conflict' | 'too-many-peers';

/** What a peer has sent arrives within this time, or not at all: what is heard later was said later. */
const longestWay = milliseconds(500);

/** How long a life that has ended is spoken of: longer than anybody waits for its return. */
const relayPeriod = seconds(60);
/** Sequences looked at for one range of a Nack that asks for another's Updates. */
const mostRelayed = 1_024;

/**
 * The streams of Updates of all peers: each is applied in its order, without holes and without repeats.
 *
 * What arrives early is held, and after 2 ms the sender is asked for what is missing, again and again with growing
 * pauses. When it no longer has it, does not answer, or too much is held, the hole is declared a gap: the stream goes
 * on behind it, and a bulk transfer repairs the table.
 */
export class SyncReceiver {
  records = 0;
  removals = 0;
  duplicates = 0;
  /** Updates that arrived to fill a hole. */
  repaired = 0;
  gaps = 0;
  /** Divergences found in the copies of earlier lives. */
  #divergencesBefore = 0;
  nacks = 0;

  readonly #outbox: Outbox;
  readonly #events: ReceiverEvents;
  readonly #tuning: SyncTuning;
  readonly #peers = new Map<string, PeerStream>();
  /** What a node has said in the life before its present one: peers that know more of it can still relay that. */
  readonly #earlier = new Map<string, PeerStream>();
  readonly #relays: Allowance;

  constructor(outbox: Outbox, events: ReceiverEvents, tuning: SyncTuning) {
    this.#outbox = outbox;
    this.#events = events;
    this.#tuning = tuning;
    this.#relays = new Allowance(tuning.resendsAllowed);
  }

  /** By name, so that decisions do not depend on who was heard first. */
  get peers(): PeerStream[] {
    return [...this.#peers.values()].toSorted((a, b) => (a.node < b.node ? -1 : 1));
  }

  /** A message from this address had no effect; it counts for the peer that lives there, if one does. */
  reject(source: IpAddress): void {
    for (const peer of this.#peers.values()) if (peer.address === source) peer.rejected += 1;
  }

  /** Times that copies differed from what their peer has. */
  get divergences(): number {
    let count = this.#divergencesBefore;
    for (const { digests } of this.#peers.values()) count += digests.divergences;
    return count;
  }

  /** All streams, in no order that matters: the same for everyone who looks. */
  streams(): Iterable<PeerStream> {
    return this.#peers.values();
  }

  peer(node: string): PeerStream | undefined {
    return this.#peers.get(node);
  }

  /** The stream of one life of a node, its present one or the one before. */
  life({ node, epoch }: Life): PeerStream | undefined {
    const peer = this.#peers.get(node);
    const found = peer?.epoch === epoch ? peer : this.#earlier.get(node);
    return found?.epoch === epoch ? found : undefined;
  }

  get deadline(): Instant {
    let next = Never;
    for (const peer of this.#peers.values()) if (peer.nackAt < next) next = peer.nackAt;
    for (const peer of this.#earlier.values()) if (peer.nackAt < next) next = peer.nackAt;
    return next;
  }

  isSilent(now: Instant, peer: PeerStream, limit: Duration = this.#tuning.peerSilence): boolean {
    return peer.address === undefined || between(peer.lastHeard, now) > limit;
  }

  /** Peers that are there to acknowledge something: with a complete table, heard lately, and not gone since. */
  alive(now: Instant): number {
    let count = 0;
    for (const peer of this.#peers.values()) {
      if (peer.tableComplete && !this.isUnheard(now, peer) && !this.isGone(peer)) count += 1;
    }
    return count;
  }

  /** True when the peer has not been heard for longer than one that is well is ever silent. */
  isUnheard(now: Instant, peer: PeerStream): boolean {
    return this.isSilent(now, peer, this.#tuning.aliveSilence);
  }

  /** True when the peer has said goodbye or was found dead, and was not heard since but for what was on its way. */
  isGone(peer: PeerStream): boolean {
    return peer.goneAt !== Never && peer.lastHeard <= after(peer.goneAt, longestWay);
  }

  /**
   * The stream that a datagram belongs to, made if needed, or why the datagram is dropped. `isProven`: its sender has
   * shown that this is its life now, whatever the epochs say.
   */
  hear(
    now: Instant,
    datagram: Datagram,
    source: IpAddress,
    isProven = false,
  ): PeerStream | PeerReject {
    const { node, epoch } = datagram;
    const known = this.#peers.get(node);
    if (known === undefined) return this.#admit(now, datagram, source);
    if (epoch < known.epoch && !isProven && !this.#isNewLife(now, known)) return 'old-epoch';
    if (epoch === known.epoch) {
      if (source !== known.address && !this.isSilent(now, known)) return 'address-conflict';
      known.address = source;
      known.lastHeard = now;
      return known;
    }
    const stream = this.#open(now, datagram);
    stream.address = source;
    stream.begin(1);
    this.#events.restarted(now, stream, known);
    return stream;
  }

  /**
   * What a life with a lesser epoch says is either late, or the clock that makes the epochs was set back: then the life
   * that is known has ended, and nothing of it comes any more.
   */
  #isNewLife(now: Instant, known: PeerStream): boolean {
    return this.isGone(known) || this.isSilent(now, known, longestWay);
  }

  /**
   * A peer says it has sent everything up to `sequence`. `midway`: this node has only just started, so a stream that it
   * has not met before begins here, and a bulk transfer brings what came before; else everything from 1 is due.
   */
  announced(now: Instant, peer: PeerStream, sequence: number, midway: boolean): void {
    if (!peer.positioned) peer.begin(midway ? sequence + 1 : 1);
    peer.announce(sequence);
    this.#watchHole(now, peer);
  }

  updates(now: Instant, peer: PeerStream, updates: Updates, midway: boolean): void {
    if (!peer.positioned) peer.begin(midway ? updates.sequence : 1);
    if (peer.isDuplicate(updates.sequence)) {
      this.duplicates += 1;
      return;
    }
    if (peer.nackAttempts > 0 && updates.sequence < peer.afterHole) {
      this.repaired += 1;
      peer.repaired += 1;
    }
    peer.hold(updates);
    this.#applyReady(now, peer);
    while (peer.held > this.#tuning.holdLimit) this.#declareGap(now, peer, peer.afterHole);
    this.#watchHole(now, peer);
  }

  /** How far this node has come in the Updates of lives that have ended within a minute, the latest first. */
  endedPositions(now: Instant): Position[] {
    const ended = this.#lives.filter(
      (peer) =>
        peer.standing === 'gone' && peer.positioned && between(peer.lastHeard, now) < relayPeriod,
    );
    return ended
      .toSorted((left, right) => right.lastHeard - left.lastHeard)
      .map(({ node, epoch, applied }) => ({ node, epoch, sequence: applied }));
  }

  /** A peer has come so far in the Updates of lives that have ended: what is missing here can be had from it. */
  handleHeard(now: Instant, helper: PeerStream, heard: readonly Position[]): void {
    for (const position of heard) {
      const { sequence } = position;
      const peer = this.life(position);
      if (peer === undefined || !peer.positioned || sequence <= peer.applied) continue;
      peer.announce(sequence);
      // Whoever was asked before is not to be waited for.
      if (peer.helper !== helper.address) {
        peer.nackAt = Never;
        peer.nackAttempts = 0;
      }
      peer.helper = helper.address;
      this.#watchHole(now, peer);
    }
  }

  /** Answers for a life that has ended, as far as this node remembers what it said. */
  relay(now: Instant, nack: Nack, to: IpAddress): void {
    const peer = this.life(nack);
    for (const { first, last } of nack.ranges) {
      const end = Math.min(last, peer?.applied ?? 0);
      for (let sequence = Math.max(first, end - mostRelayed); sequence <= end; sequence += 1) {
        const updates = peer?.recall(sequence);
        if (updates === undefined) continue;
        if (!this.#relays.take(now)) return;
        const { node, epoch } = nack;
        this.#outbox.send({ kind: 'relay', node, epoch, updates }, to);
      }
    }
  }

  /** The peer no longer has anything before `oldestKept`. */
  lost(now: Instant, peer: PeerStream, oldestKept: number): void {
    if (!peer.positioned || oldestKept <= peer.applied + 1) return;
    this.#declareGap(now, peer, oldestKept);
    this.#watchHole(now, peer);
  }

  /** Takes over from a donor how far it has come in a stream that this node does not know, or knows an older epoch of. */
  adopt(now: Instant, position: Position): void {
    const known = this.#peers.get(position.node);
    if (known?.positioned === true && known.epoch >= position.epoch) return;
    if (known !== undefined && known.epoch > position.epoch) return;
    if (known === undefined && this.#peers.size >= MaxPeers) return;
    const stream = known?.epoch === position.epoch ? known : this.#open(now, position);
    stream.begin(position.sequence + 1);
    if (known !== undefined && known !== stream) this.#events.restarted(now, stream, known);
  }

  /** Applies all that is held, over the holes: a node that becomes master does better with than without. */
  applyHeld(now: Instant): void {
    for (const peer of this.#lives) this.#applyOverHoles(now, peer);
  }

  /**
   * The same for lives that have ended and of which nobody is known to have heard more: what is missing will not come,
   * and whoever is given the table before the holes are given up would never learn what is held. True if there was any.
   */
  applyOrphaned(now: Instant): boolean {
    const orphaned = this.#lives.filter(
      (peer) =>
        peer.held > 0 &&
        peer.helper === undefined &&
        (this.isGone(peer) || this.isUnheard(now, peer)),
    );
    for (const peer of orphaned) this.#applyOverHoles(now, peer);
    return orphaned.length > 0;
  }

  handleDeadline(now: Instant): void {
    for (const peer of this.#lives) if (peer.nackAt <= now) this.#handleHole(now, peer);
  }

  /** The present lives and those before, each by name. */
  get #lives(): PeerStream[] {
    const earlier = [...this.#earlier.values()];
    return [...this.peers, ...earlier.toSorted((a, b) => (a.node < b.node ? -1 : 1))];
  }

  #admit(now: Instant, datagram: Datagram, source: IpAddress): PeerStream | PeerReject {
    if (this.#peers.size >= MaxPeers && !this.#forgetSilent(now)) return 'too-many-peers';
    const stream = this.#open(now, datagram);
    stream.address = source;
    return stream;
  }

  #open(now: Instant, { node, epoch }: Life): PeerStream {
    const before = this.#peers.get(node);
    this.#divergencesBefore += before?.digests.divergences ?? 0;
    if (before?.positioned === true) this.#earlier.set(node, before);
    const digests = new DigestWatch(this.#tuning);
    const stream = new PeerStream({ node, epoch, lastHeard: now, digests });
    this.#peers.set(node, stream);
    return stream;
  }

  #forgetSilent(now: Instant): boolean {
    const silent = this.peers.filter((peer) => this.isSilent(now, peer));
    const [longest] = silent.toSorted((a, b) => a.lastHeard - b.lastHeard);
    if (longest === undefined) return false;
    this.#divergencesBefore += longest.digests.divergences;
    this.#earlier.delete(longest.node);
    return this.#peers.delete(longest.node);
  }

  #applyReady(now: Instant, peer: PeerStream): void {
    for (let updates = peer.takeNext(); updates; updates = peer.takeNext()) {
      this.#apply(peer, updates);
      // The hole shrinks, so the peer answers: the next Nack need not wait out a pause that grew.
      peer.nackAttempts = 0;
      peer.nackAt = earliest(peer.nackAt, after(now, this.#tuning.nackRetry));
    }
  }

  #apply(peer: PeerStream, updates: Updates): void {
    const records = updates.changes.records.length;
    this.records += records;
    this.removals += updates.changes.items.length - records;
    this.#events.apply(peer, updates);
    peer.remember(updates);
  }

  #watchHole(now: Instant, peer: PeerStream): void {
    if (peer.missing === 0) {
      peer.nackAt = Never;
      peer.nackAttempts = 0;
    } else if (peer.nackAt === Never) peer.nackAt = after(now, this.#tuning.nackDelay);
  }

  #handleHole(now: Instant, peer: PeerStream): void {
    peer.nackAt = Never;
    if (peer.missing === 0) return;
    if (peer.nackAttempts >= this.#tuning.nackAttempts) {
      this.#declareGap(now, peer, peer.afterHole);
      this.#watchHole(now, peer);
      return;
    }
    const address = this.#whoHas(peer);
    // A stream known by others' word only has nobody to ask yet, but then it also has no hole that it was told of.
    if (address === undefined && peer.address === undefined) return;
    if (address !== undefined) {
      const { node, epoch } = peer;
      this.nacks += 1;
      this.#outbox.send({ kind: 'nack', node, epoch, ranges: peer.missingRanges() }, address);
    }
    const wait = this.#tuning.nackRetry * 2 ** Math.min(peer.nackAttempts, 16);
    peer.nackAttempts += 1;
    peer.nackAt = after(now, this.#shorter(wait));
  }

  /** Whom to ask for what is missing: a life that has been succeeded by another does not answer. */
  #whoHas(peer: PeerStream): IpAddress | undefined {
    if (peer.standing !== 'gone') return peer.address;
    return peer.helper ?? (this.#peers.get(peer.node) === peer ? peer.address : undefined);
  }

  #shorter(wait: number): Duration {
    const longest = this.#tuning.nackRetryMax;
    return wait < longest ? microseconds(wait) : longest;
  }

  #applyOverHoles(now: Instant, peer: PeerStream): void {
    while (peer.held > 0) this.#declareGap(now, peer, peer.afterHole);
    this.#watchHole(now, peer);
  }

  #declareGap(now: Instant, peer: PeerStream, sequence: number): void {
    this.gaps += 1;
    peer.gaps += 1;
    peer.nackAttempts = 0;
    for (const updates of peer.skipTo(sequence)) this.#apply(peer, updates);
    this.#applyReady(now, peer);
    this.#events.gap(now, peer);
  }
}
