import { assert } from '../../director/base/invariant.js';
import { changeLength, GreatestRecord, Kind, type RecordReject } from './packed-layout.js';
import { PackedRecord, PackedRemoval, packRecord, packRemoval } from './packed-record.js';
import type { SessionKey, SyncRecord } from './record.js';

export type PackedChange = PackedRecord | PackedRemoval;

/** Records and removals in bytes, one behind the other, in the order in which they are to be applied. */
export class ChangeList {
  readonly bytes: Uint8Array;
  readonly items: readonly PackedChange[];

  private constructor(bytes: Uint8Array, items: readonly PackedChange[]) {
    this.bytes = bytes;
    this.items = items;
  }

  /** The list in these bytes, which it keeps, or what is wrong with them. */
  static read(bytes: Uint8Array): ChangeList | RecordReject {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const items: PackedChange[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = changeLength(view, at);
      if (typeof length === 'string') return length;
      const isRemoval = (view.getUint8(at) & Kind.removal) !== 0;
      items.push(isRemoval ? new PackedRemoval(view, at) : new PackedRecord(view, at));
      at += length;
    }
    return new ChangeList(bytes, items);
  }

  /** A list of these records, and behind them of the ends of these entries. */
  static of(records: readonly SyncRecord[], removals: readonly SessionKey[] = []): ChangeList {
    const writer = new ChangeWriter((records.length + removals.length) * GreatestRecord);
    for (const record of records) writer.add(packRecord(record));
    for (const key of removals) writer.add(packRemoval(key, true));
    return writer.take();
  }

  get records(): PackedRecord[] {
    return this.items.filter((item) => item instanceof PackedRecord);
  }

  get removals(): PackedRemoval[] {
    return this.items.filter((item) => item instanceof PackedRemoval);
  }
}

/**
 * Collects changes for one message. A change of an entry that has one already takes its place, so that of a connection
 * which changes often only the last state travels. But the end of a connection stays before the next one on its ports: a
 * peer that has the old one by the word of another node would take the new one for old news.
 */
export class ChangeWriter {
  readonly #bytes: Uint8Array;
  /** Where the last change of a key stands. */
  readonly #places = new Map<number, number>();
  #length = 0;

  /** `limit`: bytes that the changes may take. */
  constructor(limit: number) {
    this.#bytes = new Uint8Array(limit);
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** False when there is no room. */
  add(change: PackedChange): boolean {
    const { length, keyHash, view, at } = change;
    const known = this.#places.get(keyHash);
    const before = known !== undefined && this.#endsBefore(known, change) ? undefined : known;
    const freed = before === undefined ? 0 : this.#lengthAt(before);
    if (this.#length - freed + length > this.#bytes.length) return false;
    if (before !== undefined && freed !== length) this.#cut(before, freed);
    const place = freed === length ? (before ?? this.#length) : this.#length;
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, length), place);
    this.#places.set(keyHash, place);
    if (place === this.#length) this.#length += length;
    return true;
  }

  /** The changes so far, and begins anew. */
  take(): ChangeList {
    const list = ChangeList.read(this.#bytes.slice(0, this.#length));
    assert(typeof list !== 'string', 'what was written can be read');
    this.#places.clear();
    this.#length = 0;
    return list;
  }

  /** Takes the change at `place` out: one of another length takes its place at the end. */
  #cut(place: number, length: number): void {
    this.#bytes.copyWithin(place, place + length, this.#length);
    this.#length -= length;
    for (const [keyHash, other] of this.#places) {
      if (other > place) this.#places.set(keyHash, other - length);
    }
  }

  /** True when the change at `place` is the end of a connection, and this one is of the next. */
  #endsBefore(place: number, change: PackedChange): boolean {
    const end = Kind.removal | Kind.served;
    return change instanceof PackedRecord && ((this.#bytes[place] ?? 0) & end) === end;
  }

  #lengthAt(place: number): number {
    const view = new DataView(this.#bytes.buffer, 0, this.#length);
    const length = changeLength(view, place);
    return typeof length === 'number' ? length : 0;
  }
}
