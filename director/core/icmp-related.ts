import * as checksums from '../wire/checksum.js';
import { Family, Parse, isFragment, parseInner, type Flow } from '../wire/flow.js';
import * as icmp from '../wire/icmp.js';
import * as icmpv6 from '../wire/icmpv6.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import type { Packet } from '../wire/packet.js';
import type { Endpoint } from '../wire/rewrite.js';

/**
 * ICMP errors about packets of a connection. Such an error quotes a packet that somebody on the way got, that is,
 * after it was rewritten here; who receives the error must find in it what it once sent:
 *
 *     client 10.1.0.2 -> VIP 10.1.0.100:80   rewritten to   10.1.0.2 -> 10.2.0.12:8080
 *     error from the server's side           quotes         10.1.0.2 -> 10.2.0.12:8080
 *     error towards the client: source VIP,  quotes         10.1.0.2 -> 10.1.0.100:80
 *
 * The quoted packet goes against the error: `replaceSender` is for the way from real server to client (Masq: with the
 * virtual service), `replaceReceiver` for the way to the real server (Masq: with the real server); FullNat needs both.
 * As in the kernel, the quoted transport's own checksum is left alone: mostly too little is quoted to judge it by.
 */

/**
 * Reads the packet that the ICMP error of `flow` quotes into `inner`. `Parse.ok` is a packet with ports to look a
 * connection up by. A message that is no error, or one that IPVS does not pass on, is `Parse.otherProtocol`; so is an
 * error in fragments. A wrong checksum is malformed.
 */
export function readRelated(packet: Packet, flow: Flow, inner: Flow): Parse {
  const { view } = packet;
  const { network, transport, end } = flow;
  if (isFragment(flow)) return Parse.otherProtocol;
  if (flow.family === Family.ipv4) {
    if (!isPassedOn(icmp.type(view, transport))) return Parse.otherProtocol;
    if (!icmp.isChecksumValid(view, transport, end)) return Parse.malformed;
  } else {
    if (!icmpv6.isError(icmpv6.type(view, transport))) return Parse.otherProtocol;
    if (!icmpv6.isChecksumValid(view, network, transport, end)) return Parse.malformed;
  }
  const parsed = parseInner(view, transport + icmp.HeaderLength, end, inner);
  return inner.family === flow.family ? parsed : Parse.malformed;
}

/** Redirects are for the link that they came from, and parameter problems are ours (ip_vs_core.c: ip_vs_in_icmp). */
const isPassedOn = (type: number): boolean =>
  type === icmp.Type.unreachable ||
  type === icmp.Type.sourceQuench ||
  type === icmp.Type.timeExceeded;

/**
 * Makes an error come from `end`, and the packet in it have gone there: the virtual service on the way to a client; on
 * the way to a real server by FullNat the local address.
 */
export function replaceSender(packet: Packet, flow: Flow, inner: Flow, end: Endpoint): void {
  const { view } = packet;
  const { network } = inner;
  let change = 0;
  if (flow.family === Family.ipv4) {
    const word = end.column[end.at + 3] ?? 0;
    const before = ipv4.checksum(view, network);
    ipv4.setSource(view, flow.network, word);
    change += ipv4.setDestination(view, network, word);
    change += checksums.change16(before, ipv4.checksum(view, network));
  } else {
    change += ipv6.setSource(view, flow.network, end.column, end.at);
    change += ipv6.setDestination(view, network, end.column, end.at);
  }
  change += replaceQuotedPort(view, inner.transport + QuotedPort.destination, end.port);
  adjust(view, flow, change);
}

/**
 * Makes an error go to `end`, and the packet in it have come from there: the real server on the way to it; on the way
 * to a client by FullNat the client.
 */
export function replaceReceiver(packet: Packet, flow: Flow, inner: Flow, end: Endpoint): void {
  const { view } = packet;
  const { network } = inner;
  let change = 0;
  if (flow.family === Family.ipv4) {
    const word = end.column[end.at + 3] ?? 0;
    const before = ipv4.checksum(view, network);
    ipv4.setDestination(view, flow.network, word);
    change += ipv4.setSource(view, network, word);
    change += checksums.change16(before, ipv4.checksum(view, network));
  } else {
    change += ipv6.setDestination(view, flow.network, end.column, end.at);
    change += ipv6.setSource(view, network, end.column, end.at);
  }
  change += replaceQuotedPort(view, inner.transport + QuotedPort.source, end.port);
  adjust(view, flow, change);
}

/** Where TCP, UDP and SCTP have their ports; all that is rewritten of a quoted transport. */
const QuotedPort = { source: 0, destination: 2 } as const;

function replaceQuotedPort(view: DataView, field: number, port: number): number {
  if (port === 0) return 0;
  const before = view.getUint16(field);
  view.setUint16(field, port);
  return checksums.change16(before, port);
}

/** The outer addresses are in the checksum of ICMPv6 only: ICMP has no pseudo-header. */
function adjust(view: DataView, flow: Flow, change: number): void {
  if (flow.family === Family.ipv4) icmp.adjust(view, flow.transport, change);
  else icmpv6.adjust(view, flow.transport, change);
}
