import * as ethernet from '../wire/ethernet.js';
import { Family, type Flow } from '../wire/flow.js';
import * as icmp from '../wire/icmp.js';
import * as icmpv6 from '../wire/icmpv6.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import { finishChecksum } from '../wire/offload.js';
import type { Packet } from '../wire/packet.js';

/** What a sender is told about its packet. */
export const ErrorKind = { timeExceeded: 0, tooBig: 1, portUnreachable: 2 } as const;
export type ErrorKind = (typeof ErrorKind)[keyof typeof ErrorKind];

/** Type and code of an error, in the ICMP of its packet's family. */
export interface ErrorMessage {
  readonly type: number;
  readonly code: number;
}

export interface ErrorOptions {
  /** The address that the error comes from: four words, of the family of the packet. */
  readonly source: Uint32Array;
  /** The largest packet that would have passed; 0 where that is not the trouble. */
  readonly mtu: number;
  /** For the IPv4 header, which may be fragmented. */
  readonly identification: number;
}

/** The time to live that Linux gives to a packet of its own. */
const InitialTtl = 64;

/** Linux quotes as much as makes no IPv4 error larger than what every host can reassemble (RFC 1812 §4.3.2.3). */
const LargestIpv4Error = 576;

/** Linux sends errors with the precedence "internetwork control" (RFC 1812 §4.3.2.5) and the sender's other bits. */
const Precedence = 0xc0;
const TosBits = 0x1e;

/** Writes an ICMP error of a kind, see `buildMessage`. The MTU of `options` counts for `tooBig` only. */
export function buildError(
  scratch: Packet,
  packet: Packet,
  flow: Flow,
  kind: ErrorKind,
  options: ErrorOptions,
): boolean {
  const message = (flow.family === Family.ipv4 ? Ipv4Message : Ipv6Message)[kind];
  const used = kind === ErrorKind.tooBig ? options : { ...options, mtu: 0 };
  return buildMessage(scratch, packet, flow, message, used);
}

/**
 * Writes an ICMP error about the packet of `flow` into `scratch`: an IP packet behind an Ethernet header of which only
 * the type is written. Returns false, and writes nothing, about a packet that no error may be sent about (RFC 1122
 * §3.2.2, RFC 1812 §4.3.2.7, RFC 4443 §2.4): an error, a part of a datagram other than its first, a packet to or from
 * more than one host. How many errors are sent is the caller's to limit.
 */
export function buildMessage(
  scratch: Packet,
  packet: Packet,
  flow: Flow,
  message: ErrorMessage,
  options: ErrorOptions,
): boolean {
  const isIpv4 = flow.family === Family.ipv4;
  // What is quoted is to be what was sent; of a super-frame that is many packets, and none of them.
  if (packet.segmentSize === 0) finishChecksum(packet);
  if (!(isIpv4 ? deservesIpv4(packet, flow) : deservesIpv6(packet, flow, message))) return false;
  if (isIpv4) writeIpv4(scratch, packet, flow, message, options);
  else writeIpv6(scratch, packet, flow, message, options);
  return true;
}

function deservesIpv4(packet: Packet, flow: Flow): boolean {
  if (flow.fragmentOffset !== 0) return false;
  if (!isOneHost(flow.source[3] ?? 0) || !isOneHost(flow.destination[3] ?? 0)) return false;
  if (flow.protocol !== ipv4.Protocol.icmp) return true;
  if (!icmp.isValid(flow.transport, flow.end)) return false;
  return !icmp.isError(icmp.type(packet.view, flow.transport));
}

/** False for 0.0.0.0/8, loopback, multicast, the reserved block and broadcast. */
function isOneHost(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

function deservesIpv6(packet: Packet, flow: Flow, message: ErrorMessage): boolean {
  if (isNowhere(flow.source) || isMulticast(flow.source)) return false;
  // A sender to a group must learn the MTU of the path too (RFC 4443 §2.4 e.3).
  const isTooBig = message.type === icmpv6.Type.packetTooBig;
  if (isMulticast(flow.destination) && !isTooBig) return false;
  if (flow.protocol !== ipv4.Protocol.icmpv6) return true;
  if (flow.fragmentOffset !== 0) return false;
  if (!icmpv6.isValid(flow.transport, flow.end)) return false;
  const type = icmpv6.type(packet.view, flow.transport);
  return !icmpv6.isError(type) && type !== icmpv6.Type.redirect;
}

const isMulticast = (words: Uint32Array): boolean => (words[0] ?? 0) >>> 24 === 0xff;

const isNowhere = (words: Uint32Array): boolean =>
  words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 0;

function writeIpv4(
  scratch: Packet,
  packet: Packet,
  flow: Flow,
  message: ErrorMessage,
  options: ErrorOptions,
): void {
  const { view } = scratch;
  const network = begin(scratch, ethernet.EtherType.ipv4);
  const body = network + ipv4.MinimumHeaderLength;
  const room = LargestIpv4Error - ipv4.MinimumHeaderLength - icmp.HeaderLength;
  quote(scratch, packet, flow, { at: body + icmp.HeaderLength, room });
  ipv4.write(view, network, {
    tos: (ipv4.tos(packet.view, flow.network) & TosBits) | Precedence,
    totalLength: scratch.end - network,
    identification: options.identification,
    ttl: InitialTtl,
    protocol: ipv4.Protocol.icmp,
    source: options.source[3] ?? 0,
    destination: flow.source[3] ?? 0,
  });
  icmp.writeError(view, body, scratch.end, { ...message, nextHopMtu: options.mtu });
}

const Ipv4Message = {
  [ErrorKind.timeExceeded]: { type: icmp.Type.timeExceeded, code: 0 },
  [ErrorKind.tooBig]: { type: icmp.Type.unreachable, code: icmp.Unreachable.fragmentationNeeded },
  [ErrorKind.portUnreachable]: { type: icmp.Type.unreachable, code: icmp.Unreachable.port },
} as const;

function writeIpv6(
  scratch: Packet,
  packet: Packet,
  flow: Flow,
  message: ErrorMessage,
  options: ErrorOptions,
): void {
  const { view } = scratch;
  const network = begin(scratch, ethernet.EtherType.ipv6);
  const body = network + ipv6.HeaderLength;
  const room = ipv6.MinimumMtu - ipv6.HeaderLength - icmpv6.HeaderLength;
  quote(scratch, packet, flow, { at: body + icmpv6.HeaderLength, room });
  ipv6.write(view, network, {
    payloadLength: scratch.end - body,
    nextHeader: ipv4.Protocol.icmpv6,
    hopLimit: InitialTtl,
    source: options.source,
    destination: flow.source,
  });
  icmpv6.writeError(view, body, { ...message, mtu: options.mtu });
  icmpv6.setChecksum(view, network, body, scratch.end);
}

const Ipv6Message = {
  [ErrorKind.timeExceeded]: { type: icmpv6.Type.timeExceeded, code: 0 },
  [ErrorKind.tooBig]: { type: icmpv6.Type.packetTooBig, code: 0 },
  [ErrorKind.portUnreachable]: { type: icmpv6.Type.unreachable, code: icmpv6.Unreachable.port },
} as const;

/** Begins a frame in `scratch` and returns where its IP header goes. */
function begin(scratch: Packet, etherType: number): number {
  scratch.clear();
  ethernet.setType(scratch.view, scratch.start, etherType);
  return scratch.start + ethernet.HeaderLength;
}

function quote(
  scratch: Packet,
  packet: Packet,
  flow: Flow,
  place: { readonly at: number; readonly room: number },
): void {
  const end = Math.min(flow.end, flow.network + place.room);
  scratch.bytes.set(packet.bytes.subarray(flow.network, end), place.at);
  scratch.end = place.at + (end - flow.network);
}
