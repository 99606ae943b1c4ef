import type { node } from 'koffi';

import type { Interface } from '../core/interfaces.js';
import type { MacAddress } from '../wire/ethernet.js';
import { Packet } from '../wire/packet.js';
import type { FramePort, PortCounters } from './frame-port.js';
import { dataPlaneFilter } from './packet-filter.js';
import { PacketSocket, type RingLayout } from './packet-socket.js';
import type { RingHub } from './ring-hub.js';
import { SendQueue } from './send-queue.js';

/** Slots of a ring: what arrives in some milliseconds at full speed. */
const Slots = 4_096;
const SmallestSlot = 2_048;
/** What the kernel writes into a slot before anything else (`TPACKET2_HDRLEN`, aligned to a line of the cache). */
const SlotHeader = 64;
/** Bytes that the kernel's header, room for the headers of a tunnel and those of Ethernet take from a slot. */
const Reserve = 128;
const Overhead = Reserve + 128;

/** `struct tpacket2_hdr`, in 32-bit words. */
const Field = { status: 0, length: 1, captured: 2, frame: 3 } as const;
/** Who may touch a slot: this bit is us. */
const OwnedByUser = 1;
const OwnedByKernel = 0;

/** Frames that leave together, and how long the event loop waits until it has its turn. */
const BatchFrames = 64;
const LongestTurnMs = 1;

/**
 * The fast packet driver: AF_PACKET with a receive ring in memory that is shared with the kernel. Frames are read and
 * rewritten where they lie, and sent from there, many in one system call; then their slots go back to the kernel.
 *
 * The event loop watches the socket like any other: without frames nothing happens, and while frames wait it serves
 * everything else about once a millisecond. What the ring has no room for meanwhile the kernel drops, and `shed` counts it.
 */
export class RingPort implements FramePort {
  readonly #hub: RingHub;
  readonly #receive: (packet: Packet) => void;
  readonly #socket: PacketSocket;
  readonly #queue: SendQueue;
  readonly #packet: Packet;
  readonly #words: Int32Array;
  readonly #slotLength: number;
  readonly #watcher: node.PollHandle;
  #next = 0;
  #shed = 0;
  #isClosed = false;

  /** Throws an `IoError` when the kernel refuses something. `virtualMacs` are further addresses that this node sends from. */
  constructor(
    hub: RingHub,
    owner: Interface,
    receive: (packet: Packet) => void,
    virtualMacs: readonly MacAddress[],
  ) {
    const layout = layoutFor(owner.mtu);
    const filter = dataPlaneFilter([owner.mac, ...virtualMacs]);
    this.#hub = hub;
    this.#receive = receive;
    this.#slotLength = layout.slotLength;
    this.#socket = new PacketSocket(hub.libc, owner, layout, filter);
    this.#packet = new Packet(this.#socket.ring.buffer);
    this.#words = new Int32Array(this.#socket.ring.buffer);
    this.#queue = new SendQueue(hub.libc, this.#socket.fd);
    hub.add(this.#queue);
    this.#watcher = hub.libc.koffi.node.poll(this.#socket.fd, Readable, this.#wake);
  }

  get counters(): PortCounters {
    if (!this.#isClosed) this.#shed += this.#socket.takeDropped();
    return { sent: this.#queue.sent, refused: this.#queue.refused, shed: this.#shed };
  }

  send(packet: Packet): void {
    if (this.#isClosed) this.#queue.refused += 1;
    else this.#hub.send(packet, this.#queue);
  }

  /** A packet socket outlives that its link is down; only its watcher has to be told that the trouble is over. */
  reopen(): void {
    this.#socket.clearError();
    this.#watcher.start(Readable, this.#wake);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watcher.close();
    this.#hub.remove(this.#queue);
    this.#queue.close();
    this.#socket.close();
  }

  /** What is thrown here nobody would hear of: the event loop is told instead, and ends the process. */
  readonly #wake = (): void => {
    try {
      this.#serve();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  };

  #serve(): void {
    const start = performance.now();
    let taken = this.#takeBatch();
    // Woken for nothing: the link has gone down, which stops the watcher.
    if (taken === 0) this.reopen();
    while (taken > 0 && performance.now() - start < LongestTurnMs) taken = this.#takeBatch();
  }

  /** Deals with the frames that wait, up to a batch; how many that were. */
  #takeBatch(): number {
    const words = this.#words;
    const slotWords = this.#slotLength / 4;
    const packet = this.#packet;
    const first = this.#next;
    let slot = first;
    let taken = 0;
    this.#hub.begin(packet, this.#socket.ring.address);
    for (; taken < BatchFrames; taken += 1) {
      const header = slot * slotWords;
      if ((Atomics.load(words, header + Field.status) & OwnedByUser) === 0) break;
      packet.floor = header * 4 + SlotHeader;
      packet.start = header * 4 + ((words[header + Field.frame] ?? 0) & 0xffff);
      packet.end = packet.start + (words[header + Field.captured] ?? 0);
      this.#receive(packet);
      slot = slot + 1 === Slots ? 0 : slot + 1;
    }
    this.#next = slot;
    this.#hub.end();
    for (let index = 0; index < taken; index += 1) {
      const given = (first + index) % Slots;
      Atomics.store(words, given * slotWords + Field.status, OwnedByKernel);
    }
    return taken;
  }
}

const Readable = { readable: true } as const;

/** The smallest slots, a power of two, that hold a frame of an interface. */
function layoutFor(mtu: number): RingLayout {
  let slotLength = SmallestSlot;
  while (slotLength < mtu + Overhead) slotLength *= 2;
  return { slots: Slots, slotLength, reserve: Reserve };
}
