import * as checksums from './checksum.js';

/** Byte offsets from the start of the header (RFC 8200 §3). */
const Field = {
  versionClassLabel: 0,
  payloadLength: 4,
  nextHeader: 6,
  hopLimit: 7,
  source: 8,
  destination: 24,
} as const;

export const HeaderLength = 40;

/** The smallest MTU of a link that carries IPv6 (RFC 8200 §5). */
export const MinimumMtu = 1_280;

/** True when every accessor below is safe and the payload fits in [offset, end). Jumbograms are refused. */
export function isValid(view: DataView, offset: number, end: number): boolean {
  if (end - offset < HeaderLength) return false;
  if (view.getUint8(offset) >> 4 !== 6) return false;
  return HeaderLength + payloadLength(view, offset) <= end - offset;
}

export const trafficClass = (view: DataView, offset: number): number =>
  (view.getUint16(offset + Field.versionClassLabel) >> 4) & 0xff;
export const flowLabel = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.versionClassLabel) & 0xf_ffff;
/** Bytes behind the fixed header, extension headers included. */
export const payloadLength = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.payloadLength);
export const nextHeader = (view: DataView, offset: number): number =>
  view.getUint8(offset + Field.nextHeader);
export const hopLimit = (view: DataView, offset: number): number =>
  view.getUint8(offset + Field.hopLimit);
/** Word 0 to 3 of the source address. */
export const sourceWord = (view: DataView, offset: number, index: number): number =>
  view.getUint32(offset + Field.source + index * 4);
/** Word 0 to 3 of the destination address. */
export const destinationWord = (view: DataView, offset: number, index: number): number =>
  view.getUint32(offset + Field.destination + index * 4);

/** Copies the source address into `words`. */
export function readSource(view: DataView, offset: number, words: Uint32Array): void {
  for (let index = 0; index < 4; index += 1) words[index] = sourceWord(view, offset, index);
}

/** Copies the destination address into `words`. */
export function readDestination(view: DataView, offset: number, words: Uint32Array): void {
  for (let index = 0; index < 4; index += 1) words[index] = destinationWord(view, offset, index);
}

/**
 * Replaces the source address by the four words at `at` of a column, and returns the change of a sum over the address,
 * which the checksum behind the header needs: this header has none.
 */
export function setSource(view: DataView, offset: number, column: Uint32Array, at = 0): number {
  return replaceAddress(view, offset + Field.source, column, at);
}

/** Replaces the destination address as `setSource` does the source. */
export function setDestination(
  view: DataView,
  offset: number,
  column: Uint32Array,
  at = 0,
): number {
  return replaceAddress(view, offset + Field.destination, column, at);
}

function replaceAddress(view: DataView, field: number, column: Uint32Array, at: number): number {
  let change = 0;
  for (let index = 0; index < 4; index += 1) {
    const word = column[at + index] ?? 0;
    change += checksums.change32(view.getUint32(field + index * 4), word);
    view.setUint32(field + index * 4, word);
  }
  return change;
}

export function setPayloadLength(view: DataView, offset: number, length: number): void {
  view.setUint16(offset + Field.payloadLength, length);
}

export function setHopLimit(view: DataView, offset: number, value: number): void {
  view.setUint8(offset + Field.hopLimit, value);
}

/** Takes one from the hop limit, which is not zero. */
export function decrementHopLimit(view: DataView, offset: number): void {
  setHopLimit(view, offset, hopLimit(view, offset) - 1);
}

/** The pseudo-header's share of an upper-layer checksum (RFC 8200 §8.1), as a sum to go on from. */
export function pseudoHeaderSum(
  view: DataView,
  offset: number,
  protocol: number,
  length: number,
): number {
  return checksums.sum(view, offset + Field.source, offset + HeaderLength, protocol + length);
}

/** What a new header says; everything else is zero. Addresses are four words. */
export interface Ipv6Fields {
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly payloadLength: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
}

/** Writes a whole fixed header. */
export function write(view: DataView, offset: number, fields: Ipv6Fields): void {
  const { trafficClass: priority = 0, flowLabel: label = 0 } = fields;
  view.setUint32(offset, (0x6000_0000 | (priority << 20) | label) >>> 0);
  view.setUint16(offset + Field.payloadLength, fields.payloadLength);
  view.setUint8(offset + Field.nextHeader, fields.nextHeader);
  view.setUint8(offset + Field.hopLimit, fields.hopLimit);
  for (let index = 0; index < 4; index += 1) {
    view.setUint32(offset + Field.source + index * 4, fields.source[index] ?? 0);
    view.setUint32(offset + Field.destination + index * 4, fields.destination[index] ?? 0);
  }
}
