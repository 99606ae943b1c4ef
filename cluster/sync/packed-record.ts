import type { IpAddress } from '../../director/base/address.js';
import { milliseconds, seconds, type Duration } from '../../director/base/time.js';
import { fromWords } from '../../director/wire/address-words.js';
import { Family } from '../../director/wire/flow.js';
import {
  addressLength,
  At,
  Behind,
  BehindReal,
  changeLength,
  GreatestKey,
  GreatestRecord,
  hashKey,
  Kind,
  readAddress,
  readKey,
  readRecord,
  writeRecord,
  writeRemoval,
} from './packed-layout.js';
import { methodOfNumber, protocolOfNumber, RecordFields } from './record-fields.js';
import type {
  LocalEndpoint,
  SessionKey,
  SessionProtocol,
  SyncMethod,
  SyncRecord,
} from './record.js';

/** What records and removals in bytes have in common: their key. The bytes have been checked. */
abstract class PackedKey implements SessionKey {
  readonly view: DataView;
  /** Where its bytes begin in `view`. */
  readonly at: number;

  constructor(view: DataView, at: number) {
    this.view = view;
    this.at = at;
  }

  /** Bytes that it takes. */
  get length(): number {
    const length = changeLength(this.view, this.at);
    return typeof length === 'number' ? length : 0;
  }

  get protocol(): SessionProtocol {
    return protocolOfNumber(this.view.getUint8(this.at + At.protocol)) ?? 'IP';
  }

  get isTemplate(): boolean {
    return (this.kind & Kind.template) !== 0;
  }

  get clientPort(): number {
    return this.view.getUint16(this.at + At.ports);
  }

  get virtualPort(): number {
    return this.view.getUint16(this.at + At.ports + 2);
  }

  get client(): IpAddress {
    return this.addressAt(this.at + At.client);
  }

  get virtual(): IpAddress {
    return this.addressAt(this.at + At.client + addressLength(this.kind));
  }

  /** A name of the key for maps and sets: see `hashKey`. */
  get keyHash(): number {
    return hashKey(this.view, this.at);
  }

  protected get kind(): number {
    return this.view.getUint8(this.at + At.kind);
  }

  protected addressAt(at: number): IpAddress {
    const isIpv6 = (this.kind & Kind.ipv6) !== 0;
    const words = new Uint32Array(4);
    readAddress(this.view, at, words, isIpv6);
    return fromWords(isIpv6 ? Family.ipv6 : Family.ipv4, words);
  }
}

/** A record in bytes. A field is read when it is asked for; who needs them all uses `loadRecord`. */
export class PackedRecord extends PackedKey implements SyncRecord {
  get real(): IpAddress {
    return this.addressAt(this.#behindKey + Behind.real);
  }

  get realPort(): number {
    return this.view.getUint16(this.#behindKey + Behind.realPort);
  }

  get method(): SyncMethod {
    return methodOfNumber(this.view.getUint8(this.#behindKey + Behind.method)) ?? 'Masq';
  }

  get state(): number {
    return this.view.getUint8(this.#behindKey + Behind.state);
  }

  get timeout(): Duration {
    return seconds(this.view.getUint32(this.#behindReal + BehindReal.timeout));
  }

  get remaining(): Duration {
    return milliseconds(this.view.getUint32(this.#behindReal + BehindReal.remaining));
  }

  get packets(): number {
    return this.view.getUint32(this.#behindReal + BehindReal.packets);
  }

  get flags(): number {
    return this.#hasFlags ? this.view.getUint32(this.#behindReal + BehindReal.rest) : 0;
  }

  get firewallMark(): number {
    return this.#hasMark ? this.view.getUint32(this.#behindFlags) : 0;
  }

  get local(): LocalEndpoint | undefined {
    if ((this.kind & Kind.local) === 0) return undefined;
    const at = this.#behindFlags + (this.#hasMark ? 4 : 0);
    const port = this.view.getUint16(at + addressLength(this.kind));
    return { address: this.addressAt(at), port };
  }

  get #hasFlags(): boolean {
    return (this.kind & Kind.flags) !== 0;
  }

  get #hasMark(): boolean {
    return (this.kind & Kind.mark) !== 0;
  }

  get #behindFlags(): number {
    return this.#behindReal + BehindReal.rest + (this.#hasFlags ? 4 : 0);
  }

  get #behindKey(): number {
    return this.at + At.client + 2 * addressLength(this.kind);
  }

  get #behindReal(): number {
    return this.#behindKey + Behind.real + addressLength(this.kind);
  }
}

/** A removal in bytes. */
export class PackedRemoval extends PackedKey {
  /** True when its sender serves the connection: it is over for everybody. */
  get isServed(): boolean {
    return (this.kind & Kind.served) !== 0;
  }
}

/** What `fields` say, in bytes of their own. */
export function packFields(fields: RecordFields): PackedRecord {
  const view = new DataView(new ArrayBuffer(GreatestRecord));
  writeRecord(view, 0, fields);
  return new PackedRecord(view, 0);
}

/** A record in bytes of its own, unless it has some already. */
export function packRecord(record: SyncRecord): PackedRecord {
  if (record instanceof PackedRecord) return record;
  const fields = new RecordFields();
  fields.set(record);
  return packFields(fields);
}

/** The key in `fields`, in bytes of its own. */
export function packKey(fields: RecordFields, isServed = false): PackedRemoval {
  const view = new DataView(new ArrayBuffer(GreatestKey));
  writeRemoval(view, 0, fields, isServed);
  return new PackedRemoval(view, 0);
}

/** A removal in bytes of its own. */
export function packRemoval(key: SessionKey, isServed: boolean): PackedRemoval {
  const fields = new RecordFields();
  loadKey(key, fields);
  return packKey(fields, isServed);
}

/** Reads any record into `fields`. */
export function loadRecord(record: SyncRecord, fields: RecordFields): void {
  if (record instanceof PackedRecord) readRecord(record.view, record.at, fields);
  else fields.set(record);
}

/** Reads any key into `fields`. */
export function loadKey(key: SessionKey, fields: RecordFields): void {
  if (key instanceof PackedKey) readKey(key.view, key.at, fields);
  else fields.setKey(key);
}
