import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import { Headroom, LargestFrame, Packet, SegmentKind } from '../wire/packet.js';
import * as tcp from '../wire/tcp.js';
import * as udp from '../wire/udp.js';

/** An endpoint, its address as four words. */
export interface Endpoint {
  readonly family: Family;
  readonly words: Uint32Array;
  readonly port: number;
}

/** Who talks to whom, and what a segment of TCP says. */
export interface Ends {
  readonly protocol: number;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Control bits, of TCP only. */
  readonly flags: number;
}

/** What a frame looks like: how many bytes of data it has, and what its sender left to the network card. */
export interface Shape {
  readonly data: number;
  readonly isUnfinished: boolean;
  /** Of TCP: data for several segments, each of so many bytes. */
  readonly segmentSize?: number;
}

const Sender: ethernet.MacAddress = { high: 0x0200, low: 0x5e00_5301 };
const HopLimit = 64;

/** Frames come in places of their own, one behind the other, as in a ring. */
const PlaceLength = Headroom + LargestFrame;
const Places = 4;

/** A packet with memory for the frames of a rehearsal. */
export const stagePacket = (): Packet => new Packet(new ArrayBuffer(Places * PlaceLength));

/** Makes the packet empty, at the next place. */
function moveOn(packet: Packet): void {
  packet.settle();
  packet.floor = (packet.floor + PlaceLength) % (Places * PlaceLength);
  packet.start = packet.floor + Headroom;
}

/**
 * Writes a frame of a rehearsal into a packet. No checksum is computed but that of the IPv4 header: directors do not look at others,
 * they adjust them.
 */
export function writeSegment(
  packet: Packet,
  to: ethernet.MacAddress,
  { protocol, source, destination, flags }: Ends,
  { data, isUnfinished, segmentSize }: Shape,
): void {
  moveOn(packet);
  const { view, start } = packet;
  const isIpv6 = source.family === Family.ipv6;
  const network = start + ethernet.HeaderLength;
  const transport = network + (isIpv6 ? ipv6.HeaderLength : ipv4.MinimumHeaderLength);
  const isTcp = protocol === ipv4.Protocol.tcp;
  const length = (isTcp ? tcp.MinimumHeaderLength : udp.HeaderLength) + data;
  ethernet.setDestination(view, start, to.high, to.low);
  ethernet.setSource(view, start, Sender.high, Sender.low);
  ethernet.setType(view, start, isIpv6 ? ethernet.EtherType.ipv6 : ethernet.EtherType.ipv4);
  if (isIpv6) {
    ipv6.write(view, network, {
      payloadLength: length,
      nextHeader: protocol,
      hopLimit: HopLimit,
      source: source.words,
      destination: destination.words,
    });
  } else {
    ipv4.write(view, network, {
      totalLength: ipv4.MinimumHeaderLength + length,
      protocol,
      ttl: HopLimit,
      source: source.words[3] ?? 0,
      destination: destination.words[3] ?? 0,
    });
  }
  if (isTcp) {
    view.setUint32(transport + 12, 0);
    view.setUint32(transport + 16, 0);
    tcp.setHeaderLength(view, transport, tcp.MinimumHeaderLength);
    view.setUint8(transport + 13, flags);
    tcp.setSourcePort(view, transport, source.port);
    tcp.setDestinationPort(view, transport, destination.port);
  } else {
    udp.write(view, transport, source.port, destination.port, length);
  }
  packet.end = transport + length;
  if (!isUnfinished) return;
  packet.checksumFrom = transport;
  packet.checksumField = transport + (isTcp ? tcp.ChecksumOffset : udp.ChecksumOffset);
  if (!isTcp || segmentSize === undefined) return;
  packet.segmentSize = segmentSize;
  packet.segmentKind = isIpv6 ? SegmentKind.tcp6 : SegmentKind.tcp4;
}

/** Writes the question of one IPv4 host about another. */
export function writeQuestion(packet: Packet, asking: Uint32Array, about: Uint32Array): void {
  moveOn(packet);
  packet.end = arp.writeFrame(packet.view, packet.start, ethernet.Broadcast, {
    operation: arp.Operation.request,
    sender: Sender,
    senderAddress: asking[3] ?? 0,
    target: { high: 0, low: 0 },
    targetAddress: about[3] ?? 0,
  });
}
