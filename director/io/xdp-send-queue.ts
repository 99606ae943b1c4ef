import { SegmentKind, type Packet } from '../wire/packet.js';
import { Errno, Failed, type Libc } from './libc.js';
import {
  ChunkLength,
  Chunks,
  CompletionWords,
  DescriptorWords,
  LongestFrame,
  MetadataLength,
  placeIn,
  XdpSocket,
} from './xdp-socket.js';

/** `struct xdp_desc`, in 32-bit words, and the option that has metadata read. */
const Descriptor = { address: 0, length: 2, options: 3 } as const;
const WithMetadata = 2;
/** `struct xsk_tx_metadata`, in 32-bit words: flags, of which one asks for a checksum, and where that begins and goes. */
const Metadata = { flags: 0, checksum: 2 } as const;
const NeedsChecksum = 2;
const DontWait = 0x40;

/** Up to here a loop copies faster than the engine's own way, which begins with a view. */
const ShortFrame = 256;
const PositionMask = Chunks - 1;
const ChecksumLength = 2;

/**
 * Frames that leave by one interface's AF_XDP socket, together in one system call. All that may be left to be done to one is a
 * checksum, if the kernel takes word of that. Each is copied into a chunk of the socket's memory, which is
 * used again when the kernel has said that it needs it no more.
 *
 * What the kernel has not taken it would send whenever it is asked again: perhaps when the link is up again, and another node
 * has our addresses. There is no sure way to take it back but to close the socket, so a queue that the kernel stops taking
 * from is broken for good.
 */
export class XdpSendQueue {
  /** Frames that the kernel took, and that it refused. */
  sent = 0;
  refused = 0;
  /** Nothing may be added any more. */
  isBroken = false;
  readonly #libc: Libc;
  readonly #socket: XdpSocket;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Places in chunks to be used, the one that was used last first: it may still be in the processor's cache. */
  readonly #free = Uint32Array.from({ length: Chunks }, (_, index) => placeIn(index * ChunkLength));
  #freeCount = Chunks;
  /** Positions in the transmit ring: of the first frame that waits, and behind the last one. Each has a chunk, so there is room. */
  #first = 0;
  #next = 0;
  /** The position in the completion ring. */
  #completed = 0;

  /** Throws an `IoError` when this interface has no such way, or somebody else uses it. */
  constructor(libc: Libc, interfaceIndex: number) {
    this.#libc = libc;
    this.#socket = new XdpSocket(libc, interfaceIndex);
    this.#bytes = new Uint8Array(this.#socket.memory.buffer);
    this.#words = new Int32Array(this.#socket.memory.buffer);
  }

  /** True for frames that this queue is for. */
  suits({ start, end, checksumFrom, checksumField, segmentKind }: Packet): boolean {
    if (end - start > LongestFrame) return false;
    if (checksumFrom === 0) return true;
    const isWithin = checksumField + ChecksumLength <= end;
    return this.#socket.readsMetadata && segmentKind === SegmentKind.none && isWithin;
  }

  /** Queues a copy of a frame that suits. False, and nothing has happened, when all chunks are in use. */
  add(packet: Packet): boolean {
    if (this.#freeCount === 0) this.#reclaim();
    if (this.#freeCount === 0) return false;
    this.#freeCount -= 1;
    const at = this.#free[this.#freeCount] ?? 0;
    const length = packet.end - packet.start;
    if (length <= ShortFrame) this.#copyShort(packet, at);
    else this.#bytes.set(packet.bytes.subarray(packet.start, packet.end), at);
    const { entries } = this.#socket.transmit;
    const descriptor = (this.#next & PositionMask) * DescriptorWords;
    entries[descriptor + Descriptor.address] = at;
    entries[descriptor + Descriptor.length] = length;
    entries[descriptor + Descriptor.options] = this.#describe(packet, at - MetadataLength);
    this.#next = (this.#next + 1) | 0;
    return true;
  }

  /**
   * Sends what waits. A call takes as many frames as its budget allows, and ends after one that the driver refuses. One that takes
   * nothing has met something that is no matter of a frame: the link is down, the driver's queue is full, there is no memory.
   */
  flush(): void {
    if (this.#first === this.#next) return;
    const { producer, consumer } = this.#socket.transmit;
    Atomics.store(producer, 0, this.#next);
    while (this.#first !== this.#next) {
      const result = this.#libc.send(this.#socket.fd, 0, 0, DontWait);
      const isOneRefused = result === Failed && this.#libc.koffi.errno() === Errno.busy;
      const refused = isOneRefused ? 1 : 0;
      // The kernel does not always say at once how far it is: not when it has sent nothing, and refused one.
      const taken = Math.max(refused, (Atomics.load(consumer, 0) - this.#first) | 0);
      if (taken === 0) return this.#break();
      this.sent += taken - refused;
      this.refused += refused;
      this.#first = (this.#first + taken) | 0;
    }
    this.#reclaim();
  }

  /** What waits is lost. */
  close(): void {
    this.#socket.close();
  }

  #break(): void {
    this.isBroken = true;
    this.refused += (this.#next - this.#first) | 0;
    this.#first = this.#next;
  }

  /** Takes the chunks that the kernel needs no more. */
  #reclaim(): void {
    const { entries, producer, consumer } = this.#socket.completion;
    const end = Atomics.load(producer, 0);
    for (; this.#completed !== end; this.#completed = (this.#completed + 1) | 0) {
      const address = entries[(this.#completed & PositionMask) * CompletionWords] ?? 0;
      this.#free[this.#freeCount] = placeIn(address);
      this.#freeCount += 1;
    }
    Atomics.store(consumer, 0, end);
  }

  /** Writes before a frame what is left to be done to it. The options of its descriptor. */
  #describe({ start, checksumFrom, checksumField }: Packet, at: number): number {
    if (checksumFrom === 0) return 0;
    const metadata = at >> 2;
    this.#words[metadata + Metadata.flags] = NeedsChecksum;
    this.#words[metadata + Metadata.checksum] =
      (checksumFrom - start) | ((checksumField - checksumFrom) << 16);
    return WithMetadata;
  }

  #copyShort({ view, start, end }: Packet, at: number): void {
    const words = this.#words;
    let to = at >> 2;
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
