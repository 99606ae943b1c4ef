import * as checksums from './checksum.js';

/** Byte offsets from the start of the header (RFC 768). */
const Field = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6 } as const;

export const HeaderLength = 8;

/** Offset of the checksum, for those who speak of it on the wire. */
export const ChecksumOffset = Field.checksum;

/** True when every accessor below is safe and the datagram's length fits in [offset, end). */
export function isValid(view: DataView, offset: number, end: number): boolean {
  if (end - offset < HeaderLength) return false;
  const stated = length(view, offset);
  return stated >= HeaderLength && stated <= end - offset;
}

export const sourcePort = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.sourcePort);
export const destinationPort = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.destinationPort);
export const length = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.length);
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
  setUpdated(view, offset, checksums.update16(checksum(view, offset), before, port));
}

/** Corrects the checksum after what it covers changed by a sum of changes, as addresses in the pseudo-header do. */
export function adjust(view: DataView, offset: number, change: number): void {
  setUpdated(view, offset, checksums.adjust(checksum(view, offset), change));
}

/** Zero means "no checksum" and stays zero; a computed zero is sent as all ones (RFC 768). */
function setUpdated(view: DataView, offset: number, sum: number): void {
  if (checksum(view, offset) === 0) return;
  view.setUint16(offset + Field.checksum, sum === 0 ? 0xffff : sum);
}

/** Replaces the length, under a checksum that does not cover it yet. */
export function setLength(view: DataView, offset: number, length: number): void {
  view.setUint16(offset + Field.length, length);
}

/** Writes a header with no checksum. */
export function write(
  view: DataView,
  offset: number,
  sourcePort: number,
  destinationPort: number,
  length: number,
): void {
  view.setUint16(offset + Field.sourcePort, sourcePort);
  view.setUint16(offset + Field.destinationPort, destinationPort);
  view.setUint16(offset + Field.length, length);
  view.setUint16(offset + Field.checksum, 0);
}

/** Sets the checksum of a datagram [offset, end) whose pseudo-header adds up to `pseudoHeader`. */
export function setChecksum(
  view: DataView,
  offset: number,
  end: number,
  pseudoHeader: number,
): void {
  view.setUint16(offset + Field.checksum, 0);
  const sum = checksums.complement(checksums.sum(view, offset, end, pseudoHeader));
  view.setUint16(offset + Field.checksum, sum === 0 ? 0xffff : sum);
}
