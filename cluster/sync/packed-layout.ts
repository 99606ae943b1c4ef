import { Family } from '../../director/wire/flow.js';
import {
  FullNatNumber,
  methodOfNumber,
  protocolOfNumber,
  type RecordFields,
} from './record-fields.js';

/*
 * A change of the table in bytes, as it travels in `Updates.changes` and `BulkChunk.records`: protobuf would cost several
 * times as long for each of its fields, and a busy node tells of twenty thousand connections a second. Big endian, without
 * padding; an address takes 4 bytes, or 16 in IPv6:
 *
 *     kind 1 | protocol 1 | client port 2 | virtual port 2 | client address | virtual address
 *
 * is a removal, and the beginning of a record, which goes on:
 *
 *     method 1 | state 1 | real port 2 | real address | timeout 4, seconds | remaining 4, milliseconds | packets 4
 *     [flags 4] [firewall mark 4] [local address | local port 2]
 *
 * So an IPv4 record has 34 bytes, an IPv6 record 70.
 */

/** The bits of `kind`; another one is an error. */
export const Kind = {
  ipv6: 0x01,
  template: 0x02,
  /** The entry is gone. */
  removal: 0x04,
  /** Of a removal: its sender serves the connection, so it is over for everybody. */
  served: 0x08,
  /** Of a record: flags follow; without the bit they are 0. */
  flags: 0x10,
  /** Of a record: FullNat's local endpoint follows. */
  local: 0x20,
  /** Of a record: the firewall mark of its service follows. */
  mark: 0x40,
} as const;

const RecordKinds = Kind.ipv6 | Kind.template | Kind.flags | Kind.mark | Kind.local;
const RemovalKinds = Kind.ipv6 | Kind.template | Kind.removal | Kind.served;

/** Where the fields stand; those behind the addresses from the end of the address before. */
export const At = { kind: 0, protocol: 1, ports: 2, client: 6 } as const;
export const Behind = { method: 0, state: 1, realPort: 2, real: 4 } as const;
export const BehindReal = { timeout: 0, remaining: 4, packets: 8, rest: 12 } as const;

/** Bytes of the greatest removal. */
export const GreatestKey = 6 + 2 * 16;

/** Bytes of the greatest record: IPv6 with flags and a local endpoint. */
export const GreatestRecord = 6 + 3 * 16 + 4 + 12 + 4 + 4 + 18;

/** Why bytes are not a list of changes. */
export type RecordReject =
  | 'truncated-record'
  | 'unknown-kind'
  | 'unknown-protocol'
  | 'unknown-method'
  | 'bad-local';

export const addressLength = (kind: number): number => ((kind & Kind.ipv6) === 0 ? 4 : 16);

/** Bytes of the record or removal at `at`, or what is wrong with it. All its fields are in range afterwards. */
export function changeLength(view: DataView, at: number): number | RecordReject {
  if (at + At.client > view.byteLength) return 'truncated-record';
  const kind = view.getUint8(at + At.kind);
  const isRemoval = (kind & Kind.removal) !== 0;
  if ((kind & ~(isRemoval ? RemovalKinds : RecordKinds)) !== 0) return 'unknown-kind';
  const protocol = protocolOfNumber(view.getUint8(at + At.protocol));
  // A connection has a protocol of its own; only a template may be for all.
  if (protocol === undefined || (protocol === 'IP' && (kind & Kind.template) === 0)) {
    return 'unknown-protocol';
  }
  const address = addressLength(kind);
  const key = At.client + 2 * address;
  const length = isRemoval
    ? key
    : key + Behind.real + address + BehindReal.rest + optionsLength(kind, address);
  if (at + length > view.byteLength) return 'truncated-record';
  return isRemoval ? length : (faultOf(view, at + key, kind, at + length) ?? length);
}

const optionsLength = (kind: number, address: number): number =>
  ((kind & Kind.flags) === 0 ? 0 : 4) +
  ((kind & Kind.mark) === 0 ? 0 : 4) +
  ((kind & Kind.local) === 0 ? 0 : address + 2);

function faultOf(view: DataView, at: number, kind: number, end: number): RecordReject | undefined {
  const method = view.getUint8(at + Behind.method);
  if (methodOfNumber(method) === undefined) return 'unknown-method';
  if ((kind & Kind.local) === 0) return undefined;
  return method === FullNatNumber && view.getUint16(end - 2) !== 0 ? undefined : 'bad-local';
}

/** Writes a record at `at`; gives the end. There is room for `GreatestRecord`, or for as much as is needed. */
export function writeRecord(view: DataView, at: number, fields: RecordFields): number {
  const isIpv6 = fields.family === Family.ipv6;
  const kind =
    kindOf(fields) |
    (fields.flags === 0 ? 0 : Kind.flags) |
    (fields.firewallMark === 0 ? 0 : Kind.mark) |
    (fields.localPort === 0 ? 0 : Kind.local);
  let next = writeKey(view, at, kind, fields);
  view.setUint8(next + Behind.method, fields.method);
  view.setUint8(next + Behind.state, fields.state);
  view.setUint16(next + Behind.realPort, fields.realPort);
  next = writeAddress(view, next + Behind.real, fields.real, isIpv6);
  view.setUint32(next + BehindReal.timeout, fields.timeout);
  view.setUint32(next + BehindReal.remaining, fields.remaining);
  view.setUint32(next + BehindReal.packets, fields.packets);
  next += BehindReal.rest;
  if (fields.flags !== 0) {
    view.setUint32(next, fields.flags);
    next += 4;
  }
  if (fields.firewallMark !== 0) {
    view.setUint32(next, fields.firewallMark);
    next += 4;
  }
  if (fields.localPort === 0) return next;
  next = writeAddress(view, next, fields.local, isIpv6);
  view.setUint16(next, fields.localPort);
  return next + 2;
}

/** Writes a removal of the entry with the key in `fields` at `at`; gives the end. */
export function writeRemoval(
  view: DataView,
  at: number,
  fields: RecordFields,
  isServed: boolean,
): number {
  const kind = kindOf(fields) | Kind.removal | (isServed ? Kind.served : 0);
  return writeKey(view, at, kind, fields);
}

const kindOf = (fields: RecordFields): number =>
  (fields.family === Family.ipv6 ? Kind.ipv6 : 0) | (fields.isTemplate ? Kind.template : 0);

function writeKey(view: DataView, at: number, kind: number, fields: RecordFields): number {
  const isIpv6 = fields.family === Family.ipv6;
  view.setUint8(at + At.kind, kind);
  view.setUint8(at + At.protocol, fields.protocol);
  view.setUint16(at + At.ports, fields.clientPort);
  view.setUint16(at + At.ports + 2, fields.virtualPort);
  const next = writeAddress(view, at + At.client, fields.client, isIpv6);
  return writeAddress(view, next, fields.virtual, isIpv6);
}

function writeAddress(view: DataView, at: number, words: Uint32Array, isIpv6: boolean): number {
  let next = at;
  for (let word = isIpv6 ? 0 : 3; word < 4; word += 1) {
    view.setUint32(next, words[word] ?? 0);
    next += 4;
  }
  return next;
}

/** Reads the key at `at` into `fields`; gives its end. */
export function readKey(view: DataView, at: number, fields: RecordFields): number {
  const kind = view.getUint8(at + At.kind);
  const isIpv6 = (kind & Kind.ipv6) !== 0;
  fields.family = isIpv6 ? Family.ipv6 : Family.ipv4;
  fields.protocol = view.getUint8(at + At.protocol);
  fields.isTemplate = (kind & Kind.template) !== 0;
  fields.clientPort = view.getUint16(at + At.ports);
  fields.virtualPort = view.getUint16(at + At.ports + 2);
  const next = readAddress(view, at + At.client, fields.client, isIpv6);
  return readAddress(view, next, fields.virtual, isIpv6);
}

/** Reads the record at `at` into `fields`; gives its end. */
export function readRecord(view: DataView, at: number, fields: RecordFields): number {
  const kind = view.getUint8(at + At.kind);
  const isIpv6 = (kind & Kind.ipv6) !== 0;
  let next = readKey(view, at, fields);
  fields.method = view.getUint8(next + Behind.method);
  fields.state = view.getUint8(next + Behind.state);
  fields.realPort = view.getUint16(next + Behind.realPort);
  next = readAddress(view, next + Behind.real, fields.real, isIpv6);
  fields.timeout = view.getUint32(next + BehindReal.timeout);
  fields.remaining = view.getUint32(next + BehindReal.remaining);
  fields.packets = view.getUint32(next + BehindReal.packets);
  next += BehindReal.rest;
  const hasFlags = (kind & Kind.flags) !== 0;
  fields.flags = hasFlags ? view.getUint32(next) : 0;
  if (hasFlags) next += 4;
  const hasMark = (kind & Kind.mark) !== 0;
  fields.firewallMark = hasMark ? view.getUint32(next) : 0;
  if (hasMark) next += 4;
  fields.localPort = 0;
  if ((kind & Kind.local) === 0) return next;
  next = readAddress(view, next, fields.local, isIpv6);
  fields.localPort = view.getUint16(next);
  return next + 2;
}

/** Reads an address at `at` into four words; gives its end. */
export function readAddress(
  view: DataView,
  at: number,
  words: Uint32Array,
  isIpv6: boolean,
): number {
  let next = at;
  if (!isIpv6) words.fill(0, 0, 3);
  for (let word = isIpv6 ? 0 : 3; word < 4; word += 1) {
    words[word] = view.getUint32(next);
    next += 4;
  }
  return next;
}

/**
 * Two hashes of 32 bits over what makes a key, in 53 bits: equal for equal keys, and different for different ones but once
 * in 2^53 pairs.
 */
export function hashKey(view: DataView, at: number): number {
  const kind = view.getUint8(at + At.kind) & (Kind.ipv6 | Kind.template);
  const start = (view.getUint8(at + At.protocol) << 8) | kind;
  let left = Math.imul(start ^ 0x9e37_79b9, 0xcc9e_2d51);
  let right = Math.imul(start ^ 0x7f4a_7c15, 0x1b87_3593);
  const end = at + At.client + 2 * addressLength(kind);
  for (let next = at + At.ports; next < end; next += 4) {
    const word = view.getUint32(next);
    left = Math.imul(left ^ word ^ (left >>> 15), 0x85eb_ca6b);
    right = Math.imul(right ^ word ^ (right >>> 13), 0xc2b2_ae35);
  }
  left ^= left >>> 16;
  right ^= right >>> 16;
  return (left >>> 0) * 0x20_0000 + (right >>> 11);
}
