import { Family } from '../wire/flow.js';

/*
 * The table of carried flows: memory that this process shares with a program in the kernel. The program looks up each
 * packet here, rewrites it as it is told and counts it; this process writes flows and reads counts, without a call to the
 * kernel. All numbers are in the machine's order of bytes, lowest first, except what is copied from and into packets.
 *
 *     head     the lease: until when the program may carry anything; and the virtual MAC addresses that this node holds
 *     buckets  words of eight ways each, found by the hash of a packet's endpoints: the number of a record, and a tag
 *     records  64 bytes for one direction of a flow: what its packets look like, what becomes of them, how many there were
 *     wide     64 bytes for each record: its addresses, when they are those of IPv6. IPv4 never touches them
 */

/** Bytes before the buckets: a page. */
const HeadLength = 4_096;
export const Head = { lease: 0, holdings: 64 } as const;

/**
 * The virtual MAC addresses that this node holds on an interface: a bit for each virtual router, first those of IPv4. There is room
 * for so many interfaces.
 */
export const Holdings = {
  byteLength: 64,
  familyLength: 32,
  interfaces: (HeadLength - Head.holdings) / 64,
} as const;

export const Bucket = { ways: 8, byteLength: 32 } as const;
/** A way is the number of a record, and in the upper bits a tag out of the hash. Record 0 is never used. */
export const Way = { recordBits: 21 } as const;
export const RecordMask = (1 << Way.recordBits) - 1;

/** Where the fields of a record are. */
export const Record = {
  byteLength: 64,
  /** What a packet says: addresses, and both ports in one word, as they stand in it. The addresses are those of IPv4. */
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
  /** The word with the next three. */
  kindWord: 44,
  /** The longest IP packet that the interface carries. */
  mtu: 44,
  /** See `kindOf`. */
  kind: 46,
  /** Where in the frame the checksum of the transport is that changes, or a `Wrapping`; 0 when neither. */
  change: 47,
  packets: 48,
  bytes: 56,
} as const;

/** Where addresses of IPv6 are: those of a packet, in the order in which they stand in it, and those when it leaves. */
export const Wide = { byteLength: 64, source: 0, newSource: 32, words: 8 } as const;

/** In the kind of a record: its packets are IPv6. */
export const Ipv6Bit = 0x80;

/** Protocol and family of a record's packets in one byte: TCP and UDP have small numbers. */
export const kindOf = (protocol: number, family: Family): number =>
  family === Family.ipv6 ? protocol | Ipv6Bit : protocol;

/**
 * Packets leave in others, of a tunnel: the new addresses and ports are those of the outer headers. Less than the place of any
 * checksum.
 */
export const Wrapping = { none: 0, ipip: 1, gre: 2, gue: 3 } as const;
export type Wrapping = (typeof Wrapping)[keyof typeof Wrapping];

/** Added to a `Wrapping` whose outer header is one of IPv6: its addresses are wide. */
export const OverIpv6 = 3;

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
): {
  readonly buckets: number;
  readonly recordsAt: number;
  readonly wideAt: number;
  readonly byteLength: number;
} => {
  const buckets = records / 2;
  const recordsAt = HeadLength + buckets * Bucket.byteLength;
  const wideAt = recordsAt + records * Record.byteLength;
  return { buckets, recordsAt, wideAt, byteLength: wideAt + records * Wide.byteLength };
};

export const BucketsAt = HeadLength;

export const MostRecords = 1 << Way.recordBits;

/** How many places for carried connections there can be: each has a record for either direction. */
const Places = { least: 1_024, most: MostRecords / 2 } as const;

/** The places, a power of two, of a table for so many connections. */
export const placesFor = (connections: number): number =>
  Math.min(Math.max(2 ** Math.ceil(Math.log2(connections)), Places.least), Places.most);

/** Never 0, so that it is not that of an empty way. */
export const tagOf = (hash: number): number => (hash >>> Way.recordBits) | 1;

/** A step of the hash, with each word of a packet's endpoints. */
export function mix(word: number): number {
  const product = Math.imul(word, Hash.multiplier);
  return product ^ (product >>> Hash.shift);
}

/** The last step, with the kind of the packet. */
export function finishHash(hash: number, kind: number): number {
  const product = Math.imul(hash ^ kind, Hash.last);
  return (product ^ (product >>> Hash.lastShift)) >>> 0;
}

/** The hash of a packet of IPv4: its words are read as they stand in it, lowest byte first. */
export const hashOfIpv4 = (
  seed: number,
  source: number,
  destination: number,
  ports: number,
  protocol: number,
): number => finishHash(mix(mix(mix(seed ^ source) ^ destination) ^ ports), protocol);

/** The hash of a packet of IPv6, whose addresses begin at `addresses`, and its ports at `transport`. */
export function hashOfIpv6(
  seed: number,
  view: DataView,
  addresses: number,
  transport: number,
  protocol: number,
): number {
  let hash = seed;
  for (let word = 0; word < Wide.words; word += 1) {
    hash = mix(hash ^ view.getUint32(addresses + word * 4, true));
  }
  return finishHash(mix(hash ^ view.getUint32(transport, true)), protocol | Ipv6Bit);
}

/** The word of the first way of the bucket that a hash belongs to. */
export const bucketOf = (hash: number, buckets: number): number =>
  (BucketsAt + (hash & (buckets - 1)) * Bucket.byteLength) / 4;

/** The word of the way in use with the tag of a hash, or `NoWay`. */
export function findWay(words: Uint32Array, buckets: number, hash: number): number {
  const bucket = bucketOf(hash, buckets);
  const tag = tagOf(hash);
  for (let way = bucket; way < bucket + Bucket.ways; way += 1) {
    const word = words[way] ?? 0;
    if (word >>> Way.recordBits === tag) return way;
  }
  return NoWay;
}

export const NoWay = -1;
