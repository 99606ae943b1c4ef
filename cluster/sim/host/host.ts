import type { Prng } from '../../../director/base/prng.js';
import type { AddressWords } from '../../../director/wire/address-words.js';
import * as checksums from '../../../director/wire/checksum.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import {
  Family,
  Flow,
  Parse,
  parseInner,
  parseIpv4,
  parseIpv6,
} from '../../../director/wire/flow.js';
import * as icmp from '../../../director/wire/icmp.js';
import * as ipv4 from '../../../director/wire/ipv4.js';
import * as ipv6 from '../../../director/wire/ipv6.js';
import type { Packet } from '../../../director/wire/packet.js';
import * as udp from '../../../director/wire/udp.js';
import type { EventQueue } from '../event-queue.js';
import { newFrame } from '../network/frame.js';
import { NeighbourCache } from './neighbour-cache.js';
import { askFor, receiveArp, receiveNeighbourMessage } from './neighbour-messages.js';
import { isSameAddress, type NetworkCard } from './network-card.js';
import type { NextStep, Routes } from './routes.js';
import { TcpStack, type PacketEnds, type PacketSender } from './tcp-stack.js';

/** A datagram for a port of this host, with valid checksums. The bytes are nobody else's. */
export type UdpHandler = (bytes: Uint8Array, flow: Flow) => void;

/** What a host is made of. */
export interface HostOptions {
  readonly name: string;
  readonly cards: readonly NetworkCard[];
  readonly routes: Routes;
  /** Addresses that it takes packets for and answers no ARP for: the VIPs of direct routing on `lo`. */
  readonly loopback: readonly AddressWords[];
}

const HopLimit = 64;
const TcpHeader = 20;

/**
 * A machine with its kernel: ARP and neighbour discovery, routes, TCP, UDP, ping. It knows no virtual address of a
 * director, because those never do either. Programs use its ports; a director's process also captures frames.
 */
export class Host implements PacketSender {
  readonly name: string;
  readonly queue: EventQueue;
  readonly cards: readonly NetworkCard[];
  readonly tcp: TcpStack;
  neighbours: NeighbourCache;
  readonly #prng: Prng;
  /** False: no power. Nothing is heard and nothing said. */
  isUp = true;
  /** Packets that were dropped because a checksum was wrong. */
  damaged = 0;
  /** Who captures frames, before the kernel takes them. */
  capture: ((card: NetworkCard, frame: Packet) => void) | undefined;
  /** Who reads IP protocol 112. */
  readVrrp: ((card: NetworkCard, frame: Packet, flow: Flow) => void) | undefined;
  readonly #routes: Routes;
  readonly #loopback: readonly AddressWords[];
  readonly #udpPorts = new Map<number, UdpHandler>();
  readonly #flow = new Flow();
  /** What an ICMP error quotes. */
  readonly #inner = new Flow();
  #identification = 0;

  constructor({ name, cards, routes, loopback }: HostOptions, queue: EventQueue, prng: Prng) {
    this.name = name;
    this.queue = queue;
    this.cards = cards;
    this.#routes = routes;
    this.#loopback = loopback;
    this.#prng = prng;
    this.neighbours = new NeighbourCache(queue, prng.split(), askFor);
    this.tcp = new TcpStack(this, prng.split());
  }

  bindUdp(port: number, handler: UdpHandler): void {
    this.#udpPorts.set(port, handler);
  }

  unbindUdp(port: number): void {
    this.#udpPorts.delete(port);
  }

  /** All programs end, all connections vanish: a machine without power. */
  powerOff(): void {
    this.isUp = false;
    this.tcp.vanish();
    this.#udpPorts.clear();
    this.capture = undefined;
    this.readVrrp = undefined;
  }

  /** The machine boots: it remembers nothing. */
  powerOn(): void {
    this.isUp = true;
    this.neighbours = new NeighbourCache(this.queue, this.#prng.split(), askFor);
  }

  /** True for an address that packets are taken for. */
  isOwn(family: Family, words: Uint32Array): boolean {
    for (const card of this.cards) if (card.has(family, words)) return true;
    for (const own of this.#loopback) {
      if (own.family === family && isSameAddress(own.words, words)) return true;
    }
    return false;
  }

  /** A frame has come out of a card's channel. */
  receive(card: NetworkCard, frame: Packet): void {
    if (!this.isUp || !card.accepts(frame)) return;
    this.capture?.(card, frame);
    switch (ethernet.type(frame.view, frame.start)) {
      case ethernet.EtherType.arp:
        receiveArp(this.neighbours, card, frame);
        return;
      case ethernet.EtherType.ipv4:
        this.#receiveIp(card, frame, parseIpv4(frame, this.#flow));
        return;
      case ethernet.EtherType.ipv6:
        this.#receiveIp(card, frame, parseIpv6(frame, this.#flow));
        return;
      default:
    }
  }

  #receiveIp(card: NetworkCard, frame: Packet, parsed: Parse): void {
    const flow = this.#flow;
    if (parsed === Parse.malformed) this.damaged += 1;
    if (parsed === Parse.malformed || parsed === Parse.laterFragment) return;
    if (!isMulticast(flow) && !this.isOwn(flow.family, flow.destination)) return;
    if (parsed === Parse.icmp) this.#receiveIcmp(card, frame);
    else if (parsed === Parse.ok) this.#receiveSegment(frame);
    else if (flow.protocol === ipv4.Protocol.vrrp) this.readVrrp?.(card, frame, flow);
    else if (flow.protocol === ipv4.Protocol.ipip) this.#unwrap(card, frame);
  }

  #receiveSegment(frame: Packet): void {
    const flow = this.#flow;
    if (!isTransportValid(frame, flow)) {
      this.damaged += 1;
      return;
    }
    if (flow.protocol === ipv4.Protocol.tcp) this.tcp.receive(frame, flow);
    if (flow.protocol !== ipv4.Protocol.udp) return;
    const handler = this.#udpPorts.get(flow.destinationPort);
    handler?.(frame.bytes.slice(flow.transport + udp.HeaderLength, flow.end), flow);
  }

  /** Takes what a director has put into a tunnel for this real server. */
  #unwrap(card: NetworkCard, frame: Packet): void {
    const { transport, end } = this.#flow;
    const inner = newFrame(ethernet.HeaderLength + end - transport);
    const header = frame.bytes.subarray(frame.start, frame.start + ethernet.HeaderLength);
    inner.bytes.set(header, inner.start);
    inner.bytes.set(frame.bytes.subarray(transport, end), inner.start + ethernet.HeaderLength);
    this.#receiveIp(card, inner, parseIpv4(inner, this.#flow));
  }

  #receiveIcmp(card: NetworkCard, frame: Packet): void {
    const flow = this.#flow;
    if (flow.family === Family.ipv6) {
      receiveNeighbourMessage(this.neighbours, card, frame, flow);
      return;
    }
    const { view } = frame;
    if (!icmp.isChecksumValid(view, flow.transport, flow.end)) return;
    if (icmp.isError(icmp.type(view, flow.transport))) {
      this.#receiveError(frame);
      return;
    }
    if (icmp.type(view, flow.transport) !== icmp.Type.echoRequest) return;
    const length = flow.end - flow.transport;
    const ends = { source: flow.destination.slice(), destination: flow.source.slice() };
    const step = this.route(Family.ipv4, ends.source, ends.destination);
    if (step === undefined) return;
    const reply = this.compose(Family.ipv4, ends, ipv4.Protocol.icmp, length);
    const transport = reply.start + this.transportOf(Family.ipv4);
    reply.bytes.set(frame.bytes.subarray(flow.transport, flow.end), transport);
    icmp.setType(reply.view, transport, icmp.Type.echoReply);
    this.dispatch(reply, step, ends.destination, Family.ipv4);
  }

  /** Somebody on the way could not carry a packet of ours: TCP sends shorter ones, or learns that nobody is there. */
  #receiveError({ view }: Packet): void {
    const { transport, end } = this.#flow;
    const quote = transport + icmp.HeaderLength;
    if (parseInner(view, quote, end, this.#inner) !== Parse.ok) return;
    if (this.#inner.protocol !== ipv4.Protocol.tcp) return;
    const connection = this.tcp.find({
      family: Family.ipv4,
      local: this.#inner.source,
      localPort: this.#inner.sourcePort,
      remote: this.#inner.destination,
      remotePort: this.#inner.destinationPort,
    });
    if (icmp.type(view, transport) !== icmp.Type.unreachable) return;
    const code = icmp.code(view, transport);
    const headers = ipv4.MinimumHeaderLength + TcpHeader;
    if (code === icmp.Unreachable.fragmentationNeeded) {
      connection?.lowerPayload(icmp.nextHopMtu(view, transport) - headers);
    } else if (code === icmp.Unreachable.port) connection?.refuse();
  }

  // Sending

  route(family: Family, source: Uint32Array, destination: Uint32Array): NextStep | undefined {
    return this.#routes.find(family, source, destination);
  }

  transportOf(family: Family): number {
    const header = family === Family.ipv4 ? ipv4.MinimumHeaderLength : ipv6.HeaderLength;
    return ethernet.HeaderLength + header;
  }

  compose(family: Family, ends: PacketEnds, protocol: number, length: number): Packet {
    const frame = newFrame(this.transportOf(family) + length);
    const { view, start } = frame;
    const network = start + ethernet.HeaderLength;
    ethernet.setType(
      view,
      start,
      family === Family.ipv4 ? ethernet.EtherType.ipv4 : ethernet.EtherType.ipv6,
    );
    if (family === Family.ipv4) {
      this.#identification = (this.#identification + 1) & 0xffff;
      ipv4.write(view, network, {
        totalLength: ipv4.MinimumHeaderLength + length,
        identification: this.#identification,
        dontFragment: true,
        ttl: HopLimit,
        protocol,
        source: ends.source[3] ?? 0,
        destination: ends.destination[3] ?? 0,
      });
    } else {
      const fields = { payloadLength: length, nextHeader: protocol, hopLimit: HopLimit, ...ends };
      ipv6.write(view, network, fields);
    }
    return frame;
  }

  pseudoHeader({ view, start }: Packet, family: Family, protocol: number, length: number): number {
    const network = start + ethernet.HeaderLength;
    return family === Family.ipv4
      ? ipv4.pseudoHeaderSum(view, network, length)
      : ipv6.pseudoHeaderSum(view, network, protocol, length);
  }

  dispatch(
    frame: Packet,
    { card, gateway }: NextStep,
    destination: Uint32Array,
    family: Family,
  ): void {
    if (!this.isUp) return;
    ethernet.setSource(frame.view, frame.start, card.mac.high, card.mac.low);
    this.neighbours.send(card, family, gateway ?? destination, frame);
  }

  confirm({ gateway }: NextStep, family: Family, destination: Uint32Array): void {
    this.neighbours.confirm(family, gateway ?? destination);
  }

  /** Sends a datagram from an address of this host; false without a way. */
  sendUdp(family: Family, ends: PacketEnds, ports: UdpPorts, bytes: Uint8Array): boolean {
    const step = this.route(family, ends.source, ends.destination);
    if (step === undefined) return false;
    const frame = this.#datagram(family, ends, ports, bytes);
    this.dispatch(frame, step, ends.destination, family);
    return true;
  }

  /** Sends a datagram to a group, on one card. */
  multicastUdp(card: NetworkCard, ends: PacketEnds, ports: UdpPorts, bytes: Uint8Array): void {
    this.#multicast(card, ends.destination, this.#datagram(Family.ipv4, ends, ports, bytes));
  }

  /** Sends the IP packet of a VRRP message: to a group on the card, or to a neighbour. */
  sendPacket(
    card: NetworkCard,
    family: Family,
    destination: Uint32Array,
    packet: Uint8Array,
  ): void {
    const frame = newFrame(ethernet.HeaderLength + packet.length);
    frame.bytes.set(packet, frame.start + ethernet.HeaderLength);
    const type = family === Family.ipv4 ? ethernet.EtherType.ipv4 : ethernet.EtherType.ipv6;
    ethernet.setType(frame.view, frame.start, type);
    const last = destination[3] ?? 0;
    const isGroup =
      family === Family.ipv4 ? last >>> 28 === 0xe : (destination[0] ?? 0) >>> 24 === 0xff;
    if (isGroup) this.#multicast(card, destination, frame, family);
    else this.dispatch(frame, { card, gateway: undefined }, destination, family);
  }

  #multicast(
    card: NetworkCard,
    group: Uint32Array,
    frame: Packet,
    family: Family = Family.ipv4,
  ): void {
    if (!this.isUp) return;
    const last = group[3] ?? 0;
    if (family === Family.ipv4) {
      ethernet.setDestination(
        frame.view,
        frame.start,
        0x0100,
        (0x5e00_0000 | (last & 0x7f_ffff)) >>> 0,
      );
    } else ethernet.setDestination(frame.view, frame.start, 0x3333, last);
    ethernet.setSource(frame.view, frame.start, card.mac.high, card.mac.low);
    card.send(frame);
  }

  #datagram(family: Family, ends: PacketEnds, ports: UdpPorts, bytes: Uint8Array): Packet {
    const length = udp.HeaderLength + bytes.length;
    const frame = this.compose(family, ends, ipv4.Protocol.udp, length);
    const transport = frame.start + this.transportOf(family);
    udp.write(frame.view, transport, ports.source, ports.destination, length);
    frame.bytes.set(bytes, transport + udp.HeaderLength);
    const sum = this.pseudoHeader(frame, family, ipv4.Protocol.udp, length);
    udp.setChecksum(frame.view, transport, frame.end, sum);
    return frame;
  }
}

export interface UdpPorts {
  readonly source: number;
  readonly destination: number;
}

const isMulticast = ({ family, destination }: Flow): boolean =>
  family === Family.ipv4
    ? (destination[3] ?? 0) >>> 28 === 0xe
    : (destination[0] ?? 0) >>> 24 === 0xff;

/** Checks the checksum of the segment or datagram that a flow describes. */
export function isTransportValid({ view }: Packet, flow: Flow): boolean {
  const { family, network, transport, end, protocol } = flow;
  if (protocol === ipv4.Protocol.udp && udp.checksum(view, transport) === 0) return true;
  const length = end - transport;
  const pseudo =
    family === Family.ipv4
      ? ipv4.pseudoHeaderSum(view, network, length)
      : ipv6.pseudoHeaderSum(view, network, protocol, length);
  return checksums.fold(checksums.sum(view, transport, end, pseudo)) === 0xffff;
}
