import { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import { Errno, systemError, type Libc } from './libc.js';
import { MappedMemory } from './mapped-memory.js';

/** Numbers of the Linux interface (linux/if_xdp.h, asm-generic/socket.h). */
const AfXdp = 44;
const SockRaw = 3;
const CloseOnExec = 0o2000000;
const SolSocket = 1;
const SendBufferForce = 32;
const SolXdp = 283;
const Option = {
  mapOffsets: 1,
  transmitRing: 3,
  memory: 4,
  fillRing: 5,
  completionRing: 6,
  transmitBudget: 9,
} as const;
/** What to map of the socket to get a ring (`XDP_PGOFF_TX_RING`, `XDP_UMEM_PGOFF_COMPLETION_RING`). */
const MapOffset = { transmit: 0x8000_0000, completion: 0x1_8000_0000 } as const;
/** `struct xdp_mmap_offsets`: for each ring where its fields are in the mapping. Linux before 5.4 says less. */
const RingFields = { producer: 0, consumer: 8, entries: 16 } as const;
const RingFieldsLength = 32;
const OffsetsLength = 4 * RingFieldsLength;
/** Of the four rings there: receive, transmit, fill, completion. */
const RingPlace = { transmit: RingFieldsLength, completion: 3 * RingFieldsLength } as const;
/** `struct sockaddr_xdp`, and the flag that asks for copies, which every driver can do. */
const AddressLength = 16;
const ByCopying = 2;
/** `struct xdp_umem_reg`, and the flag which says that room before frames is for metadata (`XDP_UMEM_TX_METADATA_LEN`). */
const MemoryRequestLength = 32;
const HasMetadata = 4;

/** Words of `struct xdp_desc`, and of an entry of the completion ring. */
export const DescriptorWords = 4;
export const CompletionWords = 2;

/** Bytes of a chunk, the shortest the kernel allows: an ordinary frame fits. */
export const ChunkLength = 2_048;
/** A frame stands in its chunk behind what is to be done to it: a `struct xsk_tx_metadata`. */
export const MetadataLength = 24;
/**
 * Each of so many chunks begins to be used a line of the cache later than the one before it: at the same place of all, frames would
 * compete for the same few places in the cache.
 */
const Shifts = 8;
const LineLength = 64;
export const LongestFrame = ChunkLength - MetadataLength - (Shifts - 1) * LineLength;
/** Frames that may be under way: some batches. A power of two, as the sizes of rings have to be. */
export const Chunks = 256;
/** Kernel memory for those frames, each with what the kernel keeps beside it. */
const SendBufferBytes = 2 * 1_024 * 1_024;

/** Where a frame stands in the chunk that an address is in. */
export function placeIn(address: number): number {
  const number = Math.floor(address / ChunkLength);
  return number * ChunkLength + (number % Shifts) * LineLength + MetadataLength;
}

/** One of the rings that are shared with the kernel. Positions count on for ever, modulo 2^32; an entry is at its position modulo `Chunks`. */
export interface XdpRing {
  /** Up to where one side has written entries, and up to where the other has read them: one element each. */
  readonly producer: Int32Array;
  readonly consumer: Int32Array;
  readonly entries: Uint32Array;
}

/**
 * An AF_XDP socket that only sends, by the one transmit queue of an interface. Without a receive ring and an XDP program it changes
 * nothing for what arrives. The kernel copies each frame (`xsk_generic_xmit` of net/xdp/xsk.c) and hands it to the driver as a packet
 * socket without queueing would, but does not look into it, and needs no message for it.
 */
export class XdpSocket {
  readonly fd: number;
  /** Where frames lie while they are under way. */
  readonly memory: MappedMemory;
  readonly transmit: XdpRing;
  readonly completion: XdpRing;
  /** True when the kernel reads metadata before frames (Linux 6.11). */
  readonly readsMetadata: boolean;
  readonly #libc: Libc;
  readonly #mappings: MappedMemory[] = [];

  /**
   * Throws an `IoError` when the kernel refuses: it has no AF_XDP, too little memory may be locked, somebody else has the queue. Or
   * when the interface has several queues: a packet socket would use others, and frames overtake each other.
   */
  constructor(libc: Libc, interfaceIndex: number) {
    this.#libc = libc;
    this.fd = libc.socket(AfXdp, SockRaw | CloseOnExec, 0);
    if (this.fd < 0) throw systemError(libc, 'opening an XDP socket');
    try {
      this.memory = this.#map(Chunks * ChunkLength);
      this.readsMetadata = this.#configure();
      const offsets = this.#offsets();
      this.transmit = this.#ring(offsets, 'transmit', DescriptorWords);
      this.completion = this.#ring(offsets, 'completion', CompletionWords);
      this.#bind(interfaceIndex);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The memory and the rings must not be touched afterwards. */
  close(): void {
    for (const mapping of this.#mappings) mapping.unmap();
    this.#libc.close(this.fd);
  }

  /** True when the kernel takes metadata. */
  #configure(): boolean {
    const request = Buffer.alloc(MemoryRequestLength);
    request.writeBigUInt64LE(BigInt(this.memory.address));
    request.writeBigUInt64LE(BigInt(Chunks * ChunkLength), 8);
    request.writeUInt32LE(ChunkLength, 16);
    const plain = Buffer.from(request);
    request.writeUInt32LE(HasMetadata, 24);
    request.writeUInt32LE(MetadataLength, 28);
    const takesMetadata = this.#try(SolXdp, Option.memory, request) === 0;
    if (!takesMetadata) this.#set(Option.memory, plain, 'memory for frames');
    // There has to be one, though nothing is received.
    this.#set(Option.fillRing, uint(1), 'the fill ring');
    this.#set(Option.completionRing, uint(Chunks), 'the completion ring');
    this.#set(Option.transmitRing, uint(Chunks), 'the transmit ring');
    // Without these two (Linux 6.18, CAP_NET_ADMIN) a batch takes more calls, and fewer frames may be under way.
    this.#try(SolXdp, Option.transmitBudget, uint(Chunks));
    this.#try(SolSocket, SendBufferForce, uint(SendBufferBytes));
    return takesMetadata;
  }

  #offsets(): Buffer {
    const offsets = Buffer.alloc(OffsetsLength);
    const length = uint(OffsetsLength);
    const failed = this.#libc.getsockopt(this.fd, SolXdp, Option.mapOffsets, offsets, length);
    if (failed !== 0) throw systemError(this.#libc, 'asking for the rings of an XDP socket');
    if (length.readUInt32LE() === OffsetsLength) return offsets;
    throw new IoError({ code: 'xdp-socket' }, 'this kernel is too old: its XDP rings are others');
  }

  #ring(offsets: Buffer, name: keyof typeof RingPlace, entryWords: number): XdpRing {
    const field = (offset: number): number =>
      Number(offsets.readBigUInt64LE(RingPlace[name] + offset));
    const entries = field(RingFields.entries);
    const { buffer } = this.#map(entries + Chunks * entryWords * 4, MapOffset[name]);
    return {
      producer: new Int32Array(buffer, field(RingFields.producer), 1),
      consumer: new Int32Array(buffer, field(RingFields.consumer), 1),
      entries: new Uint32Array(buffer, entries, Chunks * entryWords),
    };
  }

  #bind(interfaceIndex: number): void {
    if (this.#tryQueue(interfaceIndex, 1)) {
      throw new IoError({ code: 'xdp-socket' }, 'the interface has more than one queue');
    }
    // There is no such queue: any other answer would be one about the socket.
    const isSingle = this.#libc.koffi.errno() === Errno.invalid;
    if (isSingle && this.#tryQueue(interfaceIndex, 0)) return;
    throw systemError(this.#libc, 'sending by an XDP socket');
  }

  #tryQueue(interfaceIndex: number, queue: number): boolean {
    const address = Buffer.alloc(AddressLength);
    address.writeUInt16LE(AfXdp);
    address.writeUInt16LE(ByCopying, 2);
    address.writeUInt32LE(interfaceIndex, 4);
    address.writeUInt32LE(queue, 8);
    return this.#libc.bind(this.fd, address, address.length) === 0;
  }

  /** Maps zeros, or a part of the socket. */
  #map(length: number, offset?: number): MappedMemory {
    const fd = offset === undefined ? undefined : this.fd;
    const mapping = new MappedMemory(this.#libc, length, fd, offset);
    this.#mappings.push(mapping);
    return mapping;
  }

  #set(option: number, value: Buffer, what: string): void {
    if (this.#try(SolXdp, option, value) !== 0) throw systemError(this.#libc, what);
  }

  #try(level: number, option: number, value: Buffer): number {
    return this.#libc.setsockopt(this.fd, level, option, value, value.length);
  }
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
