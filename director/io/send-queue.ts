import { Errno, Failed, type Libc } from './libc.js';
import { MappedMemory } from './mapped-memory.js';

/** `struct mmsghdr` and `struct iovec` of a 64-bit machine, in 32-bit words. */
const MessageWords = 16;
const MessageLength = MessageWords * 4;
const VectorWords = 4;
const VectorLength = VectorWords * 4;
/** Where a message says where its vector is, and that it has one. */
const MessageVector = 4;
const MessageVectors = 6;
const DontWait = 0x40;

/** The most frames that wait, and bytes of those that had to be copied. */
const MostFrames = 256;
const CopyBytes = 256 * 1_024;

const High = 2 ** 32;

/**
 * Frames that leave by one packet socket, together in one system call. A frame is sent from where it lies, when that is memory
 * whose address is known and which stays as it is until `flush`; any other is copied first.
 */
export class SendQueue {
  /** Frames that the kernel took, and that it refused. */
  sent = 0;
  refused = 0;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #memory: MappedMemory;
  readonly #vectors: Uint32Array;
  readonly #copies: Uint8Array;
  readonly #copiesAt: number;
  #count = 0;
  #copied = 0;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    const tables = MostFrames * (MessageLength + VectorLength);
    this.#memory = new MappedMemory(libc, tables + CopyBytes);
    const { buffer, address } = this.#memory;
    const vectorsAt = MostFrames * MessageLength;
    const messages = new Uint32Array(buffer, 0, MostFrames * MessageWords);
    for (let index = 0; index < MostFrames; index += 1) {
      const vector = address + vectorsAt + index * VectorLength;
      const message = index * MessageWords;
      messages[message + MessageVector] = vector;
      messages[message + MessageVector + 1] = vector / High;
      messages[message + MessageVectors] = 1;
    }
    this.#vectors = new Uint32Array(buffer, vectorsAt, MostFrames * VectorWords);
    this.#copies = new Uint8Array(buffer, tables);
    this.#copiesAt = address + tables;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** True when there is room for one more frame, of which so many bytes have to be copied. */
  hasRoom(copied: number): boolean {
    return this.#count < MostFrames && this.#copied + copied <= CopyBytes;
  }

  /** Queues a frame that stays where it is until the next flush. There must be room. */
  add(address: number, length: number): void {
    const vector = this.#count * VectorWords;
    this.#vectors[vector] = address;
    this.#vectors[vector + 1] = address / High;
    this.#vectors[vector + 2] = length;
    this.#count += 1;
  }

  /** Queues a copy of the bytes [start, end). There must be room, unless they are more than there can be room for. */
  addCopy(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > CopyBytes) {
      this.refused += 1;
      return;
    }
    const at = this.#copied;
    this.#copies.set(bytes.subarray(start, end), at);
    this.#copied += length;
    this.add(this.#copiesAt + at, length);
  }

  /** Sends what waits. What the kernel refuses is counted: a queue that is full, a link that is down. */
  flush(): void {
    if (this.#count === 0) return;
    let done = 0;
    while (done < this.#count) {
      const messages = this.#memory.address + done * MessageLength;
      const taken = this.#libc.sendmmsg(this.#fd, messages, this.#count - done, DontWait);
      if (taken !== Failed) {
        this.sent += taken;
        done += taken;
        continue;
      }
      // Without memory for the first there is none for the others; anything else is the matter of the first alone.
      const refused = this.#libc.koffi.errno() === Errno.again ? this.#count - done : 1;
      this.refused += refused;
      done += refused;
    }
    this.#count = 0;
    this.#copied = 0;
  }

  close(): void {
    this.#count = 0;
    this.#memory.unmap();
  }
}
