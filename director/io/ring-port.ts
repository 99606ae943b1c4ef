import type { node } from 'koffi';

import type { Interface } from '../core/interfaces.js';
import type { MacAddress } from '../wire/ethernet.js';
import { Packet } from '../wire/packet.js';
import type { FramePort, PortCounters } from './frame-port.js';
import { FrameSender } from './frame-sender.js';
import { LargeFrames } from './large-frames.js';
import { HeaderLength, readHeader } from './offload-header.js';
import { dataPlaneFilter } from './packet-filter.js';
import { EtherProtocol, PacketSocket, type Sight } from './packet-socket.js';
import type { Ring, RingHub } from './ring-hub.js';

/** Slots of a ring: what arrives in some milliseconds at full speed, or of questions for our neighbours; and their length in bytes. */
const Slots = 4_096;
const SlotsForArp = 512;
const SlotLength = 2_048;
/** What the kernel writes into a slot before anything else (`TPACKET2_HDRLEN`, aligned to a line of the cache). */
const SlotHeader = 64;
/** With it the IP header behind Ethernet is aligned, and there is room before the frame for the headers of a tunnel. */
const Reserve = 102;
const SlotWords = SlotLength / 4;

/** `struct tpacket2_hdr`, in 32-bit words. */
const Field = { status: 0, length: 1, captured: 2, frame: 3 } as const;
/** Who may touch a slot: this bit is us. The other says that the frame did not fit and waits whole at the socket. */
const OwnedByUser = 1;
const WaitsWhole = 2;
const OwnedByKernel = 0;

/** Frames that leave together. */
const BatchFrames = 64;

/** The sight of a port that sees everything. `ownMacs` are the addresses that this node sends from. */
export const wholeSight = (ownMacs: readonly MacAddress[]): Sight => ({
  protocol: EtherProtocol.all,
  filter: dataPlaneFilter(ownMacs),
});

/**
 * The fast packet driver: AF_PACKET with a receive ring in memory that is shared with the kernel. Frames are read and
 * rewritten where they lie, and sent from there, many in one system call; then their slots go back to the kernel.
 *
 * The event loop watches the socket like any other: without frames nothing happens, and while frames wait it serves
 * everything else about once a millisecond. What the ring has no room for meanwhile the kernel drops, and `shed` counts it.
 */
export class RingPort implements FramePort, Ring {
  readonly #hub: RingHub;
  readonly #receive: (packet: Packet) => void;
  readonly #socket: PacketSocket;
  readonly #sender: FrameSender;
  readonly #packet: Packet;
  readonly #words: Int32Array;
  readonly #large: LargeFrames;
  readonly #watcher: node.PollHandle;
  readonly #slots: number;
  readonly #isSender: boolean;
  #next = 0;
  #shed = 0;
  #isClosed = false;

  /** Throws an `IoError` when the kernel refuses something. Of several ports on one interface one is the sender: fast sending is for one. */
  constructor(
    hub: RingHub,
    owner: Interface,
    receive: (packet: Packet) => void,
    sight: Sight,
    isSender = true,
  ) {
    this.#hub = hub;
    this.#receive = receive;
    this.#slots = sight.protocol === EtherProtocol.arp ? SlotsForArp : Slots;
    const layout = { slots: this.#slots, slotLength: SlotLength, reserve: Reserve };
    this.#socket = new PacketSocket(hub.libc, owner, layout, sight);
    this.#packet = new Packet(this.#socket.ring.buffer);
    this.#words = new Int32Array(this.#socket.ring.buffer);
    this.#large = new LargeFrames(hub.libc, this.#socket.fd);
    const { interfaceIndex, senderFd: fd } = this.#socket;
    this.#sender = new FrameSender(hub.libc, { interfaceIndex, mtu: owner.mtu, fd });
    this.#isSender = isSender;
    if (this.#isSender) this.#sender.quicken();
    hub.add(this);
    this.#watcher = hub.libc.koffi.node.poll(this.#socket.fd, Readable, this.#wake);
  }

  get counters(): PortCounters {
    if (!this.#isClosed) this.#shed += this.#socket.takeDropped();
    const { sent, sentFast, refused } = this.#sender;
    return { sent, fast: sentFast, refused, shed: this.#shed };
  }

  send(packet: Packet): void {
    if (this.#isClosed) this.#sender.refuse();
    else this.#hub.send(packet, this.#sender);
  }

  /** False when the device has been removed, even if there is another of its name. */
  get isCurrent(): boolean {
    return this.#socket.isCurrent;
  }

  /** A packet socket outlives that its link is down; only its watcher has to be told that the trouble is over. */
  reopen(): void {
    if (this.#isClosed) return;
    this.#socket.clearError();
    if (this.#isSender) this.#sender.quicken();
    this.#watcher.start(Readable, this.#wake);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watcher.close();
    this.#hub.remove(this);
    this.#sender.close();
    this.#large.close();
    this.#socket.close();
  }

  flush(): void {
    this.#sender.flush();
  }

  /**
   * What is thrown here nobody would hear of: the event loop is told instead, and ends the process. An error of the socket,
   * which libuv tells by a negative number, means that the link went down; the watcher has then been stopped.
   */
  readonly #wake = (...given: readonly unknown[]): void => {
    const [status] = given;
    try {
      this.#hub.serve();
      if (typeof status === 'number' && status < 0) this.reopen();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  };

  takeBatch(): number {
    const words = this.#words;
    const first = this.#next;
    let slot = first;
    let taken = 0;
    for (; taken < BatchFrames; taken += 1) {
      const header = slot * SlotWords;
      const status = Atomics.load(words, header + Field.status);
      if ((status & OwnedByUser) === 0) break;
      const length = words[header + Field.length] ?? 0;
      if (length === words[header + Field.captured]) this.#takeSlot(header, length);
      else if (!this.#takeLarge(status, length)) break;
      slot = slot + 1 === this.#slots ? 0 : slot + 1;
    }
    if (slot === first) return 0;
    this.#next = slot;
    this.#hub.end();
    this.#large.clear();
    for (let index = 0; index < taken; index += 1) {
      const given = (first + index) % this.#slots;
      Atomics.store(words, given * SlotWords + Field.status, OwnedByKernel);
    }
    return taken;
  }

  /** Deals with a frame that lies in its slot. */
  #takeSlot(header: number, length: number): void {
    const packet = this.#packet;
    packet.floor = header * 4 + SlotHeader;
    packet.start = header * 4 + ((this.#words[header + Field.frame] ?? 0) & 0xffff);
    packet.end = packet.start + length;
    this.#hub.take(packet, this.#socket.ring.address);
    if (readHeader(packet)) this.#receive(packet);
    else this.#shed += 1;
  }

  /** Deals with a frame that is larger than its slot. False when it has to wait until the batch has ended. */
  #takeLarge(status: number, length: number): boolean {
    const large = this.#large;
    if ((status & WaitsWhole) === 0) {
      this.#shed += 1;
      return true;
    }
    if (!large.hasRoom(length, HeaderLength)) return false;
    const isRead = large.read(length, HeaderLength);
    this.#hub.take(large.packet, large.address);
    if (isRead && readHeader(large.packet)) this.#receive(large.packet);
    else this.#shed += 1;
    return true;
  }
}

const Readable = { readable: true } as const;
