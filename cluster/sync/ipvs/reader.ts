import { addressFromBytes, type IpAddress } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
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
import {
  IpvsOptionType,
  longestEngineName,
  sequencesLength,
  type IpvsMessage,
  type IpvsMessageReject,
  type IpvsOption,
  type IpvsRecord,
} from './message.js';

/**
 * Reads a datagram as ip_vs_process_message does: version 1 where the header says so, version 0 otherwise. Takes any bytes
 * without an exception. What follows the last record is ignored. Keeps no reference to `bytes`.
 */
export function readIpvsMessage(bytes: Uint8Array): IpvsMessage | IpvsMessageReject {
  if (bytes.length < Header0.length) return 'too-short';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(Header0.size) !== bytes.length) return 'wrong-size';
  const syncId = view.getUint8(Header0.syncId);
  const version = isVersion1(view) ? 1 : 0;
  const records = version === 1 ? readRecords1(view) : readRecords0(view);
  return typeof records === 'string' ? records : { version, syncId, records };
}

const isVersion1 = (view: DataView): boolean =>
  view.byteLength >= Header1.length &&
  view.getUint8(Header1.version) === 1 &&
  view.getUint8(Header1.reserved) === 0 &&
  view.getUint16(Header1.spare) === 0;

function readRecords0(view: DataView): IpvsRecord[] | IpvsMessageReject {
  const records: IpvsRecord[] = [];
  let offset: number = Header0.length;
  for (let left = view.getUint8(Header0.count); left > 0; left -= 1) {
    if (offset + Record0.length > view.byteLength) return 'record-cut';
    const hasSequences = (view.getUint16(offset + Record0.flags) & sequenceFlags) !== 0;
    const end = offset + Record0.length + (hasSequences ? sequencesLength : 0);
    if (end > view.byteLength) return 'record-cut';
    records.push(readRecord0(view, offset, hasSequences));
    offset = end;
  }
  return records;
}

function readRecord0(view: DataView, offset: number, hasSequences: boolean): IpvsRecord {
  const sequences = {
    type: IpvsOptionType.sequences,
    data: copy(view, offset + Record0.length, hasSequences ? sequencesLength : 0),
  };
  return {
    protocol: view.getUint8(offset + Record0.protocol),
    client: addressAt(view, offset + Record0.client, 4),
    clientPort: view.getUint16(offset + Record0.clientPort),
    virtual: addressAt(view, offset + Record0.virtual, 4),
    virtualPort: view.getUint16(offset + Record0.virtualPort),
    real: addressAt(view, offset + Record0.real, 4),
    realPort: view.getUint16(offset + Record0.realPort),
    flags: view.getUint16(offset + Record0.flags),
    state: view.getUint16(offset + Record0.state),
    firewallMark: 0,
    timeout: 0,
    options: hasSequences ? [sequences] : [],
  };
}

function readRecords1(view: DataView): IpvsRecord[] | IpvsMessageReject {
  const records: IpvsRecord[] = [];
  let offset: number = Header1.length;
  for (let left = view.getUint8(Header1.count); left > 0; left -= 1) {
    const record = readRecord1(view, offset);
    if (typeof record === 'string') return record;
    records.push(record);
    const size = view.getUint16(offset + Record1.versionSize) & sizeMask;
    offset += Math.ceil(size / 4) * 4;
  }
  return records;
}

function readRecord1(view: DataView, offset: number): IpvsRecord | IpvsMessageReject {
  if (offset + Record1.addresses > view.byteLength) return 'record-cut';
  const versionSize = view.getUint16(offset + Record1.versionSize);
  const end = offset + (versionSize & sizeMask);
  if (end > view.byteLength) return 'record-cut';
  if (versionSize > sizeMask) return 'record-version';
  const type = view.getUint8(offset + Record1.type);
  if (type !== RecordType.ipv4 && type !== RecordType.ipv6) return 'record-type';
  const length = type === RecordType.ipv6 ? 16 : 4;
  const addresses = offset + Record1.addresses;
  if (addresses + 3 * length > end) return 'record-cut';
  const options = readOptions(view, addresses + 3 * length, end);
  if (typeof options === 'string') return options;
  return {
    protocol: view.getUint8(offset + Record1.protocol),
    client: addressAt(view, addresses, length),
    clientPort: view.getUint16(offset + Record1.clientPort),
    virtual: addressAt(view, addresses + length, length),
    virtualPort: view.getUint16(offset + Record1.virtualPort),
    real: addressAt(view, addresses + 2 * length, length),
    realPort: view.getUint16(offset + Record1.realPort),
    flags: view.getUint32(offset + Record1.flags),
    state: view.getUint16(offset + Record1.state),
    firewallMark: view.getUint32(offset + Record1.firewallMark),
    timeout: view.getUint32(offset + Record1.timeout),
    options,
  };
}

function readOptions(view: DataView, start: number, end: number): IpvsOption[] | IpvsMessageReject {
  const options: IpvsOption[] = [];
  for (let offset = start; offset < end;) {
    if (offset + optionHeader > end) return 'bad-option';
    const type = view.getUint8(offset);
    const length = view.getUint8(offset + 1);
    if (length === 0 || offset + optionHeader + length > end) return 'bad-option';
    const option = { type, data: copy(view, offset + optionHeader, length) };
    const mistake = mistakeIn(option, options);
    if (mistake !== undefined) return mistake;
    options.push(option);
    offset += optionHeader + length;
  }
  return options;
}

/** What is wrong with an option behind those before it. */
function mistakeIn(
  { type, data }: IpvsOption,
  before: readonly IpvsOption[],
): IpvsMessageReject | undefined {
  const kind = optionKind(type);
  const isSecond = before.some((option) => optionKind(option.type) === kind);
  switch (kind) {
    case IpvsOptionType.sequences:
      return isSecond || data.length !== sequencesLength ? 'bad-sequences' : undefined;
    case IpvsOptionType.engineData:
      return isSecond ? 'bad-engine' : undefined;
    case IpvsOptionType.engineName:
      return isSecond || data.length > longestEngineName ? 'bad-engine' : undefined;
    default:
      return undefined;
  }
}

/** The type of an option without the optional bit. */
export const optionKind = (type: number): number => type & ~IpvsOptionType.optionalBit;

const copy = (view: DataView, offset: number, length: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();

function addressAt(view: DataView, offset: number, length: number): IpAddress {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length);
  const address = addressFromBytes(bytes);
  assert(address !== undefined, 'an address of a record has 4 or 16 bytes');
  return address;
}
