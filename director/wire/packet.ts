/**
 * Room kept free before a received frame, so that a tunnel header can be put in front without copying. It ends two
 * bytes past a multiple of four: behind the 14 bytes of Ethernet the IP header is aligned.
 */
export const Headroom = 130;

/** The largest frame held: an Ethernet header and the largest IP packet, which offloads may build. */
export const LargestFrame = 65_535 + 18;

/**
 * What a super-frame is cut into, by the numbers of the kernel (`gso_type` of linux/virtio_net.h): TCP segments behind an
 * IPv4 or IPv6 header, or UDP datagrams.
 */
export const SegmentKind = { none: 0, tcp4: 1, tcp6: 4, udp: 5 } as const;
export type SegmentKind = (typeof SegmentKind)[keyof typeof SegmentKind];

/** Memory that packets are in, by bytes and by numbers. */
export interface PacketMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
}

/** Frames that wait in the same memory, and where each begins. Valid only until the call that was given it returns. */
export interface FrameBatch {
  readonly view: DataView;
  /** The first `count` of them. */
  readonly starts: Int32Array;
  readonly count: number;
}

/** A copy of a frame for those who keep it, with what is left to be done to it; see `Packet`. */
export interface KeptFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly checksumFrom: number;
  readonly checksumField: number;
  readonly segmentSize: number;
  readonly segmentKind: SegmentKind;
}

/**
 * A frame in a buffer that lives as long as its driver: the frame occupies [start, end) of `bytes`, and `view` reads
 * the same memory. A driver fills one packet again and again, so the contents are valid only until the call that was
 * given the packet returns; whoever needs them longer copies.
 *
 * Hosts leave work to their network cards, and a frame between two of one machine never meets one: its checksum may be
 * unfinished, and it may be the data of many segments behind one header. Such a frame can be sent on like that, by a driver
 * that says so to the kernel.
 */
export class Packet {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  start: number;
  end: number;
  /** Where the headroom begins: what lies before belongs to others. */
  floor = 0;
  /**
   * Where the bytes begin that a checksum is still to be computed over, up to the end, and where it is then to be written. Until
   * then that field holds the sum of the pseudo-header, not complemented. 0: the frame is as its receiver is to get it.
   */
  checksumFrom = 0;
  checksumField = 0;
  /** How many bytes of data each segment of a super-frame gets; 0 when the frame is no such. */
  segmentSize = 0;
  segmentKind: SegmentKind = SegmentKind.none;

  /** With the memory of another packet the two share it; each has a place of its own in it. */
  constructor(memory: ArrayBuffer | PacketMemory = new ArrayBuffer(Headroom + LargestFrame)) {
    const isShared = 'bytes' in memory;
    this.bytes = isShared ? memory.bytes : new Uint8Array(memory);
    this.view = isShared ? memory.view : new DataView(memory);
    this.start = 0;
    this.end = 0;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Makes the packet empty, with headroom in front: its frame is written at `start`. */
  clear(): void {
    this.start = Headroom;
    this.end = Headroom;
    this.settle();
  }

  /** Replaces the contents by a copy of `frame`, with headroom, cutting off what does not fit. */
  load(frame: Uint8Array): void {
    this.clear();
    const room = this.bytes.length - Headroom;
    const fitting = frame.length <= room ? frame : frame.subarray(0, room);
    this.bytes.set(fitting, Headroom);
    this.end = Headroom + fitting.length;
  }

  /** A copy of the frame's bytes. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(this.start, this.end);
  }

  /** A copy of the frame that `restore` makes a packet of again. */
  keep(): KeptFrame {
    const { start, segmentSize, segmentKind } = this;
    const isFinished = this.checksumFrom === 0;
    return {
      bytes: this.copy(),
      checksumFrom: isFinished ? 0 : this.checksumFrom - start,
      checksumField: isFinished ? 0 : this.checksumField - start,
      segmentSize,
      segmentKind,
    };
  }

  /** Replaces the contents by a frame that was kept. */
  restore(kept: KeptFrame): void {
    this.load(kept.bytes);
    if (kept.checksumFrom === 0) return;
    this.checksumFrom = this.start + kept.checksumFrom;
    this.checksumField = this.start + kept.checksumField;
    this.segmentSize = kept.segmentSize;
    this.segmentKind = kept.segmentKind;
  }

  /** Nothing is left to be done to the frame. */
  settle(): void {
    this.checksumFrom = 0;
    this.checksumField = 0;
    this.segmentSize = 0;
    this.segmentKind = SegmentKind.none;
  }
}
