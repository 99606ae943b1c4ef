import type { IpAddress } from '../../director/base/address.js';
import { assert, unreachable } from '../../director/base/invariant.js';
import type { Instant } from '../../director/base/time.js';
import type { Acknowledgements } from './acknowledgements.js';
import type { BulkDonor } from './bulk-donor.js';
import type { BulkJoiner } from './bulk-joiner.js';
import type { SyncEffect } from './effects.js';
import type { SyncReject } from './inbox.js';
import type { Ack, BulkFetch, Datagram, Hello, Nack, Position, Relay } from './message.js';
import type { Outbox } from './outbox.js';
import type { PeerStandings } from './peer-standings.js';
import type { PeerStream } from './peer-stream.js';
import type { SyncReceiver } from './receiver.js';
import type { Life, TableSource } from './record.js';
import type { SyncSender } from './sender.js';

/** What a listener works with; all of it belongs to the session-sync machine. */
export interface ListenerContext {
  readonly outbox: Outbox;
  readonly sender: SyncSender;
  readonly receiver: SyncReceiver;
  readonly joiner: BulkJoiner;
  readonly donor: BulkDonor;
  readonly acks: Acknowledgements;
  readonly standings: PeerStandings;
  readonly table: TableSource;
  readonly effects: readonly SyncEffect[];
  /** How far this node is in its own stream and in those of its peers. */
  readonly positions: () => readonly Position[];
}

/** What follows from what peers say: each message finds the part of the machine that it is for. */
export class PeerListener {
  readonly #context: ListenerContext;

  constructor(context: ListenerContext) {
    this.#context = context;
  }

  /** Why a message that is well-formed and from a peer is not for this node to act on, if so. */
  refusal(body: Datagram['body']): SyncReject | undefined {
    switch (body.kind) {
      case 'nack':
        return this.#isForUs(body) || this.#isHeard(body) ? undefined : 'not-for-us';
      case 'relay':
        return this.#isHeard(body) ? undefined : 'not-for-us';
      case 'ack':
        if (!this.#isForUs(body)) return 'not-for-us';
        return body.sequence <= this.#context.sender.lastSequence ? undefined : 'never-sent';
      case 'bulk-chunk':
        return body.joinerEpoch === this.#context.outbox.envelope.epoch ? undefined : 'not-for-us';
      case 'bulk-fetch':
        return this.#refusalOfFetch(body);
      default:
        return undefined;
    }
  }

  #refusalOfFetch(fetch: BulkFetch): SyncReject | undefined {
    if (!this.#isForUs(fetch)) return 'not-for-us';
    if (!this.#context.joiner.mayDonate && !fetch.ownOnly) return 'table-not-complete';
    // `asOf` would claim what the table lacks. The joiner asks again.
    return this.#isTableBehind ? 'table-behind' : undefined;
  }

  /** Acts on a message that is not refused. */
  handle(now: Instant, peer: PeerStream, body: Datagram['body'], source: IpAddress): void {
    const { acks, joiner, receiver, sender, standings } = this.#context;
    const { midway } = joiner;
    switch (body.kind) {
      case 'updates':
        if (body.acknowledge) peer.ackWanted = body.sequence;
        receiver.updates(now, peer, body, midway);
        return joiner.handleAdvance(now);
      case 'hello':
        return this.#handleHello(now, peer, body);
      case 'goodbye':
        receiver.announced(now, peer, body.lastSequence, midway);
        standings.gone(now, peer);
        return joiner.handlePeerGone(now, peer.node);
      case 'lost-notice':
        receiver.lost(now, peer, body.oldestKept);
        return joiner.handleAdvance(now);
      case 'nack':
        return this.#handleNack(now, body, source);
      case 'relay':
        return this.#handleRelay(now, body);
      case 'ack':
        return acks.handle(now, peer, body.sequence);
      case 'bulk-request':
        if (joiner.mayDonate) sender.helloTo(now, source);
        return;
      case 'bulk-fetch':
        return this.#handleFetch(now, peer, body, source);
      case 'bulk-chunk':
        return joiner.handleChunk(now, peer, body);
      case 'challenge':
      case 'response':
        return assert(false, 'the inbox keeps handshakes to itself');
      default:
        return unreachable(body);
    }
  }

  /** Answers the peers that have asked: behind the effects that put what they asked about into the table. */
  acknowledge(): void {
    const { joiner, outbox, receiver } = this.#context;
    for (const peer of receiver.streams()) {
      const { node, epoch, applied, address } = peer;
      if (peer.ackWanted === 0 || applied < peer.ackWanted || address === undefined) continue;
      if (!joiner.isWhole(peer)) continue;
      peer.ackWanted = 0;
      outbox.send({ kind: 'ack', node, epoch, sequence: applied }, address);
    }
  }

  #handleFetch(now: Instant, life: PeerStream, fetch: BulkFetch, address: IpAddress): void {
    const { donor, receiver, sender, positions } = this.#context;
    // What that brings is put into the table first; the joiner asks again.
    if (receiver.applyOrphaned(now)) return;
    // So that the table contains exactly what the positions say.
    sender.flush(now);
    donor.answer(now, fetch, { life, address }, positions());
  }

  #handleNack(now: Instant, nack: Nack, source: IpAddress): void {
    if (this.#isForUs(nack)) this.#context.sender.handleNack(now, nack, source);
    else this.#context.receiver.relay(now, nack, source);
  }

  /** What a life that has ended has said, as if it came from there. */
  #handleRelay(now: Instant, { node, epoch, updates }: Relay): void {
    const { joiner, receiver } = this.#context;
    const peer = receiver.life({ node, epoch });
    assert(peer !== undefined, 'only what a known life has said is relayed');
    receiver.updates(now, peer, updates, false);
    joiner.handleAdvance(now);
  }

  #handleHello(now: Instant, peer: PeerStream, hello: Hello): void {
    const { joiner, receiver, standings } = this.#context;
    if (hello.acknowledge) peer.ackWanted = hello.lastSequence;
    peer.tableComplete = hello.tableComplete;
    receiver.announced(now, peer, hello.lastSequence, joiner.midway);
    receiver.handleHeard(now, peer, hello.heard);
    standings.heard(peer, hello.master ? 'master' : 'backup');
    joiner.handleHello(now, peer, hello);
    this.#compareDigests(now, peer, hello);
  }

  /**
   * A peer says what its own entries come to. That can be compared when the copies here are as of the same sequence,
   * nothing is missing and nothing is under way.
   */
  #compareDigests(now: Instant, peer: PeerStream, hello: Hello): void {
    const { joiner, table } = this.#context;
    const { node, epoch, applied, digests } = peer;
    const isAsOf = applied === hello.lastSequence && joiner.isWhole(peer);
    if (!isAsOf || !hello.tableComplete || !joiner.tableComplete || this.#isTableBehind) return;
    if (!digests.compare(now, hello.digest, table.digest({ node, epoch }))) return;
    joiner.handleDivergence(now, peer);
  }

  /** True for a life that this node has followed and that has ended: others may speak of it. */
  #isHeard({ node, epoch }: Life): boolean {
    const peer = this.#context.receiver.life({ node, epoch });
    return peer !== undefined && peer.positioned && peer.standing === 'gone';
  }

  #isForUs(message: Nack | BulkFetch | Ack): boolean {
    const { node, epoch } = this.#context.outbox.envelope;
    return message.node === node && message.epoch === epoch;
  }

  /** True while the driver has yet to put into the table what the streams' positions already claim. */
  get #isTableBehind(): boolean {
    return this.#context.effects.some(({ kind }) => kind === 'apply' || kind === 'remove');
  }
}
