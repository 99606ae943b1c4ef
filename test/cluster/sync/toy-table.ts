import type { SyncEffect } from '../../../cluster/sync/effects.js';
import {
  loadRecord,
  PackedRecord,
  packRecord,
  packRemoval,
} from '../../../cluster/sync/packed-record.js';
import { RecordFields } from '../../../cluster/sync/record-fields.js';
import type {
  EntryPage,
  Life,
  SessionKey,
  SyncRecord,
  TableDigest,
  TableSource,
} from '../../../cluster/sync/record.js';
import type { IpAddress } from '../../../director/base/address.js';
import { parseAddress } from '../../../director/base/address.js';
import { seconds, type Instant } from '../../../director/base/time.js';
import { SyncDigests } from '../../../director/core/sync-digests.js';

/** A test address: the text must be one. */
export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

const clients = Array.from({ length: 256 }, (_, index) => address(`192.0.2.${index}`));
const virtual = address('10.1.0.100');
const real = address('10.2.0.1');

/** The record of session `index`; `version` is carried in the packet count. */
export function record(index: number, version = 1): SyncRecord {
  return {
    protocol: 'TCP',
    client: clients[index % 256] ?? virtual,
    clientPort: 1024 + Math.floor(index / 256),
    virtual,
    virtualPort: 80,
    isTemplate: false,
    real,
    realPort: 80,
    method: 'Route',
    state: 1,
    flags: 0,
    timeout: seconds(900),
    remaining: seconds(900),
    packets: version,
  };
}

/** The key as one string: equal exactly for equal keys. */
export const keyText = (key: SessionKey): string =>
  `${key.protocol}${key.isTemplate ? ' template' : ''} ${key.client} ${key.clientPort} ${key.virtual} ${key.virtualPort}`;

/** An entry as a table holds it. */
export interface TableEntry {
  readonly record: PackedRecord;
  readonly packets: number;
  readonly isTemplate: boolean;
  /** The node whose message brought the entry, and when; absent for the node's own. */
  readonly origin?: string;
  readonly epoch?: number;
  readonly toldAt?: Instant;
}

const entryOf = (record: SyncRecord): TableEntry => {
  const { packets, isTemplate } = record;
  return { record: packRecord(record), packets, isTemplate };
};

/** A record with its fields as properties of its own, for comparisons. */
export function plainRecord(packed: SyncRecord): SyncRecord {
  const { protocol, client, clientPort, virtual, virtualPort, isTemplate } = packed;
  const { real, realPort, method, local, state, flags, timeout, remaining, packets } = packed;
  return {
    protocol,
    client,
    clientPort,
    virtual,
    virtualPort,
    isTemplate,
    real,
    realPort,
    method,
    state,
    flags,
    timeout,
    remaining,
    packets,
    ...(local === undefined ? {} : { local }),
    ...(packed.firewallMark ? { firewallMark: packed.firewallMark } : {}),
  };
}

/** A connection table as small as can be: slots that do not move, and the rule for `bulk` records. */
export class ToyTable implements TableSource {
  readonly #slots: (TableEntry | undefined)[] = [];
  readonly #index = new Map<number, number>();
  readonly #free: number[] = [];
  readonly #fields = new RecordFields();
  readonly #digests = new Map<string, SyncDigests>();

  get size(): number {
    return this.#index.size;
  }

  readFrom(cursor: number, scope: 'all' | 'own', page: EntryPage): number {
    for (let slot = cursor; slot < this.#slots.length; slot += 1) {
      const entry = this.#slots[slot];
      if (entry === undefined || (scope === 'own' && entry.origin !== undefined)) continue;
      loadRecord(entry.record, this.#fields);
      if (!page.add(this.#fields, lifeOf(entry))) return slot;
    }
    return -1;
  }

  digest(origin?: Life): TableDigest {
    const digests = this.#digests.get(lifeText(origin)) ?? new SyncDigests();
    return { entries: digests.entries(0), high: digests.high(0), low: digests.low(0) };
  }

  outdated(
    origin: Life,
    before: Instant,
    cursor: number,
  ): { keys: readonly SessionKey[]; next: number } {
    const next = Math.min(cursor + 64, this.#slots.length);
    const keys = this.#slots.slice(cursor, next).filter((entry) => {
      const toldAt = entry?.toldAt;
      return isOf(entry, origin) && toldAt !== undefined && toldAt < before;
    });
    return {
      keys: keys.flatMap((entry) => entry?.record ?? []),
      next: next < this.#slots.length ? next : -1,
    };
  }

  find(key: SessionKey): TableEntry | undefined {
    const slot = this.#index.get(hashOf(key));
    return slot === undefined ? undefined : this.#slots[slot];
  }

  /** Creates an entry of the node's own, or changes one. */
  put(record: SyncRecord): void {
    this.#put(entryOf(record));
  }

  delete(key: SessionKey): void {
    const hash = hashOf(key);
    const slot = this.#index.get(hash);
    const entry = slot === undefined ? undefined : this.#slots[slot];
    if (slot === undefined || entry === undefined) return;
    this.#digestsOf(entry).subtract(0, rowOf(entry), 0);
    this.#index.delete(hash);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** Carries out an effect that concerns the table. */
  apply(effect: SyncEffect, now: Instant): void {
    if (effect.kind === 'remove') {
      const held = this.find(effect.key);
      const isTheirs = held?.origin === effect.from && held.epoch === effect.epoch;
      if (effect.isServed || isTheirs) this.delete(effect.key);
    }
    if (effect.kind !== 'apply') return;
    const held = this.find(effect.record);
    const isKept = effect.createsOnly === true || (effect.bulk && held?.origin === undefined);
    if (held !== undefined && isKept) return;
    const { from: origin, epoch } = effect;
    this.#put({ ...entryOf(effect.record), origin, epoch, toldAt: now });
  }

  /** Key and version of every entry, sorted: equal for tables that agree. */
  summary(): string[] {
    const entries = this.#slots.flatMap((entry) => (entry ? [entry] : []));
    return entries.map((entry) => `${entry.record.keyHash} v${entry.packets}`).toSorted();
  }

  #put(entry: TableEntry): void {
    this.delete(entry.record);
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#index.set(entry.record.keyHash, slot);
    this.#slots[slot] = entry;
    this.#digestsOf(entry).add(0, rowOf(entry), 0);
  }

  #digestsOf(entry: TableEntry): SyncDigests {
    const life = lifeText(lifeOf(entry));
    const digests = this.#digests.get(life) ?? new SyncDigests();
    this.#digests.set(life, digests);
    return digests;
  }
}

const lifeText = (life: Life | undefined): string => (life ? `${life.node} ${life.epoch}` : '');

/** What tells entries apart, where the words of a row stand. */
const rowOf = ({ record }: TableEntry): Uint32Array =>
  Uint32Array.of(record.keyHash, record.keyHash / 2 ** 32, ...new Uint32Array(12));

const hashOf = (key: SessionKey): number =>
  (key instanceof PackedRecord ? key : packRemoval(key, false)).keyHash;

const isOf = (entry: TableEntry | undefined, origin: Life | undefined): boolean =>
  entry !== undefined && entry.origin === origin?.node && entry.epoch === origin?.epoch;

const lifeOf = ({ origin, epoch }: TableEntry): Life | undefined =>
  origin === undefined || epoch === undefined ? undefined : { node: origin, epoch };
