import { seconds, toSeconds, type Instant } from '../../director/base/time.js';
import { Flag, LocalOrigin } from '../../director/core/connections.js';
import type { Director } from '../../director/core/director.js';
import {
  applyReplica,
  removeReplica,
  type ReplicaKey,
  type ReplicaOutcome,
} from '../../director/core/replica.js';
import { Method, type MethodName } from '../../director/core/services.js';
import { State, StateNames } from '../../director/core/states.js';
import { fromWords, toWords } from '../../director/wire/address-words.js';
import { Family } from '../../director/wire/flow.js';
import { Protocol } from '../../director/wire/ipv4.js';
import type { SyncEffect } from '../sync/effects.js';
import type { SessionKey, SyncRecord, TableEntry, TableSource } from '../sync/record.js';
import { now } from './clock.js';

/** Peers are numbered in a byte of the connection table; later ones share the last number. */
const MostPeers = 255;

/** How replicas fared, by outcome; `unsupported` are of kinds that this data plane does not have. */
export type ReplicaCounters = Record<ReplicaOutcome | 'removed' | 'unsupported', number>;

/** Entries of this data plane: not every kind that sync can carry. */
type PlaneKey = SessionKey & { readonly protocol: 'TCP' | 'UDP' };
type PlaneEntry = TableEntry & PlaneKey & { readonly method: MethodName };

/** The effect by which session sync hands an entry over. */
export type Told = Extract<SyncEffect, { readonly kind: 'apply' }>;

/** The connection table in the words of session sync, both ways. */
export class Replication implements TableSource {
  readonly counters: ReplicaCounters = {
    created: 0,
    updated: 0,
    'kept-own': 0,
    'table-full': 0,
    removed: 0,
    unsupported: 0,
  };
  readonly #director: Director;
  /** Names of peers; an entry's origin is the position plus one. */
  readonly #peers: string[] = [];

  constructor(director: Director) {
    this.#director = director;
  }

  get size(): number {
    return this.#director.connections.size;
  }

  /** Entries that peers do not know yet are put into the sync queue instead: an update tells them, and everyone. */
  readFrom(cursor: number, limit: number): { records: TableEntry[]; next: number } {
    const { connections, sync } = this.#director;
    const records: TableEntry[] = [];
    let index = cursor;
    for (; index < connections.end && records.length < limit; index += 1) {
      if (!connections.isInUse(index)) continue;
      if (connections.hasFlag(index, Flag.synced)) records.push(this.entry(index));
      else sync.add(connections, index);
    }
    return { records, next: index < connections.end ? index : -1 };
  }

  /** The entry as it is now. */
  entry(index: number): PlaneEntry {
    const { connections, timeouts } = this.#director;
    const state = connections.state[index] ?? State.none;
    const family = familyAt(this.#director, index);
    const origin = this.originName(index);
    return {
      ...this.key(index),
      real: fromWords(family, connections.realAddress, index * 4),
      realPort: connections.realPort[index] ?? 0,
      method: connections.method[index] === Method.masq ? 'Masq' : 'Route',
      state,
      flags: 0,
      timeout: seconds(timeouts[state] ?? 0),
      remaining: seconds(connections.remaining(index, now())),
      packets: connections.packets[index] ?? 0,
      ...(origin === undefined ? {} : { origin }),
    };
  }

  key(index: number): PlaneKey {
    const { connections } = this.#director;
    const family = familyAt(this.#director, index);
    return {
      protocol: connections.protocol[index] === Protocol.tcp ? 'TCP' : 'UDP',
      client: fromWords(family, connections.clientAddress, index * 4),
      clientPort: connections.clientPort[index] ?? 0,
      virtual: fromWords(family, connections.virtualAddress, index * 4),
      virtualPort: connections.virtualPort[index] ?? 0,
      isTemplate: false,
    };
  }

  /** The peer that told of an entry, or undefined for one of our own. */
  originName(index: number): string | undefined {
    const origin = this.#director.connections.origin[index] ?? LocalOrigin;
    return origin === LocalOrigin ? undefined : this.#peers[origin - 1];
  }

  /** Puts an entry that a peer has told into the table. */
  apply(told: Told, at: Instant): void {
    const { record, from, bulk } = told;
    const method = supportedMethod(record);
    if (method === undefined) {
      this.counters.unsupported += 1;
      return;
    }
    const outcome = applyReplica(
      this.#director,
      {
        ...replicaKey(record),
        realWords: toWords(record.real).words,
        realPort: record.realPort,
        method,
        state: record.state,
        packets: record.packets,
        remaining: toSeconds(record.remaining),
        timeout: toSeconds(record.timeout),
        origin: this.#number(from),
        isDated: bulk,
      },
      at,
    );
    this.counters[outcome] += 1;
  }

  remove(key: SessionKey): void {
    if (!isSupported(key)) return;
    if (removeReplica(this.#director, replicaKey(key))) this.counters.removed += 1;
  }

  #number(peer: string): number {
    const known = this.#peers.indexOf(peer);
    if (known >= 0) return known + 1;
    if (this.#peers.length < MostPeers) this.#peers.push(peer);
    return this.#peers.length;
  }
}

const familyAt = (director: Director, index: number): Family =>
  director.connections.family[index] === Family.ipv6 ? Family.ipv6 : Family.ipv4;

/** True for the keys that the data plane knows: connections of TCP and UDP. */
const isSupported = ({ protocol, isTemplate }: SessionKey): boolean =>
  (protocol === 'TCP' || protocol === 'UDP') && !isTemplate;

/** The forwarding method of a record that the data plane can carry on, or undefined. */
function supportedMethod(record: SyncRecord): Method | undefined {
  if (!isSupported(record) || !isStateOf(record.state, record.protocol)) return undefined;
  if (record.method === 'Masq') return Method.masq;
  return record.method === 'Route' ? Method.route : undefined;
}

/** Each protocol has its own states; NONE is both's. */
const isStateOf = (state: number, protocol: SessionKey['protocol']): boolean =>
  state === State.none ||
  (state < StateNames.length && (state === State.udp) === (protocol === 'UDP'));

function replicaKey(key: SessionKey): ReplicaKey {
  const client = toWords(key.client);
  return {
    family: client.family,
    protocol: key.protocol === 'TCP' ? Protocol.tcp : Protocol.udp,
    clientWords: client.words,
    clientPort: key.clientPort,
    virtualWords: toWords(key.virtual).words,
    virtualPort: key.virtualPort,
  };
}
