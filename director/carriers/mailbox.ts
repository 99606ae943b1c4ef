import { HeaderLength } from '../io/offload-header.js';
import { Headroom, Packet } from '../wire/packet.js';

/**
 * Layout of the memory, in bytes: how much has ever been written and read, each in a line of the cache of its own, and a circle of
 * entries. An entry has its length, the interface that its frame came by and the frame's length, the headroom, and the frame with
 * the header of its offloads before it.
 */
const Written = 0;
const Read = 16;
const CircleAt = 128;
const CircleLength = 4 * 1_024 * 1_024;
export const MailboxLength = CircleAt + CircleLength;
const Entry = { length: 0, arrival: 1, frameLength: 2, byteLength: 16 } as const;
const EntryAlignment = 8;
/** The rest of the circle is skipped: no entry begins so near its end. */
const Skip = -1;

/** The way up from one carrier thread to the main thread, for frames that it does not carry: one writes, one reads. */
export class MailboxWriter {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #written = 0;

  constructor(memory: ArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#bytes = new Uint8Array(memory);
  }

  /** Puts in a copy of a frame, which the reader sees from the next `publish` on. False when there is no room. */
  put({ bytes, start, end }: Packet, arrival: number): boolean {
    const length = align(Headroom + end - start);
    let at = this.#written & (CircleLength - 1);
    const rest = CircleLength - at;
    const needed = length > rest ? rest + length : length;
    const waiting = (this.#written - Atomics.load(this.#words, Read)) | 0;
    if (waiting + needed > CircleLength) return false;
    if (length > rest) {
      this.#words[(CircleAt + at) / 4] = Skip;
      at = 0;
    }
    const entry = (CircleAt + at) / 4;
    this.#words[entry + Entry.length] = length;
    this.#words[entry + Entry.arrival] = arrival;
    this.#words[entry + Entry.frameLength] = end - start;
    const frame = CircleAt + at + Headroom;
    this.#bytes.set(bytes.subarray(start - HeaderLength, end), frame - HeaderLength);
    this.#written = (this.#written + needed) | 0;
    return true;
  }

  /** Shows the reader everything that was put in; true when it had read everything before, and may sleep. */
  publish(): boolean {
    const before = Atomics.load(this.#words, Written);
    if (before === this.#written) return false;
    Atomics.store(this.#words, Written, this.#written);
    return Atomics.load(this.#words, Read) === before;
  }
}

/** The other end. */
export class MailboxReader {
  /** The frame that was taken last, which stays until `release`. */
  readonly packet: Packet;
  readonly #words: Int32Array;
  #read = 0;

  constructor(memory: ArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.packet = new Packet(memory);
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#words, Written) === this.#read;
  }

  /** Points `packet` at the next frame, which must be there. The interface that it came by. */
  take(): number {
    let at = this.#read & (CircleLength - 1);
    if (this.#words[(CircleAt + at) / 4] === Skip) {
      this.#read = (this.#read + CircleLength - at) | 0;
      at = 0;
    }
    const entry = (CircleAt + at) / 4;
    const { packet } = this;
    packet.floor = CircleAt + at + Entry.byteLength;
    packet.start = CircleAt + at + Headroom;
    packet.end = packet.start + (this.#words[entry + Entry.frameLength] ?? 0);
    this.#read = (this.#read + (this.#words[entry + Entry.length] ?? 0)) | 0;
    return this.#words[entry + Entry.arrival] ?? 0;
  }

  /** Gives back the room of the frames that were taken. */
  release(): void {
    Atomics.store(this.#words, Read, this.#read);
  }
}

const align = (length: number): number => (length + EntryAlignment - 1) & ~(EntryAlignment - 1);
