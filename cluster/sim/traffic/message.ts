/** Bytes before the body of a request or a reply. */
export const HeadLength = 12;

/** What both ends say in front of a body: whose it is and how long. */
export interface MessageHead {
  readonly flow: number;
  readonly sequence: number;
  /** Of a request the length of the reply that it asks for; of a reply the number of the real server. */
  readonly argument: number;
  /** Of the body. */
  readonly length: number;
}

const nothing = new Uint8Array(0);

/** A message whose every byte follows from its head, so that the other end can check it. */
export function writeMessage(head: MessageHead): Uint8Array {
  const { flow, sequence, argument, length } = head;
  const bytes = new Uint8Array(HeadLength + length);
  write32(bytes, 0, flow);
  write32(bytes, 4, sequence);
  write16(bytes, 8, argument);
  write16(bytes, 10, length);
  let byte = firstByte(flow, sequence);
  for (let index = HeadLength; index < bytes.length; index += 1) {
    bytes[index] = byte;
    byte = (byte + 1) & 0xff;
  }
  return bytes;
}

/** The message at the start of `bytes`: undefined when it is not complete, `damaged` when a byte is not what it has to be. */
export function readMessage(bytes: Uint8Array): MessageHead | 'damaged' | undefined {
  if (bytes.length < HeadLength) return undefined;
  const length = read16(bytes, 10);
  if (bytes.length < HeadLength + length) return undefined;
  const flow = read32(bytes, 0);
  const sequence = read32(bytes, 4);
  let byte = firstByte(flow, sequence);
  for (let index = HeadLength; index < HeadLength + length; index += 1) {
    if (bytes[index] !== byte) return 'damaged';
    byte = (byte + 1) & 0xff;
  }
  return { flow, sequence, argument: read16(bytes, 8), length };
}

/** The first byte of a body; each further one is one more. */
const firstByte = (flow: number, sequence: number): number =>
  (Math.imul(flow, 31) + Math.imul(sequence, 17)) & 0xff;

// Views cost more than messages of this size.

const read16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const read32 = (bytes: Uint8Array, at: number): number =>
  ((read16(bytes, at) << 16) | read16(bytes, at + 2)) >>> 0;

function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function write32(bytes: Uint8Array, at: number, value: number): void {
  write16(bytes, at, value >>> 16);
  write16(bytes, at + 2, value & 0xffff);
}

/** Cuts a stream into messages, whatever pieces it arrives in. */
export class MessageReader {
  #pending = nothing;

  /** The messages that are complete with `piece`. A damaged one is the last. */
  read(piece: Uint8Array): readonly (MessageHead | 'damaged')[] {
    let bytes = piece;
    if (this.#pending.length > 0) {
      bytes = new Uint8Array(this.#pending.length + piece.length);
      bytes.set(this.#pending);
      bytes.set(piece, this.#pending.length);
    }
    const messages: (MessageHead | 'damaged')[] = [];
    let start = 0;
    while (start < bytes.length) {
      const message = readMessage(start === 0 ? bytes : bytes.subarray(start));
      if (message === undefined) break;
      messages.push(message);
      if (message === 'damaged') return messages;
      start += HeadLength + message.length;
    }
    this.#pending = start === bytes.length ? nothing : bytes.slice(start);
    return messages;
  }
}
