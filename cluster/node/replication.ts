import { seconds, toSeconds, type Instant } from '../../director/base/time.js';
import { Flag, LocalOrigin } from '../../director/core/connections.js';
import type { Director } from '../../director/core/director.js';
import { serverOf } from '../../director/core/lifecycle.js';
import { isKnownState, timeoutOf } from '../../director/core/protocol-states.js';
import {
  applyReplica,
  removeReplica,
  type ReplicaKey,
  type ReplicaOutcome,
} from '../../director/core/replica.js';
import { Method, methodFromName, methodName } from '../../director/core/services.js';
import { fromWords, toWords } from '../../director/wire/address-words.js';
import { Protocol } from '../../director/wire/ipv4.js';
import type { SyncEffect } from '../sync/effects.js';
import { IpvsFlag } from '../sync/ipvs/flags.js';
import type { SessionKey, SessionProtocol, TableEntry, TableSource } from '../sync/record.js';
import { now } from './clock.js';

/** Peers are numbered in a byte of the connection table; later ones share the last number. */
const MostPeers = 255;

/** How replicas fared, by outcome. */
export type ReplicaCounters = Record<ReplicaOutcome | 'removed' | 'unknown-state', number>;

/** The effect by which session sync hands an entry over. */
export type Told = Extract<SyncEffect, { readonly kind: 'apply' }>;

/** The connection table in the words of session sync, both ways. */
export class Replication implements TableSource {
  readonly counters: ReplicaCounters = {
    created: 0,
    updated: 0,
    'kept-own': 0,
    'replaced-before': 0,
    'table-full': 0,
    'client-limit': 0,
    removed: 0,
    'unknown-state': 0,
  };
  readonly #director: Director;
  readonly #clock: () => Instant;
  /** Names of peers; an entry's origin is the position plus one. */
  readonly #peers: string[] = [];

  constructor(director: Director, clock: () => Instant = now) {
    this.#director = director;
    this.#clock = clock;
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
  entry(index: number): TableEntry {
    const { connections, localEndpoints, timeouts } = this.#director;
    const state = connections.state[index] ?? 0;
    const family = connections.familyOf(index);
    const method = connections.methodOf(index);
    const origin = this.originName(index);
    const mark = serverOf(this.#director, index)?.service.firewallMark ?? 0;
    const isLocal = method === Method.fullNat && localEndpoints.port(index) !== 0;
    return {
      ...this.key(index),
      real: fromWords(family, connections.rows, connections.realAt(index)),
      realPort: connections.realPort(index),
      method: methodName(method),
      state,
      flags: 0,
      timeout: seconds(this.#timeout(index, timeouts, state)),
      remaining: seconds(connections.remaining(index, this.#clock())),
      packets: connections.packets[index] ?? 0,
      ...(isLocal && {
        local: {
          address: fromWords(family, localEndpoints.addresses, index * 4),
          port: localEndpoints.port(index),
        },
      }),
      ...(mark !== 0 && { firewallMark: mark }),
      ...(origin !== undefined && { origin }),
    };
  }

  key(index: number): SessionKey {
    const { connections } = this.#director;
    const family = connections.familyOf(index);
    return {
      protocol: protocolName(connections.protocol[index] ?? 0),
      client: fromWords(family, connections.rows, connections.clientAt(index)),
      clientPort: connections.clientPort(index),
      virtual: fromWords(family, connections.rows, connections.virtualAt(index)),
      virtualPort: connections.virtualPort(index),
      isTemplate: connections.hasFlag(index, Flag.template),
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
    const { local } = record;
    const protocol = ProtocolNumbers[record.protocol];
    if (!isKnownState(protocol, record.isTemplate, record.state)) {
      this.counters['unknown-state'] += 1;
      return;
    }
    const outcome = applyReplica(
      this.#director,
      {
        ...replicaKey(record),
        realWords: toWords(record.real).words,
        realPort: record.realPort,
        method: methodFromName(record.method),
        state: record.state,
        packets: record.packets,
        remaining: toSeconds(record.remaining),
        timeout: toSeconds(record.timeout),
        origin: this.#number(from),
        isDated: bulk,
        firewallMark: record.firewallMark ?? 0,
        isInactive: (record.flags & IpvsFlag.inactive) !== 0,
        local: local && { words: toWords(local.address).words, port: local.port },
      },
      at,
    );
    this.counters[outcome] += 1;
  }

  /** Takes out an entry that the peer `from` has ended. */
  remove(key: SessionKey, from: string): void {
    const removal = { ...replicaKey(key), origin: this.#number(from) };
    if (removeReplica(this.#director, removal)) this.counters.removed += 1;
  }

  /** A template lives as long as its service says; what the entry has left is the best guess without one. */
  #timeout(index: number, timeouts: readonly number[], state: number): number {
    const { connections } = this.#director;
    if (!connections.hasFlag(index, Flag.template)) {
      return timeoutOf(timeouts, connections.protocol[index] ?? 0, state);
    }
    const persistence = serverOf(this.#director, index)?.service.persistence;
    return persistence?.timeout ?? connections.remaining(index, this.#clock());
  }

  #number(peer: string): number {
    const known = this.#peers.indexOf(peer);
    if (known >= 0) return known + 1;
    if (this.#peers.length < MostPeers) this.#peers.push(peer);
    return this.#peers.length;
  }
}

function replicaKey(key: SessionKey): ReplicaKey {
  const client = toWords(key.client);
  return {
    family: client.family,
    protocol: ProtocolNumbers[key.protocol],
    isTemplate: key.isTemplate,
    clientWords: client.words,
    clientPort: key.clientPort,
    virtualWords: toWords(key.virtual).words,
    virtualPort: key.virtualPort,
  };
}

/** The IP protocol number of an entry's protocol. */
export const protocolNumber = (protocol: SessionProtocol): number => ProtocolNumbers[protocol];

const ProtocolNumbers: Readonly<Record<SessionProtocol, number>> = {
  TCP: Protocol.tcp,
  UDP: Protocol.udp,
  SCTP: Protocol.sctp,
  IP: 0,
};

/** The name of an entry's protocol; `IP` is the template of a firewall mark. */
export function protocolName(protocol: number): SessionProtocol {
  switch (protocol) {
    case Protocol.tcp:
      return 'TCP';
    case Protocol.udp:
      return 'UDP';
    case Protocol.sctp:
      return 'SCTP';
    default:
      return 'IP';
  }
}
