import { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import type { Interface } from '../core/interfaces.js';
import { systemError, type Libc } from './libc.js';

/** Numbers of the Linux interface (linux/if_packet.h, asm-generic/socket.h). */
const AfPacket = 17;
const SockRaw = 3;
const NonBlocking = 0o4000;
const CloseOnExec = 0o2000000;
/** Protocols that a socket may be for: none, all, which sees frames before anyone else, or one, which sees what is left. */
export const EtherProtocol = {
  none: 0,
  all: 0x0003,
  ipv4: 0x0800,
  arp: 0x0806,
  ipv6: 0x86dd,
} as const;
export type EtherProtocol = (typeof EtherProtocol)[keyof typeof EtherProtocol];
const SolSocket = 1;
const SolPacket = 263;
export const SocketOption = {
  error: 4,
  attachFilter: 26,
  attachProgram: 50,
  sendBuffer: 7,
  sendBufferForce: 32,
} as const;
export const PacketOption = {
  addMembership: 1,
  rxRing: 5,
  statistics: 6,
  version: 10,
  reserve: 12,
  offloadHeader: 15,
  fanout: 18,
  qdiscBypass: 20,
  fanoutData: 22,
  ignoreOutgoing: 23,
} as const;
/** With version 3 frames wait until a block of the ring is full. */
export const TpacketV2 = 1;

/**
 * How the members of a group divide frames: as a program of classic BPF says, which gives the number of a member; the first has all
 * as long as there is none. In the upper bits of the type: the kernel chooses the group's number; own frames are left out, which
 * before Linux 6.2 the sockets' filters do alone.
 */
const Fanout = { byProgram: 6, uniqueId: 0x2000, ignoreOutgoing: 0x4000, idMask: 0xffff } as const;

/** Bytes of frames that may wait to leave. */
const BufferBytes = 8 * 1_024 * 1_024;

/** A packet socket on one interface. Before each frame, in and out, stands a header that says what is left to be done to it. */
export class PacketSocket {
  readonly fd: number;
  readonly interfaceIndex: number;
  readonly #libc: Libc;
  readonly #device: string;
  readonly #action: string;

  /**
   * Opens it; it hears nothing until it is bound. Throws an `IoError` that says why it cannot do `action` on that interface, also when
   * there is none of its name.
   */
  constructor(libc: Libc, owner: Interface, action: 'capturing' | 'sending') {
    this.#libc = libc;
    this.#device = owner.name;
    this.#action = `${action} on ${owner.name}`;
    this.interfaceIndex = libc.if_nametoindex(owner.name);
    this.fd = libc.socket(AfPacket, SockRaw | NonBlocking | CloseOnExec, EtherProtocol.none);
    if (this.fd < 0) throw systemError(libc, this.#action);
    if (this.interfaceIndex !== 0) return;
    this.close();
    throw new IoError({ code: 'interface' }, `no interface ${owner.name}`);
  }

  /** False when the device that the socket is bound to has been removed. */
  get isCurrent(): boolean {
    return this.#libc.if_nametoindex(this.#device) === this.interfaceIndex;
  }

  /** Frames of this protocol come in. Throws an `IoError` when the kernel refuses. */
  bind(protocol: EtherProtocol): void {
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AfPacket);
    address.writeUInt16BE(protocol, 2);
    address.writeInt32LE(this.interfaceIndex, 4);
    if (this.#libc.bind(this.fd, address, address.length) === 0) return;
    throw systemError(this.#libc, this.#action);
  }

  /** Sets an option of packet sockets. Throws an `IoError` that says what the kernel has refused. */
  set(option: number, what: string, value: Buffer): void {
    if (!this.#trySet(SolPacket, option, value)) throw systemError(this.#libc, what);
  }

  /** Sets an option that all sockets have. False when the kernel refuses. */
  trySet(option: number, value: Buffer): boolean {
    return this.#trySet(SolSocket, option, value);
  }

  /** The kernel's counts since they were asked for the last time, `struct tpacket_stats`; undefined when it refuses. */
  statistics(): Buffer | undefined {
    return this.#get(SolPacket, PacketOption.statistics, 8);
  }

  /**
   * Frames are divided among this socket and others of its kind on its interface from now on: it becomes a member of a group, or the
   * first one of a new group. The group's number. Throws an `IoError` when the kernel refuses.
   */
  join(group?: number): number {
    const flags = Fanout.byProgram | Fanout.ignoreOutgoing;
    const type = group === undefined ? flags | Fanout.uniqueId : flags;
    this.set(PacketOption.fanout, 'dividing frames', ints((group ?? 0) | (type << 16)));
    const joined = this.#get(SolPacket, PacketOption.fanout, 4);
    if (joined === undefined) throw systemError(this.#libc, 'dividing frames');
    return joined.readUInt32LE() & Fanout.idMask;
  }

  /** Takes away the error that the socket has after its link went down, which would wake its watcher for ever. */
  clearError(): void {
    this.#get(SolSocket, SocketOption.error, 4);
  }

  close(): void {
    this.#libc.close(this.fd);
  }

  #trySet(level: number, option: number, value: Buffer): boolean {
    return this.#libc.setsockopt(this.fd, level, option, value, value.length) === 0;
  }

  #get(level: number, option: number, length: number): Buffer | undefined {
    const value = Buffer.alloc(length);
    const failed = this.#libc.getsockopt(this.fd, level, option, value, ints(length));
    return failed === 0 ? value : undefined;
  }
}

/**
 * Opens a socket that frames leave by. It is not the one that receives: for each frame that has left the kernel wakes who watches
 * the socket, and the one that receives is always watched. That is a tenth of what sending costs.
 */
export function openSender(libc: Libc, owner: Interface): PacketSocket {
  const socket = new PacketSocket(libc, owner, 'sending');
  try {
    socket.set(PacketOption.offloadHeader, 'passing offloads on', ints(1));
    socket.set(PacketOption.qdiscBypass, 'sending past queues', ints(1));
    // Without the privilege to exceed it the limit of the system applies.
    const size = ints(BufferBytes);
    if (!socket.trySet(SocketOption.sendBufferForce, size)) {
      socket.trySet(SocketOption.sendBuffer, size);
    }
    socket.bind(EtherProtocol.none);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Opens a packet socket for a moment. Throws an `IoError` that says what this machine, or this user, lacks for rings. */
export function tryPacketSocket(libc: Libc): void {
  const fd = libc.socket(AfPacket, SockRaw | NonBlocking | CloseOnExec, EtherProtocol.none);
  if (fd < 0) throw systemError(libc, 'opening a packet socket');
  const lacking = Object.entries(NewestOptions).find(
    ([, [option, value]]) => libc.setsockopt(fd, SolPacket, option, ints(value), 4) !== 0,
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

/** Numbers of 32 bits, as the kernel reads them. */
export function ints(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32LE(value, index * 4);
  return bytes;
}
