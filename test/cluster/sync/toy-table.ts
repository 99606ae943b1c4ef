import type { SyncEffect } from '../../../cluster/sync/effects.js';
import {
  keyText,
  type SessionKey,
  type SyncRecord,
  type TableEntry,
  type TableSource,
} from '../../../cluster/sync/record.js';
import type { IpAddress } from '../../../director/base/address.js';
import { parseAddress } from '../../../director/base/address.js';
import { seconds } from '../../../director/base/time.js';

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

/** A connection table as small as can be: slots that do not move, and the rule for `bulk` records. */
export class ToyTable implements TableSource {
  readonly #slots: (TableEntry | undefined)[] = [];
  readonly #index = new Map<string, number>();
  readonly #free: number[] = [];

  get size(): number {
    return this.#index.size;
  }

  readFrom(cursor: number, limit: number): { records: TableEntry[]; next: number } {
    const records: TableEntry[] = [];
    let slot = cursor;
    for (; slot < this.#slots.length && records.length < limit; slot += 1) {
      const entry = this.#slots[slot];
      if (entry !== undefined) records.push(entry);
    }
    return { records, next: slot < this.#slots.length ? slot : -1 };
  }

  find(key: SessionKey): TableEntry | undefined {
    const slot = this.#index.get(keyText(key));
    return slot === undefined ? undefined : this.#slots[slot];
  }

  put(entry: TableEntry): void {
    const key = keyText(entry);
    const slot = this.#index.get(key) ?? this.#free.pop() ?? this.#slots.length;
    this.#index.set(key, slot);
    this.#slots[slot] = entry;
  }

  delete(key: SessionKey): void {
    const text = keyText(key);
    const slot = this.#index.get(text);
    if (slot === undefined) return;
    this.#index.delete(text);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** Carries out an effect that concerns the table. */
  apply(effect: SyncEffect): void {
    if (effect.kind === 'remove') this.delete(effect.key);
    if (effect.kind !== 'apply') return;
    const held = this.find(effect.record);
    if (effect.bulk && held !== undefined && held.origin === undefined) return;
    this.put({ ...effect.record, origin: effect.from });
  }

  /** Key and version of every entry, sorted: equal for tables that agree. */
  summary(): string[] {
    const entries = this.#slots.flatMap((entry) => (entry ? [entry] : []));
    return entries.map((entry) => `${keyText(entry)} v${entry.packets}`).toSorted();
  }
}
