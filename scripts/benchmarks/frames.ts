import * as checksums from '../../director/wire/checksum.js';
import * as ethernet from '../../director/wire/ethernet.js';
import * as icmp from '../../director/wire/icmp.js';
import * as ipv4 from '../../director/wire/ipv4.js';
import { Headroom, type Packet } from '../../director/wire/packet.js';
import * as tcp from '../../director/wire/tcp.js';

/** Real servers of each service. */
export const ServerCount = 16;
export const wordOfServer = (server: number): number => 0x0a02_0015 + server;

/** Writes the frame of a client's connection into the packet; true when it arrives on the clients' link. */
export type Load = (packet: Packet, client: number) => boolean;

/** Clients have 16 connections each, from 10.64.0.0 on. */
const addressOf = (client: number): number => 0x0a40_0000 + (client >>> 4);
const portOf = (client: number): number => 1_024 + (client & 15) * 997;

export const ethernetLength = ethernet.HeaderLength;
const Ip = ethernet.HeaderLength;
const Transport = Ip + ipv4.MinimumHeaderLength;
const SegmentLength = 20;
const Quoted = Transport + icmp.HeaderLength;
const QuotedTransport = Quoted + ipv4.MinimumHeaderLength;

interface Segment {
  readonly from: number;
  readonly fromPort: number;
  readonly to: number;
  readonly toPort: number;
  readonly flags: number;
}

/**
 * A frame to be copied. It is kept as the two bytes in front of the IP header's alignment and 32-bit words behind them,
 * so that the reads of the director meet whole stores.
 */
class Template {
  readonly length: number;
  readonly #first: number;
  readonly #words: Uint32Array;

  constructor(bytes: Uint8Array<ArrayBuffer>, length: number) {
    this.length = length;
    const view = new DataView(bytes.buffer);
    this.#first = view.getUint16(0);
    this.#words = Uint32Array.from({ length: Math.ceil((length - 2) / 4) }, (_, word) =>
      view.getUint32(2 + word * 4),
    );
  }

  copyTo(packet: Packet): void {
    packet.start = Headroom;
    packet.end = Headroom + this.length;
    const { view } = packet;
    const words = this.#words;
    view.setUint16(Headroom, this.#first);
    for (let word = 0; word < words.length; word += 1) {
      view.setUint32(Headroom + 2 + word * 4, words[word] ?? 0);
    }
  }
}

/** A segment from a client to a service. */
export function requestLoad(vip: number, flags: number, port = 80): Load {
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  writeEthernet(view, 0x010b);
  writeSegment(view, Ip, { from: 0, fromPort: 0, to: vip, toPort: port, flags });
  const template = new Template(bytes, Transport + SegmentLength);
  const sum = ~ipv4.checksum(view, Ip) & 0xffff;
  return (packet, client) => {
    template.copyTo(packet);
    const { view: out } = packet;
    const word = addressOf(client);
    out.setUint32(Headroom + Ip + 12, word);
    out.setUint16(Headroom + Transport, portOf(client));
    out.setUint16(Headroom + Ip + 10, checksums.complement(sum + checksums.halves(word)));
    return true;
  };
}

/** A segment from the real server of a connection to its client. */
export function replyLoad(serverOf: Uint32Array): Load {
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  writeEthernet(view, 0x020b);
  const flags = tcp.Flag.ack;
  writeSegment(view, Ip, { from: 0, fromPort: 8_080, to: 0, toPort: 0, flags });
  const template = new Template(bytes, Transport + SegmentLength);
  const sum = ~ipv4.checksum(view, Ip) & 0xffff;
  return (packet, client) => {
    template.copyTo(packet);
    const { view: out } = packet;
    const from = serverOf[client] ?? 0;
    const to = addressOf(client);
    const total = sum + checksums.halves(from) + checksums.halves(to);
    out.setUint32(Headroom + Ip + 12, from);
    out.setUint32(Headroom + Ip + 16, to);
    out.setUint16(Headroom + Transport + 2, portOf(client));
    out.setUint16(Headroom + Ip + 10, checksums.complement(total));
    return false;
  };
}

/** "Fragmentation needed" from a router on the clients' side, about a packet that a service sent to a client. */
export function icmpErrorLoad(vip: number): Load {
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  const length = QuotedTransport + SegmentLength;
  writeEthernet(view, 0x010b);
  ipv4.write(view, Ip, {
    totalLength: length - Ip,
    ttl: 64,
    protocol: ipv4.Protocol.icmp,
    source: 0x0a01_0001,
    destination: vip,
  });
  view.setUint8(Transport, icmp.Type.unreachable);
  view.setUint8(Transport + 1, 4);
  view.setUint16(Transport + 6, 1_400);
  const flags = tcp.Flag.ack;
  writeSegment(view, Quoted, { from: vip, fromPort: 80, to: 0, toPort: 0, flags });
  const template = new Template(bytes, length);
  const sum = ~ipv4.checksum(view, Quoted) & 0xffff;
  view.setUint16(Quoted + 10, 0);
  const messageSum = checksums.sum(view, Transport, length);
  return (packet, client) => {
    template.copyTo(packet);
    const { view: out } = packet;
    const to = addressOf(client);
    const port = portOf(client);
    const quotedChecksum = checksums.complement(sum + checksums.halves(to));
    const total = messageSum + checksums.halves(to) + port + quotedChecksum;
    out.setUint32(Headroom + Quoted + 16, to);
    out.setUint16(Headroom + QuotedTransport + 2, port);
    out.setUint16(Headroom + Quoted + 10, quotedChecksum);
    out.setUint16(Headroom + Transport + 2, checksums.complement(total));
    return true;
  };
}

function writeEthernet(view: DataView, macLow: number): void {
  ethernet.setDestination(view, 0, 0x0200, macLow);
  ethernet.setSource(view, 0, 0x0200, 0x99);
  ethernet.setType(view, 0, ethernet.EtherType.ipv4);
}

/** An IPv4 packet with a TCP header. The director does not check TCP's checksum, it keeps it up: any value will do. */
function writeSegment(view: DataView, offset: number, segment: Segment): void {
  ipv4.write(view, offset, {
    totalLength: ipv4.MinimumHeaderLength + SegmentLength,
    ttl: 64,
    protocol: ipv4.Protocol.tcp,
    source: segment.from,
    destination: segment.to,
  });
  const header = offset + ipv4.MinimumHeaderLength;
  view.setUint16(header, segment.fromPort);
  view.setUint16(header + 2, segment.toPort);
  view.setUint8(header + 12, (SegmentLength / 4) << 4);
  view.setUint8(header + 13, segment.flags);
  view.setUint16(header + 14, 64_240);
}
