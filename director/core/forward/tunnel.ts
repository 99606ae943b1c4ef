import { unreachable } from '../../base/invariant.js';
import * as checksums from '../../wire/checksum.js';
import * as ethernet from '../../wire/ethernet.js';
import { Family, isFragment, type Flow } from '../../wire/flow.js';
import * as gre from '../../wire/gre.js';
import * as gue from '../../wire/gue.js';
import * as ipv4 from '../../wire/ipv4.js';
import * as ipv6 from '../../wire/ipv6.js';
import { finishChecksum } from '../../wire/offload.js';
import type { Packet } from '../../wire/packet.js';
import * as tcp from '../../wire/tcp.js';
import * as udp from '../../wire/udp.js';
import type { TunnelSettings } from '../services.js';

/** The ends of a tunnel: this director and the real server. Addresses are four words. */
export interface TunnelPath {
  readonly family: Family;
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
}

const LargestPacket = 65_535;

/** Bytes that the headers of a tunnel take from the MTU of the way to a real server. */
export const overhead = (tunnel: TunnelSettings, family: Family): number =>
  ipHeaderLength(family) + shimLength(tunnel, tunnel.checksum === 'remote');

/**
 * Tunnel: puts the headers of the tunnel before the IP packet of `flow`, in the headroom of `packet`, and leaves room
 * for an Ethernet header of which only the type is written. The packet inside stays as it is, for the real server
 * holds the virtual address itself. As the kernel's IPVS does it:
 *
 * - TTL, TOS and "don't fragment" are those of the packet inside, which has been decremented; IPv6 inside sets no DF.
 * - `identification` is for an IPv4 header that may be fragmented; with DF it is 0.
 * - The UDP source port of GUE comes from the flow, so that a path with several links keeps its segments in order. The
 *   kernel's hash has a random key, so that any port of the ephemeral range will do.
 * - Remote checksum offload is for a checksum inside that is right: a wrong one must stay so to be seen.
 *
 * A checksum inside may stay unfinished unless one of the tunnel covers it. Super-frames are cut before.
 *
 * Returns false and changes nothing when the headers do not fit before the packet, or the packet not into another.
 */
export function encapsulate(
  packet: Packet,
  flow: Flow,
  tunnel: TunnelSettings,
  path: TunnelPath,
  identification: number,
): boolean {
  const { view } = packet;
  if (flow.isUnfinished && tunnel.checksum !== 'none') {
    finishChecksum(packet);
    flow.isUnfinished = false;
  }
  const isRemote = tunnel.type === 'gue' && tunnel.checksum === 'remote' && hasChecksum(view, flow);
  const shim = flow.network - shimLength(tunnel, isRemote);
  const network = shim - ipHeaderLength(path.family);
  const start = network - ethernet.HeaderLength;
  if (start < packet.floor || flow.end - network > LargestPacket) return false;

  packet.start = start;
  packet.end = flow.end;
  ethernet.setType(view, start, etherType(path.family));
  header4.identification = identification;
  switch (tunnel.type) {
    case 'ipip':
      writeIp(view, network, flow, path, ipProtocol(flow.family));
      break;
    case 'gre':
      writeIp(view, network, flow, path, ipv4.Protocol.gre);
      writeGre(view, shim, flow, tunnel);
      break;
    case 'gue':
      writeIp(view, network, flow, path, ipv4.Protocol.udp);
      writeGue(view, shim, flow, isRemote);
      writeUdp(view, shim, flow, path, tunnel);
      break;
    default:
      return unreachable(tunnel.type);
  }
  return true;
}

/** What the outer header is about to say. One for all packets, because a new one for each would be garbage. */
const header4 = {
  tos: 0,
  totalLength: 0,
  identification: 0,
  dontFragment: false,
  ttl: 0,
  protocol: 0,
  source: 0,
  destination: 0,
};
const noAddress: Uint32Array = new Uint32Array(4);
const header6 = {
  trafficClass: 0,
  payloadLength: 0,
  nextHeader: 0,
  hopLimit: 0,
  source: noAddress,
  destination: noAddress,
};

const ipHeaderLength = (family: Family): number =>
  family === Family.ipv4 ? ipv4.MinimumHeaderLength : ipv6.HeaderLength;

const ipProtocol = (family: Family): number =>
  family === Family.ipv4 ? ipv4.Protocol.ipip : ipv4.Protocol.ipv6;

const etherType = (family: Family): number =>
  family === Family.ipv4 ? ethernet.EtherType.ipv4 : ethernet.EtherType.ipv6;

/** What stands between the two IP headers. */
function shimLength(tunnel: TunnelSettings, isRemote: boolean): number {
  switch (tunnel.type) {
    case 'ipip':
      return 0;
    case 'gre':
      return gre.headerLength(tunnel.checksum === 'full');
    case 'gue':
      return udp.HeaderLength + (isRemote ? gue.RemoteChecksumHeaderLength : gue.HeaderLength);
    default:
      return unreachable(tunnel.type);
  }
}

function writeIp(
  view: DataView,
  network: number,
  flow: Flow,
  path: TunnelPath,
  protocol: number,
): void {
  const isIpv4Inside = flow.family === Family.ipv4;
  const inside = flow.network;
  const ttl = isIpv4Inside ? ipv4.ttl(view, inside) : ipv6.hopLimit(view, inside);
  const tos = isIpv4Inside ? ipv4.tos(view, inside) : ipv6.trafficClass(view, inside);
  if (path.family === Family.ipv6) {
    header6.trafficClass = tos;
    header6.payloadLength = flow.end - network - ipv6.HeaderLength;
    header6.nextHeader = protocol;
    header6.hopLimit = ttl;
    header6.source = path.source;
    header6.destination = path.destination;
    ipv6.write(view, network, header6);
    return;
  }
  header4.dontFragment = isIpv4Inside && ipv4.dontFragment(view, inside);
  if (header4.dontFragment) header4.identification = 0;
  header4.tos = tos;
  header4.totalLength = flow.end - network;
  header4.ttl = ttl;
  header4.protocol = protocol;
  header4.source = path.source[3] ?? 0;
  header4.destination = path.destination[3] ?? 0;
  ipv4.write(view, network, header4);
}

function writeGre(view: DataView, offset: number, flow: Flow, tunnel: TunnelSettings): void {
  const inside = etherType(flow.family);
  if (tunnel.checksum === 'full') gre.writeWithChecksum(view, offset, flow.end, inside);
  else gre.write(view, offset, inside);
}

function writeGue(view: DataView, shim: number, flow: Flow, isRemote: boolean): void {
  const offset = shim + udp.HeaderLength;
  const protocol = ipProtocol(flow.family);
  if (!isRemote) {
    gue.write(view, offset, protocol);
    return;
  }
  const start = flow.transport - flow.network;
  const field = start + checksumOffset(flow);
  gue.writeWithRemoteChecksum(view, offset, protocol, start, field);
  // The receiver adds up everything from `start` on, this field included, and writes the complement here.
  view.setUint16(flow.network + field, checksums.fold(innerPseudoHeader(view, flow)));
}

function writeUdp(
  view: DataView,
  offset: number,
  flow: Flow,
  path: TunnelPath,
  tunnel: TunnelSettings,
): void {
  const length = flow.end - offset;
  udp.write(view, offset, sourcePort(flow), tunnel.port, length);
  if (tunnel.checksum === 'none') return;
  const network = offset - ipHeaderLength(path.family);
  const pseudoHeader =
    path.family === Family.ipv4
      ? ipv4.pseudoHeaderSum(view, network, length)
      : ipv6.pseudoHeaderSum(view, network, ipv4.Protocol.udp, length);
  udp.setChecksum(view, offset, flow.end, pseudoHeader);
}

/** True for a whole TCP segment or UDP datagram with a checksum, and a right one. */
function hasChecksum(view: DataView, flow: Flow): boolean {
  if (isFragment(flow)) return false;
  if (flow.protocol === ipv4.Protocol.udp) {
    // Nothing to compute, or something that the receiver would write as nothing to compute.
    const checksum = udp.checksum(view, flow.transport);
    if (checksum === 0 || checksum === 0xffff) return false;
  } else if (flow.protocol !== ipv4.Protocol.tcp) {
    return false;
  }
  const sum = checksums.sum(view, flow.transport, flow.end, innerPseudoHeader(view, flow));
  return checksums.fold(sum) === 0xffff;
}

const checksumOffset = (flow: Flow): number =>
  flow.protocol === ipv4.Protocol.tcp ? tcp.ChecksumOffset : udp.ChecksumOffset;

function innerPseudoHeader(view: DataView, flow: Flow): number {
  const length = flow.end - flow.transport;
  return flow.family === Family.ipv4
    ? ipv4.pseudoHeaderSum(view, flow.network, length)
    : ipv6.pseudoHeaderSum(view, flow.network, flow.protocol, length);
}

/** Linux's default range of ephemeral ports. */
const FirstPort = 32_768;
const LastPort = 60_999;

/** The UDP source port of GUE for the packets of a flow. */
export function sourcePort(flow: Flow): number {
  let hash = Math.imul(flow.sourcePort ^ (flow.destinationPort << 16), 0x9e37_79b1);
  for (let word = 0; word < 4; word += 1) {
    hash = Math.imul(hash ^ (flow.source[word] ?? 0), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (flow.destination[word] ?? 0), 0xc2b2_ae35);
  }
  hash = (hash ^ (hash >>> 16)) >>> 0;
  // Below 2^47: exact.
  return FirstPort + Math.floor((hash * (LastPort - FirstPort)) / 0x1_0000_0000);
}
