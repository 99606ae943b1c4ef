import * as checksums from '../../../director/wire/checksum.js';

/** Byte offsets that only an end of a connection needs (RFC 9293 §3.1); the others are in director/wire/tcp.ts. */
const Field = {
  sequence: 4,
  acknowledgement: 8,
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
} as const;

export const HeaderLength = 20;

export const sequence = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.sequence);
export const acknowledgement = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.acknowledgement);

/** What a segment says. */
export interface SegmentFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
}

/** Writes a header without options, checksum left out. */
export function write(view: DataView, offset: number, fields: SegmentFields): void {
  view.setUint16(offset, fields.sourcePort);
  view.setUint16(offset + 2, fields.destinationPort);
  view.setUint32(offset + Field.sequence, fields.sequence);
  view.setUint32(offset + Field.acknowledgement, fields.acknowledgement);
  view.setUint8(offset + Field.dataOffset, (HeaderLength / 4) << 4);
  view.setUint8(offset + Field.flags, fields.flags);
  view.setUint16(offset + Field.window, 65_535);
  view.setUint16(offset + Field.checksum, 0);
}

/** Sets the checksum of the segment [offset, end) whose pseudo-header adds up to `pseudoHeader`. */
export function setChecksum(
  view: DataView,
  offset: number,
  end: number,
  pseudoHeader: number,
): void {
  const sum = checksums.sum(view, offset, end, pseudoHeader);
  view.setUint16(offset + Field.checksum, checksums.complement(sum));
}

/** The distance from `from` to `to` in sequence space: negative when `to` is before it (RFC 9293 §3.4). */
export const distance = (from: number, to: number): number => (to - from) | 0;
