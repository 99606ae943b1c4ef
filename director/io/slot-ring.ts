import { Buffer } from 'node:buffer';
import { arch } from 'node:process';

import type { Interface } from '../core/interfaces.js';
import { Packet } from '../wire/packet.js';
import { systemError, type Libc } from './libc.js';
import { MappedMemory } from './mapped-memory.js';
import { InstructionLength, Nothing } from './packet-filter.js';
import {
  ints,
  PacketOption,
  PacketSocket,
  SocketOption,
  TpacketV2,
  type EtherProtocol,
} from './packet-socket.js';
import type { WaitingFrames } from './ring-order.js';

const PromiscuousMembership = 1;

/** What the kernel writes into a slot before anything else (`TPACKET2_HDRLEN`, aligned to a line of the cache). */
const SlotHeader = 64;
/**
 * With it the frame begins at byte 138 of its slot: the kernel's header before it, its own headers up to those of TCP in IPv4 are in
 * one line of the cache, and there is room before it for the headers of a tunnel.
 */
const Reserve = 62;
/** `struct tpacket2_hdr`, in 32-bit words. */
const Field = { status: 0, length: 1, captured: 2, frame: 3, seconds: 4, nanoseconds: 5 } as const;
/** Who may touch a slot: this bit is us. */
const OwnedByUser = 1;
const OwnedByKernel = 0;

/**
 * Reads a word before whatever is read after it, and writes one after whatever was read before: what is shared with the kernel
 * is handed over like that. On x86 the processor keeps that order with any access, and the engine keeps it, too; `Atomics` means a call.
 */
const isOrdered = arch === 'x64';
const acquire = (words: Int32Array, at: number): number =>
  isOrdered ? (words[at] ?? 0) : Atomics.load(words, at);
function release(words: Int32Array, at: number, value: number): void {
  if (isOrdered) words[at] = value;
  else Atomics.store(words, at, value);
}

/** Which frames a socket sees. */
export interface Sight {
  readonly protocol: EtherProtocol;
  /** Instructions of classic BPF, or the file descriptor of an eBPF program that is loaded. */
  readonly filter: Buffer | number;
}

/** How a receive ring is laid out: blocks of whole pages, which slots fill exactly. */
export interface RingLayout {
  /** In bytes. */
  readonly slotLength: number;
  readonly slotsPerBlock: number;
  readonly blocks: number;
}

/**
 * A packet socket with a receive ring in memory that is shared with the kernel. It sees what others send and not what this node
 * sends. Frames stay where they are until `release`.
 */
export class SlotRing implements WaitingFrames {
  /** The frame that was taken last. */
  readonly packet: Packet;
  readonly socket: PacketSocket;
  readonly #libc: Libc;
  readonly #memory: MappedMemory;
  readonly #words: Int32Array;
  readonly #slots: number;
  readonly #slotWords: number;
  #next = 0;
  /** Frames from `#next` on that are known to wait: what the kernel has given stays ours. */
  #seen = 0;
  /** Frames before `#next` whose slots have not been given back. */
  #taken = 0;

  /**
   * With a group it sees what its members are given, of what it is to see. Throws an `IoError` that says which step the kernel has
   * refused.
   */
  constructor(libc: Libc, owner: Interface, layout: RingLayout, sight: Sight, group?: number) {
    this.#libc = libc;
    this.#slots = layout.slotsPerBlock * layout.blocks;
    this.#slotWords = layout.slotLength / 4;
    this.socket = new PacketSocket(libc, owner, 'capturing');
    try {
      this.#configure(owner, layout);
      attach(libc, this.socket, group === undefined ? sight.filter : Nothing);
      this.#memory = new MappedMemory(libc, this.#slots * layout.slotLength, this.socket.fd);
    } catch (error) {
      this.socket.close();
      throw error;
    }
    this.packet = new Packet(this.#memory.buffer);
    this.#words = new Int32Array(this.#memory.buffer);
    try {
      // Only now, when the filter is in place.
      this.#listen(sight.protocol);
      if (group === undefined) return;
      // Before it is a member it would see everything.
      this.socket.join(group);
      attach(libc, this.socket, sight.filter);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Of the memory that `packet` is in. */
  get address(): number {
    return this.#memory.address;
  }

  /** Frames that the kernel has dropped since the last time because no slot was free. */
  takeDropped(): number {
    return this.socket.statistics()?.readUInt32LE(4) ?? 0;
  }

  waiting(most: number): number {
    // Behind the last slot are those that have been taken.
    const end = Math.min(most, this.#slots - this.#taken);
    while (this.#seen < end) {
      const status = acquire(this.#words, this.#headerOf(this.#seen) + Field.status);
      if ((status & OwnedByUser) === 0) return this.#seen;
      this.#seen += 1;
    }
    return end;
  }

  /** Writes down where the frames begin that are known to wait, the oldest first: how many, which is no more than there is room for. */
  locate(starts: Int32Array): number {
    const count = Math.min(this.#seen, starts.length);
    for (let index = 0; index < count; index += 1) {
      starts[index] = this.#startOf(this.#headerOf(index));
    }
    return count;
  }

  /** By the kernel's clock: when that is set back, frames of that moment may change places. */
  isBefore(other: SlotRing): boolean {
    const own = this.#next * this.#slotWords;
    const others = other.#next * other.#slotWords;
    const seconds = (this.#words[own + Field.seconds] ?? 0) >>> 0;
    const otherSeconds = (other.#words[others + Field.seconds] ?? 0) >>> 0;
    if (seconds !== otherSeconds) return seconds < otherSeconds;
    const nanoseconds = this.#words[own + Field.nanoseconds] ?? 0;
    return nanoseconds <= (other.#words[others + Field.nanoseconds] ?? 0);
  }

  /** Points `packet` at the next frame, which `waiting` must have counted. False when not all of it was kept. */
  take(): boolean {
    const header = this.#next * this.#slotWords;
    const words = this.#words;
    const { packet } = this;
    const length = words[header + Field.length] ?? 0;
    packet.floor = header * 4 + SlotHeader;
    packet.start = this.#startOf(header);
    packet.end = packet.start + length;
    this.#next = this.#next + 1 === this.#slots ? 0 : this.#next + 1;
    this.#seen -= 1;
    this.#taken += 1;
    return length === words[header + Field.captured];
  }

  /** Gives the slots of the frames that were taken back to the kernel. */
  release(): void {
    const first = this.#next - this.#taken + this.#slots;
    for (let index = 0; index < this.#taken; index += 1) {
      const slot = (first + index) % this.#slots;
      release(this.#words, slot * this.#slotWords + Field.status, OwnedByKernel);
    }
    this.#taken = 0;
  }

  /** Founds a group that others can join, and which has no program yet: its number. Throws an `IoError` when the kernel refuses. */
  found(): number {
    return this.socket.join();
  }

  /** Divides the frames of the ring's group by a program (classic BPF). Throws an `IoError` when the kernel refuses. */
  divide(program: Buffer): void {
    withProgram(this.#libc, program, (where) => {
      this.socket.set(PacketOption.fanoutData, 'dividing frames', where);
    });
  }

  /** The ring's memory must not be touched afterwards. */
  close(): void {
    this.#memory.unmap();
    this.socket.close();
  }

  /** Where the header of a slot begins, so many behind the next one, in words. */
  #headerOf(behind: number): number {
    const slot = this.#next + behind;
    return (slot < this.#slots ? slot : slot - this.#slots) * this.#slotWords;
  }

  /** Where the frame of a slot begins, in bytes. */
  #startOf(header: number): number {
    return header * 4 + ((this.#words[header + Field.frame] ?? 0) & 0xffff);
  }

  #configure(owner: Interface, { slotLength, slotsPerBlock, blocks }: RingLayout): void {
    const { socket } = this;
    socket.set(PacketOption.version, 'the ring', ints(TpacketV2));
    socket.set(PacketOption.reserve, 'the headroom', ints(Reserve));
    socket.set(PacketOption.offloadHeader, 'passing offloads on', ints(1));
    socket.set(PacketOption.ignoreOutgoing, 'leaving out own frames', ints(1));
    const request = ints(slotLength * slotsPerBlock, blocks, slotLength, this.#slots);
    socket.set(PacketOption.rxRing, `a ring on ${owner.name}`, request);
  }

  /** `struct packet_mreq`: frames to virtual MAC addresses, and multicast that the kernel has not joined. */
  #listen(protocol: EtherProtocol): void {
    const { socket } = this;
    const membership = Buffer.alloc(16);
    membership.writeInt32LE(socket.interfaceIndex);
    membership.writeUInt16LE(PromiscuousMembership, 4);
    socket.set(PacketOption.addMembership, 'hearing everything', membership);
    socket.bind(protocol);
  }
}

function attach(libc: Libc, socket: PacketSocket, filter: Buffer | number): void {
  if (typeof filter === 'number') {
    if (socket.trySet(SocketOption.attachProgram, ints(filter))) return;
    throw systemError(libc, 'filtering frames');
  }
  const isAttached = withProgram(libc, filter, (where) =>
    socket.trySet(SocketOption.attachFilter, where),
  );
  if (!isAttached) throw systemError(libc, 'filtering frames');
}

/** Calls `use` with a `struct sock_fprog`: how many instructions, and where they are. */
function withProgram<T>(libc: Libc, code: Buffer, use: (where: Buffer) => T): T {
  const program = new MappedMemory(libc, code.length);
  try {
    new Uint8Array(program.buffer).set(code);
    const where = Buffer.alloc(16);
    where.writeUInt16LE(code.length / InstructionLength);
    where.writeBigUInt64LE(BigInt(program.address), 8);
    return use(where);
  } finally {
    program.unmap();
  }
}
