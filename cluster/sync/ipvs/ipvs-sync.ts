import type { IpAddress } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import { after, between, Never, seconds } from '../../../director/base/time.js';
import type { Duration, Instant } from '../../../director/base/time.js';
import type { SyncEffect } from '../effects.js';
import type { SyncRecord } from '../record.js';
import { idleSnapshot, silentPeer, type SessionSyncSnapshot } from '../snapshot.js';
import type { HeardPeer, SyncMachine } from '../sync-machine.js';
import type { IpvsMessageReject, IpvsRecord, IpvsVersion } from './message.js';
import { readIpvsMessage } from './reader.js';
import {
  fromIpvs,
  toIpvs,
  type IpvsRecordReject,
  type ReceiverDefaults,
  type Unsaid,
} from './translation.js';
import { IpvsMessageWriter } from './writer.js';

/** The kernel's daemons: the master sends, the backup listens. */
export type IpvsRole = 'master' | 'backup';

/** The `sync_format`s `ipvs-v0` and `ipvs-v1`. */
export interface IpvsSyncConfig extends ReceiverDefaults {
  /** What is sent; both versions are understood. */
  readonly version: IpvsVersion;
  /** 0 to 255. 0 takes messages of every id, as in the kernel; any other only its own. */
  readonly syncId: number;
  /** Bytes of the longest message, 80 to 65535. */
  readonly maxLength: number;
  /** The shortest time between two messages that are not full, and the longest that a record waits: a kernel's is 2 s. */
  readonly flushBound: Duration;
  /** This node's own address on the sync network: what comes from there is our own, come back. */
  readonly address: IpAddress;
  /** Which of the kernel's daemons this node is; both when absent. */
  readonly roles?: readonly IpvsRole[];
}

/** Why a datagram, or one of its records, had no effect. */
export type IpvsSyncReject =
  | IpvsMessageReject
  | IpvsRecordReject
  | 'not-running'
  | 'not-listening'
  | 'own-datagram'
  | 'other-sync-id'
  | 'too-many-peers';

/** Senders that are told apart. */
export const mostIpvsPeers = 16;

/** A peer not heard for so long gives its place to another. */
const peerSilence = seconds(10);

interface Peer {
  lastHeard: Instant;
}

/**
 * Session sync in the words of the kernel's IPVS, for clusters in which some directors are kernels: to them this node is
 * a master or a backup daemon (`ipvsadm --start-daemon`), and they are to it.
 *
 *     update() ─▶ toIpvs ─▶ IpvsMessageWriter: until full, or `flushBound` after the last message ─▶ send
 *     handleDatagram() ─▶ readIpvsMessage ─▶ fromIpvs, one by one ─▶ apply
 *
 * As in our own format, the first record after a quiet time leaves with the driver's next turn, and those behind it share
 * messages. When an entry is told is decided where its packets are; which states are told at all is the format's: a kernel never
 * tells a connection that is not established yet. What the format cannot say at all (removals, FullNat's local endpoints,
 * IPv6 in version 0) is counted as unsaid. An entry that is gone ends at the peers by its timeout.
 *
 * **What the format cannot do.** A message that is lost is lost: nobody notices, and nobody asks. There is no table to
 * fetch, so the table counts as complete from the start and a node that returns preempts with an empty one; nobody
 * acknowledges anything; and whoever can send to the port can say anything. Our own format has none of these faults.
 *
 * Templates of a kernel arrive with nearly every packet of their connections. Applying one twice changes nothing.
 */
export class IpvsSync implements SyncMachine {
  readonly effects: SyncEffect[] = [];
  readonly peersAlive = 0;
  readonly hasOwners = false;

  readonly #config: IpvsSyncConfig;
  readonly #roles: Set<IpvsRole>;
  readonly #writer: IpvsMessageWriter;
  readonly #peers = new Map<IpAddress, Peer>();
  readonly #rejected = new Map<IpvsSyncReject, number>();
  readonly #unsaid = new Map<Unsaid | 'removal', number>();
  #state: 'new' | 'running' | 'stopped' = 'new';
  #flushAt = Never;
  /** When a message left last. */
  #sentAt: Instant | undefined;
  #now: Instant | undefined;
  #sentDatagrams = 0;
  #sentRecords = 0;
  #receivedDatagrams = 0;
  #receivedRecords = 0;

  constructor(config: IpvsSyncConfig) {
    this.#config = config;
    this.#roles = new Set(config.roles ?? ['master', 'backup']);
    this.#writer = new IpvsMessageWriter(config.version, config.syncId, config.maxLength);
  }

  get deadline(): Instant {
    return this.#flushAt;
  }

  get peersHeard(): readonly HeardPeer[] {
    return [...this.#peers.keys()].map((address) => ({ address, epoch: 0 }));
  }

  get tableComplete(): boolean {
    return this.#state !== 'new';
  }

  start(now: Instant): void {
    assert(this.#state === 'new', 'session sync starts once');
    this.#moveTo(now);
    this.#state = 'running';
    this.effects.push({ kind: 'table-complete', reason: 'no-bulk', entries: 0 });
  }

  /** There is nobody to fetch from, so that the table is as complete as it will be. */
  resync(now: Instant): void {
    this.#enter(now);
    this.effects.push({ kind: 'table-complete', reason: 'no-bulk', entries: 0 });
  }

  /** Is a daemon of this role no more; as a master it sends first what waits. */
  endRole(now: Instant, role: IpvsRole): void {
    this.#moveTo(now);
    if (role === 'master') this.#send(now);
    this.#roles.delete(role);
  }

  update(now: Instant, record: SyncRecord): number {
    this.#enter(now);
    if (!this.#roles.has('master')) return this.#sentDatagrams;
    const said = toIpvs(record, this.#config.version);
    if (typeof said === 'string') count(this.#unsaid, said);
    else this.#enqueue(now, said);
    return this.#sentDatagrams + (this.#writer.count > 0 ? 1 : 0);
  }

  /** There is no message for it: counted. */
  remove(now: Instant): void {
    this.#enter(now);
    if (this.#roles.has('master')) count(this.#unsaid, 'removal');
  }

  flush(now: Instant): void {
    this.#enter(now);
    this.#send(now);
  }

  /** The format knows no roles. */
  setMaster(now: Instant): void {
    this.#enter(now);
  }

  /** Nobody waits for anybody. */
  handlePeerDeath(now: Instant): void {
    this.#enter(now);
  }

  stop(now: Instant): void {
    this.#enter(now);
    this.#send(now);
    this.#state = 'stopped';
  }

  handleDeadline(now: Instant): void {
    this.#enter(now);
    if (this.#flushAt <= now) this.#send(now);
    assert(this.deadline > now, 'session sync has handled all that was due');
  }

  handleDatagram(now: Instant, bytes: Uint8Array, source: IpAddress): void {
    this.#moveTo(now);
    const reject = this.#receive(now, bytes, source);
    if (reject !== undefined) count(this.#rejected, reject);
  }

  snapshot(): SessionSyncSnapshot {
    const peers = [...this.#peers].map(([address, { lastHeard }]) => ({
      node: address,
      address,
      lastHeard,
      ...silentPeer,
    }));
    return {
      ...idleSnapshot,
      tableComplete: this.tableComplete,
      sent: { ...idleSnapshot.sent, datagrams: this.#sentDatagrams, records: this.#sentRecords },
      received: {
        ...idleSnapshot.received,
        datagrams: this.#receivedDatagrams,
        records: this.#receivedRecords,
      },
      peers,
      rejected: Object.fromEntries(this.#rejected),
      unsaid: Object.fromEntries(this.#unsaid),
    };
  }

  #enqueue(now: Instant, record: IpvsRecord): void {
    if (!this.#writer.add(record)) {
      this.#send(now);
      assert(this.#writer.add(record), 'an empty message has room for a record');
    }
    if (this.#flushAt !== Never) return;
    const due = this.#sentAt === undefined ? now : after(this.#sentAt, this.#config.flushBound);
    this.#flushAt = due > now ? due : now;
  }

  #send(now: Instant): void {
    this.#flushAt = Never;
    if (this.#writer.count === 0) return;
    this.#sentAt = now;
    this.#sentRecords += this.#writer.count;
    this.#sentDatagrams += 1;
    this.effects.push({ kind: 'send', bytes: this.#writer.take() });
  }

  #receive(now: Instant, bytes: Uint8Array, source: IpAddress): IpvsSyncReject | undefined {
    const { syncId, address } = this.#config;
    if (this.#state !== 'running') return 'not-running';
    if (!this.#roles.has('backup')) return 'not-listening';
    if (source === address) return 'own-datagram';
    const message = readIpvsMessage(bytes);
    if (typeof message === 'string') return message;
    if (syncId !== 0 && message.syncId !== syncId) return 'other-sync-id';
    if (!this.#hear(now, source)) return 'too-many-peers';
    this.#receivedDatagrams += 1;
    for (const said of message.records) {
      const record = fromIpvs(said, this.#config);
      if (typeof record === 'string') {
        count(this.#rejected, record);
        continue;
      }
      this.#receivedRecords += 1;
      this.effects.push({ kind: 'apply', record, from: source, epoch: 0, bulk: false });
    }
    return undefined;
  }

  /** Notes that a peer lives; false for one more than there is room for. */
  #hear(now: Instant, source: IpAddress): boolean {
    const known = this.#peers.get(source);
    if (known !== undefined) {
      known.lastHeard = now;
      return true;
    }
    if (this.#peers.size >= mostIpvsPeers) this.#forgetSilent(now);
    if (this.#peers.size >= mostIpvsPeers) return false;
    this.#peers.set(source, { lastHeard: now });
    return true;
  }

  #forgetSilent(now: Instant): void {
    for (const [address, { lastHeard }] of this.#peers) {
      if (between(lastHeard, now) > peerSilence) this.#peers.delete(address);
    }
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

function count<Reason>(counts: Map<Reason, number>, reason: Reason): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}
