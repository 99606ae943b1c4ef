import * as checksums from './checksum.js';

/** Byte offsets from the start of the header (RFC 768). */
const Field = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6 } as const;

export const HeaderLength = 8;

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

/** Corrects the checksum after a 32-bit word of an address in the pseudo-header changed. */
export function adjustForAddress(
  view: DataView,
  offset: number,
  before: number,
  after: number,
): void {
  setUpdated(view, offset, checksums.update32(checksum(view, offset), before, after));
}

/** Zero means "no checksum" and stays zero; a computed zero is sent as all ones (RFC 768). */
function setUpdated(view: DataView, offset: number, sum: number): void {
  if (checksum(view, offset) === 0) return;
  view.setUint16(offset + Field.checksum, sum === 0 ? 0xffff : sum);
}
