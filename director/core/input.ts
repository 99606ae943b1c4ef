import { unreachable } from '../base/invariant.js';
import type { Instant } from '../base/time.js';
import * as ethernet from '../wire/ethernet.js';
import { Parse, parseIpv4 } from '../wire/flow.js';
import * as ipv4 from '../wire/ipv4.js';
import type { Packet } from '../wire/packet.js';
import * as tcp from '../wire/tcp.js';
import { answerArp } from './arp.js';
import { NoConnection } from './connections.js';
import { DropReason, type Verdict } from './counters.js';
import type { Director } from './director.js';
import * as nat from './forward/nat.js';
import type { Interface } from './interfaces.js';
import { advanceConnection, openConnection } from './lifecycle.js';
import { answerPing } from './ping.js';
import { Method, type RealServer } from './services.js';
import { isSyncDue } from './sync-queue.js';
import { sendToAddress, sendToServer } from './transmit.js';

/**
 * What happens to a frame: THE packet path. The order is that of IPVS (ip_vs_in in net/netfilter/ipvs/ip_vs_core.c):
 * parse, look up the connection, schedule if it is new, availability, state, transmit, sync decision. The frame is
 * rewritten in place and leaves by `director.output`; the packet is the caller's again afterwards. Every way out is a
 * verdict, and every drop has a counted reason.
 */
export function processFrame(
  director: Director,
  packet: Packet,
  arrival: Interface,
  now: Instant,
): Verdict {
  const { counters } = director;
  counters.received += 1;
  const { view, start, end } = packet;
  if (!ethernet.isValid(start, end)) return counters.drop(DropReason.malformed);
  switch (ethernet.type(view, start)) {
    case ethernet.EtherType.arp:
      return answerArp(director, packet, arrival, now);
    case ethernet.EtherType.ipv4:
      return isForUs(view, start, arrival)
        ? processIpv4(director, packet, now)
        : counters.drop(DropReason.notForUs);
    default:
      return counters.drop(DropReason.otherEtherType);
  }
}

const isForUs = (view: DataView, start: number, arrival: Interface): boolean =>
  ethernet.destinationLow(view, start) === arrival.mac.low &&
  ethernet.destinationHigh(view, start) === arrival.mac.high;

function processIpv4(director: Director, packet: Packet, now: Instant): Verdict {
  const { connections, counters, flow } = director;
  const parsed = parseIpv4(packet, flow);
  if (parsed !== Parse.ok) return processUntracked(director, packet, parsed, now);

  const index = connections.find(flow);
  if (index !== NoConnection) return processRequest(director, packet, index, now);
  const reply = connections.findReply(flow);
  if (reply !== NoConnection) return processReply(director, packet, reply, now);

  const service = director.services.lookup(flow);
  if (service === undefined) return counters.drop(reasonWithoutService(director));
  if (!service.isLive) return counters.drop(DropReason.notMaster);
  if (flow.protocol === ipv4.Protocol.tcp && !tcp.opens(flow.tcpFlags)) {
    return counters.drop(DropReason.noConnection);
  }
  const server = service.scheduler.choose(service, flow);
  if (server === undefined) return counters.drop(DropReason.noServer);
  const opened = openConnection(director, flow, server, now);
  if (opened === NoConnection) return counters.drop(DropReason.tableFull);
  return processRequest(director, packet, opened, now);
}

/** A packet from a client on its way to the connection's real server. */
function processRequest(director: Director, packet: Packet, index: number, now: Instant): Verdict {
  const { connections, counters, flow } = director;
  const server = director.services.server(connections.server[index] ?? -1);
  if (server === undefined) return counters.drop(DropReason.noServer);
  if (!server.service.isLive) return counters.drop(DropReason.notMaster);
  if (ipv4.ttl(packet.view, flow.network) <= 1) return counters.drop(DropReason.ttl);

  connections.packets[index] = ((connections.packets[index] ?? 0) + 1) >>> 0;
  advanceConnection(director, index, flow, true, now);
  const verdict = transmitRequest(director, packet, server, now);
  decideSync(director, index, true, now);
  return verdict;
}

function transmitRequest(
  director: Director,
  packet: Packet,
  server: RealServer,
  now: Instant,
): Verdict {
  const { flow } = director;
  ipv4.decrementTtl(packet.view, flow.network);
  switch (server.method) {
    case Method.masq:
      nat.rewriteRequest(packet, flow, server.words[3] ?? 0, server.port);
      return sendToServer(director, packet, server, now);
    case Method.route:
      return sendToServer(director, packet, server, now);
    default:
      return unreachable(server.method);
  }
}

/** A packet from a Masq connection's real server on its way to the client. */
function processReply(director: Director, packet: Packet, index: number, now: Instant): Verdict {
  const { connections, counters, flow } = director;
  const server = director.services.server(connections.server[index] ?? -1);
  if (server === undefined) return counters.drop(DropReason.noServer);
  if (!server.service.isLive) return counters.drop(DropReason.notMaster);
  if (ipv4.ttl(packet.view, flow.network) <= 1) return counters.drop(DropReason.ttl);

  advanceConnection(director, index, flow, false, now);
  ipv4.decrementTtl(packet.view, flow.network);
  const virtual = connections.virtualAddress[index * 4 + 3] ?? 0;
  nat.rewriteReply(packet, flow, virtual, connections.virtualPort[index] ?? 0);
  const verdict = sendToAddress(director, packet, flow.destination[3] ?? 0, now);
  decideSync(director, index, false, now);
  return verdict;
}

function decideSync(director: Director, index: number, isFromClient: boolean, now: Instant): void {
  const { connections, sync } = director;
  if (isSyncDue(connections, index, sync.policy, isFromClient, now)) sync.add(connections, index);
}

/** What is no segment of a connection: ping is answered, the rest is counted. */
function processUntracked(
  director: Director,
  packet: Packet,
  parsed: Parse,
  now: Instant,
): Verdict {
  const { counters, flow } = director;
  switch (parsed) {
    case Parse.malformed:
      return counters.drop(DropReason.malformed);
    case Parse.fragment:
      return counters.drop(DropReason.fragment);
    default:
      if (flow.protocol === ipv4.Protocol.icmp) return answerPing(director, packet, now);
      return counters.drop(DropReason.otherProtocol);
  }
}

function reasonWithoutService(director: Director): DropReason {
  const floating = director.floating.get(director.flow.destination[3] ?? 0);
  if (floating === undefined) return DropReason.notForUs;
  return floating.isLive ? DropReason.noService : DropReason.notMaster;
}
