import type { Instant } from '../base/time.js';
import { swapEnds } from '../wire/flow.js';
import type { Packet } from '../wire/packet.js';
import type { Endpoint } from '../wire/rewrite.js';
import { NoConnection } from './connections.js';
import { DropReason, type Verdict } from './counters.js';
import type { Director } from './director.js';
import { hopsLeft, nextHopOf, takeHop, wrap } from './forward/forward.js';
import { replaceReceiver, replaceSender } from './icmp-related.js';
import { mayCarry, serverOf } from './lifecycle.js';
import { markOf } from './marks.js';
import { schedule } from './schedule.js';
import { Method } from './services.js';
import { nextHop, sendTo } from './transmit.js';

/** The end of a connection that replaces another, kept here so that forwarding allocates nothing. */
const end: Endpoint = { column: new Uint32Array(4), at: 0, port: 0 };

/**
 * An ICMP error about a packet of a connection goes where that packet came from (ip_vs_in_icmp and ip_vs_out_icmp in
 * ip_vs_core.c), so that path MTU discovery works through a director and a refused port is heard of. `director.inner` is the
 * packet that it quotes; its ends are swapped here, because the error travels against it.
 */
export function processRelated(director: Director, packet: Packet, now: Instant): Verdict {
  const { connections, counters, inner } = director;
  swapEnds(inner);
  const request = connections.find(inner);
  if (request !== NoConnection) return relayToServer(director, packet, request, now);
  const owner = connections.findReply(inner);
  const reply = owner === NoConnection ? director.localEndpoints.find(inner) : owner;
  if (reply !== NoConnection) return relayToClient(director, packet, reply, now);
  const scheduled = scheduleRelated(director, packet, now);
  if (scheduled !== NoConnection) return relayToServer(director, packet, scheduled, now);
  return counters.drop(DropReason.unrelatedIcmp);
}

/** From a client's side, about a reply: the real server that sent it has to know. */
function relayToServer(director: Director, packet: Packet, index: number, now: Instant): Verdict {
  const { connections, counters, flow, inner } = director;
  if (!mayCarry(director, index)) return counters.drop(DropReason.notMaster);
  if (hopsLeft(packet.view, flow) <= 1) return counters.drop(DropReason.ttl);
  const neighbour = nextHopOf(director, index, now);
  if (neighbour === undefined) return counters.drop(DropReason.noRoute);
  const server = serverOf(director, index);
  server?.stats.countIn(flow.end - flow.network);
  server?.service.stats.countIn(flow.end - flow.network);
  takeHop(packet.view, flow);
  const method = connections.methodOf(index);
  if (method === Method.masq || method === Method.fullNat) {
    point(connections.rows, connections.realAt(index), connections.realPort(index));
    replaceReceiver(packet, flow, inner, end);
  }
  if (method === Method.fullNat) {
    const { localEndpoints } = director;
    point(localEndpoints.addresses, index * 4, localEndpoints.port(index));
    replaceSender(packet, flow, inner, end);
  }
  if (method === Method.tunnel && !wrap(director, packet, index, neighbour)) {
    return counters.drop(DropReason.tooBig);
  }
  return sendTo(director, packet, neighbour, now);
}

/** From the real servers' side, about a request: the client that sent it has to know, as from the virtual service. */
function relayToClient(director: Director, packet: Packet, index: number, now: Instant): Verdict {
  const { connections, counters, flow, inner } = director;
  if (!mayCarry(director, index)) return counters.drop(DropReason.notMaster);
  if (hopsLeft(packet.view, flow) <= 1) return counters.drop(DropReason.ttl);
  const neighbour = nextHop(
    director,
    flow.family,
    connections.rows,
    connections.clientAt(index),
    now,
  );
  if (neighbour === undefined) return counters.drop(DropReason.noRoute);
  const server = serverOf(director, index);
  server?.stats.countOut(flow.end - flow.network);
  server?.service.stats.countOut(flow.end - flow.network);
  takeHop(packet.view, flow);
  point(connections.rows, connections.virtualAt(index), connections.virtualPort(index));
  replaceSender(packet, flow, inner, end);
  if (connections.methodOf(index) === Method.fullNat) {
    point(connections.rows, connections.clientAt(index), connections.clientPort(index));
    replaceReceiver(packet, flow, inner, end);
  }
  return sendTo(director, packet, neighbour, now);
}

/** With `schedule_icmp` an error about nothing known is scheduled like a packet of the connection that it speaks of. */
function scheduleRelated(director: Director, packet: Packet, now: Instant): number {
  if (director.settings.schedule_icmp === 0) return NoConnection;
  const { inner } = director;
  const service = director.services.lookup(inner, markOf(director.marks, inner));
  if (service?.isServing !== true) return NoConnection;
  const scheduled = schedule(director, inner, packet.view, service, now);
  return scheduled < 0 ? NoConnection : scheduled;
}

function point(column: Uint32Array, at: number, port: number): void {
  end.column = column;
  end.at = at;
  end.port = port;
}
