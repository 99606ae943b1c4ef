/** Byte offsets from the start of the common header (RFC 9260 §3.1) and of a chunk (§3.2). */
const Field = {
  sourcePort: 0,
  destinationPort: 2,
  verificationTag: 4,
  checksum: 8,
  chunks: 12,
  chunkType: 0,
  chunkLength: 2,
} as const;

export const HeaderLength = 12;

/** Chunk types that move an association from state to state (RFC 9260 §3.2). */
export const Chunk = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
} as const;

/** The answer of `chunkType` where there is no such chunk. */
export const NoChunk = -1;

/** True when every accessor below is safe. */
export const isValid = (offset: number, end: number): boolean => end - offset >= HeaderLength;

export const sourcePort = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.sourcePort);
export const destinationPort = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.destinationPort);
export const verificationTag = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.verificationTag);
/** The checksum as a number; alone on the wire it goes with its lowest byte first (RFC 9260 appendix A). */
export const checksum = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.checksum, true);

/** The type of chunk number `index` of the packet [offset, end), or `NoChunk`. Only the first chunks are of use. */
export function chunkType(view: DataView, offset: number, end: number, index: number): number {
  let chunk = offset + Field.chunks;
  for (let skipped = 0; skipped < index; skipped += 1) {
    if (end - chunk < 4) return NoChunk;
    const length = view.getUint16(chunk + Field.chunkLength);
    if (length < 4) return NoChunk;
    chunk += (length + 3) & ~3;
  }
  return end - chunk < 4 ? NoChunk : view.getUint8(chunk + Field.chunkType);
}

/** CRC32c (Castagnoli, reflected) of one byte. */
const CrcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  return crc;
});

const step = (crc: number, byte: number): number =>
  (crc >>> 8) ^ (CrcTable[(crc ^ byte) & 0xff] ?? 0);

/** The CRC32c of the packet [offset, end) with its checksum field taken as zero. */
export function computeChecksum(view: DataView, offset: number, end: number): number {
  let crc = 0xffff_ffff;
  const field = offset + Field.checksum;
  for (let position = offset; position < field; position += 1) {
    crc = step(crc, view.getUint8(position));
  }
  for (let count = 0; count < 4; count += 1) crc = step(crc, 0);
  for (let position = field + 4; position < end; position += 1) {
    crc = step(crc, view.getUint8(position));
  }
  return ~crc >>> 0;
}

export const isChecksumValid = (view: DataView, offset: number, end: number): boolean =>
  computeChecksum(view, offset, end) === checksum(view, offset);

export function setChecksum(view: DataView, offset: number, value: number): void {
  view.setUint32(offset + Field.checksum, value, true);
}

/** Replaces the source port of the packet [offset, end) and corrects the checksum. */
export function setSourcePort(view: DataView, offset: number, end: number, port: number): void {
  const before = sourcePort(view, offset);
  view.setUint16(offset + Field.sourcePort, port);
  adjust(view, offset, end, ((before ^ port) << 16) >>> 0);
}

/** Replaces the destination port of the packet [offset, end) and corrects the checksum. */
export function setDestinationPort(
  view: DataView,
  offset: number,
  end: number,
  port: number,
): void {
  const before = destinationPort(view, offset);
  view.setUint16(offset + Field.destinationPort, port);
  adjust(view, offset, end, before ^ port);
}

/**
 * Corrects the checksum after bits of the first word changed. A CRC is linear: what it changes by is the CRC of the
 * changed bits and of as many zeros as follow them. Unlike a new computation, this leaves a wrong checksum wrong.
 */
function adjust(view: DataView, offset: number, end: number, changedBits: number): void {
  if (changedBits === 0) return;
  let crc = 0;
  for (let shift = 24; shift >= 0; shift -= 8) crc = step(crc, (changedBits >>> shift) & 0xff);
  for (let position = offset + 4; position < end; position += 1) crc = step(crc, 0);
  setChecksum(view, offset, (checksum(view, offset) ^ crc) >>> 0);
}
