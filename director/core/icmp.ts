import type { Instant } from '../base/time.js';
import * as ethernet from '../wire/ethernet.js';
import { Family, Parse } from '../wire/flow.js';
import * as icmp from '../wire/icmp.js';
import * as icmpv6 from '../wire/icmpv6.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import type { Packet } from '../wire/packet.js';
import { NoConnection } from './connections.js';
import { DropReason, Verdict } from './counters.js';
import type { Director } from './director.js';
import { processNeighbour } from './discovery.js';
import { sendFragments } from './fragmentation.js';
import { readRelated } from './icmp-related.js';
import type { Interface } from './interfaces.js';
import { processRelated } from './related.js';
import { findTunnelled, relayTunnelError } from './tunnel-error.js';

/** The hop limit of a packet that starts its way here (RFC 1700's recommendation). */
const InitialHops = 64;

/**
 * ICMP and ICMPv6, which `director.flow` describes: neighbour discovery is spoken, echo requests to an address that this
 * node holds are answered, and errors about a connection's packets follow the connection, also out of a tunnel.
 */
export function processIcmp(
  director: Director,
  packet: Packet,
  arrival: Interface,
  now: Instant,
): Verdict {
  const { counters, flow, inner } = director;
  const { view } = packet;
  const isIpv6 = flow.family === Family.ipv6;
  const type = isIpv6 ? icmpv6.type(view, flow.transport) : icmp.type(view, flow.transport);
  if (isIpv6 && isNeighbourMessage(type)) return processNeighbour(director, packet, arrival, now);
  const isRequest = isIpv6 ? type === icmpv6.Type.echoRequest : type === icmp.Type.echoRequest;
  if (isRequest) return answerEcho(director, packet, arrival);
  const related = readRelated(packet, flow, inner);
  const tunnelled = findTunnelled(director, packet, related);
  if (tunnelled !== NoConnection) return relayTunnelError(director, packet, tunnelled, now);
  switch (related) {
    case Parse.ok:
      return processRelated(director, packet, now);
    case Parse.malformed:
      return counters.drop(DropReason.malformed);
    default:
      return counters.drop(DropReason.unrelatedIcmp);
  }
}

const isNeighbourMessage = (type: number): boolean =>
  type === icmpv6.Type.neighbourSolicitation || type === icmpv6.Type.neighbourAdvertisement;

/** True when the message's checksum is right. */
function isIntact({ flow }: Director, { view }: Packet): boolean {
  const { network, transport, end } = flow;
  return flow.family === Family.ipv6
    ? icmpv6.isChecksumValid(view, network, transport, end)
    : icmp.isChecksumValid(view, transport, end);
}

/**
 * Answers an echo request in place (RFC 792, RFC 4443 §4.2), to where the frame came from. A reply that the link cannot
 * carry leaves in fragments, as a host's would, whatever the request said of them; IPv6 drops it.
 */
function answerEcho(director: Director, packet: Packet, arrival: Interface): Verdict {
  const { counters, flow } = director;
  const floating = director.floating.get(flow.family, flow.destination);
  if (floating === undefined) return counters.drop(DropReason.notForUs);
  if (!floating.isLive) return counters.drop(DropReason.notMaster);
  if (!isIntact(director, packet)) return counters.drop(DropReason.malformed);

  const { view, start } = packet;
  const isLong = flow.end - flow.network > arrival.mtu;
  if (isLong && flow.family === Family.ipv6) return counters.drop(DropReason.tooBig);
  if (flow.family === Family.ipv4) {
    icmp.setType(view, flow.transport, icmp.Type.echoReply);
    ipv4.setSource(view, flow.network, flow.destination[3] ?? 0);
    ipv4.setDestination(view, flow.network, flow.source[3] ?? 0);
    ipv4.setTtl(view, flow.network, InitialHops);
  } else {
    icmpv6.setType(view, flow.transport, icmpv6.Type.echoReply);
    ipv6.setSource(view, flow.network, flow.destination);
    ipv6.setDestination(view, flow.network, flow.source);
    ipv6.setHopLimit(view, flow.network, InitialHops);
  }
  ethernet.setDestination(
    view,
    start,
    ethernet.sourceHigh(view, start),
    ethernet.sourceLow(view, start),
  );
  const { mac } = floating.interface === arrival ? floating : arrival;
  ethernet.setSource(view, start, mac.high, mac.low);
  if (!isLong) {
    director.output.send(arrival.index, packet);
  } else {
    ipv4.allowFragments(view, flow.network, director.prng.uint32() & 0xffff);
    if (!sendFragments(director, packet, arrival)) return counters.drop(DropReason.tooBig);
  }
  counters.answered += 1;
  return Verdict.answer;
}
