import type { Instant } from '../base/time.js';
import * as ethernet from '../wire/ethernet.js';
import { Parse, parseIpv4, parseIpv6 } from '../wire/flow.js';
import { takeUp } from '../wire/offload.js';
import type { Packet } from '../wire/packet.js';
import { beginCommit } from './commit.js';
import { Flag, NoConnection } from './connections.js';
import { DropReason, Verdict } from './counters.js';
import type { Director } from './director.js';
import { processArp } from './discovery.js';
import {
  bypass,
  findReplyOwner,
  forwardReply,
  forwardRequest,
  wayToClient,
} from './forward/forward.js';
import { ErrorKind } from './icmp-error.js';
import { sendError } from './icmp-send.js';
import { processIcmp } from './icmp.js';
import type { Interface } from './interfaces.js';
import { bindLate } from './late-binding.js';
import {
  advanceConnection,
  closeConnection,
  countOf,
  forgetConnection,
  isServed,
  mayCarry,
  serverOf,
  uncount,
} from './lifecycle.js';
import { markOf } from './marks.js';
import { refusalReason } from './refusal.js';
import { isExpectedAnew, isOpening } from './reuse.js';
import { schedule } from './schedule.js';
import type { VirtualService } from './services.js';
import { decideSync } from './sync-decision.js';
import { isDoubtful } from './take-over.js';
import { complainToServer } from './unknown-reply.js';

/**
 * What happens to a frame: THE packet path. The order is that of IPVS (ip_vs_in in net/netfilter/ipvs/ip_vs_core.c):
 * parse, look up the connection, schedule if it is new, availability, counters, state, transmit, sync decision. The frame
 * is rewritten in place and leaves by `director.output`; the packet is the caller's again afterwards. Every way out is a
 * verdict, and every drop has a counted reason.
 */
export function processFrame(
  director: Director,
  packet: Packet,
  arrival: Interface,
  now: Instant,
): Verdict {
  director.counters.received += 1;
  return dispatch(director, packet, arrival, now);
}

function dispatch(director: Director, packet: Packet, arrival: Interface, now: Instant): Verdict {
  const { counters, flow } = director;
  const { view, start, end } = packet;
  if (!ethernet.isValid(start, end)) return counters.drop(DropReason.malformed);
  switch (ethernet.type(view, start)) {
    case ethernet.EtherType.arp:
      return followed(director, processArp(director, packet, arrival, now), now);
    case ethernet.EtherType.ipv4:
      if (!isForUs(director, packet, arrival)) return counters.drop(DropReason.notForUs);
      return processIp(director, packet, parseIpv4(packet, flow), arrival, now);
    case ethernet.EtherType.ipv6: {
      const parsed = parseIpv6(packet, flow);
      // Neighbour discovery comes by multicast, and nothing else that we forward or answer.
      const isForAll = parsed === Parse.icmp && ethernet.isMulticast(view, start);
      if (!isForAll && !isForUs(director, packet, arrival)) {
        return counters.drop(DropReason.notForUs);
      }
      return processIp(director, packet, parsed, arrival, now);
    }
    default:
      return counters.drop(DropReason.otherEtherType);
  }
}

/** What a host says of itself may change the way of carried flows. */
function followed(director: Director, verdict: Verdict, now: Instant): Verdict {
  director.offload?.follow(now);
  return verdict;
}

const isForUs = (director: Director, { view, start }: Packet, arrival: Interface): boolean =>
  (ethernet.destinationLow(view, start) === arrival.mac.low &&
    ethernet.destinationHigh(view, start) === arrival.mac.high) ||
  director.virtualMacs.isDestination(view, start, arrival);

function processIp(
  director: Director,
  packet: Packet,
  parsed: Parse,
  arrival: Interface,
  now: Instant,
): Verdict {
  const { counters, flow } = director;
  if (packet.checksumFrom !== 0 && parsed !== Parse.malformed) {
    packet.end = flow.end;
    if (!takeUp(packet, flow)) return counters.drop(DropReason.malformed);
  }
  switch (parsed) {
    case Parse.ok:
      packet.end = flow.end;
      if (flow.moreFragments) return processFirstFragment(director, packet, now);
      return processFlow(director, packet, now);
    case Parse.laterFragment:
      packet.end = flow.end;
      return processLaterFragment(director, packet, arrival, now);
    case Parse.icmp:
      packet.end = flow.end;
      return processIcmp(director, packet, arrival, now);
    case Parse.malformed:
      return counters.drop(DropReason.malformed);
    default:
      return counters.drop(DropReason.otherProtocol);
  }
}

/**
 * The first fragment of a datagram has the ports: they are remembered for the others, and those that have overtaken it go
 * on now.
 */
function processFirstFragment(director: Director, packet: Packet, now: Instant): Verdict {
  const { counters, flow, fragments, heldFragments, interfaces } = director;
  director.giveUpFragments(now);
  fragments.remember(flow, now);
  const waiting = heldFragments.release(flow, now);
  const verdict = processFlow(director, packet, now);
  for (const { frame, arrival } of waiting) {
    const owner = interfaces[arrival];
    counters.held -= 1;
    director.second.load(frame);
    if (owner === undefined) counters.drop(DropReason.fragment);
    else dispatch(director, director.second, owner, now);
  }
  return verdict;
}

/** Any other fragment takes its ports from the first one, or waits for it. */
function processLaterFragment(
  director: Director,
  packet: Packet,
  arrival: Interface,
  now: Instant,
): Verdict {
  const { counters, flow, fragments, heldFragments } = director;
  if (fragments.recall(flow, now)) return processFlow(director, packet, now);
  director.giveUpFragments(now);
  if (!heldFragments.hold(flow, packet, arrival.index, now)) {
    return counters.drop(DropReason.fragment);
  }
  counters.held += 1;
  return Verdict.hold;
}

/** A packet with ports: from a client, or from a real server to one. */
function processFlow(director: Director, packet: Packet, now: Instant): Verdict {
  const { connections, flow } = director;
  const index = connections.find(flow);
  if (index !== NoConnection) {
    return endsHere(director, packet, index)
      ? processRenewal(director, packet, index, now)
      : processRequest(director, packet, index, now);
  }
  const reply = findReplyOwner(director, flow);
  if (reply !== NoConnection) return processReply(director, packet, reply, now);
  return processUnknown(director, packet, now);
}

/**
 * A packet that ends the entry which was found for it. The entry's real server counts it while the packet is scheduled:
 * in the kernel it is a timer that ends the entry, a moment later (ip_vs_conn_expire_now).
 */
function processRenewal(director: Director, packet: Packet, index: number, now: Instant): Verdict {
  const server = serverOf(director, index);
  const count = countOf(director, index);
  forgetConnection(director, index);
  const verdict = processUnknown(director, packet, now);
  if (server !== undefined) uncount(server, count);
  return verdict;
}

/** A packet of no connection that we know. */
function processUnknown(director: Director, packet: Packet, now: Instant): Verdict {
  const { connections, counters, flow } = director;
  const service = director.services.lookup(flow, markOf(director.marks, flow));
  if (service === undefined) {
    complainToServer(director, packet, now);
    return counters.drop(reasonWithoutService(director));
  }
  if (!service.isServing) return counters.drop(DropReason.notMaster);
  const scheduled = schedule(director, flow, packet.view, service, now);
  if (scheduled < 0) {
    const reason = refusalReason(scheduled);
    return mayBypass(director, service, reason)
      ? bypass(director, packet, now)
      : refuse(director, packet, reason, now);
  }
  if (!connections.hasFlag(scheduled, Flag.onePacket)) {
    const mode = director.commits.modeFor(service.commit);
    if (mode !== 'none') beginCommit(director, scheduled, mode, now);
    return processRequest(director, packet, scheduled, now);
  }
  const verdict = processRequest(director, packet, scheduled, now);
  closeConnection(director, scheduled);
  return verdict;
}

const mayBypass = (director: Director, service: VirtualService, reason: DropReason): boolean =>
  director.settings.cache_bypass !== 0 &&
  reason === DropReason.noServer &&
  service.firewallMark !== 0 &&
  director.floating.get(director.flow.family, director.flow.destination) === undefined;

/** A client learns by ICMP that no real server is there; all other refusals are silent. */
function refuse(director: Director, packet: Packet, reason: DropReason, now: Instant): Verdict {
  if (reason === DropReason.noServer) {
    sendError(director, packet, ErrorKind.portUnreachable, 0, now);
  }
  return director.counters.drop(reason);
}

/**
 * True when the packet does not belong to the entry that was found for it, because it opens a connection anew: the old
 * entry is to end.
 */
function endsHere(director: Director, packet: Packet, index: number): boolean {
  const { conn_reuse_mode: reuse, expire_nodest_conn: expires } = director.settings;
  const isOpen = isOpening(director.flow, packet.view);
  if (!isOpen && expires === 0) return false;
  // Who does not serve the connection may not end it either.
  if (!isServed(director, index)) return false;
  const server = serverOf(director, index);
  const isQuiesced = server !== undefined && server.weight === 0;
  const isRenewed =
    isOpen && ((expires !== 0 && isQuiesced) || isExpectedAnew(director.connections, index, reuse));
  const isGone = server !== undefined && !server.isAvailable;
  return isRenewed || (isGone && expires !== 0);
}

/** A packet from a client on its way to the connection's real server. */
function processRequest(director: Director, packet: Packet, index: number, now: Instant): Verdict {
  const { connections, counters, flow } = director;
  const server = serverOf(director, index) ?? bindLate(director, index);
  if (server !== undefined && !server.isAvailable) return counters.drop(DropReason.serverGone);
  if (!mayCarry(director, index)) return counters.drop(DropReason.notMaster);
  if (isDoubtful(director, index, now) && !isOpening(flow, packet.view)) {
    return counters.drop(DropReason.doubtful);
  }

  const bytes = flow.end - flow.network;
  server?.stats.countIn(bytes);
  server?.service.stats.countIn(bytes);
  connections.packets[index] = ((connections.packets[index] ?? 0) + 1) >>> 0;
  advanceConnection(director, index, packet.view, true, now);
  const verdict = forwardRequest(director, packet, index, now);
  decideSync(director, index, 1, now);
  director.offload?.consider(index, true, now);
  return verdict;
}

/** A packet from a connection's real server on its way to the client. */
function processReply(director: Director, packet: Packet, index: number, now: Instant): Verdict {
  const { counters, flow } = director;
  if (!mayCarry(director, index)) return counters.drop(DropReason.notMaster);
  const way = wayToClient(director, packet, index, now);
  if (way === undefined) return Verdict.drop;

  const server = serverOf(director, index);
  const bytes = flow.end - flow.network;
  server?.stats.countOut(bytes);
  server?.service.stats.countOut(bytes);
  advanceConnection(director, index, packet.view, false, now);
  const verdict = forwardReply(director, packet, index, way, now);
  decideSync(director, index, 0, now);
  director.offload?.consider(index, false, now);
  return verdict;
}

function reasonWithoutService(director: Director): DropReason {
  const { flow } = director;
  const floating = director.floating.get(flow.family, flow.destination);
  if (floating === undefined) return DropReason.notForUs;
  return floating.isLive ? DropReason.noService : DropReason.notMaster;
}
