import * as ethernet from './ethernet.js';
import * as ipv4 from './ipv4.js';
import type { Packet } from './packet.js';
import * as tcp from './tcp.js';
import * as udp from './udp.js';

/** Address families as the connection table stores them. */
export const Family = { ipv4: 4, ipv6: 6 } as const;
export type Family = (typeof Family)[keyof typeof Family];

/** Why a frame could not be read as a flow, or that it could. */
export const Parse = { ok: 0, malformed: 1, fragment: 2, otherProtocol: 3 } as const;
export type Parse = (typeof Parse)[keyof typeof Parse];

/**
 * What the packet path needs to know of a frame, read once: who talks to whom, and where the headers stand. One object
 * serves a director for its whole life, so that reading a frame allocates nothing.
 *
 * An address is four 32-bit words in network order; an IPv4 address is the last word, the others are zero.
 */
export class Flow {
  family: Family = Family.ipv4;
  /** IP protocol number. */
  protocol = 0;
  readonly source = new Uint32Array(4);
  readonly destination = new Uint32Array(4);
  sourcePort = 0;
  destinationPort = 0;
  /** Control bits of TCP, 0 for everything else. */
  tcpFlags = 0;
  /** Offset of the IP header in the packet. */
  network = 0;
  /** Offset of the header after it. */
  transport = 0;
  /** End of the IP packet: what follows is Ethernet padding. */
  end = 0;
}

/** Reads the frame of `packet`, which has passed the Ethernet checks, into `flow`. */
export function parseIpv4(packet: Packet, flow: Flow): Parse {
  const { view } = packet;
  const network = packet.start + ethernet.HeaderLength;
  if (!ipv4.isValid(view, network, packet.end)) return Parse.malformed;
  if (!ipv4.isChecksumValid(view, network)) return Parse.malformed;
  flow.family = Family.ipv4;
  flow.protocol = ipv4.protocol(view, network);
  setIpv4(flow.source, ipv4.source(view, network));
  setIpv4(flow.destination, ipv4.destination(view, network));
  flow.sourcePort = 0;
  flow.destinationPort = 0;
  flow.tcpFlags = 0;
  flow.network = network;
  flow.transport = network + ipv4.headerLength(view, network);
  flow.end = network + ipv4.totalLength(view, network);
  if (ipv4.isFragment(view, network)) return Parse.fragment;
  return parseTransport(view, flow);
}

function parseTransport(view: DataView, flow: Flow): Parse {
  if (flow.protocol === ipv4.Protocol.tcp) {
    if (!tcp.isValid(view, flow.transport, flow.end)) return Parse.malformed;
    flow.sourcePort = tcp.sourcePort(view, flow.transport);
    flow.destinationPort = tcp.destinationPort(view, flow.transport);
    flow.tcpFlags = tcp.flags(view, flow.transport);
    return Parse.ok;
  }
  if (flow.protocol === ipv4.Protocol.udp) {
    if (!udp.isValid(view, flow.transport, flow.end)) return Parse.malformed;
    flow.sourcePort = udp.sourcePort(view, flow.transport);
    flow.destinationPort = udp.destinationPort(view, flow.transport);
    return Parse.ok;
  }
  return Parse.otherProtocol;
}

function setIpv4(words: Uint32Array, address: number): void {
  words[0] = 0;
  words[1] = 0;
  words[2] = 0;
  words[3] = address;
}
