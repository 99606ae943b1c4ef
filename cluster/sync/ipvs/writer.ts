import { isIpv6 } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import { recordAddressBytes } from '../address-bytes.js';
import { sequenceFlags } from './flags.js';
import {
  Header0,
  Header1,
  optionHeader,
  Record0,
  Record1,
  RecordType,
  sizeMask,
} from './layout.js';
import { mostRecords, type IpvsMessage, type IpvsRecord, type IpvsVersion } from './message.js';

/** The bytes that a record of the longest usual kind needs with its header: no message can be limited to less. */
export const shortestMessageLimit = Header1.length + Record1.addresses + 3 * 16;

/** The size field of a message has 16 bits. */
export const longestMessageLimit = 0xffff;

/**
 * Collects records in one buffer until the message is full or wanted. Between two records of version 1 there is what is
 * needed to start at a multiple of 4; behind the last one nothing.
 */
export class IpvsMessageWriter {
  readonly #version: IpvsVersion;
  readonly #headerLength: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #end: number;
  #count = 0;

  constructor(version: IpvsVersion, syncId: number, maxLength: number) {
    assert(
      maxLength >= shortestMessageLimit && maxLength <= longestMessageLimit,
      'a message has room for a record, and its size for the message',
    );
    assert(syncId >= 0 && syncId <= 255, 'a sync id is 0 to 255');
    this.#version = version;
    this.#bytes = new Uint8Array(maxLength);
    this.#view = new DataView(this.#bytes.buffer);
    this.#headerLength = version === 1 ? Header1.length : Header0.length;
    this.#end = this.#headerLength;
    this.#view.setUint8(version === 1 ? Header1.syncId : Header0.syncId, syncId);
    if (version === 1) this.#view.setUint8(Header1.version, 1);
  }

  /** Records in the message. */
  get count(): number {
    return this.#count;
  }

  /** Puts a record behind the others; false when the message has no room for it. */
  add(record: IpvsRecord): boolean {
    const start = this.#version === 1 ? Math.ceil(this.#end / 4) * 4 : this.#end;
    const end = start + recordLength(record, this.#version);
    if (end > this.#bytes.length || this.#count === mostRecords) return false;
    this.#bytes.fill(0, this.#end, start);
    if (this.#version === 1) this.#write1(record, start, end - start);
    else this.#write0(record, start);
    this.#end = end;
    this.#count += 1;
    return true;
  }

  /** The message; the writer begins a new one. */
  take(): Uint8Array {
    const isVersion1 = this.#version === 1;
    this.#view.setUint8(isVersion1 ? Header1.count : Header0.count, this.#count);
    this.#view.setUint16(isVersion1 ? Header1.size : Header0.size, this.#end);
    const message = this.#bytes.slice(0, this.#end);
    this.#end = this.#headerLength;
    this.#count = 0;
    return message;
  }

  #write0(record: IpvsRecord, start: number): void {
    const view = this.#view;
    view.setUint8(start + Record0.reserved, 0);
    view.setUint8(start + Record0.protocol, record.protocol);
    view.setUint16(start + Record0.clientPort, record.clientPort);
    view.setUint16(start + Record0.virtualPort, record.virtualPort);
    view.setUint16(start + Record0.realPort, record.realPort);
    this.#writeAddresses(record, start + Record0.client, 4);
    view.setUint16(start + Record0.flags, record.flags & 0xffff);
    view.setUint16(start + Record0.state, record.state);
    const [sequences] = record.options;
    if (sequences !== undefined) this.#bytes.set(sequences.data, start + Record0.length);
  }

  #write1(record: IpvsRecord, start: number, length: number): void {
    const view = this.#view;
    const isVersion6 = isIpv6(record.client);
    view.setUint8(start + Record1.type, isVersion6 ? RecordType.ipv6 : RecordType.ipv4);
    view.setUint8(start + Record1.protocol, record.protocol);
    view.setUint16(start + Record1.versionSize, length);
    view.setUint32(start + Record1.flags, record.flags);
    view.setUint16(start + Record1.state, record.state);
    view.setUint16(start + Record1.clientPort, record.clientPort);
    view.setUint16(start + Record1.virtualPort, record.virtualPort);
    view.setUint16(start + Record1.realPort, record.realPort);
    view.setUint32(start + Record1.firewallMark, record.firewallMark);
    view.setUint32(start + Record1.timeout, record.timeout);
    const addressLength = isVersion6 ? 16 : 4;
    this.#writeAddresses(record, start + Record1.addresses, addressLength);
    let offset = start + Record1.addresses + 3 * addressLength;
    for (const { type, data } of record.options) {
      view.setUint8(offset, type);
      view.setUint8(offset + 1, data.length);
      this.#bytes.set(data, offset + optionHeader);
      offset += optionHeader + data.length;
    }
  }

  #writeAddresses(record: IpvsRecord, start: number, length: number): void {
    let offset = start;
    for (const address of [record.client, record.virtual, record.real]) {
      const bytes = recordAddressBytes(address);
      assert(bytes.length === length, 'the addresses of a record are of one family');
      this.#bytes.set(bytes, offset);
      offset += length;
    }
  }
}

/** The datagram of a message. */
export function writeIpvsMessage({ version, syncId, records }: IpvsMessage): Uint8Array {
  const writer = new IpvsMessageWriter(version, syncId, longestMessageLimit);
  for (const record of records) assert(writer.add(record), 'a message has room for its records');
  return writer.take();
}

/** The bytes of a record without padding. */
function recordLength({ client, flags, options }: IpvsRecord, version: IpvsVersion): number {
  let length = options.reduce((sum, { data }) => sum + data.length + optionHeader, 0);
  if (version === 0) {
    const hasSequences = (flags & sequenceFlags) !== 0;
    assert(hasSequences === options.length > 0, 'version 0 has sequences if a flag says so');
    return Record0.length + (hasSequences ? length - optionHeader : 0);
  }
  length += Record1.addresses + 3 * (isIpv6(client) ? 16 : 4);
  assert(length <= sizeMask, 'a record has a size of 12 bits');
  return length;
}
