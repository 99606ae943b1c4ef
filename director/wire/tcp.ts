import * as checksums from './checksum.js';

/** Byte offsets from the start of the header (RFC 9293 §3.1). */
const Field = {
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  dataOffset: 12,
  flags: 13,
  checksum: 16,
} as const;

export const MinimumHeaderLength = 20;

/** Kinds of options (RFC 9293 §3.1). */
const OptionKind = { end: 0, noOperation: 1, maximumSegmentSize: 2 } as const;
const MssOptionLength = 4;

/** Control bits, as they stand in the flags byte. */
export const Flag = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

/** The control bit that answers "ECN-Echo" (RFC 3168 §6.1.2). */
export const CongestionWindowReduced = 0x80;

/** True for the control bits of a segment that may begin a connection: a SYN that does not also reset. */
export const opens = (flags: number): boolean => (flags & (Flag.syn | Flag.rst)) === Flag.syn;

/** Offset of the checksum, for those who speak of it on the wire. */
export const ChecksumOffset = Field.checksum;

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

/** Replaces the header length, a multiple of four up to 60; what that changes the sum over the header by. */
export function replaceHeaderLength(view: DataView, offset: number, length: number): number {
  const field = offset + Field.dataOffset;
  const before = view.getUint16(field);
  view.setUint8(field, (length << 2) | (view.getUint8(field) & 0x0f));
  return checksums.change16(before, view.getUint16(field));
}

/** Replaces the header length, a multiple of four up to 60, and corrects the checksum. */
export function setHeaderLength(view: DataView, offset: number, length: number): void {
  adjust(view, offset, replaceHeaderLength(view, offset, length));
}

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

/** Corrects the checksum after what it covers changed by a sum of changes, as addresses in the pseudo-header do. */
export function adjust(view: DataView, offset: number, change: number): void {
  view.setUint16(offset + Field.checksum, checksums.adjust(checksum(view, offset), change));
}

/**
 * Makes the header of a super-frame that of one of its segments, whose data begins `shift` bytes further on; the checksum does
 * not cover it yet. FIN and PSH belong to the last one, CWR to the first (RFC 3168 §6.1.2).
 */
export function beSegment(view: DataView, offset: number, shift: number, isLast: boolean): void {
  const sequence = view.getUint32(offset + Field.sequence);
  view.setUint32(offset + Field.sequence, (sequence + shift) >>> 0);
  let kept = flags(view, offset);
  if (!isLast) kept &= ~(Flag.fin | Flag.psh);
  if (shift !== 0) kept &= ~CongestionWindowReduced;
  view.setUint8(offset + Field.flags, kept);
}

/**
 * Takes `by` from the maximum segment size that a SYN of [offset, end) states (RFC 9293 §3.7.1), and corrects the
 * checksum, unless it is unfinished and does not cover the options yet. A segment that states none, or one not larger than
 * `by`, stays as it is.
 */
export function lowerMss(
  view: DataView,
  offset: number,
  end: number,
  by: number,
  isUnfinished = false,
): void {
  const headerEnd = Math.min(end, offset + headerLength(view, offset));
  const option = findOption(view, offset, headerEnd, OptionKind.maximumSegmentSize);
  if (option < 0 || headerEnd - option < MssOptionLength) return;
  if (view.getUint8(option + 1) !== MssOptionLength) return;
  const before = view.getUint16(option + 2);
  if (before <= by) return;
  const after = before - by;
  view.setUint16(option + 2, after);
  if (isUnfinished) return;
  // At an odd place in the header the bytes count the other way round.
  const isOdd = ((option - offset) & 1) !== 0;
  const change = isOdd
    ? checksums.change16(swapBytes(before), swapBytes(after))
    : checksums.change16(before, after);
  adjust(view, offset, change);
}

const swapBytes = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

function findOption(view: DataView, offset: number, headerEnd: number, kind: number): number {
  let option = offset + MinimumHeaderLength;
  while (option + 1 < headerEnd) {
    const found = view.getUint8(option);
    if (found === kind) return option;
    if (found === OptionKind.end) return -1;
    const length = found === OptionKind.noOperation ? 1 : view.getUint8(option + 1);
    if (length === 0) return -1;
    option += length;
  }
  return -1;
}
