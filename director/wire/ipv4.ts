import * as checksums from './checksum.js';

/** Byte offsets from the start of the header (RFC 791 §3.1). */
const Field = {
  versionIhl: 0,
  tos: 1,
  totalLength: 2,
  identification: 4,
  fragment: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
} as const;

export const MinimumHeaderLength = 20;

/** IP protocol numbers that the director knows (IANA). */
export const Protocol = {
  icmp: 1,
  ipip: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  icmpv6: 58,
  vrrp: 112,
  sctp: 132,
} as const;

const DontFragment = 0x4000;
const MoreFragments = 0x2000;
const FragmentOffset = 0x1fff;

/** True when every accessor below is safe and the header and total length fit in [offset, end). */
export function isValid(view: DataView, offset: number, end: number): boolean {
  if (end - offset < MinimumHeaderLength) return false;
  const versionIhl = view.getUint8(offset + Field.versionIhl);
  const header = (versionIhl & 0x0f) * 4;
  if (versionIhl >> 4 !== 4 || header < MinimumHeaderLength) return false;
  const length = totalLength(view, offset);
  return length >= header && length <= end - offset;
}

export const headerLength = (view: DataView, offset: number): number =>
  (view.getUint8(offset + Field.versionIhl) & 0x0f) * 4;
export const tos = (view: DataView, offset: number): number => view.getUint8(offset + Field.tos);
export const totalLength = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.totalLength);
export const identification = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.identification);
export const ttl = (view: DataView, offset: number): number => view.getUint8(offset + Field.ttl);
export const protocol = (view: DataView, offset: number): number =>
  view.getUint8(offset + Field.protocol);
export const checksum = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.checksum);
export const source = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.source);
export const destination = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.destination);

export const dontFragment = (view: DataView, offset: number): boolean =>
  (view.getUint16(offset + Field.fragment) & DontFragment) !== 0;
/** True for every part of a datagram that was cut: the first, the middle ones and the last. */
export const isFragment = (view: DataView, offset: number): boolean =>
  (view.getUint16(offset + Field.fragment) & (MoreFragments | FragmentOffset)) !== 0;
/** True for every part of a datagram that was cut but the last. */
export const moreFragments = (view: DataView, offset: number): boolean =>
  (view.getUint16(offset + Field.fragment) & MoreFragments) !== 0;
/** Where this fragment's data stands in the datagram, in bytes. */
export const fragmentOffset = (view: DataView, offset: number): number =>
  (view.getUint16(offset + Field.fragment) & FragmentOffset) * 8;
/** True when the header's own checksum is right. */
export function isChecksumValid(view: DataView, offset: number): boolean {
  const end = offset + headerLength(view, offset);
  // Halves of 32-bit words: at most fifteen, so that both sums stay small integers.
  let high = 0;
  let low = 0;
  for (let position = offset; position < end; position += 4) {
    const word = view.getInt32(position);
    high += word >>> 16;
    low += word & 0xffff;
  }
  return checksums.fold(high + low) === 0xffff;
}

/** Replaces the source address, corrects the header checksum and returns the change of a sum over the address. */
export function setSource(view: DataView, offset: number, address: number): number {
  return replaceAddress(view, offset, offset + Field.source, address);
}

/** Replaces the destination address as `setSource` does the source. */
export function setDestination(view: DataView, offset: number, address: number): number {
  return replaceAddress(view, offset, offset + Field.destination, address);
}

function replaceAddress(view: DataView, offset: number, field: number, address: number): number {
  const change = checksums.change32(view.getUint32(field), address);
  view.setUint32(field, address);
  view.setUint16(offset + Field.checksum, checksums.adjust(checksum(view, offset), change));
  return change;
}

/** Replaces the total length and corrects the header checksum. */
export function setTotalLength(view: DataView, offset: number, length: number): void {
  const sum = checksums.update16(checksum(view, offset), totalLength(view, offset), length);
  view.setUint16(offset + Field.totalLength, length);
  view.setUint16(offset + Field.checksum, sum);
}

/** Replaces the identification and corrects the header checksum. */
export function setIdentification(view: DataView, offset: number, value: number): void {
  const sum = checksums.update16(checksum(view, offset), identification(view, offset), value);
  view.setUint16(offset + Field.identification, value);
  view.setUint16(offset + Field.checksum, sum);
}

/** Replaces the time to live and corrects the header checksum. */
export function setTtl(view: DataView, offset: number, value: number): void {
  const before = view.getUint16(offset + Field.ttl);
  view.setUint8(offset + Field.ttl, value);
  const after = view.getUint16(offset + Field.ttl);
  const sum = checksums.update16(checksum(view, offset), before, after);
  view.setUint16(offset + Field.checksum, sum);
}

/** What `setFragment` changes. */
export interface FragmentFields {
  readonly totalLength: number;
  /** In bytes; a multiple of eight. */
  readonly offset: number;
  readonly moreFragments: boolean;
  /** Kept when absent. */
  readonly identification?: number;
}

/** Makes the header that of a fragment, checksum included. */
export function setFragment(view: DataView, offset: number, fields: FragmentFields): void {
  view.setUint16(offset + Field.totalLength, fields.totalLength);
  const flags = fields.moreFragments ? MoreFragments : 0;
  view.setUint16(offset + Field.fragment, flags | (fields.offset >> 3));
  if (fields.identification !== undefined) {
    view.setUint16(offset + Field.identification, fields.identification);
  }
  view.setUint16(offset + Field.checksum, 0);
  const sum = checksums.sum(view, offset, offset + headerLength(view, offset));
  view.setUint16(offset + Field.checksum, checksums.complement(sum));
}

/**
 * Makes a whole packet one that may be cut on its way. It then needs an identification of its own: that of a packet with
 * DF may be any (RFC 6864 §4.1).
 */
export function allowFragments(view: DataView, offset: number, identification: number): void {
  const whole = { totalLength: totalLength(view, offset), offset: 0, moreFragments: false };
  setFragment(view, offset, { ...whole, identification });
}

/** Takes one from the time to live, which is not zero, and corrects the header checksum. */
export function decrementTtl(view: DataView, offset: number): void {
  const before = view.getUint16(offset + Field.ttl);
  view.setUint8(offset + Field.ttl, (before >> 8) - 1);
  const sum = checksums.update16(checksum(view, offset), before, before - 0x0100);
  view.setUint16(offset + Field.checksum, sum);
}

/** The pseudo-header's share of a TCP or UDP checksum (RFC 9293 §3.1), as a sum to go on from. */
export function pseudoHeaderSum(view: DataView, offset: number, length: number): number {
  return (
    checksums.halves(source(view, offset)) +
    checksums.halves(destination(view, offset)) +
    protocol(view, offset) +
    length
  );
}

/** What a new header says; everything else is zero. */
export interface Ipv4Fields {
  readonly tos?: number;
  readonly totalLength: number;
  readonly identification?: number;
  readonly dontFragment?: boolean;
  readonly ttl: number;
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
}

/** Writes a whole header without options, checksum included. */
export function write(view: DataView, offset: number, fields: Ipv4Fields): void {
  view.setUint8(offset + Field.versionIhl, 0x45);
  view.setUint8(offset + Field.tos, fields.tos ?? 0);
  view.setUint16(offset + Field.totalLength, fields.totalLength);
  view.setUint16(offset + Field.identification, fields.identification ?? 0);
  view.setUint16(offset + Field.fragment, fields.dontFragment === true ? DontFragment : 0);
  view.setUint8(offset + Field.ttl, fields.ttl);
  view.setUint8(offset + Field.protocol, fields.protocol);
  view.setUint16(offset + Field.checksum, 0);
  view.setUint32(offset + Field.source, fields.source);
  view.setUint32(offset + Field.destination, fields.destination);
  const sum = checksums.sum(view, offset, offset + MinimumHeaderLength);
  view.setUint16(offset + Field.checksum, checksums.complement(sum));
}

/** The dotted text of an address word. */
export const describeAddress = (address: number): string =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
