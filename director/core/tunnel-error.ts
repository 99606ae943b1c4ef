import type { Instant } from '../base/time.js';
import { Family, Parse, parseInner, type Flow } from '../wire/flow.js';
import * as gre from '../wire/gre.js';
import * as gue from '../wire/gue.js';
import * as icmp from '../wire/icmp.js';
import * as icmpv6 from '../wire/icmpv6.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import type { Packet } from '../wire/packet.js';
import * as udp from '../wire/udp.js';
import { NoConnection } from './connections.js';
import { DropReason, type Verdict } from './counters.js';
import type { Director } from './director.js';
import { wrappingOf } from './forward/forward.js';
import { buildMessage, type ErrorMessage } from './icmp-error.js';
import { isServed, serverOf } from './lifecycle.js';
import { sameWords } from './service-table.js';
import { Method, type RealServer } from './services.js';
import { nextHop, sendTo } from './transmit.js';

/**
 * ICMP errors about packets that the director has put into a tunnel (the `tunnel` branch of ip_vs_in_icmp in
 * ip_vs_core.c). They come to the director, because the outer header names it as the sender, and quote both headers:
 *
 *     client 10.1.0.2 -> VIP 10.1.0.101:80   in   10.2.0.11 -> 10.2.0.21
 *     error from a router to 10.2.0.11       quotes the latter with the former inside
 *     error from the VIP to the client       quotes the former alone
 *
 * The client, which knows of no tunnel, is told by an error of our own. The kernel does so for IPv4 in IPv4 only; where
 * IPv6 is inside or outside, errors are translated as RFC 2473 §8 has it.
 */

/** The smallest MTU of a path that carries IPv4 (RFC 791 §3.2). */
const SmallestIpv4Mtu = 68;

const NoPayload = -1;

/**
 * The connection whose packet to a real server, in a tunnel, the ICMP error in hand quotes; `NoConnection` for any other
 * error. `director.inner` is the quoted packet and `parsed` what it was parsed to; `director.tunnelled` becomes the packet
 * inside. As in the kernel the error has to be for us, and the tunnel one of ours.
 */
export function findTunnelled(director: Director, packet: Packet, parsed: Parse): number {
  const { connections, flow, inner, tunnelled } = director;
  if (parsed !== Parse.tunnel && (parsed !== Parse.ok || inner.protocol !== ipv4.Protocol.udp)) {
    return NoConnection;
  }
  if (!sameWords(inner.source, flow.destination)) return NoConnection;
  const route = director.routes.find(inner.family, inner.destination);
  if (route === undefined || !sameWords(route.source, inner.source)) return NoConnection;
  const payload = payloadOf(packet.view, inner);
  if (payload === NoPayload) return NoConnection;
  if (parseInner(packet.view, payload, inner.end, tunnelled) !== Parse.ok) return NoConnection;
  const index = connections.find(tunnelled);
  if (index === NoConnection || connections.methodOf(index) !== Method.tunnel) return NoConnection;
  const server = serverOf(director, index);
  return server !== undefined && isTunnelTo(server, inner) ? index : NoConnection;
}

/** Where the packet begins that the one of `outer` carries, or `NoPayload`. */
function payloadOf(view: DataView, outer: Flow): number {
  const { protocol, transport, end } = outer;
  switch (protocol) {
    case ipv4.Protocol.gre:
      if (!gre.isValid(view, transport, end)) return NoPayload;
      return transport + gre.headerLength(gre.hasChecksum(view, transport));
    case ipv4.Protocol.udp: {
      const header = transport + udp.HeaderLength;
      return gue.isValid(view, header, end) ? header + gue.headerLength(view, header) : NoPayload;
    }
    default:
      return transport;
  }
}

/** True when packets to the server go through a tunnel like this one. */
function isTunnelTo(server: RealServer, outer: Flow): boolean {
  if (server.family !== outer.family || !sameWords(server.words, outer.destination)) return false;
  switch (outer.protocol) {
    case ipv4.Protocol.gre:
      return server.tunnel.type === 'gre';
    case ipv4.Protocol.udp:
      return server.tunnel.type === 'gue' && server.tunnel.port === outer.destinationPort;
    default:
      return server.tunnel.type === 'ipip';
  }
}

/** Tells the client of the connection what happened to its packet in the tunnel, as far as it can make use of it. */
export function relayTunnelError(
  director: Director,
  packet: Packet,
  index: number,
  now: Instant,
): Verdict {
  const { counters, scratch, tunnelled } = director;
  if (!isServed(director, index)) return counters.drop(DropReason.notMaster);
  const mtu = isTooBig(director, packet) ? innerMtu(director, packet, index) : 0;
  const message = messageFor(director, packet);
  if (message === undefined) return counters.drop(DropReason.tunnelError);
  const neighbour = nextHop(director, tunnelled.family, tunnelled.source, 0, now);
  const route = director.routes.find(tunnelled.family, tunnelled.source);
  if (neighbour === undefined || route === undefined) return counters.drop(DropReason.noRoute);
  const server = serverOf(director, index);
  server?.stats.countOut(tunnelled.end - tunnelled.network);
  server?.service.stats.countOut(tunnelled.end - tunnelled.network);
  const held = director.floating.get(tunnelled.family, tunnelled.destination);
  const source = held?.isLive === true ? held.words : route.source;
  const identification = director.prng.uint32() & 0xffff;
  const isSent =
    director.errorLimit.allows(now) &&
    buildMessage(scratch, packet, tunnelled, message, { source, mtu, identification });
  if (!isSent) return counters.drop(DropReason.tunnelError);
  counters.icmpErrors += 1;
  return sendTo(director, scratch, neighbour, now);
}

/** True when the packet was too big for the path through the tunnel. */
function isTooBig({ flow }: Director, { view }: Packet): boolean {
  const { family, transport } = flow;
  if (family === Family.ipv6) return icmpv6.type(view, transport) === icmpv6.Type.packetTooBig;
  return (
    icmp.type(view, transport) === icmp.Type.unreachable &&
    icmp.code(view, transport) === icmp.Unreachable.fragmentationNeeded
  );
}

/**
 * The largest packet that passes through the tunnel, as the client is to know it. The kernel takes off an IP header
 * whatever the tunnel; what GRE or GUE add beyond that would cost the client another error.
 */
function innerMtu(director: Director, packet: Packet, index: number): number {
  const { flow, inner, tunnelled, routes } = director;
  const reported =
    flow.family === Family.ipv6
      ? icmpv6.mtu(packet.view, flow.transport)
      : icmp.nextHopMtu(packet.view, flow.transport);
  const local = routes.find(inner.family, inner.destination)?.interface.mtu ?? reported;
  const outside = Math.min(reported, local);
  const inside = outside - wrappingOf(director, index);
  if (tunnelled.family === Family.ipv6) return Math.max(inside, ipv6.MinimumMtu);
  return inside >= SmallestIpv4Mtu ? inside : outside;
}

/** The error for the client; undefined when it is to hear of none. */
function messageFor(director: Director, packet: Packet): ErrorMessage | undefined {
  const { flow, tunnelled } = director;
  const { view } = packet;
  const { transport } = flow;
  const isIpv4Inside = tunnelled.family === Family.ipv4;
  if (isTooBig(director, packet)) {
    if (!isIpv4Inside) return { type: icmpv6.Type.packetTooBig, code: 0 };
    // A client that does not look for the path's MTU lets its packets be cut.
    if (!ipv4.dontFragment(view, tunnelled.network)) return undefined;
    return { type: icmp.Type.unreachable, code: icmp.Unreachable.fragmentationNeeded };
  }
  if (flow.family === Family.ipv4 && isIpv4Inside) {
    return { type: icmp.type(view, transport), code: icmp.code(view, transport) };
  }
  if (!isLost(flow, view)) return undefined;
  return isIpv4Inside
    ? { type: icmp.Type.unreachable, code: icmp.Unreachable.host }
    : { type: icmpv6.Type.unreachable, code: icmpv6.Unreachable.address };
}

/** True when the tunnel has not brought the packet to its end: that end is no longer reached from here. */
function isLost({ family, transport }: Flow, view: DataView): boolean {
  if (family === Family.ipv6) {
    const type = icmpv6.type(view, transport);
    return type === icmpv6.Type.unreachable || type === icmpv6.Type.timeExceeded;
  }
  const type = icmp.type(view, transport);
  return type === icmp.Type.unreachable || type === icmp.Type.timeExceeded;
}
