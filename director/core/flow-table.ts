import { Family } from '../wire/flow.js';
import { checksumOffset } from '../wire/rewrite.js';
import {
  Bucket,
  bucketOf,
  findWay,
  finishHash,
  Head,
  Holdings,
  Ipv6Bit,
  kindOf,
  mix,
  NoWay,
  OverIpv6,
  Record,
  RecordMask,
  shapeOf,
  tagOf,
  Way,
  Wide,
  Wrapping,
} from './flow-layout.js';
import type { Interface } from './interfaces.js';
import type { Neighbour } from './neighbours.js';

/** One direction of a flow: a packet with these endpoints leaves with those, to that neighbour. */
export interface FlowPath {
  family: Family;
  protocol: number;
  /** Addresses as in `address-words.ts`: four words, of which IPv4 has the last. */
  source: Uint32Array;
  destination: Uint32Array;
  sourcePort: number;
  destinationPort: number;
  /** Of the new addresses: another than that of the packet only where that is wrapped. */
  newFamily: Family;
  newSource: Uint32Array;
  newDestination: Uint32Array;
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
  family: Family.ipv4,
  protocol: 0,
  source: new Uint32Array(4),
  destination: new Uint32Array(4),
  sourcePort: 0,
  destinationPort: 0,
  newFamily: Family.ipv4,
  newSource: new Uint32Array(4),
  newDestination: new Uint32Array(4),
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

/** Offsets in a frame: of the transport, behind the shortest header of IP. */
const TransportAt = { [Family.ipv4]: 34, [Family.ipv6]: 54 } as const;

/** Where both addresses of a packet are, and those that it leaves with, by family. */
const Old = { narrow: Record.source, wide: Wide.source } as const;
const New = { narrow: Record.newSource, wide: Wide.newSource } as const;
/** Words from the new ports to the device. */
const LeavingWords = (Record.lastUsed - Record.newPorts) / 4;
/** Words that addresses take. */
const PairWords = { ipv4: 2, ipv6: Wide.words } as const;

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
  readonly #wideAt: number;

  /** `memory` is zero, and as long as `shapeOf` says. The seed is the program's. */
  constructor(memory: ArrayBuffer, records: number, seed: number) {
    const { buckets, recordsAt, wideAt } = shapeOf(records);
    this.records = records;
    this.#seed = seed;
    this.#buckets = buckets;
    this.#recordsAt = recordsAt;
    this.#wideAt = wideAt;
    this.#words = new Uint32Array(memory);
    this.#view = new DataView(memory);
  }

  /** Nothing is carried after this tick. */
  set lease(tick: number) {
    Atomics.store(this.#words, Head.lease / 4, tick >>> 0);
  }

  /** This node holds a virtual MAC address on an interface, or no longer. */
  setHolding({ index }: Interface, macLow: number, isHeld: boolean): void {
    if (index >= Holdings.interfaces) return;
    const [family, router] = [((macLow >>> 8) & 0xff) - 1, macLow & 0xff];
    const start = Head.holdings + index * Holdings.byteLength + family * Holdings.familyLength;
    const at = start + (router >> 3);
    const bit = 1 << (router & 7);
    const byte = this.#view.getUint8(at);
    this.#view.setUint8(at, isHeld ? byte | bit : byte & ~bit);
  }

  /** Writes a path into an unused record, with its counts at zero. The program does not see it yet. */
  write(record: number, path: FlowPath): void {
    const at = this.#at(record);
    const view = this.#view;
    this.#writePair(record, path.family, Old, path.source, path.destination);
    this.#writePair(record, path.newFamily, New, path.newSource, path.newDestination);
    view.setUint16(at + Record.ports, path.sourcePort);
    view.setUint16(at + Record.ports + 2, path.destinationPort);
    view.setUint16(at + Record.newPorts, path.newSourcePort);
    view.setUint16(at + Record.newPorts + 2, path.newDestinationPort);
    view.setUint16(at + Record.macs, path.toHigh);
    view.setUint32(at + Record.macs + 2, path.toLow);
    view.setUint16(at + Record.macs + 6, path.fromHigh);
    view.setUint32(at + Record.macs + 8, path.fromLow);
    view.setUint32(at + Record.device, path.device, true);
    view.setUint16(at + Record.mtu, Math.min(path.mtu, 0xffff), true);
    view.setUint8(at + Record.kind, kindOf(path.protocol, path.family));
    view.setUint8(at + Record.change, changeBy(path));
    this.#words.fill(0, (at + Record.packets) / 4, (at + Record.byteLength) / 4);
  }

  /** Writes two addresses where those of their family stand in a record. */
  #writePair(
    record: number,
    family: Family,
    fields: typeof Old | typeof New,
    first: Uint32Array,
    second: Uint32Array,
  ): void {
    const isWide = family === Family.ipv6;
    const at = isWide ? this.#wide(record) + fields.wide : this.#at(record) + fields.narrow;
    const from = isWide ? 0 : 3;
    const length = (4 - from) * 4;
    for (let word = from; word < 4; word += 1) {
      const place = at + (word - from) * 4;
      this.#view.setUint32(place, first[word] ?? 0);
      this.#view.setUint32(place + length, second[word] ?? 0);
    }
  }

  /** True when the packets of a record become what the path says, and leave as it says. */
  isAsWritten(record: number, path: FlowPath): boolean {
    this.write(NoRecord, path);
    const [left, right] = [this.#at(record), this.#at(NoRecord)];
    // Ports, MAC addresses and the device are one behind the other.
    if (!this.#isEqual(left + Record.newPorts, right + Record.newPorts, LeavingWords)) return false;
    if (!this.#isEqual(left + Record.kindWord, right + Record.kindWord)) return false;
    if (path.newFamily === Family.ipv4) {
      return this.#isEqual(left + New.narrow, right + New.narrow, PairWords.ipv4);
    }
    const [wideLeft, wideRight] = [this.#wide(record), this.#wide(NoRecord)];
    return this.#isEqual(wideLeft + New.wide, wideRight + New.wide, PairWords.ipv6);
  }

  /** The record of the flow whose packets look like those of `record`; `NoRecord` when none is shown. */
  findLike(record: number): number {
    const hash = this.#hashOf(record);
    const way = findWay(this.#words, this.#buckets, hash);
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
    if (findWay(this.#words, this.#buckets, hash) !== NoWay) return false;
    const bucket = bucketOf(hash, this.#buckets);
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
    const way = findWay(this.#words, this.#buckets, hash);
    if (way >= 0 && ((this.#words[way] ?? 0) & RecordMask) === record) {
      Atomics.store(this.#words, way, 0);
    }
  }

  /** True when packets of the record go to this MAC address by this device. */
  goesTo(record: number, { macHigh, macLow }: Neighbour, device: number): boolean {
    const at = this.#at(record);
    return (
      this.#view.getUint16(at + Record.macs) === macHigh &&
      this.#view.getUint32(at + Record.macs + 2) === macLow &&
      this.#view.getUint32(at + Record.device, true) === device
    );
  }

  /** The lower 32 bits of their count, for who asks more often than they overflow. */
  packets(record: number): number {
    return this.#words[(this.#at(record) + Record.packets) / 4] ?? 0;
  }

  /** All 64 bits of their count, which may move on between the reading of its halves. */
  bytes(record: number): number {
    const word = (this.#at(record) + Record.bytes) / 4;
    for (;;) {
      const high = Atomics.load(this.#words, word + 1);
      const low = Atomics.load(this.#words, word);
      if (Atomics.load(this.#words, word + 1) === high) return high * 0x1_0000_0000 + low;
    }
  }

  /** The tick of the last packet; without one it means nothing. */
  lastUsed(record: number): number {
    return this.#words[(this.#at(record) + Record.lastUsed) / 4] ?? 0;
  }

  #at(record: number): number {
    return this.#recordsAt + record * Record.byteLength;
  }

  #wide(record: number): number {
    return this.#wideAt + record * Wide.byteLength;
  }

  #isAlike(one: number, other: number): boolean {
    const [left, right] = [this.#at(one), this.#at(other)];
    const kind = this.#view.getUint8(left + Record.kind);
    if (kind !== this.#view.getUint8(right + Record.kind)) return false;
    if (!this.#isEqual(left + Record.ports, right + Record.ports)) return false;
    if ((kind & Ipv6Bit) === 0) return this.#isEqual(left, right, PairWords.ipv4);
    return this.#isEqual(this.#wide(one), this.#wide(other), PairWords.ipv6);
  }

  #isEqual(left: number, right: number, words = 1): boolean {
    for (let word = 0; word < words; word += 1) {
      if (this.#words[left / 4 + word] !== this.#words[right / 4 + word]) return false;
    }
    return true;
  }

  /** The same sum as the program's. */
  #hashOf(record: number): number {
    const at = this.#at(record);
    const kind = this.#view.getUint8(at + Record.kind);
    const isWide = (kind & Ipv6Bit) !== 0;
    const first = (isWide ? this.#wide(record) : at) / 4;
    const words = isWide ? PairWords.ipv6 : PairWords.ipv4;
    let hash = this.#seed;
    for (let word = first; word < first + words; word += 1) {
      hash = mix(hash ^ (this.#words[word] ?? 0));
    }
    hash = mix(hash ^ (this.#words[(at + Record.ports) / 4] ?? 0));
    return finishHash(hash, kind);
  }
}

function isRewritten(path: FlowPath): boolean {
  const { source, destination, newSource, newDestination } = path;
  for (let word = 0; word < 4; word += 1) {
    if (source[word] !== newSource[word] || destination[word] !== newDestination[word]) return true;
  }
  return path.sourcePort !== path.newSourcePort || path.destinationPort !== path.newDestinationPort;
}

function changeBy(path: FlowPath): number {
  if (path.wrapping !== Wrapping.none) {
    return path.newFamily === Family.ipv6 ? path.wrapping + OverIpv6 : path.wrapping;
  }
  return isRewritten(path) ? TransportAt[path.family] + checksumOffset(path.protocol) : 0;
}
