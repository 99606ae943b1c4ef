import type { Instant } from '../../director/base/time.js';
import { Flag, LocalOrigin } from '../../director/core/connections.js';
import type { Director } from '../../director/core/director.js';
import { serverOf } from '../../director/core/lifecycle.js';
import { isKnownState, timeoutOf } from '../../director/core/protocol-states.js';
import { applyReplica, removeReplica, type ReplicaOutcome } from '../../director/core/replica.js';
import { Method, methodOfNumber } from '../../director/core/services.js';
import type { SyncEffect } from '../sync/effects.js';
import { IpvsFlag } from '../sync/ipvs/flags.js';
import {
  loadKey,
  loadRecord,
  packFields,
  packKey,
  type PackedRecord,
  type PackedRemoval,
} from '../sync/packed-record.js';
import { RecordFields } from '../sync/record-fields.js';
import type { EntryPage, Life, SessionKey, TableDigest, TableSource } from '../sync/record.js';
import { LifeNumbers } from './life-numbers.js';

/** Slots looked at in one call, so that reading a sparse table does not hold a node up. */
const SlotsAtOnce = 1_024;

/** How replicas fared, by outcome. */
export type ReplicaCounters = Record<ReplicaOutcome | 'removed' | 'unknown-state', number>;

/** The effects by which session sync hands an entry over, and takes one back. */
export type Told = Extract<SyncEffect, { readonly kind: 'apply' }>;
export type Withdrawn = Extract<SyncEffect, { readonly kind: 'remove' }>;

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
  /** Who has told of entries. */
  readonly lives: LifeNumbers;
  /** One record for all that is read and written, so that neither allocates for its fields. */
  readonly #fields = new RecordFields();

  /** `own`: the life of this node that peers know it by. */
  constructor(director: Director, clock: () => Instant, own: Life = { node: '', epoch: 0 }) {
    this.#director = director;
    this.#clock = clock;
    const { digests } = director.connections;
    this.lives = new LifeNumbers(own, (number) => digests.entries(number) === 0);
    director.standings = this.lives;
  }

  get size(): number {
    return this.#director.connections.size;
  }

  /** Entries that peers do not know yet are put into the sync queue instead: an update tells them, and everyone. */
  readFrom(cursor: number, scope: 'all' | 'own', page: EntryPage): number {
    const { connections, sync } = this.#director;
    const fields = this.#fields;
    const end = Math.min(connections.end, cursor + SlotsAtOnce);
    for (let index = cursor; index < end; index += 1) {
      if (!connections.isInUse(index)) continue;
      if (!connections.hasFlag(index, Flag.synced)) {
        sync.add(connections, index);
        continue;
      }
      const origin = connections.origin[index] ?? LocalOrigin;
      if (scope === 'own' && origin !== LocalOrigin) continue;
      this.#load(index);
      if (!page.add(fields, this.lives.life(origin))) return index;
    }
    return end < connections.end ? end : -1;
  }

  digest(origin?: Life): TableDigest {
    const { digests } = this.#director.connections;
    const number = origin === undefined ? LocalOrigin : this.lives.known(origin);
    if (number === undefined) return { entries: 0, high: 0, low: 0 };
    return {
      entries: digests.entries(number),
      high: digests.high(number),
      low: digests.low(number),
    };
  }

  outdated(
    origin: Life,
    before: Instant,
    cursor: number,
  ): { keys: readonly SessionKey[]; next: number } {
    const { connections } = this.#director;
    const number = this.lives.known(origin);
    const end = Math.min(connections.end, cursor + SlotsAtOnce);
    const keys: SessionKey[] = [];
    for (let index = cursor; index < end; index += 1) {
      if (!connections.isInUse(index) || !connections.hasFlag(index, Flag.synced)) continue;
      const isTheirs = connections.origin[index] === number;
      if (isTheirs && connections.wasSyncedBefore(index, before)) keys.push(this.key(index));
    }
    return { keys, next: end < connections.end ? end : -1 };
  }

  /** The entry as it is now. */
  entry(index: number): PackedRecord {
    this.#load(index);
    return packFields(this.#fields);
  }

  key(index: number): PackedRemoval {
    this.#loadKey(index);
    return packKey(this.#fields);
  }

  /** The node that told of an entry, or undefined for this one in its present life. */
  originName(index: number): string | undefined {
    return this.lives.life(this.#director.connections.origin[index] ?? LocalOrigin)?.node;
  }

  /** Puts an entry that a peer has told into the table. */
  apply(told: Told, at: Instant): void {
    const fields = this.#fields;
    loadRecord(told.record, fields);
    if (!isKnownState(fields.protocol, fields.isTemplate, fields.state)) {
      this.counters['unknown-state'] += 1;
      return;
    }
    const outcome = applyReplica(
      this.#director,
      {
        family: fields.family,
        protocol: fields.protocol,
        isTemplate: fields.isTemplate,
        clientWords: fields.client,
        clientPort: fields.clientPort,
        virtualWords: fields.virtual,
        virtualPort: fields.virtualPort,
        realWords: fields.real,
        realPort: fields.realPort,
        method: methodOfNumber(fields.method),
        state: fields.state,
        packets: fields.packets,
        remaining: fields.remaining / 1_000,
        timeout: fields.timeout,
        origin: this.lives.of(told.from, told.epoch),
        isDated: told.bulk,
        createsOnly: told.createsOnly ?? false,
        firewallMark: fields.firewallMark,
        isInactive: (fields.flags & IpvsFlag.inactive) !== 0,
        local: fields.localPort === 0 ? undefined : { words: fields.local, port: fields.localPort },
      },
      at,
    );
    this.counters[outcome] += 1;
  }

  /** Takes out an entry that a peer has ended. */
  remove(withdrawn: Withdrawn): void {
    const fields = this.#fields;
    loadKey(withdrawn.key, fields);
    const isRemoved = removeReplica(this.#director, {
      family: fields.family,
      protocol: fields.protocol,
      isTemplate: fields.isTemplate,
      clientWords: fields.client,
      clientPort: fields.clientPort,
      virtualWords: fields.virtual,
      virtualPort: fields.virtualPort,
      origin: this.lives.of(withdrawn.from, withdrawn.epoch),
      isServed: withdrawn.isServed,
    });
    if (isRemoved) this.counters.removed += 1;
  }

  #loadKey(index: number): void {
    const { connections } = this.#director;
    const fields = this.#fields;
    fields.family = connections.familyOf(index);
    fields.protocol = connections.protocol[index] ?? 0;
    fields.isTemplate = connections.hasFlag(index, Flag.template);
    copyWords(fields.client, connections.rows, connections.clientAt(index));
    fields.clientPort = connections.clientPort(index);
    copyWords(fields.virtual, connections.rows, connections.virtualAt(index));
    fields.virtualPort = connections.virtualPort(index);
  }

  #load(index: number): void {
    const { connections, localEndpoints, timeouts } = this.#director;
    const fields = this.#fields;
    const state = connections.state[index] ?? 0;
    const method = connections.methodOf(index);
    this.#loadKey(index);
    copyWords(fields.real, connections.rows, connections.realAt(index));
    fields.realPort = connections.realPort(index);
    fields.method = method;
    fields.state = state;
    fields.flags = 0;
    fields.timeout = Math.ceil(this.#timeout(index, timeouts, state));
    fields.remaining = Math.ceil(connections.remaining(index, this.#clock()) * 1_000);
    fields.packets = connections.packets[index] ?? 0;
    fields.firewallMark = serverOf(this.#director, index)?.service.firewallMark ?? 0;
    fields.localPort = method === Method.fullNat ? localEndpoints.port(index) : 0;
    if (fields.localPort !== 0) copyWords(fields.local, localEndpoints.addresses, index * 4);
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
}

function copyWords(target: Uint32Array, source: Uint32Array, at: number): void {
  for (let word = 0; word < 4; word += 1) target[word] = source[at + word] ?? 0;
}
