import * as checksums from './checksum.js';

/** Byte offsets from the start of the header (RFC 2784 §2.1). */
const Field = { flags: 0, protocol: 2, checksum: 4, reserved: 6 } as const;

const ChecksumPresent = 0x8000;

/** The length of a header with or without a checksum; keys and sequence numbers (RFC 2890) are not spoken. */
export const headerLength = (hasChecksum: boolean): number => (hasChecksum ? 8 : 4);

/** True when [offset, end) begins with a header that the accessors below understand. */
export function isValid(view: DataView, offset: number, end: number): boolean {
  if (end - offset < 4) return false;
  const flags = view.getUint16(offset + Field.flags);
  if ((flags & ~ChecksumPresent) !== 0) return false;
  return end - offset >= headerLength((flags & ChecksumPresent) !== 0);
}

export const hasChecksum = (view: DataView, offset: number): boolean =>
  (view.getUint16(offset + Field.flags) & ChecksumPresent) !== 0;
/** EtherType of the packet inside. */
export const protocol = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.protocol);

/** True when the checksum over header and packet [offset, end) is right. */
export const isChecksumValid = (view: DataView, offset: number, end: number): boolean =>
  checksums.fold(checksums.sum(view, offset, end)) === 0xffff;

/** Writes a header without checksum before the packet that stands behind it. */
export function write(view: DataView, offset: number, etherType: number): void {
  view.setUint16(offset + Field.flags, 0);
  view.setUint16(offset + Field.protocol, etherType);
}

/** Writes a header with the checksum over itself and the packet behind it, up to `end`. */
export function writeWithChecksum(
  view: DataView,
  offset: number,
  end: number,
  etherType: number,
): void {
  view.setUint16(offset + Field.flags, ChecksumPresent);
  view.setUint16(offset + Field.protocol, etherType);
  view.setUint32(offset + Field.checksum, 0);
  const sum = checksums.sum(view, offset, end);
  view.setUint16(offset + Field.checksum, checksums.complement(sum));
}
