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

/** A message whose every byte follows from its head, so that the other end can check it. */
export function writeMessage(head: MessageHead): Uint8Array {
  const bytes = new Uint8Array(HeadLength + head.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, head.flow);
  view.setUint32(4, head.sequence);
  view.setUint16(8, head.argument);
  view.setUint16(10, head.length);
  for (let index = HeadLength; index < bytes.length; index += 1) {
    bytes[index] = bodyByte(head, index - HeadLength);
  }
  return bytes;
}

/** The message at the start of `bytes`: undefined when it is not complete, `damaged` when a byte is not what it has to be. */
export function readMessage(bytes: Uint8Array): MessageHead | 'damaged' | undefined {
  if (bytes.length < HeadLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const head = {
    flow: view.getUint32(0),
    sequence: view.getUint32(4),
    argument: view.getUint16(8),
    length: view.getUint16(10),
  };
  if (bytes.length < HeadLength + head.length) return undefined;
  for (let index = 0; index < head.length; index += 1) {
    if (bytes[HeadLength + index] !== bodyByte(head, index)) return 'damaged';
  }
  return head;
}

const bodyByte = ({ flow, sequence }: MessageHead, index: number): number =>
  (Math.imul(flow, 31) + Math.imul(sequence, 17) + index) & 0xff;

/** Cuts a stream into messages, whatever pieces it arrives in. */
export class MessageReader {
  #pending = new Uint8Array(0);

  /** The messages that are complete with `piece`. A damaged one is the last. */
  *read(piece: Uint8Array): Generator<MessageHead | 'damaged'> {
    let bytes = piece;
    if (this.#pending.length > 0) {
      bytes = new Uint8Array(this.#pending.length + piece.length);
      bytes.set(this.#pending);
      bytes.set(piece, this.#pending.length);
    }
    for (;;) {
      const message = readMessage(bytes);
      if (message === undefined) break;
      yield message;
      if (message === 'damaged') return;
      bytes = bytes.subarray(HeadLength + message.length);
    }
    this.#pending = bytes.slice();
  }
}
