import * as ethernet from './ethernet.js';
import * as icmp from './icmp.js';
import * as ipv4 from './ipv4.js';
import { walk } from './ipv6-extensions.js';
import * as ipv6 from './ipv6.js';
import type { Packet } from './packet.js';
import * as sctp from './sctp.js';
import * as tcp from './tcp.js';
import * as udp from './udp.js';

/** Address families as the connection table stores them. */
export const Family = { ipv4: 4, ipv6: 6 } as const;
export type Family = (typeof Family)[keyof typeof Family];

/** What a frame turned out to be, or why it could not be read. */
export const Parse = {
  /** A segment of a transport with ports: TCP, UDP or SCTP. */
  ok: 0,
  malformed: 1,
  /** A part of a datagram other than its first: only `FragmentTable` knows the ports. */
  laterFragment: 2,
  otherProtocol: 3,
  /** ICMP in an IPv4 packet or ICMPv6 in an IPv6 packet, its first eight bytes there. */
  icmp: 4,
  /** Of a quote only: a packet inside another, by IPIP or GRE. GUE is UDP, and so `ok`. */
  tunnel: 5,
} as const;
export type Parse = (typeof Parse)[keyof typeof Parse];

/**
 * What the packet path needs to know of a frame, read once: who talks to whom, and where the headers stand. One object
 * serves a director for its whole life, so that reading a frame allocates nothing.
 *
 * An address is four 32-bit words in network order; an IPv4 address is the last word, the others are zero.
 */
export class Flow {
  family: Family = Family.ipv4;
  /** IP protocol number of what stands at `transport`. */
  protocol = 0;
  readonly source = new Uint32Array(4);
  readonly destination = new Uint32Array(4);
  sourcePort = 0;
  destinationPort = 0;
  /** True when the checksum of TCP or UDP holds the pseudo-header's sum only; see `Packet`. */
  isUnfinished = false;
  /** Control bits of TCP, 0 for everything else. */
  tcpFlags = 0;
  /** Identification of the datagram that this is a fragment of: 16 bits in IPv4, 32 in IPv6. */
  fragmentId = 0;
  /** Where this fragment's data stands in the datagram, in bytes; 0 in the first and in a whole packet. */
  fragmentOffset = 0;
  moreFragments = false;
  /** Offset of the IP header in the packet. */
  network = 0;
  /** Offset of the header behind it, and behind IPv6's extension headers. */
  transport = 0;
  /** End of the IP packet: what follows is Ethernet padding. */
  end = 0;
}

const kept = new Uint32Array(4);

/** Turns a flow round: the endpoints of the answer to its packet. */
export function swapEnds(flow: Flow): void {
  kept.set(flow.source);
  flow.source.set(flow.destination);
  flow.destination.set(kept);
  const port = flow.sourcePort;
  flow.sourcePort = flow.destinationPort;
  flow.destinationPort = port;
}

/** True for every part of a datagram that was cut, the first included. */
export const isFragment = (flow: Flow): boolean => flow.moreFragments || flow.fragmentOffset !== 0;

/** The largest datagram that fragments may add up to. */
const LargestDatagram = 65_535;

/** Reads the IPv4 packet in the frame of `packet`, which has passed the Ethernet checks, into `flow`. */
export function parseIpv4(packet: Packet, flow: Flow): Parse {
  const { view } = packet;
  const network = packet.start + ethernet.HeaderLength;
  if (!ipv4.isValid(view, network, packet.end)) return Parse.malformed;
  if (!ipv4.isChecksumValid(view, network)) return Parse.malformed;
  readIpv4(view, network, flow);
  flow.end = network + ipv4.totalLength(view, network);
  return parseTransport(view, flow);
}

/** Reads the IPv6 packet in the frame of `packet`, which has passed the Ethernet checks, into `flow`. */
export function parseIpv6(packet: Packet, flow: Flow): Parse {
  const { view } = packet;
  const network = packet.start + ethernet.HeaderLength;
  if (!ipv6.isValid(view, network, packet.end)) return Parse.malformed;
  readIpv6(view, network, flow);
  flow.end = network + ipv6.HeaderLength + ipv6.payloadLength(view, network);
  if (!walk(view, flow.end, flow)) return Parse.malformed;
  return parseTransport(view, flow);
}

/**
 * Reads the packet that an ICMP error quotes in [offset, end) into `inner`. The quote may end before the packet does,
 * so that only the first eight bytes of the transport header must be there, and its own checksum is not looked at.
 */
export function parseInner(view: DataView, offset: number, end: number, inner: Flow): Parse {
  if (end - offset < ipv4.MinimumHeaderLength) return Parse.malformed;
  switch (view.getUint8(offset) >> 4) {
    case Family.ipv4: {
      const header = ipv4.headerLength(view, offset);
      const length = ipv4.totalLength(view, offset);
      if (header < ipv4.MinimumHeaderLength || length < header) return Parse.malformed;
      if (header > end - offset) return Parse.malformed;
      readIpv4(view, offset, inner);
      inner.end = Math.min(end, offset + length);
      return parseQuotedTransport(view, inner);
    }
    case Family.ipv6: {
      if (end - offset < ipv6.HeaderLength) return Parse.malformed;
      readIpv6(view, offset, inner);
      inner.end = Math.min(end, offset + ipv6.HeaderLength + ipv6.payloadLength(view, offset));
      if (!walk(view, inner.end, inner)) return Parse.malformed;
      return parseQuotedTransport(view, inner);
    }
    default:
      return Parse.malformed;
  }
}

function readIpv4(view: DataView, network: number, flow: Flow): void {
  flow.family = Family.ipv4;
  flow.protocol = ipv4.protocol(view, network);
  setIpv4(flow.source, ipv4.source(view, network));
  setIpv4(flow.destination, ipv4.destination(view, network));
  clearTransport(flow);
  flow.fragmentId = ipv4.identification(view, network);
  flow.fragmentOffset = ipv4.fragmentOffset(view, network);
  flow.moreFragments = ipv4.moreFragments(view, network);
  flow.network = network;
  flow.transport = network + ipv4.headerLength(view, network);
}

/** Leaves the flow at the header behind the fixed one, for the walk over extension headers. */
function readIpv6(view: DataView, network: number, flow: Flow): void {
  flow.family = Family.ipv6;
  flow.protocol = ipv6.nextHeader(view, network);
  ipv6.readSource(view, network, flow.source);
  ipv6.readDestination(view, network, flow.destination);
  clearTransport(flow);
  flow.fragmentId = 0;
  flow.fragmentOffset = 0;
  flow.moreFragments = false;
  flow.network = network;
  flow.transport = network + ipv6.HeaderLength;
}

function clearTransport(flow: Flow): void {
  flow.sourcePort = 0;
  flow.destinationPort = 0;
  flow.isUnfinished = false;
  flow.tcpFlags = 0;
}

function parseTransport(view: DataView, flow: Flow): Parse {
  if (flow.fragmentOffset !== 0) return parseLaterFragment(flow);
  const { transport, end } = flow;
  switch (flow.protocol) {
    case ipv4.Protocol.tcp:
      if (!isTcpValid(view, flow)) return Parse.malformed;
      flow.tcpFlags = tcp.flags(view, transport);
      break;
    case ipv4.Protocol.udp:
      if (!isUdpValid(view, flow)) return Parse.malformed;
      break;
    case ipv4.Protocol.sctp:
      if (!sctp.isValid(transport, end)) return Parse.malformed;
      break;
    default:
      return parsePortless(flow);
  }
  readPorts(view, flow);
  return Parse.ok;
}

/** What a first fragment has of the packet may end before the options of TCP do. */
const isTcpValid = (view: DataView, flow: Flow): boolean =>
  flow.moreFragments
    ? flow.end - flow.transport >= tcp.MinimumHeaderLength
    : tcp.isValid(view, flow.transport, flow.end);

/** The length that a first fragment states is that of the whole datagram. */
const isUdpValid = (view: DataView, flow: Flow): boolean =>
  flow.moreFragments
    ? flow.end - flow.transport >= udp.HeaderLength
    : udp.isValid(view, flow.transport, flow.end);

/** As much of a transport header as an ICMP error quotes at least (RFC 792). */
const QuotedLength = 8;

function parseQuotedTransport(view: DataView, inner: Flow): Parse {
  if (inner.fragmentOffset !== 0) return parseLaterFragment(inner);
  const { protocol } = inner;
  if (
    protocol !== ipv4.Protocol.tcp &&
    protocol !== ipv4.Protocol.udp &&
    protocol !== ipv4.Protocol.sctp
  ) {
    return isTunnel(protocol) ? Parse.tunnel : parsePortless(inner);
  }
  if (inner.end - inner.transport < QuotedLength) return Parse.malformed;
  readPorts(view, inner);
  return Parse.ok;
}

const isTunnel = (protocol: number): boolean =>
  protocol === ipv4.Protocol.ipip ||
  protocol === ipv4.Protocol.ipv6 ||
  protocol === ipv4.Protocol.gre;

/** TCP, UDP and SCTP begin with the same two ports. */
function readPorts(view: DataView, flow: Flow): void {
  flow.sourcePort = view.getUint16(flow.transport);
  flow.destinationPort = view.getUint16(flow.transport + 2);
}

function parsePortless(flow: Flow): Parse {
  const own = flow.family === Family.ipv4 ? ipv4.Protocol.icmp : ipv4.Protocol.icmpv6;
  if (flow.protocol !== own) return Parse.otherProtocol;
  return icmp.isValid(flow.transport, flow.end) ? Parse.icmp : Parse.malformed;
}

function parseLaterFragment(flow: Flow): Parse {
  const size = flow.fragmentOffset + (flow.end - flow.transport);
  return size > LargestDatagram ? Parse.malformed : Parse.laterFragment;
}

function setIpv4(words: Uint32Array, address: number): void {
  words[0] = 0;
  words[1] = 0;
  words[2] = 0;
  words[3] = address;
}
