import * as checksums from './checksum.js';
import { Family, isFragment, type Flow } from './flow.js';
import * as ipv4 from './ipv4.js';
import * as ipv6 from './ipv6.js';
import { lengthOnLink } from './offload.js';
import type { Packet } from './packet.js';
import { adjustUnfinished } from './rewrite.js';
import * as tcp from './tcp.js';

/**
 * The TCP option that tells a real server behind FullNat who the client is: kind, length, port, address. Alibaba's LVS
 * invented it for IPv4 and DPVS writes it the same; for IPv6 DPVS keeps the kind and Alibaba has 253. Kernel modules on
 * the servers read it from the first segments of a connection.
 */
export const Kind = 254;
export const Ipv6Kind = 254;

const MostHeader = 60;

/** The length of the option for clients of a family. */
export const optionLength = (family: Family): number => (family === Family.ipv4 ? 8 : 20);

/**
 * Puts the option with the source of `flow`, the client as it arrived, right behind the 20 bytes that every TCP header
 * has. What stands before moves towards the headroom; `packet` and `flow` say where it is afterwards. Lengths and
 * checksums are corrected. Returns false and changes nothing when the segment is a part of a datagram, its header or
 * the packet has no room for it, or it would be larger than `mtu`.
 */
export function insert(packet: Packet, flow: Flow, mtu: number): boolean {
  const { view } = packet;
  const length = optionLength(flow.family);
  if (flow.protocol !== ipv4.Protocol.tcp || isFragment(flow)) return false;
  const header = tcp.headerLength(view, flow.transport) + length;
  if (header > MostHeader || packet.start - packet.floor < length) return false;
  if (lengthOnLink(packet, flow) + length > mtu) return false;

  const size = flow.end - flow.transport;
  moveForward(packet, flow, length);
  const option = flow.transport + tcp.MinimumHeaderLength;
  write(view, option, flow);
  const inPseudoHeader = checksums.change16(size, size + length);
  const inHeader = tcp.replaceHeaderLength(view, flow.transport, header);
  if (flow.isUnfinished) {
    adjustUnfinished(view, flow, inPseudoHeader);
  } else {
    const covered = checksums.sum(view, option, option + length);
    tcp.adjust(view, flow.transport, inPseudoHeader + inHeader + covered);
  }
  setIpLength(view, flow);
  return true;
}

function moveForward(packet: Packet, flow: Flow, length: number): void {
  const { start } = packet;
  packet.bytes.copyWithin(start - length, start, flow.transport + tcp.MinimumHeaderLength);
  packet.start -= length;
  if (flow.isUnfinished) {
    packet.checksumFrom -= length;
    packet.checksumField -= length;
  }
  flow.network -= length;
  flow.transport -= length;
}

function write(view: DataView, offset: number, flow: Flow): void {
  const isIpv4 = flow.family === Family.ipv4;
  view.setUint8(offset, isIpv4 ? Kind : Ipv6Kind);
  view.setUint8(offset + 1, optionLength(flow.family));
  view.setUint16(offset + 2, flow.sourcePort);
  const first = isIpv4 ? 3 : 0;
  for (let word = first; word < 4; word += 1) {
    view.setUint32(offset + 4 + (word - first) * 4, flow.source[word] ?? 0);
  }
}

function setIpLength(view: DataView, flow: Flow): void {
  const length = flow.end - flow.network;
  if (flow.family === Family.ipv4) ipv4.setTotalLength(view, flow.network, length);
  else ipv6.setPayloadLength(view, flow.network, length - ipv6.HeaderLength);
}
