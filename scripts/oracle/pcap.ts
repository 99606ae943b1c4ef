import { ConfigError } from '../../director/base/errors.js';

/** A frame of a capture file. */
export interface RecordedFrame {
  /** Its place in the file, from 1, as every tool for such files counts. */
  readonly number: number;
  /** When it was captured, in microseconds since 1970. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** True when the capture kept only the start of the frame. */
  readonly isCut: boolean;
}

/** The frames of a capture file in the order of the file. */
export interface Capture {
  readonly name: string;
  readonly frames: readonly RecordedFrame[];
  /** True when the file ends inside a frame, which is left out. */
  readonly endsEarly: boolean;
}

/** The first four bytes of a file, read in its own byte order. */
const Magic = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d } as const;

const FileHeader = 24;
const RecordHeader = 16;
const EthernetLink = 1;

/** The largest frame that a file may claim to hold: what tcpdump calls MAXIMUM_SNAPLEN. */
const LargestRecord = 262_144;

/**
 * Reads a classic pcap file of Ethernet frames (draft-ietf-opsawg-pcap), in either byte order and with microseconds or
 * nanoseconds; the latter are rounded down. Throws a `ConfigError` for anything else.
 */
export function readPcap(name: string, bytes: Uint8Array): Capture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = bytes.length < FileHeader ? undefined : formatOf(view);
  if (format === undefined) throw refusal(name, 'is no pcap file');
  const { isLittle, unit } = format;
  const link = view.getUint32(20, isLittle) & 0xffff;
  if (link !== EthernetLink) throw refusal(name, `is of link type ${link}, not Ethernet`);

  const frames: RecordedFrame[] = [];
  let offset = FileHeader;
  while (offset + RecordHeader <= bytes.length) {
    const length = view.getUint32(offset + 8, isLittle);
    if (length > LargestRecord) throw refusal(name, `claims a frame of ${length} bytes`);
    const start = offset + RecordHeader;
    if (start + length > bytes.length) break;
    const fraction = Math.floor(view.getUint32(offset + 4, isLittle) / unit);
    frames.push({
      number: frames.length + 1,
      at: view.getUint32(offset, isLittle) * 1_000_000 + fraction,
      // A Buffer's own slice would share its memory.
      bytes: Uint8Array.from(bytes.subarray(start, start + length)),
      isCut: view.getUint32(offset + 12, isLittle) > length,
    });
    offset = start + length;
  }
  return { name, frames, endsEarly: offset !== bytes.length };
}

/** A classic pcap file of these frames, which were captured whole. */
export function writePcap(frames: readonly Pick<RecordedFrame, 'at' | 'bytes'>[]): Uint8Array {
  const length = frames.reduce((sum, { bytes }) => sum + RecordHeader + bytes.length, FileHeader);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  view.setUint32(0, Magic.microseconds);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, LargestRecord);
  view.setUint32(20, EthernetLink);
  let offset = FileHeader;
  for (const { at, bytes } of frames) {
    view.setUint32(offset, Math.floor(at / 1_000_000));
    view.setUint32(offset + 4, at % 1_000_000);
    view.setUint32(offset + 8, bytes.length);
    view.setUint32(offset + 12, bytes.length);
    file.set(bytes, offset + RecordHeader);
    offset += RecordHeader + bytes.length;
  }
  return file;
}

interface Format {
  readonly isLittle: boolean;
  /** How many of the file's fractions of a second make a microsecond. */
  readonly unit: number;
}

function formatOf(view: DataView): Format | undefined {
  for (const isLittle of [true, false]) {
    const magic = view.getUint32(0, isLittle);
    if (magic === Magic.microseconds) return { isLittle, unit: 1 };
    if (magic === Magic.nanoseconds) return { isLittle, unit: 1_000 };
  }
  return undefined;
}

const refusal = (name: string, what: string): ConfigError =>
  new ConfigError({ code: 'bad-capture', file: name }, `${name} ${what}`);
