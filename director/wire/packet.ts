/**
 * Room kept free before a received frame, so that a tunnel header can be put in front without copying. It ends two
 * bytes past a multiple of four: behind the 14 bytes of Ethernet the IP header is aligned.
 */
export const Headroom = 130;

/** The largest frame held: an Ethernet header and the largest IP packet, which offloads may build. */
export const LargestFrame = 65_535 + 18;

/**
 * A frame in a buffer that lives as long as its driver: the frame occupies [start, end) of `bytes`, and `view` reads
 * the same memory. A driver fills one packet again and again, so the contents are valid only until the call that was
 * given the packet returns; whoever needs them longer copies.
 */
export class Packet {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  start: number;
  end: number;
  /** Where the headroom begins: what lies before belongs to others. */
  floor = 0;

  constructor(memory: ArrayBuffer = new ArrayBuffer(Headroom + LargestFrame)) {
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
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
  }

  /** Replaces the contents by a copy of `frame`, with headroom, cutting off what does not fit. */
  load(frame: Uint8Array): void {
    const room = this.bytes.length - Headroom;
    const fitting = frame.length <= room ? frame : frame.subarray(0, room);
    this.bytes.set(fitting, Headroom);
    this.start = Headroom;
    this.end = Headroom + fitting.length;
  }

  /** A copy of the frame, for those who keep it. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(this.start, this.end);
  }
}
