/**
 * Generic UDP Encapsulation, version 0 (draft-ietf-intarea-gue), as Linux speaks it (`fou`): a header of four bytes,
 * and behind it, if bit "private" is set, a word of private flags and the fields that these announce. The only one in
 * use is remote checksum offload (draft-herbert-remotecsumoffload): where in the packet inside a checksum is to be
 * computed from and to be written to by the receiver.
 */
const Field = {
  versionControlLength: 0,
  protocol: 1,
  flags: 2,
  privateFlags: 4,
  checksumStart: 8,
  checksumOffset: 10,
} as const;

const PrivateFlag = 0x0001;
const RemoteChecksumFlag = 0x8000_0000;

export const HeaderLength = 4;
/** A header with remote checksum offload. */
export const RemoteChecksumHeaderLength = 12;

/** True when [offset, end) begins with a data header that the accessors below understand. */
export function isValid(view: DataView, offset: number, end: number): boolean {
  if (end - offset < HeaderLength) return false;
  const first = view.getUint8(offset + Field.versionControlLength);
  // Version 0 and no control message.
  if (first >> 5 !== 0) return false;
  const length = headerLength(view, offset);
  if (length > end - offset) return false;
  const flags = view.getUint16(offset + Field.flags);
  if (flags === 0) return length === HeaderLength;
  return (
    flags === PrivateFlag &&
    length === RemoteChecksumHeaderLength &&
    view.getUint32(offset + Field.privateFlags) === RemoteChecksumFlag
  );
}

export const headerLength = (view: DataView, offset: number): number =>
  HeaderLength + (view.getUint8(offset + Field.versionControlLength) & 0x1f) * 4;
/** IP protocol number of what is inside. */
export const protocol = (view: DataView, offset: number): number =>
  view.getUint8(offset + Field.protocol);
/** Where the checksum inside begins to count, and where it is written, in bytes from the end of this header. */
export const checksumStart = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.checksumStart);
export const checksumOffset = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.checksumOffset);

/** Writes a header without options. */
export function write(view: DataView, offset: number, protocol: number): void {
  view.setUint8(offset + Field.versionControlLength, 0);
  view.setUint8(offset + Field.protocol, protocol);
  view.setUint16(offset + Field.flags, 0);
}

/** Writes a header that leaves a checksum inside to the receiver. */
export function writeWithRemoteChecksum(
  view: DataView,
  offset: number,
  protocol: number,
  start: number,
  position: number,
): void {
  const optionWords = (RemoteChecksumHeaderLength - HeaderLength) / 4;
  view.setUint8(offset + Field.versionControlLength, optionWords);
  view.setUint8(offset + Field.protocol, protocol);
  view.setUint16(offset + Field.flags, PrivateFlag);
  view.setUint32(offset + Field.privateFlags, RemoteChecksumFlag);
  view.setUint16(offset + Field.checksumStart, start);
  view.setUint16(offset + Field.checksumOffset, position);
}
