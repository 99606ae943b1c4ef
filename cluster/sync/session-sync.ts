import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { silentLog, type Log } from '../../director/base/log.js';
import { earliest, Never, type Duration, type Instant } from '../../director/base/time.js';
import { Acknowledgements } from './acknowledgements.js';
import { BulkDonor } from './bulk-donor.js';
import { BulkJoiner } from './bulk-joiner.js';
import type { BulkCounters } from './bulk-transfer.js';
import type { SyncEffect } from './effects.js';
import { Inbox } from './inbox.js';
import { TouchJournal } from './journal.js';
import type { KeyRing } from './key-ring.js';
import { isNodeName, type Position, type Updates } from './message.js';
import { Outbox } from './outbox.js';
import { PackedRecord, packRecord } from './packed-record.js';
import { PeerListener } from './peer-listener.js';
import { PeerStandings } from './peer-standings.js';
import type { PeerStream } from './peer-stream.js';
import { SyncReceiver } from './receiver.js';
import type { SessionKey, SyncRecord, TableSource } from './record.js';
import { SyncSender, type SenderStatus } from './sender.js';
import { snapshotOf, type SessionSyncSnapshot } from './snapshot.js';
import type { HeardPeer, SyncMachine } from './sync-machine.js';
import { defaultTuning, type SyncTuning } from './tuning.js';

/** Which node this is, and in which cluster. */
export interface SessionSyncConfig extends Partial<SyncTuning> {
  /** The node's name among its peers: 1 to 63 printable ASCII characters. */
  readonly node: string;
  readonly syncId: number;
  /** Greater at every start of the node: the wall clock in microseconds will do. A whole number up to 2^53. */
  readonly epoch: number;
  /** When the table counts as complete though it is not. */
  readonly bulkTimeout: Duration;
  /** Whether the election hears a master; absent: never. */
  readonly isMasterHeard?: () => boolean;
  /** With keys every datagram is signed, and only signed ones are accepted. */
  readonly keys?: KeyRing | undefined;
}

/**
 * Session sync: every director tells the others of its connections, so that each can carry on for any other.
 * One machine a node; the driver brings datagrams and time, and carries out the effects in their order.
 *
 * The way of an update. Each node numbers its Updates datagrams; peers apply them in order and ask for what is missing:
 *
 *     update() ─▶ SyncSender: up to 20 ms for company ─▶ Updates 7 ═══ multicast ══▶ SyncReceiver: 7 is next ─▶ apply
 *                                                     Updates 8 ═══════ ✗
 *                                                     Updates 9 ═════════════════▶ held: 8 is missing
 *                 ring of the last 4096 ◀════════════ Nack 8 ◀════════════════════ 2 ms later, and again
 *                                      ═══════════▶ Updates 8 ══════ unicast ═════▶ 8, then 9 ─▶ apply
 *                 20 ms after the last: ═══════════▶ Hello: "9 was my last" ══════▶ a lost tail is missed too
 *
 * What the ring no longer has is a gap: counted, stepped over, and repaired by fetching the sender's own entries.
 *
 * The way of a joiner. A node that starts listens to the streams from where they are, and fetches what came before:
 *
 *     BulkRequest ═══ multicast ══▶ every peer with a complete table
 *     Hello ◀════ "master, 812 entries" ════ each of them; the master is chosen
 *     BulkFetch: slot 0, 32 chunks ══▶ BulkDonor: sends its pending Updates, then reads its table
 *     BulkChunk ◀══ entries, and `asOf`: how far the donor was in its own and in everybody's Updates
 *        … and so on, to the last slot ─▶ table-complete
 *
 * Updates keep coming meanwhile. `asOf` decides what a chunk may still say: see `BulkTransfer`.
 *
 * The driver drains `effects` after every input: a donor whose table lacks what is still in the queue sends no chunk.
 */
export class SessionSync implements SyncMachine {
  readonly effects: SyncEffect[] = [];
  readonly hasOwners = true;

  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #sender: SyncSender;
  readonly #receiver: SyncReceiver;
  readonly #joiner: BulkJoiner;
  readonly #donor: BulkDonor;
  readonly #journal: TouchJournal;
  readonly #acks: Acknowledgements;
  readonly #standings: PeerStandings;
  readonly #listener: PeerListener;
  readonly #table: TableSource;
  readonly #log: Log;
  readonly #bulkCounters: BulkCounters = {
    entries: 0,
    superseded: 0,
    stale: 0,
    lagging: 0,
    swept: 0,
  };
  #state: 'new' | 'running' | 'stopped' = 'new';
  #master = false;
  #isTableAnnounced = false;
  #now: Instant | undefined;

  constructor(config: SessionSyncConfig, table: TableSource, log: Log = silentLog) {
    const { node, syncId, epoch } = config;
    assert(isNodeName(node), 'the name of a node can stand in a datagram');
    assert(Number.isSafeInteger(epoch) && epoch >= 0, 'an epoch is a whole number up to 2^53');
    const tuning: SyncTuning = { ...defaultTuning, ...config };
    this.#table = table;
    this.#log = log;
    this.#outbox = new Outbox({ syncId, node, epoch }, this.effects, config.keys);
    this.#journal = new TouchJournal(tuning.journalLimit);
    this.#acks = new Acknowledgements(this.effects, tuning);
    this.#sender = new SyncSender(this.#outbox, (now) => this.#status(now), tuning);
    this.#receiver = new SyncReceiver(
      this.#outbox,
      {
        apply: (peer, updates) => this.#apply(peer, updates),
        gap: (_now, peer) => this.#joiner.handleGap(peer),
        restarted: (now, peer, before) => this.#peerRestarted(now, peer, before),
      },
      tuning,
    );
    this.#standings = new PeerStandings(this.#receiver, this.effects, (now) =>
      this.#sender.hello(now),
    );
    this.#donor = new BulkDonor(this.#outbox, table, tuning);
    this.#joiner = new BulkJoiner(
      {
        outbox: this.#outbox,
        receiver: this.#receiver,
        journal: this.#journal,
        table,
        effects: this.effects,
        tuning,
        counters: this.#bulkCounters,
        log,
        flush: (now) => this.#sender.flush(now),
        positions: () => this.#positions(),
        isMasterHeard: config.isMasterHeard ?? (() => false),
      },
      config.bulkTimeout,
    );
    this.#listener = new PeerListener({
      outbox: this.#outbox,
      sender: this.#sender,
      receiver: this.#receiver,
      joiner: this.#joiner,
      donor: this.#donor,
      acks: this.#acks,
      standings: this.#standings,
      table,
      effects: this.effects,
      positions: () => this.#positions(),
    });
    this.#inbox = new Inbox(this.#outbox, this.#receiver, config.keys, (now, source) => {
      this.#sender.helloTo(now, source);
      this.#joiner.handleProof(source);
    });
  }

  get deadline(): Instant {
    if (this.#state !== 'running') return Never;
    const own = earliest(this.#sender.deadline, this.#receiver.deadline);
    return earliest(earliest(own, this.#joiner.deadline), this.#acks.deadline);
  }

  /** True from the `table-complete` effect on: the node may preempt. */
  get tableComplete(): boolean {
    return this.#joiner.tableComplete;
  }

  get peersHeard(): readonly HeardPeer[] {
    return this.#receiver.peers.flatMap(({ address, epoch }) =>
      address === undefined ? [] : { address, epoch },
    );
  }

  start(now: Instant): void {
    assert(this.#state === 'new', 'session sync starts once');
    this.#moveTo(now);
    this.#state = 'running';
    this.#sender.start(now);
    this.#joiner.start(now);
  }

  /** Peers that could acknowledge something: complete, heard in the last 2.5 s, and neither stopped nor found dead since. */
  get peersAlive(): number {
    return this.#now === undefined ? 0 : this.#receiver.alive(this.#now);
  }

  /**
   * An entry of this node's own has been created or has changed so that peers must know. Returns the sequence of the
   * Updates that will carry it, for the effect `acknowledged`.
   */
  update(now: Instant, record: SyncRecord): number {
    this.#enter(now);
    const packed = packRecord(record);
    const sequence = this.#sender.update(now, packed);
    this.#touchOwn(packed.keyHash);
    return sequence;
  }

  /**
   * An entry that peers know is gone. `isServed`: this node serves the connection, so it is over; otherwise only this
   * node's own entry is, and whoever has learnt of the connection from another keeps it. Not for copies that expire: those
   * are their owners' to remove.
   */
  remove(now: Instant, key: SessionKey, isServed = true): void {
    this.#enter(now);
    const removal = this.#sender.remove(now, key, isServed);
    this.#touchOwn(removal.keyHash);
  }

  /**
   * Sends what waits for company at once; with `acknowledge`, peers are asked to say when they have it, and asked
   * again a few times while nobody does.
   */
  flush(now: Instant, options: { readonly acknowledge?: boolean } = {}): void {
    this.#enter(now);
    const { acknowledge = false } = options;
    const wasSent = this.#sender.flush(now, acknowledge);
    if (acknowledge) this.#askForAck(now, wasSent);
  }

  /** The peer's process has ended, whatever the clock says about it: nobody is to wait for it. */
  handlePeerDeath(now: Instant, node: string): void {
    this.#enter(now);
    const peer = this.#receiver.peer(node);
    if (peer !== undefined) this.#standings.gone(now, peer);
  }

  /** The table may lack what happened lately: it is fetched anew, and `table-complete` follows once more. */
  resync(now: Instant): void {
    this.#enter(now);
    this.#joiner.restart(now);
  }

  /** This node's VRRP state: a master is preferred as a donor, and applies what it holds back. */
  setMaster(now: Instant, isMaster: boolean): void {
    this.#enter(now);
    if (isMaster === this.#master) return;
    this.#master = isMaster;
    this.#sender.hello(now);
    if (!isMaster) return;
    this.#receiver.applyHeld(now);
    this.#joiner.handleAdvance(now);
  }

  /** Ends the epoch: sends what waits, the latest Updates once more, and says goodbye. Nothing is due afterwards. */
  stop(now: Instant): void {
    this.#enter(now);
    this.#sender.flush(now);
    this.#sender.repeatTail(now);
    this.#outbox.send({ kind: 'goodbye', lastSequence: this.#sender.lastSequence });
    this.#sender.stop();
    this.#acks.stop();
    this.#joiner.stop();
    this.#state = 'stopped';
  }

  handleDeadline(now: Instant): void {
    this.#enter(now);
    this.#sender.handleDeadline(now);
    this.#receiver.handleDeadline(now);
    this.#joiner.handleAdvance(now);
    this.#joiner.handleDeadline(now);
    this.#standings.update(now);
    if (this.#acks.takeDue(now)) this.#sender.repeat(this.#acks.asked);
    this.#listener.acknowledge();
    this.#announceTable(now);
    assert(this.deadline > now, 'session sync has handled all that was due');
  }

  /** A UDP payload from `source`. Whatever it holds, the worst that it does is to be counted. */
  handleDatagram(now: Instant, bytes: Uint8Array, source: IpAddress): void {
    this.#moveTo(now);
    if (this.#state !== 'running') return this.#inbox.reject('not-running', source);
    const received = this.#inbox.receive(now, bytes, source);
    if (received === undefined) return;
    const { peer, body } = received;
    const refusal = this.#listener.refusal(body);
    if (refusal !== undefined) return this.#inbox.reject(refusal, source);
    this.#listener.handle(now, peer, body, source);
    this.#listener.acknowledge();
    this.#announceTable(now);
  }

  /** Counters and peers as they are now. */
  snapshot(): SessionSyncSnapshot {
    return snapshotOf({
      outbox: this.#outbox,
      inbox: this.#inbox,
      sender: this.#sender,
      receiver: this.#receiver,
      acks: this.#acks,
      joiner: this.#joiner,
      donor: this.#donor,
      journal: this.#journal,
      bulk: this.#bulkCounters,
    });
  }

  /** Asks with the Updates that have just left, or, when there were none, for all earlier ones that nobody has. */
  #askForAck(now: Instant, wasSent: boolean): void {
    const { lastSequence } = this.#sender;
    if (lastSequence <= this.#acks.acknowledged || this.peersAlive === 0) return;
    if (!wasSent && this.#acks.asked < lastSequence) this.#sender.askByHello(now);
    if (this.#acks.asked < lastSequence) this.#acks.ask(now, lastSequence);
  }

  /** Peers may wait for this node's acknowledgements from now on. */
  #announceTable(now: Instant): void {
    if (this.#isTableAnnounced || !this.tableComplete) return;
    this.#isTableAnnounced = true;
    this.#sender.hello(now);
  }

  #apply(peer: PeerStream, updates: Updates): void {
    const { node: from, epoch } = peer;
    this.#joiner.noteUpdates(peer, updates);
    for (const change of updates.changes.items) {
      if (change instanceof PackedRecord) {
        this.effects.push({ kind: 'apply', record: change, from, epoch, bulk: false });
      } else {
        const { isServed } = change;
        this.effects.push({ kind: 'remove', key: change, from, epoch, isServed });
      }
    }
  }

  #peerRestarted(now: Instant, peer: PeerStream, before: PeerStream): void {
    this.#log.info('sync peer restarted', { peer: peer.node, epoch: peer.epoch });
    this.#standings.gone(now, before);
    this.effects.push({ kind: 'peer-restarted', node: peer.node });
    this.#joiner.handlePeerGone(now, peer.node);
  }

  #touchOwn(keyHash: number): void {
    if (!this.#journal.active) return;
    const { node, epoch } = this.#outbox.envelope;
    // What waits in the sender leaves with the next sequence.
    const sequence = this.#sender.lastSequence + 1;
    this.#journal.touch(keyHash, { node, epoch, sequence });
  }

  #positions(): Position[] {
    const { node, epoch } = this.#outbox.envelope;
    const known = this.#receiver.peers.filter((peer) => peer.positioned);
    return [
      { node, epoch, sequence: this.#sender.lastSequence },
      ...known.map((peer) => ({ node: peer.node, epoch: peer.epoch, sequence: peer.applied })),
    ];
  }

  #status(now: Instant): SenderStatus {
    const { tableComplete, wasComplete } = this.#joiner;
    const entries = this.#table.size;
    const digest = this.#table.digest();
    const heard = this.#receiver.endedPositions(now);
    return { entries, tableComplete, wasComplete, master: this.#master, digest, heard };
  }

  #enter(now: Instant): void {
    assert(this.#state === 'running', 'session sync is running');
    this.#moveTo(now);
  }

  #moveTo(now: Instant): void {
    assert(this.#now === undefined || now >= this.#now, 'time does not go back');
    this.#now = now;
  }
}
