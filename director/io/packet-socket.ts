import { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import type { Interface } from '../core/interfaces.js';
import { systemError, type Libc } from './libc.js';
import { MappedMemory } from './mapped-memory.js';
import { InstructionLength } from './packet-filter.js';

/** Numbers of the Linux interface (linux/if_packet.h, asm-generic/socket.h). */
const AfPacket = 17;
const SockRaw = 3;
const NonBlocking = 0o4000;
const CloseOnExec = 0o2000000;
/** Protocols that a socket may be for: all, which sees frames before anyone else, or one, which sees what is left. */
export const EtherProtocol = { all: 0x0003, ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
export type EtherProtocol = (typeof EtherProtocol)[keyof typeof EtherProtocol];
const SolSocket = 1;
const SolPacket = 263;
const SocketOption = {
  error: 4,
  attachFilter: 26,
  attachProgram: 50,
  sendBuffer: 7,
  receiveBuffer: 8,
  sendBufferForce: 32,
  receiveBufferForce: 33,
} as const;
const PacketOption = {
  addMembership: 1,
  rxRing: 5,
  statistics: 6,
  copyThreshold: 7,
  version: 10,
  reserve: 12,
  offloadHeader: 15,
  qdiscBypass: 20,
  ignoreOutgoing: 23,
} as const;
const PromiscuousMembership = 1;
const TpacketV2 = 1;

/** Bytes of frames that may wait to leave, and of frames larger than a slot that may wait to be read. */
const BufferBytes = 8 * 1_024 * 1_024;

/** Which frames a socket sees. */
export interface Sight {
  readonly protocol: EtherProtocol;
  /** Instructions of classic BPF, or the file descriptor of an eBPF program that is loaded. */
  readonly filter: Buffer | number;
}

/** How a receive ring is laid out. */
export interface RingLayout {
  readonly slots: number;
  /** Of a slot, in bytes: a power of two. */
  readonly slotLength: number;
  /** Bytes that stay free before the frame, beyond what the kernel writes there. */
  readonly reserve: number;
}

/** Slots lie in blocks of whole pages. */
const BlockLength = 64 * 1_024;

/**
 * A packet socket on one interface, with a receive ring that is shared with the kernel (TPACKET_V2: with version 3 frames
 * wait until a block is full). It sees what others send and not what this node sends. Before each
 * frame, in and out, stands a header that says what is left to be done to it.
 *
 * Frames leave by a socket of their own: for each frame that has left the kernel wakes who watches the socket, and the one
 * that receives is always watched. That is a tenth of what sending costs.
 */
export class PacketSocket {
  readonly fd: number;
  readonly senderFd: number;
  readonly ring: MappedMemory;
  readonly interfaceIndex: number;
  readonly #libc: Libc;
  readonly #device: string;
  readonly #value = Buffer.alloc(8);
  readonly #length = Buffer.alloc(4);

  /** Throws an `IoError` that says which step the kernel has refused. */
  constructor(libc: Libc, owner: Interface, layout: RingLayout, sight: Sight) {
    this.#libc = libc;
    this.#device = owner.name;
    this.interfaceIndex = libc.if_nametoindex(owner.name);
    this.fd = libc.socket(AfPacket, SockRaw | NonBlocking | CloseOnExec, 0);
    if (this.fd < 0) throw systemError(libc, `capturing on ${owner.name}`);
    this.senderFd = libc.socket(AfPacket, SockRaw | NonBlocking | CloseOnExec, 0);
    try {
      if (this.senderFd < 0) throw systemError(libc, `sending on ${owner.name}`);
      this.#configure(owner, layout, sight);
      this.#configureSender();
      this.ring = new MappedMemory(libc, layout.slots * layout.slotLength, this.fd);
    } catch (error) {
      this.#closeSockets();
      throw error;
    }
    this.#bind(sight.protocol);
  }

  /** False when the device that the socket is bound to has been removed. */
  get isCurrent(): boolean {
    return this.#libc.if_nametoindex(this.#device) === this.interfaceIndex;
  }

  /** Frames that the kernel has dropped since the last time because the ring was full. */
  takeDropped(): number {
    this.#length.writeUInt32LE(8);
    const { fd } = this;
    const failed = this.#libc.getsockopt(
      fd,
      SolPacket,
      PacketOption.statistics,
      this.#value,
      this.#length,
    );
    return failed === 0 ? this.#value.readUInt32LE(4) : 0;
  }

  /** Takes away the error that the socket has after its link went down, which would wake its watcher for ever. */
  clearError(): void {
    this.#length.writeUInt32LE(4);
    this.#libc.getsockopt(this.fd, SolSocket, SocketOption.error, this.#value, this.#length);
  }

  /** The ring's memory must not be touched afterwards. */
  close(): void {
    this.ring.unmap();
    this.#closeSockets();
  }

  #closeSockets(): void {
    this.#libc.close(this.fd);
    if (this.senderFd >= 0) this.#libc.close(this.senderFd);
  }

  #configure(owner: Interface, layout: RingLayout, { filter }: Sight): void {
    const { slots, slotLength, reserve } = layout;
    this.#set(PacketOption.version, 'the ring', int(TpacketV2));
    this.#set(PacketOption.reserve, 'the headroom', int(reserve));
    this.#set(PacketOption.offloadHeader, 'passing offloads on', int(1));
    this.#set(PacketOption.copyThreshold, 'frames larger than a slot', int(1));
    this.#set(PacketOption.ignoreOutgoing, 'leaving out own frames', int(1));
    const blocks = (slots * slotLength) / BlockLength;
    const request = ints(BlockLength, blocks, slotLength, slots);
    this.#set(PacketOption.rxRing, `a ring on ${owner.name}`, request);
    if (typeof filter === 'number') this.#attachProgram(filter);
    else this.#attach(filter);
    this.#enlarge(this.fd, SocketOption.receiveBufferForce, SocketOption.receiveBuffer);
  }

  #configureSender(): void {
    const fd = this.senderFd;
    this.#set(PacketOption.offloadHeader, 'passing offloads on', int(1), fd);
    this.#set(PacketOption.qdiscBypass, 'sending past queues', int(1), fd);
    this.#enlarge(fd, SocketOption.sendBufferForce, SocketOption.sendBuffer);
  }

  /** Without the privilege to exceed it the limit of the system applies. */
  #enlarge(fd: number, forced: number, option: number): void {
    const size = int(BufferBytes);
    if (this.#try(fd, SolSocket, forced, size) !== 0) this.#try(fd, SolSocket, option, size);
  }

  #attach(filter: Buffer): void {
    const program = new MappedMemory(this.#libc, filter.length);
    new Uint8Array(program.buffer).set(filter);
    // `struct sock_fprog`: how many instructions, and where they are.
    const where = Buffer.alloc(16);
    where.writeUInt16LE(filter.length / InstructionLength);
    where.writeBigUInt64LE(BigInt(program.address), 8);
    const failed = this.#try(this.fd, SolSocket, SocketOption.attachFilter, where);
    program.unmap();
    if (failed !== 0) throw systemError(this.#libc, 'filtering frames');
  }

  #attachProgram(program: number): void {
    if (this.#try(this.fd, SolSocket, SocketOption.attachProgram, int(program)) !== 0) {
      throw systemError(this.#libc, 'filtering frames');
    }
  }

  /** Starts to receive: only now, when the filter is in place. */
  #bind(protocol: EtherProtocol): void {
    const device = this.#device;
    const index = this.interfaceIndex;
    try {
      if (index === 0) throw new IoError({ code: 'interface' }, `no interface ${device}`);
      // `struct packet_mreq`: frames to virtual MAC addresses, and multicast that the kernel has not joined.
      const membership = Buffer.alloc(16);
      membership.writeInt32LE(index);
      membership.writeUInt16LE(PromiscuousMembership, 4);
      this.#set(PacketOption.addMembership, `hearing all of ${device}`, membership);
      this.#bindTo(this.senderFd, 0);
      this.#bindTo(this.fd, protocol);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Frames of this protocol come in; none for 0. */
  #bindTo(fd: number, protocol: number): void {
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AfPacket);
    address.writeUInt16BE(protocol, 2);
    address.writeInt32LE(this.interfaceIndex, 4);
    if (this.#libc.bind(fd, address, address.length) === 0) return;
    throw systemError(this.#libc, `capturing on ${this.#device}`);
  }

  #set(option: number, what: string, value: Buffer, fd: number = this.fd): void {
    if (this.#try(fd, SolPacket, option, value) !== 0) throw systemError(this.#libc, what);
  }

  #try(fd: number, level: number, option: number, value: Buffer): number {
    return this.#libc.setsockopt(fd, level, option, value, value.length);
  }
}

/** Opens a packet socket for a moment. Throws an `IoError` that says what this machine, or this user, lacks for rings. */
export function tryPacketSocket(libc: Libc): void {
  const fd = libc.socket(AfPacket, SockRaw | NonBlocking | CloseOnExec, 0);
  if (fd < 0) throw systemError(libc, 'opening a packet socket');
  const lacking = Object.entries(NewestOptions).find(
    ([, [option, value]]) => libc.setsockopt(fd, SolPacket, option, int(value), 4) !== 0,
  );
  libc.close(fd);
  if (lacking === undefined) return;
  throw new IoError({ code: 'packet-socket' }, `this kernel is too old: it lacks ${lacking[0]}`);
}

/** What old kernels lack, with the value that it is set to: Linux 4.20 has all. */
const NewestOptions: Readonly<Record<string, readonly [option: number, value: number]>> = {
  'packet rings': [PacketOption.version, TpacketV2],
  'offload headers': [PacketOption.offloadHeader, 1],
  'leaving out own frames (Linux 4.20)': [PacketOption.ignoreOutgoing, 1],
};

const int = (value: number): Buffer => ints(value);

function ints(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32LE(value, index * 4);
  return bytes;
}
