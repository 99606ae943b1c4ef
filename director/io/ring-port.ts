import type { Buffer } from 'node:buffer';

import type { node } from 'koffi';

import type { Interface } from '../core/interfaces.js';
import type { FrameLengths, MacAddress } from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { FramePort, PortCounters } from './frame-port.js';
import { FrameSender } from './frame-sender.js';
import type { Libc } from './libc.js';
import { readHeader } from './offload-header.js';
import { dataPlaneFilter } from './packet-filter.js';
import { EtherProtocol, openSender, type PacketSocket } from './packet-socket.js';
import { onLoop, type Ring, type RingHub } from './ring-hub.js';
import { takeInOrder } from './ring-order.js';
import { SlotRing, type RingLayout, type Sight } from './slot-ring.js';

/**
 * What fits an ordinary slot behind what the kernel writes there, in bytes. Longer frames are super-frames, or those of links with a
 * large MTU: they go into slots of their own.
 */
const LongestOrdinary = 1_800;

/** The rings of a port, for ordinary frames and for larger ones. */
interface Layouts {
  readonly ordinary: RingLayout;
  readonly large: RingLayout;
}

/**
 * Room for what arrives in some milliseconds at full speed: 4,096 slots, and 120 of 64 KiB and what stands before a frame, in
 * blocks of almost a MiB. For questions of our neighbours there is less. An ordinary slot is an odd number of the cache's lines
 * long, or all slots would compete for the same few places in it.
 */
const Usual: Layouts = {
  ordinary: { slotLength: 1_984, slotsPerBlock: 64, blocks: 64 },
  large: { slotLength: 17 * 4_096, slotsPerBlock: 15, blocks: 8 },
};
const ForArp: Layouts = {
  ordinary: { ...Usual.ordinary, blocks: 8 },
  large: { ...Usual.large, blocks: 1 },
};

/** Frames that leave together. */
const BatchFrames = 64;
/** With fewer frames nobody hears of a batch beforehand: reading ahead pays by what is read at the same time. */
const LeastForeseen = 4;

/** What the sockets of a port see: `filterOf` gives the filter for frames of these lengths. */
export interface PortSight {
  readonly protocol: EtherProtocol;
  readonly filterOf: (lengths: FrameLengths) => Sight['filter'];
}

/** The groups of sockets that the rings of several ports on one interface are in. */
export type RingGroups = readonly [ordinary: number, large: number];

export interface PortOptions {
  /** Of several ports on one interface one sends by the faster way, which is for one socket alone. */
  readonly isSender?: boolean;
  /** The groups that its rings join. */
  readonly groups?: RingGroups | undefined;
}

/** The sight of a port that sees everything. `ownMacs` are the addresses that this node sends from. */
export const wholeSight = (ownMacs: readonly MacAddress[]): PortSight => ({
  protocol: EtherProtocol.all,
  filterOf: (lengths) => dataPlaneFilter(ownMacs, lengths),
});

/**
 * The fast packet driver: AF_PACKET with receive rings in memory that is shared with the kernel. Frames are read and
 * rewritten where they lie, and sent from there, many in one system call; then their slots go back to the kernel.
 *
 * The event loop watches the sockets like any other: without frames nothing happens, and while frames wait it serves
 * everything else about once a millisecond. What the rings have no room for meanwhile the kernel drops, and `shed` counts it.
 */
export class RingPort implements FramePort, Ring {
  readonly #hub: RingHub;
  readonly #receive: (packet: Packet) => void;
  readonly #ordinary: SlotRing;
  readonly #large: SlotRing;
  readonly #rings: Rings;
  readonly #sending: PacketSocket;
  readonly #sender: FrameSender;
  readonly #watchers: readonly node.PollHandle[];
  readonly #isSender: boolean;
  readonly #batch: { readonly view: DataView; readonly starts: Int32Array; count: number };
  #shed = 0;
  #taken = 0;
  #isClosed = false;

  /** Throws an `IoError` when the kernel refuses something. */
  constructor(
    hub: RingHub,
    owner: Interface,
    receive: (packet: Packet) => void,
    sight: PortSight,
    { isSender = true, groups }: PortOptions = {},
  ) {
    const { libc } = hub;
    this.#hub = hub;
    this.#receive = receive;
    this.#sending = openSender(libc, owner);
    try {
      this.#rings = openRings(libc, owner, sight, groups);
    } catch (error) {
      this.#sending.close();
      throw error;
    }
    [this.#ordinary, this.#large] = this.#rings;
    const { view } = this.#ordinary.packet;
    this.#batch = { view, starts: new Int32Array(BatchFrames), count: 0 };
    const { interfaceIndex, fd } = this.#sending;
    this.#sender = new FrameSender(libc, { interfaceIndex, mtu: owner.mtu, fd });
    this.#isSender = isSender;
    if (this.#isSender) this.#sender.quicken();
    hub.add(this);
    this.#watchers = this.#rings.map(({ socket }) =>
      libc.koffi.node.poll(socket.fd, Readable, this.#wake),
    );
  }

  get counters(): PortCounters {
    if (!this.#isClosed) for (const ring of this.#rings) this.#shed += ring.takeDropped();
    const { sent, sentFast, refused } = this.#sender;
    return { sent, fast: sentFast, refused, shed: this.#shed };
  }

  /** Founds groups that the rings of other ports on this interface can join. Throws an `IoError` when the kernel refuses. */
  found(): RingGroups {
    return [this.#ordinary.found(), this.#large.found()];
  }

  /** Divides the frames of its groups by a program (classic BPF). Throws an `IoError` when the kernel refuses. */
  divide(program: Buffer): void {
    for (const ring of this.#rings) ring.divide(program);
  }

  get waiting(): number {
    return this.#isClosed ? 0 : this.#ordinary.waiting(Infinity) + this.#large.waiting(Infinity);
  }

  /** How many frames have been taken since the port was opened. */
  get taken(): number {
    return this.#taken;
  }

  send(packet: Packet): void {
    if (this.#isClosed) this.#sender.refuse();
    else this.#hub.send(packet, this.#sender);
  }

  /** False when the device has been removed, even if there is another of its name. */
  get isCurrent(): boolean {
    return this.#sending.isCurrent;
  }

  /** A packet socket outlives that its link is down; only its watcher has to be told that the trouble is over. */
  reopen(): void {
    if (this.#isClosed) return;
    for (const { socket } of this.#rings) socket.clearError();
    if (this.#isSender) this.#sender.quicken();
    for (const watcher of this.#watchers) watcher.start(Readable, this.#wake);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const watcher of this.#watchers) watcher.close();
    this.#hub.remove(this);
    this.#sender.close();
    for (const ring of this.#rings) ring.close();
    this.#sending.close();
  }

  flush(): void {
    this.#sender.flush();
  }

  /** An error of the socket, which libuv tells by a negative number, means that the link went down; the watcher has then been stopped. */
  readonly #wake = (...given: readonly unknown[]): void => {
    const [status] = given;
    onLoop(() => {
      this.#hub.serve();
      if (typeof status === 'number' && status < 0) this.reopen();
    });
  };

  takeBatch(): number {
    this.#foresee();
    const taken = takeInOrder(this.#ordinary, this.#large, BatchFrames, this.#take);
    if (taken === 0) return 0;
    this.#taken += taken;
    this.#hub.end();
    for (const ring of this.#rings) ring.release();
    return taken;
  }

  /** Shows the ordinary frames that wait to whoever reads ahead. Large ones are few, and most of their cost is elsewhere. */
  #foresee(): void {
    const { onBatch } = this.#hub;
    if (onBatch === undefined || this.#ordinary.waiting(BatchFrames) < LeastForeseen) return;
    this.#batch.count = this.#ordinary.locate(this.#batch.starts);
    onBatch(this.#batch);
  }

  /** Deals with the oldest frame of a ring. */
  readonly #take = (ring: SlotRing): void => {
    const isWhole = ring.take();
    this.#hub.take(ring.packet, ring.address);
    if (isWhole && readHeader(ring.packet)) this.#receive(ring.packet);
    else this.#shed += 1;
  };
}

const Readable = { readable: true } as const;

type Rings = readonly [ordinary: SlotRing, large: SlotRing];

function openRings(
  libc: Libc,
  owner: Interface,
  { protocol, filterOf }: PortSight,
  groups: RingGroups | undefined,
): Rings {
  const { ordinary, large } = protocol === EtherProtocol.arp ? ForArp : Usual;
  const open = (layout: RingLayout, lengths: FrameLengths, group?: number): SlotRing =>
    new SlotRing(libc, owner, layout, { protocol, filter: filterOf(lengths) }, group);
  const first = open(ordinary, { upTo: LongestOrdinary }, groups?.[0]);
  try {
    return [first, open(large, { above: LongestOrdinary }, groups?.[1])];
  } catch (error) {
    first.close();
    throw error;
  }
}
