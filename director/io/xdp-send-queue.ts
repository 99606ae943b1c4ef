import type { Packet } from '../wire/packet.js';
import { Errno, Failed, type Libc } from './libc.js';
import {
  ChunkLength,
  Chunks,
  CompletionWords,
  DescriptorWords,
  XdpSocket,
  type XdpRing,
} from './xdp-socket.js';

/** `struct xdp_desc`, in 32-bit words. */
const Descriptor = { address: 0, length: 2 } as const;
/** A length that no frame has: the kernel passes over such a descriptor. */
const Void = 0xffff_ffff;
const DontWait = 0x40;

/** Up to here a loop copies faster than the engine's own way, which begins with a view. */
const ShortFrame = 256;
const PositionMask = Chunks - 1;
const ChunkMask = -ChunkLength;

/**
 * Frames that leave by one interface's AF_XDP socket, together in one system call. They must be as their receiver is to get
 * them: there is no word for what is left to be done to a frame. Each is copied into a chunk of the socket's memory, which is
 * used again when the kernel has said that it needs it no more.
 */
export class XdpSendQueue {
  /** Frames that the kernel took, and that it refused. */
  sent = 0;
  refused = 0;
  readonly #libc: Libc;
  readonly #socket: XdpSocket;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #transmit: XdpRing;
  readonly #completion: XdpRing;
  /** Chunks to be used, the one that was used last first: it may still be in the processor's cache. */
  readonly #free = Uint32Array.from({ length: Chunks }, (_, index) => index * ChunkLength);
  #freeCount = Chunks;
  /** Positions in the transmit ring: the first frame that waits, behind the last one, and where the ring would be full. */
  #first = 0;
  #next = 0;
  #limit = Chunks;
  /** The position in the completion ring. */
  #completed = 0;

  /** Throws an `IoError` when this interface has no such way, or somebody else uses it. */
  constructor(libc: Libc, interfaceIndex: number) {
    this.#libc = libc;
    this.#socket = new XdpSocket(libc, interfaceIndex);
    this.#bytes = new Uint8Array(this.#socket.memory.buffer);
    this.#words = new Int32Array(this.#socket.memory.buffer);
    this.#transmit = this.#socket.transmit;
    this.#completion = this.#socket.completion;
  }

  /** Queues a copy of a frame, which must not be longer than a chunk. False, and nothing has happened, when there is no room. */
  add(packet: Packet): boolean {
    const isFull = this.#freeCount === 0 || this.#next === this.#limit;
    if (isFull && !this.#makeRoom()) return false;
    this.#freeCount -= 1;
    const chunk = this.#free[this.#freeCount] ?? 0;
    if (packet.end - packet.start <= ShortFrame) this.#copyShort(packet, chunk);
    else this.#bytes.set(packet.bytes.subarray(packet.start, packet.end), chunk);
    const { entries } = this.#transmit;
    const descriptor = (this.#next & PositionMask) * DescriptorWords;
    entries[descriptor + Descriptor.address] = chunk;
    entries[descriptor + Descriptor.length] = packet.end - packet.start;
    this.#next = (this.#next + 1) | 0;
    return true;
  }

  /**
   * Sends what waits. A call takes as many as its budget allows, and ends after a frame that the driver refuses, with an error that
   * says so. Without memory for one there is none for the others, and when the link is down there is no sense in trying.
   */
  flush(): void {
    if (this.#first === this.#next) return;
    Atomics.store(this.#transmit.producer, 0, this.#next);
    while (this.#first !== this.#next) {
      const dropped = this.#wakeKernel() === Errno.busy ? 1 : 0;
      // The kernel does not always tell at once how far it is: not when it has sent nothing, and dropped one.
      const taken = Math.max(dropped, (this.#consumed() - this.#first) | 0);
      if (taken === 0) this.#takeBack();
      this.sent += taken - dropped;
      this.refused += dropped;
      this.#first = (this.#first + taken) | 0;
    }
    this.#reclaim();
  }

  close(): void {
    this.#first = this.#next;
    this.#socket.close();
  }

  /** Has the kernel send what is in the ring; what stopped it, or 0. */
  #wakeKernel(): number {
    const result = this.#libc.send(this.#socket.fd, 0, 0, DontWait);
    return result === Failed ? this.#libc.koffi.errno() : 0;
  }

  /** Up to where the kernel has read the transmit ring. */
  #consumed(): number {
    const consumed = Atomics.load(this.#transmit.consumer, 0);
    this.#limit = (consumed + Chunks) | 0;
    return consumed;
  }

  /** The frames that wait shall not leave at another time: they are refused. Their places in the ring stay used until the kernel has passed over them. */
  #takeBack(): void {
    const { entries } = this.#transmit;
    for (; this.#first !== this.#next; this.#first = (this.#first + 1) | 0) {
      const descriptor = (this.#first & PositionMask) * DescriptorWords;
      this.#free[this.#freeCount] = entries[descriptor + Descriptor.address] ?? 0;
      this.#freeCount += 1;
      entries[descriptor + Descriptor.length] = Void;
      this.refused += 1;
    }
  }

  #makeRoom(): boolean {
    this.#reclaim();
    this.#consumed();
    const isEmpty = this.#first === this.#next;
    if (isEmpty && this.#next === this.#limit) {
      // Nothing is left there but what was taken back.
      this.#wakeKernel();
      this.#consumed();
    }
    return this.#freeCount > 0 && this.#next !== this.#limit;
  }

  /** Takes the chunks that the kernel needs no more. */
  #reclaim(): void {
    const { entries, producer, consumer } = this.#completion;
    const end = Atomics.load(producer, 0);
    if (this.#completed === end) return;
    for (; this.#completed !== end; this.#completed = (this.#completed + 1) | 0) {
      const address = entries[(this.#completed & PositionMask) * CompletionWords] ?? 0;
      this.#free[this.#freeCount] = address & ChunkMask;
      this.#freeCount += 1;
    }
    Atomics.store(consumer, 0, end);
  }

  #copyShort({ view, start, end }: Packet, chunk: number): void {
    const words = this.#words;
    let to = chunk >> 2;
    let from = start;
    for (; from + 4 <= end; from += 4) {
      words[to] = view.getInt32(from, true);
      to += 1;
    }
    for (to <<= 2; from < end; from += 1) {
      this.#bytes[to] = view.getUint8(from);
      to += 1;
    }
  }
}
