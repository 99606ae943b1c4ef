import { Packet } from '../wire/packet.js';
import { Failed, type Libc } from './libc.js';
import { MappedMemory } from './mapped-memory.js';

/** Room for some super-frames of 64 KiB, and little enough to stay in the processor's cache. */
const Room = 512 * 1_024;
/** Room before each frame for the headers of a tunnel; the IP header behind Ethernet is then aligned. */
const Headroom = 114;
const Alignment = 64;
const DontWait = 0x40;

/**
 * The frames of a batch that are larger than a slot of the ring. The kernel queues them at the socket, whole and in the order
 * of their slots (`PACKET_COPY_THRESH`), and they are read from there. Super-frames are worth a system call each, and small
 * slots make a ring of many frames.
 */
export class LargeFrames {
  /** The frame that was read last. */
  readonly packet: Packet;
  readonly address: number;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #memory: MappedMemory;
  #used = 0;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#memory = new MappedMemory(libc, Room);
    this.address = this.#memory.address;
    this.packet = new Packet(this.#memory.buffer);
  }

  /** True when there is room for one more frame of this length with `prefix` bytes before it. */
  hasRoom(length: number, prefix: number): boolean {
    return this.#used + Headroom + prefix + length <= Room;
  }

  /** Reads a frame of this length, and what stands before it. False when it was not there. */
  read(length: number, prefix: number): boolean {
    const { packet } = this;
    const at = this.#used + Headroom - prefix;
    const size = this.#libc.recv(this.#fd, this.address + at, length + prefix, DontWait);
    if (size === Failed || size !== length + prefix) return false;
    packet.floor = this.#used;
    packet.start = at + prefix;
    packet.end = packet.start + length;
    this.#used = (packet.end + Alignment - 1) & -Alignment;
    return true;
  }

  /** Everything that was read has been dealt with. */
  clear(): void {
    this.#used = 0;
  }

  close(): void {
    this.#memory.unmap();
  }
}
