import * as checksums from '../wire/checksum.js';
import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import { SegmentKind, type Packet } from '../wire/packet.js';
import { checksumOffset } from '../wire/rewrite.js';
import * as tcp from '../wire/tcp.js';
import * as udp from '../wire/udp.js';
import {
  findWay,
  hashOfIpv4,
  hashOfIpv6,
  Head,
  Holdings,
  Ipv6Bit,
  NoWay,
  OverIpv6,
  Record,
  RecordMask,
  shapeOf,
  Wide,
  Wrapping,
} from './flow-layout.js';
import type { Interface } from './interfaces.js';
import type { OffloadPlace } from './offload.js';

/** The packet is not carried: it goes up as it came. */
export const Up = 0;

/** Words of a record, and where its fields are in them. */
const RecordWords = Record.byteLength / 4;
const WideWords = Wide.byteLength / 4;
const At = {
  source: Record.source / 4,
  destination: Record.destination / 4,
  ports: Record.ports / 4,
  newSource: Record.newSource / 4,
  newDestination: Record.newDestination / 4,
  newPorts: Record.newPorts / 4,
  macs: Record.macs / 4,
  device: Record.device / 4,
  lastUsed: Record.lastUsed / 4,
  kind: Record.kindWord / 4,
  packets: Record.packets / 4,
  bytes: Record.bytes / 4,
} as const;
/** In the word of the kind: the longest packet, the kind behind it, and the change on top. */
const KindWord = { mtu: 0xffff, kindShift: 16, changeShift: 24 } as const;
const LastWrapping = Wrapping.gue + OverIpv6;

/** Offsets in an IP header, and behind it. */
const Ipv4Field = { fragment: 6, ttl: 8, protocol: 9, checksum: 10, source: 12, destination: 16 };
const Ipv6Field = { payload: 4, nextHeader: 6, hopLimit: 7, addresses: 8 } as const;
const AddressWords = Wide.words;
const ShortestHeader = 0x45;
const AnyFragment = 0x3fff;
const ShortestFrame = ethernet.HeaderLength + ipv4.MinimumHeaderLength + udp.HeaderLength;
const ChangingFlags = tcp.Flag.fin | tcp.Flag.syn | tcp.Flag.rst | tcp.Flag.ack;
/** What a hop less means to the sum of an IPv4 header: its word is one less in the order of bytes that is read here. */
const HopTaken = 0xfffe;
/** From here on a count may pass 32 bits while it is added to. */
const NearlyFull = 0xf000_0000;

/**
 * What the flow program does in the kernel (bpf/flow-program.ts), in this process: carries packets of the flows that are in the
 * table. Several threads may do that at once, each with a carrier of its own on the same memory. What needs thought goes up
 * untouched; here that is also what is wrapped into a tunnel.
 *
 * All numbers of packets are read as they stand in memory, lowest byte first, as in the table: sums do not mind (RFC 1071 §2).
 */
export class FlowCarrier {
  readonly #words: Uint32Array;
  readonly #longs: BigUint64Array;
  readonly #bytes: Uint8Array;
  readonly #seed: number;
  readonly #buckets: number;
  readonly #recordsAt: number;
  readonly #wideAt: number;
  readonly #isAlone: boolean;

  /** `isAlone` says that no other thread counts in this memory, or reads what is counted. */
  constructor(
    { memory, records, seed }: Pick<OffloadPlace, 'memory' | 'records' | 'seed'>,
    { isAlone }: { readonly isAlone: boolean },
  ) {
    this.#isAlone = isAlone;
    const { buckets, recordsAt, wideAt } = shapeOf(records);
    this.#words = new Uint32Array(memory);
    this.#longs = new BigUint64Array(memory);
    this.#bytes = new Uint8Array(memory);
    this.#seed = seed;
    this.#buckets = buckets;
    this.#recordsAt = recordsAt / 4;
    this.#wideAt = wideAt / 4;
  }

  /** True while anything may be carried at all; `tick` is that of the place's clock. */
  isAttended(tick: number): boolean {
    return ((Atomics.load(this.#words, Head.lease / 4) - tick) | 0) >= 0;
  }

  /**
   * Makes a packet what its receiver is to see, and counts and dates it: the device that it is to leave by, or `Up`. To be asked only
   * while `isAttended`. Frames from this node itself must not come here.
   */
  carry(packet: Packet, arrival: Interface, tick: number): number {
    const { view, start, end } = packet;
    if (end - start < ShortestFrame || !this.#isForUs(view, start, arrival)) return Up;
    switch (ethernet.type(view, start)) {
      case ethernet.EtherType.ipv4:
        return this.#carryIpv4(packet, start + ethernet.HeaderLength, tick);
      case ethernet.EtherType.ipv6:
        return this.#carryIpv6(packet, start + ethernet.HeaderLength, tick);
      default:
        return Up;
    }
  }

  /** A packet without options and fragments. */
  #carryIpv4(packet: Packet, ip: number, tick: number): number {
    const { view } = packet;
    const words = this.#words;
    if (view.getUint8(ip) !== ShortestHeader) return Up;
    if ((view.getUint16(ip + Ipv4Field.fragment) & AnyFragment) !== 0) return Up;
    if (view.getUint8(ip + Ipv4Field.ttl) <= 1) return Up;
    const length = ipv4.totalLength(view, ip);
    const protocol = view.getUint8(ip + Ipv4Field.protocol);
    const transport = ip + ipv4.MinimumHeaderLength;
    const room = roomOnLink(packet, ip, transport, length, protocol);
    if (room === 0 || !ipv4.isChecksumValid(view, ip)) return Up;
    const source = view.getUint32(ip + Ipv4Field.source, true);
    const destination = view.getUint32(ip + Ipv4Field.destination, true);
    const ports = view.getUint32(transport, true);
    const record = this.#find(hashOfIpv4(this.#seed, source, destination, ports, protocol));
    if (record === 0) return Up;
    const isSame =
      words[record + At.source] === source &&
      words[record + At.destination] === destination &&
      words[record + At.ports] === ports;
    if (!isSame || !this.#suits(record, protocol, room)) return Up;

    packet.end = ip + length;
    this.#count(record, length, tick);
    const newSource = words[record + At.newSource] ?? 0;
    const newDestination = words[record + At.newDestination] ?? 0;
    const change =
      checksums.change32(source, newSource) + checksums.change32(destination, newDestination);
    view.setUint32(ip + Ipv4Field.source, newSource, true);
    view.setUint32(ip + Ipv4Field.destination, newDestination, true);
    view.setUint8(ip + Ipv4Field.ttl, view.getUint8(ip + Ipv4Field.ttl) - 1);
    const sum = view.getUint16(ip + Ipv4Field.checksum, true);
    view.setUint16(ip + Ipv4Field.checksum, checksums.adjust(sum, change + HopTaken), true);
    return this.#finish(packet, record, transport, change);
  }

  /** A packet without headers between that of IP and that of the transport. */
  #carryIpv6(packet: Packet, ip: number, tick: number): number {
    const { view } = packet;
    const words = this.#words;
    const transport = ip + ipv6.HeaderLength;
    if (transport + udp.HeaderLength > packet.end || view.getUint8(ip) >> 4 !== 6) return Up;
    if (view.getUint8(ip + Ipv6Field.hopLimit) <= 1) return Up;
    const length = ipv6.HeaderLength + view.getUint16(ip + Ipv6Field.payload);
    const protocol = view.getUint8(ip + Ipv6Field.nextHeader);
    const room = roomOnLink(packet, ip, transport, length, protocol);
    if (room === 0) return Up;
    const addresses = ip + Ipv6Field.addresses;
    const kind = protocol | Ipv6Bit;
    const record = this.#find(hashOfIpv6(this.#seed, view, addresses, transport, protocol));
    if (record === 0 || words[record + At.ports] !== view.getUint32(transport, true)) return Up;
    const wide = this.#wideAt + ((record - this.#recordsAt) / RecordWords) * WideWords;
    for (let word = 0; word < AddressWords; word += 1) {
      if (words[wide + word] !== view.getUint32(addresses + word * 4, true)) return Up;
    }
    if (!this.#suits(record, kind, room)) return Up;

    packet.end = ip + length;
    this.#count(record, length, tick);
    let change = 0;
    for (let word = 0; word < AddressWords; word += 1) {
      const at = addresses + word * 4;
      const after = words[wide + Wide.newSource / 4 + word] ?? 0;
      change += checksums.change32(view.getUint32(at, true), after);
      view.setUint32(at, after, true);
    }
    view.setUint8(ip + Ipv6Field.hopLimit, view.getUint8(ip + Ipv6Field.hopLimit) - 1);
    return this.#finish(packet, record, transport, change);
  }

  /** Writes the ports, the checksum of the transport and the MAC addresses; `change` is that of the addresses. */
  #finish(packet: Packet, record: number, transport: number, change: number): number {
    const { view, start } = packet;
    const words = this.#words;
    const kind = words[record + At.kind] ?? 0;
    if (kind >>> KindWord.changeShift !== 0) {
      const before = view.getUint32(transport, true);
      const after = words[record + At.newPorts] ?? 0;
      view.setUint32(transport, after, true);
      const protocol = (kind >>> KindWord.kindShift) & ~Ipv6Bit & 0xff;
      const field = transport + checksumOffset(protocol);
      const sum = view.getUint16(field, true);
      if (packet.checksumFrom !== 0) {
        view.setUint16(field, checksums.adjustUnfinished(sum, change), true);
      } else if (sum !== 0 || protocol !== ipv4.Protocol.udp) {
        const adjusted = checksums.adjust(sum, change + checksums.change32(before, after));
        const isNone = adjusted === 0 && protocol === ipv4.Protocol.udp;
        view.setUint16(field, isNone ? 0xffff : adjusted, true);
      }
    }
    for (let word = 0; word < 3; word += 1) {
      view.setUint32(start + word * 4, words[record + At.macs + word] ?? 0, true);
    }
    return words[record + At.device] ?? Up;
  }

  /** Where the record is whose way has the tag of a hash; 0 when there is none. */
  #find(hash: number): number {
    const way = findWay(this.#words, this.#buckets, hash);
    if (way === NoWay) return 0;
    return this.#recordsAt + ((this.#words[way] ?? 0) & RecordMask) * RecordWords;
  }

  /** True when the packet is of the record's kind and there is room for it on its way. */
  #suits(record: number, kind: number, room: number): boolean {
    const word = this.#words[record + At.kind] ?? 0;
    const change = word >>> KindWord.changeShift;
    return (
      ((word >>> KindWord.kindShift) & 0xff) === kind &&
      room <= (word & KindWord.mtu) &&
      (change === 0 || change > LastWrapping)
    );
  }

  #count(record: number, length: number, tick: number): void {
    if (this.#isAlone) {
      this.#words[record + At.lastUsed] = tick;
      this.#increase(record + At.packets, 1);
      this.#increase(record + At.bytes, length);
    } else {
      Atomics.store(this.#words, record + At.lastUsed, tick);
      this.#add(record + At.packets, 1);
      this.#add(record + At.bytes, length);
    }
  }

  /** Adds to a count of 64 bits that nobody else touches: each of `Atomics` is a call. */
  #increase(word: number, amount: number): void {
    const count = this.#words[word] ?? 0;
    if (count < NearlyFull) this.#words[word] = count + amount;
    else this.#longs[word / 2] = (this.#longs[word / 2] ?? 0n) + BigInt(amount);
  }

  /** Adds to a count of 64 bits, whose reader must never see half of it moved on. */
  #add(word: number, amount: number): void {
    if ((this.#words[word] ?? 0) < NearlyFull) Atomics.add(this.#words, word, amount);
    else Atomics.add(this.#longs, word / 2, BigInt(amount));
  }

  /** True for a frame to the interface, or to a virtual MAC address that this node holds there. */
  #isForUs(view: DataView, start: number, { index, mac }: Interface): boolean {
    const high = ethernet.destinationHigh(view, start);
    const low = ethernet.destinationLow(view, start);
    if (high === mac.high && low === mac.low) return true;
    if (high !== 0 || index >= Holdings.interfaces) return false;
    const family = ((low >>> 8) & 0xff) - 1;
    if (low >>> 16 !== VirtualPrefix || family < 0 || family > 1) return false;
    const holdings = Head.holdings + index * Holdings.byteLength + family * Holdings.familyLength;
    const router = low & 0xff;
    return (((this.#bytes[holdings + (router >> 3)] ?? 0) >> (router & 7)) & 1) !== 0;
  }
}

/** What the MAC addresses of virtual routers begin with, behind two bytes of zero (RFC 9568 §7.3). */
const VirtualPrefix = 0x5e00;

/**
 * The length of the packet on a link, or of each segment of a super-frame; 0 for one that has to go up: its headers are damaged, it
 * is more than data of a connection, or what its sender has left undone is not the checksum of its transport.
 */
function roomOnLink(
  packet: Packet,
  ip: number,
  transport: number,
  length: number,
  protocol: number,
): number {
  const { view, checksumFrom, segmentSize, segmentKind } = packet;
  const end = ip + length;
  if (end > packet.end) return 0;
  let headers: number = udp.HeaderLength;
  if (protocol === ipv4.Protocol.udp) {
    if (!udp.isValid(view, transport, end)) return 0;
  } else {
    if (protocol !== ipv4.Protocol.tcp || !tcp.isValid(view, transport, end)) return 0;
    if ((tcp.flags(view, transport) & ChangingFlags) !== tcp.Flag.ack) return 0;
    headers = tcp.headerLength(view, transport);
  }
  if (checksumFrom === 0) return length;
  if (checksumFrom !== transport) return 0;
  if (packet.checksumField !== transport + checksumOffset(protocol)) return 0;
  if (segmentSize === 0) return length;
  const isOfTcp = segmentKind === SegmentKind.tcp4 || segmentKind === SegmentKind.tcp6;
  const isRight = protocol === ipv4.Protocol.tcp ? isOfTcp : segmentKind === SegmentKind.udp;
  if (!isRight) return 0;
  return transport - ip + headers + segmentSize;
}
