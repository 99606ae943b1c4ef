/*
 * The table of carried flows: memory that this process shares with a program in the kernel. The program looks up each
 * packet here, rewrites it as it is told and counts it; this process writes flows and reads counts, without a call to the
 * kernel. All numbers are in the machine's order of bytes, lowest first, except what is copied from and into packets.
 *
 *     head     the lease: until when the program may carry anything
 *     buckets  words of eight ways each, found by the hash of a packet's endpoints: the number of a record, and a tag
 *     records  64 bytes for one direction of a flow: what its packets look like, what becomes of them, how many there were
 */

/** Bytes before the buckets: a page. */
const HeadLength = 4_096;
export const Head = { lease: 0 } as const;

export const Bucket = { ways: 8, byteLength: 32 } as const;
/** A way is the number of a record, and in the upper bits a tag out of the hash. Record 0 is never used. */
export const Way = { recordBits: 21 } as const;
const RecordMask = (1 << Way.recordBits) - 1;

/** Where the fields of a record are. */
export const Record = {
  byteLength: 64,
  /** What a packet says: addresses, and both ports in one word, as they stand in it. */
  source: 0,
  destination: 4,
  ports: 8,
  /** The same when it leaves. */
  newSource: 12,
  newDestination: 16,
  newPorts: 20,
  /** The first twelve bytes of the frame when it leaves. */
  macs: 24,
  /** The kernel's number of the interface that it leaves by, perhaps with `ToFarEnd`. */
  device: 36,
  /** When the last packet came, in ticks. */
  lastUsed: 40,
  /** The longest IP packet that the interface carries. */
  mtu: 44,
  protocol: 46,
  /** Where in the frame the checksum of the transport is that changes, or a `Wrapping`; 0 when neither. */
  change: 47,
  packets: 48,
  bytes: 56,
} as const;

/**
 * Packets leave in others, of a tunnel: the new addresses and ports are those of the outer headers. Less than the place of any
 * checksum.
 */
export const Wrapping = { none: 0, ipip: 1, gre: 2, gue: 3 } as const;
export type Wrapping = (typeof Wrapping)[keyof typeof Wrapping];

/** Multipliers and shifts of the hash. */
export const Hash = {
  multiplier: 0x9e37_79b1,
  shift: 15,
  last: 0x85eb_ca6b,
  lastShift: 13,
} as const;

/**
 * In the number of a device: packets go to the other end of its virtual cable at once, which is in another network namespace
 * (`bpf_redirect_peer`), instead of leaving by this one.
 */
export const ToFarEnd = 0x8000_0000;

/** The places of a table of so many records, a power of two: half as many buckets. */
export const shapeOf = (
  records: number,
): { readonly buckets: number; readonly recordsAt: number; readonly byteLength: number } => {
  const buckets = records / 2;
  const recordsAt = HeadLength + buckets * Bucket.byteLength;
  return { buckets, recordsAt, byteLength: recordsAt + records * Record.byteLength };
};

export const BucketsAt = HeadLength;

export const MostRecords = 1 << Way.recordBits;

/** One direction of a flow: an IPv4 packet with these endpoints leaves with those, to that neighbour. */
export interface FlowPath {
  protocol: number;
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  newSource: number;
  newDestination: number;
  newSourcePort: number;
  newDestinationPort: number;
  /** MAC addresses as in `ethernet.ts`: 16 and 32 bits. */
  toHigh: number;
  toLow: number;
  fromHigh: number;
  fromLow: number;
  device: number;
  /** The longest packet that has room, in what it is wrapped into. */
  mtu: number;
  wrapping: Wrapping;
}

/** A path to be filled in. */
export const emptyPath = (): FlowPath => ({
  protocol: 0,
  source: 0,
  destination: 0,
  sourcePort: 0,
  destinationPort: 0,
  newSource: 0,
  newDestination: 0,
  newSourcePort: 0,
  newDestinationPort: 0,
  toHigh: 0,
  toLow: 0,
  fromHigh: 0,
  fromLow: 0,
  device: 0,
  mtu: 0,
  wrapping: Wrapping.none,
});

/** Offsets of checksums in a frame with the shortest IPv4 header. */
const ChecksumAt = { tcp: 50, udp: 40 } as const;
const Udp = 17;

/** No record. */
export const NoRecord = 0;

/** The memory as this process sees it. It holds no policy; `Offload` says what is in it. */
export class FlowTable {
  readonly records: number;
  readonly #seed: number;
  readonly #words: Uint32Array;
  readonly #view: DataView;
  readonly #buckets: number;
  readonly #recordsAt: number;

  /** `memory` is zero, and as long as `shapeOf` says. The seed is the program's. */
  constructor(memory: ArrayBuffer, records: number, seed: number) {
    const { buckets, recordsAt } = shapeOf(records);
    this.records = records;
    this.#seed = seed;
    this.#buckets = buckets;
    this.#recordsAt = recordsAt;
    this.#words = new Uint32Array(memory);
    this.#view = new DataView(memory);
  }

  /** Nothing is carried after this tick. */
  set lease(tick: number) {
    Atomics.store(this.#words, Head.lease / 4, tick >>> 0);
  }

  /** Writes a path into an unused record, with its counts at zero. The program does not see it yet. */
  write(record: number, path: FlowPath): void {
    const at = this.#at(record);
    const view = this.#view;
    view.setUint32(at + Record.source, path.source);
    view.setUint32(at + Record.destination, path.destination);
    view.setUint16(at + Record.ports, path.sourcePort);
    view.setUint16(at + Record.ports + 2, path.destinationPort);
    view.setUint32(at + Record.newSource, path.newSource);
    view.setUint32(at + Record.newDestination, path.newDestination);
    view.setUint16(at + Record.newPorts, path.newSourcePort);
    view.setUint16(at + Record.newPorts + 2, path.newDestinationPort);
    view.setUint16(at + Record.macs, path.toHigh);
    view.setUint32(at + Record.macs + 2, path.toLow);
    view.setUint16(at + Record.macs + 6, path.fromHigh);
    view.setUint32(at + Record.macs + 8, path.fromLow);
    view.setUint32(at + Record.device, path.device, true);
    view.setUint16(at + Record.mtu, Math.min(path.mtu, 0xffff), true);
    view.setUint8(at + Record.protocol, path.protocol);
    view.setUint8(at + Record.change, changeBy(path));
    this.#words.fill(0, (at + Record.packets) / 4, (at + Record.byteLength) / 4);
  }

  /** True when the packets of a record become what the path says, wherever that is sent. */
  isAsWritten(record: number, path: FlowPath): boolean {
    this.write(NoRecord, path);
    const [left, right] = [this.#at(record), this.#at(NoRecord)];
    const fields = [Record.newSource, Record.newDestination, Record.newPorts, Record.mtu];
    return fields.every(
      (field) => this.#words[(left + field) / 4] === this.#words[(right + field) / 4],
    );
  }

  /** The record of the flow whose packets look like those of `record`; `NoRecord` when none is shown. */
  findLike(record: number): number {
    const hash = this.#hashOf(record);
    const way = this.#findWay(hash);
    if (way < 0) return NoRecord;
    const found = (this.#words[way] ?? 0) & RecordMask;
    return this.#isAlike(found, record) ? found : NoRecord;
  }

  /**
   * Shows a record to the program. False when its bucket is full, or has one of the same tag, between which the program could
   * not tell: one of the same flow, for example.
   */
  show(record: number): boolean {
    const hash = this.#hashOf(record);
    if (this.#findWay(hash) >= 0) return false;
    const bucket = this.#bucketOf(hash);
    for (let way = bucket; way < bucket + Bucket.ways; way += 1) {
      if (this.#words[way] !== 0) continue;
      Atomics.store(this.#words, way, (record | (tagOf(hash) << Way.recordBits)) >>> 0);
      return true;
    }
    return false;
  }

  /** Hides a record. A packet that the program has in hand at this moment may still be carried, and counted. */
  hide(record: number): void {
    const hash = this.#hashOf(record);
    const way = this.#findWay(hash);
    if (way >= 0 && ((this.#words[way] ?? 0) & RecordMask) === record) {
      Atomics.store(this.#words, way, 0);
    }
  }

  /** True when packets of the record go to this MAC address. */
  goesTo(record: number, macHigh: number, macLow: number): boolean {
    const at = this.#at(record) + Record.macs;
    return this.#view.getUint16(at) === macHigh && this.#view.getUint32(at + 2) === macLow;
  }

  packets(record: number): number {
    return this.#count((this.#at(record) + Record.packets) / 4);
  }

  bytes(record: number): number {
    return this.#count((this.#at(record) + Record.bytes) / 4);
  }

  /** The tick of the last packet; without one it means nothing. */
  lastUsed(record: number): number {
    return Atomics.load(this.#words, (this.#at(record) + Record.lastUsed) / 4);
  }

  /** A count of 64 bits, which may move on between the reading of its halves. */
  #count(word: number): number {
    for (;;) {
      const high = Atomics.load(this.#words, word + 1);
      const low = Atomics.load(this.#words, word);
      if (Atomics.load(this.#words, word + 1) === high) return high * 0x1_0000_0000 + low;
    }
  }

  #at(record: number): number {
    return this.#recordsAt + record * Record.byteLength;
  }

  #isAlike(one: number, other: number): boolean {
    const [left, right] = [this.#at(one), this.#at(other)];
    const fields = [Record.source, Record.destination, Record.ports];
    return (
      fields.every(
        (field) => this.#words[(left + field) / 4] === this.#words[(right + field) / 4],
      ) &&
      this.#view.getUint8(left + Record.protocol) === this.#view.getUint8(right + Record.protocol)
    );
  }

  /** The same sum as the program's. */
  #hashOf(record: number): number {
    const at = this.#at(record);
    const first = at / 4;
    let hash = mix(this.#seed ^ (this.#words[first] ?? 0));
    hash = mix(hash ^ (this.#words[first + 1] ?? 0));
    hash = mix(hash ^ (this.#words[first + 2] ?? 0));
    hash = Math.imul(hash ^ this.#view.getUint8(at + Record.protocol), Hash.last);
    return (hash ^ (hash >>> Hash.lastShift)) >>> 0;
  }

  /** The word of the first way of a bucket. */
  #bucketOf(hash: number): number {
    return (BucketsAt + (hash & (this.#buckets - 1)) * Bucket.byteLength) / 4;
  }

  /** The way in use with the tag of a hash, or -1. */
  #findWay(hash: number): number {
    const bucket = this.#bucketOf(hash);
    const tag = tagOf(hash);
    for (let way = bucket; way < bucket + Bucket.ways; way += 1) {
      const word = this.#words[way] ?? 0;
      if (word >>> Way.recordBits === tag) return way;
    }
    return -1;
  }
}

/** Never 0, so that it is not that of an empty way. */
const tagOf = (hash: number): number => (hash >>> Way.recordBits) | 1;

function mix(word: number): number {
  const product = Math.imul(word, Hash.multiplier);
  return product ^ (product >>> Hash.shift);
}

const isRewritten = (path: FlowPath): boolean =>
  path.source !== path.newSource ||
  path.destination !== path.newDestination ||
  path.sourcePort !== path.newSourcePort ||
  path.destinationPort !== path.newDestinationPort;

function changeBy(path: FlowPath): number {
  if (path.wrapping !== Wrapping.none) return path.wrapping;
  if (!isRewritten(path)) return 0;
  return path.protocol === Udp ? ChecksumAt.udp : ChecksumAt.tcp;
}
