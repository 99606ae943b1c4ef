import { fillPattern, type PatternKey } from './pattern.js';

/**
 * What client and server say to each other: over TCP a stream of these frames, over UDP one a datagram. A header in
 * network byte order, then the sender's name, then the payload:
 *
 * ```
 *  0  magic u16     4  seed u32       16  length u16, of name and payload together
 *  2  check u16     8  flow u32       18  kind u8
 *                  12  sequence u32   19  length u8 of the name
 * ```
 *
 * `check` covers bytes 4 to 19: a damaged length must be seen at once instead of making the reader wait for ever.
 */
const Field = {
  magic: 0,
  check: 2,
  seed: 4,
  flow: 8,
  sequence: 12,
  length: 16,
  kind: 18,
  name: 19,
};
const Magic = 0x6274;

export const FrameHeaderLength = 20;
/** The most bytes that may follow a header. */
export const MaxFrameBody = 4096;
/** The longest name of a server, in bytes; names are letters, digits, dots, dashes and underscores. */
export const MaxNameLength = 32;

const Kinds = ['request', 'answer', 'fault'] as const;

/** `fault` is the server's last word: its payload is a text that says what was wrong with the request. */
export type FrameKind = (typeof Kinds)[number];

/** A whole frame as it arrived. The payload of requests and answers is still to be compared with the pattern. */
export interface Frame extends PatternKey {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

/** Why bytes are not a frame. */
export type FrameFault =
  | 'bad magic'
  | 'bad header check'
  | 'frame too long'
  | 'bad kind'
  | 'bad name';

export const isServerName = (name: string): boolean => /^[\w.-]{1,32}$/.test(name);

/** The bytes of a request or an answer that carries `length` bytes of its pattern. */
export function encodePatternFrame(
  kind: 'request' | 'answer',
  key: PatternKey,
  length: number,
): Uint8Array {
  const payload = new Uint8Array(length);
  fillPattern(payload, key);
  return encodeFrame({ ...key, kind, payload });
}

/** The bytes of a server's complaint; a text that is too long is cut. */
export function encodeFault(key: PatternKey, text: string): Uint8Array {
  const payload = new TextEncoder().encode(text).subarray(0, MaxFrameBody - MaxNameLength);
  return encodeFrame({ ...key, kind: 'fault', payload });
}

/** The text of a `fault` frame, printable and at most 200 characters whatever the sender put in. */
export const faultText = (frame: Frame): string =>
  new TextDecoder()
    .decode(frame.payload.subarray(0, 800))
    .replace(/[^ -~]/g, '?')
    .slice(0, 200);

function encodeFrame(frame: Frame): Uint8Array {
  const name = new TextEncoder().encode(frame.sender);
  const body = name.length + frame.payload.length;
  const bytes = new Uint8Array(FrameHeaderLength + body);
  const view = new DataView(bytes.buffer);
  view.setUint16(Field.magic, Magic);
  view.setUint32(Field.seed, frame.seed);
  view.setUint32(Field.flow, frame.flow);
  view.setUint32(Field.sequence, frame.sequence);
  view.setUint16(Field.length, body);
  view.setUint8(Field.kind, Kinds.indexOf(frame.kind));
  view.setUint8(Field.name, name.length);
  view.setUint16(Field.check, headerCheck(view));
  bytes.set(name, FrameHeaderLength);
  bytes.set(frame.payload, FrameHeaderLength + name.length);
  return bytes;
}

/** A 16-bit hash of the header without magic and check. */
function headerCheck(view: DataView): number {
  let hash = 0x811c9dc5;
  for (let offset = Field.seed; offset < FrameHeaderLength; offset += 1) {
    hash = Math.imul(hash ^ view.getUint8(offset), 0x01000193);
  }
  return ((hash >>> 16) ^ hash) & 0xffff;
}

/** Judges a header; afterwards its length can be trusted. */
function headerFault(view: DataView): FrameFault | undefined {
  if (view.getUint16(Field.magic) !== Magic) return 'bad magic';
  if (view.getUint16(Field.check) !== headerCheck(view)) return 'bad header check';
  const body = view.getUint16(Field.length);
  if (body > MaxFrameBody) return 'frame too long';
  if (view.getUint8(Field.kind) >= Kinds.length) return 'bad kind';
  const name = view.getUint8(Field.name);
  return name > MaxNameLength || name > body ? 'bad name' : undefined;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads the frame at the start of `bytes`, whose header has been judged and whose body is there. */
function readFrame(bytes: Uint8Array): Frame | FrameFault {
  const view = viewOf(bytes);
  const kind = Kinds[view.getUint8(Field.kind)] ?? 'fault';
  const payloadStart = FrameHeaderLength + view.getUint8(Field.name);
  const sender = new TextDecoder().decode(bytes.subarray(FrameHeaderLength, payloadStart));
  if (kind === 'request' ? sender !== '' : !isServerName(sender)) return 'bad name';
  return {
    kind,
    sender,
    seed: view.getUint32(Field.seed),
    flow: view.getUint32(Field.flow),
    sequence: view.getUint32(Field.sequence),
    payload: bytes.subarray(payloadStart, FrameHeaderLength + view.getUint16(Field.length)),
  };
}

/** The frame that fills a datagram exactly, or why there is none. */
export function parseDatagram(
  bytes: Uint8Array,
): Frame | FrameFault | 'short datagram' | 'length differs' {
  if (bytes.length < FrameHeaderLength) return 'short datagram';
  const view = viewOf(bytes);
  const fault = headerFault(view);
  if (fault !== undefined) return fault;
  if (bytes.length !== FrameHeaderLength + view.getUint16(Field.length)) return 'length differs';
  return readFrame(bytes);
}

/**
 * Cuts a TCP byte stream into frames. Keeps at most one incomplete frame; after the first fault it takes no more, as the
 * next frame's start is unknown.
 */
export class FrameParser {
  #rest: Uint8Array = new Uint8Array(0);
  #fault: FrameFault | undefined;

  /** Why the stream cannot be read any further. */
  get fault(): FrameFault | undefined {
    return this.#fault;
  }

  /** Takes the next bytes and returns the frames they complete, which may share memory with `chunk`. */
  push(chunk: Uint8Array): readonly Frame[] {
    const frames: Frame[] = [];
    let bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    while (this.#fault === undefined && bytes.length >= FrameHeaderLength) {
      const view = viewOf(bytes);
      this.#fault = headerFault(view);
      const end = FrameHeaderLength + view.getUint16(Field.length);
      if (this.#fault !== undefined || bytes.length < end) break;
      const frame = readFrame(bytes);
      if (typeof frame === 'string') this.#fault = frame;
      else frames.push(frame);
      bytes = bytes.subarray(end);
    }
    this.#rest = this.#fault === undefined ? bytes : new Uint8Array(0);
    return frames;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
