import * as checksums from './checksum.js';

/** Byte offsets from the start of the header (RFC 9293 §3.1). */
const Field = {
  sourcePort: 0,
  destinationPort: 2,
  dataOffset: 12,
  flags: 13,
  checksum: 16,
} as const;

export const MinimumHeaderLength = 20;

/** Control bits, as they stand in the flags byte. */
export const Flag = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

/** True for the control bits of a segment that may begin a connection: a SYN that does not also reset. */
export const opens = (flags: number): boolean => (flags & (Flag.syn | Flag.rst)) === Flag.syn;

/** True when every accessor below is safe and the header fits in [offset, end). */
export function isValid(view: DataView, offset: number, end: number): boolean {
  if (end - offset < MinimumHeaderLength) return false;
  const header = headerLength(view, offset);
  return header >= MinimumHeaderLength && header <= end - offset;
}

export const headerLength = (view: DataView, offset: number): number =>
  (view.getUint8(offset + Field.dataOffset) >> 4) * 4;
export const sourcePort = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.sourcePort);
export const destinationPort = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.destinationPort);
export const flags = (view: DataView, offset: number): number =>
  view.getUint8(offset + Field.flags);
export const checksum = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.checksum);

export function setSourcePort(view: DataView, offset: number, port: number): void {
  replacePort(view, offset, offset + Field.sourcePort, port);
}

export function setDestinationPort(view: DataView, offset: number, port: number): void {
  replacePort(view, offset, offset + Field.destinationPort, port);
}

function replacePort(view: DataView, offset: number, field: number, port: number): void {
  const before = view.getUint16(field);
  view.setUint16(field, port);
  const sum = checksums.update16(checksum(view, offset), before, port);
  view.setUint16(offset + Field.checksum, sum);
}

/** Corrects the checksum after a 32-bit word of an address in the pseudo-header changed. */
export function adjustForAddress(
  view: DataView,
  offset: number,
  before: number,
  after: number,
): void {
  const sum = checksums.update32(checksum(view, offset), before, after);
  view.setUint16(offset + Field.checksum, sum);
}
