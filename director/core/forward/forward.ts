import { unreachable } from '../../base/invariant.js';
import type { Instant } from '../../base/time.js';
import * as ethernet from '../../wire/ethernet.js';
import { Family, swapEnds, type Flow } from '../../wire/flow.js';
import * as ipv4 from '../../wire/ipv4.js';
import * as ipv6 from '../../wire/ipv6.js';
import { lengthOnLink } from '../../wire/offload.js';
import type { Packet } from '../../wire/packet.js';
import type { Endpoint } from '../../wire/rewrite.js';
import { cutIntoSegments } from '../../wire/segmentation.js';
import * as tcp from '../../wire/tcp.js';
import { holdForCommit } from '../commit.js';
import { Flag, NoConnection } from '../connections.js';
import { DropReason, Verdict } from '../counters.js';
import type { Director } from '../director.js';
import { ErrorKind } from '../icmp-error.js';
import { sendError } from '../icmp-send.js';
import { serverOf } from '../lifecycle.js';
import type { Neighbour } from '../neighbours.js';
import { Method, PlainTunnel } from '../services.js';
import { mayBeCut, nextHop, nextHopToServer, sendTo } from '../transmit.js';
import * as fullNat from './fullnat.js';
import * as nat from './nat.js';
import * as tunnel from './tunnel.js';

/** Endpoints of the connection in hand, kept here so that forwarding allocates nothing. */
const near: Endpoint = { column: new Uint32Array(4), at: 0, port: 0 };
const far: Endpoint = { column: new Uint32Array(4), at: 0, port: 0 };

/** Sends the client's packet in hand on to its connection's real server, by the connection's method. */
export function forwardRequest(
  director: Director,
  packet: Packet,
  index: number,
  now: Instant,
): Verdict {
  const { connections, counters, flow } = director;
  const { view } = packet;
  const method = connections.methodOf(index);
  if (method === Method.local) return deliver(director, packet);
  if (hopsLeft(view, flow) <= 1) {
    sendError(director, packet, ErrorKind.timeExceeded, 0, now);
    return counters.drop(DropReason.ttl);
  }
  const neighbour = nextHopOf(director, index, now);
  if (neighbour === undefined) return counters.drop(DropReason.noRoute);
  const { mtu } = neighbour.interface;
  const room = method === Method.tunnel ? mtu - wrappingOf(director, index) : mtu;
  // Before the size is looked at, so that an error quotes what is left, as the kernel's does.
  takeHop(view, flow);
  if (lengthOnLink(packet, flow) > room && !mayBeCut(flow.family, view, flow.network)) {
    sendError(director, packet, ErrorKind.tooBig, room, now);
    return counters.drop(DropReason.tooBig);
  }
  if (method === Method.tunnel && packet.segmentSize !== 0) {
    return forwardSegments(director, packet, index, neighbour, now);
  }
  if (method !== Method.route && !rewriteRequest(director, packet, index, neighbour)) {
    return counters.drop(DropReason.fragment);
  }
  if (connections.hasFlag(index, Flag.uncommitted)) {
    return holdForCommit(director, packet, neighbour, index);
  }
  return sendTo(director, packet, neighbour, now);
}

/**
 * Sends a super-frame through a tunnel in its segments, for nobody behind us could cut it there. To the statistics it is the
 * one packet that it was when it came; the counters of frames take each segment for one, or they would not add up.
 */
function forwardSegments(
  director: Director,
  packet: Packet,
  index: number,
  neighbour: Neighbour,
  now: Instant,
): Verdict {
  const { connections, counters, flow, second } = director;
  let verdict: Verdict = Verdict.forward;
  let segments = 0;
  cutIntoSegments(packet, flow, second, () => {
    segments += 1;
    if (!wrap(director, second, index, neighbour)) verdict = counters.drop(DropReason.fragment);
    else if (connections.hasFlag(index, Flag.uncommitted)) {
      verdict = holdForCommit(director, second, neighbour, index);
    } else verdict = sendTo(director, second, neighbour, now);
  });
  counters.received += segments - 1;
  return verdict;
}

/** Makes the packet what its real server is to see. False when it cannot be. */
function rewriteRequest(
  director: Director,
  packet: Packet,
  index: number,
  neighbour: Neighbour,
): boolean {
  const { connections, flow } = director;
  const method = connections.methodOf(index);
  switch (method) {
    case Method.masq: {
      const port = connections.realPort(index);
      return nat.rewriteRequest(packet, flow, connections.rows, connections.realAt(index), port);
    }
    case Method.fullNat:
      if (!connections.hasFlag(index, Flag.clientTold)) {
        fullNat.announceClient(packet, flow, neighbour.interface.mtu);
      }
      point(
        near,
        director.localEndpoints.addresses,
        index * 4,
        director.localEndpoints.port(index),
      );
      point(far, connections.rows, connections.realAt(index), connections.realPort(index));
      return fullNat.rewriteRequest(packet, flow, near, far);
    case Method.tunnel:
      return wrap(director, packet, index, neighbour);
    case Method.route:
    case Method.local:
      return true;
    default:
      return unreachable(method);
  }
}

/** The next hop of the entry's real server. */
export function nextHopOf(director: Director, index: number, now: Instant): Neighbour | undefined {
  const server = serverOf(director, index);
  if (server !== undefined) return nextHopToServer(director, server, now);
  const { connections } = director;
  return nextHop(
    director,
    connections.familyOf(index),
    connections.rows,
    connections.realAt(index),
    now,
  );
}

/** Bytes that the tunnel of the entry puts around a packet. */
export function wrappingOf(director: Director, index: number): number {
  const server = serverOf(director, index);
  if (server === undefined) {
    return tunnel.overhead(PlainTunnel, director.connections.familyOf(index));
  }
  return tunnel.overhead(server.tunnel, server.family);
}

/** Puts the tunnel of the entry around the packet. False when it does not fit. */
export function wrap(
  director: Director,
  packet: Packet,
  index: number,
  neighbour: Neighbour,
): boolean {
  const { connections, flow } = director;
  const server = serverOf(director, index);
  const route = director.routes.find(neighbour.family, neighbour.words);
  if (route === undefined) return false;
  const destination = server?.words ?? wordsAt(connections.rows, connections.realAt(index));
  const path = { family: neighbour.family, source: route.source, destination };
  const isWhole = director.settings.pmtu_disc !== 0 && mayNotBeCut(packet.view, flow);
  // IPv6 has no place for it.
  const isNumbered = path.family === Family.ipv4 && !isWhole;
  const identification = isNumbered ? director.prng.uint32() & 0xffff : 0;
  const wrapping = server?.tunnel ?? PlainTunnel;
  if (!tunnel.encapsulate(packet, flow, wrapping, path, identification)) return false;
  if (director.settings.pmtu_disc === 0) mayBeCutOnTheWay(packet, identification);
  return true;
}

const mayNotBeCut = (view: DataView, { family, network }: Flow): boolean =>
  family === Family.ipv4 && ipv4.dontFragment(view, network);

/** Clears "don't fragment" in the outer header of a tunnel (`pmtu_disc` 0). */
function mayBeCutOnTheWay(packet: Packet, identification: number): void {
  const { view } = packet;
  if (ethernet.type(view, packet.start) !== ethernet.EtherType.ipv4) return;
  ipv4.allowFragments(view, packet.start + ethernet.HeaderLength, identification);
}

/**
 * `cache_bypass`: a transparent cache without a usable real server lets the client's packet go on to where it was sent,
 * as it is. Only for a destination that this node does not hold.
 */
export function bypass(director: Director, packet: Packet, now: Instant): Verdict {
  const { counters, flow } = director;
  if (hopsLeft(packet.view, flow) <= 1) {
    sendError(director, packet, ErrorKind.timeExceeded, 0, now);
    return counters.drop(DropReason.ttl);
  }
  const neighbour = nextHop(director, flow.family, flow.destination, 0, now);
  if (neighbour === undefined) return counters.drop(DropReason.noRoute);
  takeHop(packet.view, flow);
  return sendTo(director, packet, neighbour, now);
}

const wordsAt = (rows: Uint32Array, at: number): Uint32Array => rows.subarray(at, at + 4);

/** The connection that a packet from a real server belongs to. */
export function findReplyOwner(director: Director, flow: Flow): number {
  const index = director.connections.findReply(flow);
  if (index !== NoConnection) return index;
  const held = director.localEndpoints.find(flow);
  return held === NoConnection ? findDirectReply(director, flow) : held;
}

/**
 * The Route or Tunnel connection whose answer comes by this node after all, as when it is the real server's router. In IPv6
 * only: a kernel takes an IPv4 packet from an address of its own for a forged one (fib_validate_source).
 */
function findDirectReply({ connections, floating }: Director, flow: Flow): number {
  if (flow.family !== Family.ipv6) return NoConnection;
  if (floating.get(flow.family, flow.source)?.isServing !== true) return NoConnection;
  swapEnds(flow);
  const index = connections.find(flow);
  swapEnds(flow);
  return index !== NoConnection && connections.answersAsVirtual(index) ? index : NoConnection;
}

/**
 * The way of a real server's packet to the client; undefined when there is none for it, and it has been dropped. Asked
 * before the packet counts as one of its connection: in the kernel a router's work comes before that of IPVS.
 */
export function wayToClient(
  director: Director,
  packet: Packet,
  index: number,
  now: Instant,
): Neighbour | undefined {
  const { connections, counters, flow } = director;
  const { view } = packet;
  if (hopsLeft(view, flow) <= 1) {
    sendError(director, packet, ErrorKind.timeExceeded, 0, now);
    counters.drop(DropReason.ttl);
    return undefined;
  }
  const neighbour = nextHop(
    director,
    flow.family,
    connections.rows,
    connections.clientAt(index),
    now,
  );
  if (neighbour === undefined) {
    counters.drop(DropReason.noRoute);
    return undefined;
  }
  const room = neighbour.interface.mtu;
  if (lengthOnLink(packet, flow) > room && !mayBeCut(flow.family, view, flow.network)) {
    sendError(director, packet, ErrorKind.tooBig, room, now);
    counters.drop(DropReason.tooBig);
    return undefined;
  }
  return neighbour;
}

/** Sends a real server's packet in hand on its way to the client, as coming from the virtual service. */
export function forwardReply(
  director: Director,
  packet: Packet,
  index: number,
  way: Neighbour,
  now: Instant,
): Verdict {
  takeHop(packet.view, director.flow);
  if (!rewriteReply(director, packet, index)) return director.counters.drop(DropReason.fragment);
  return sendTo(director, packet, way, now);
}

function rewriteReply(director: Director, packet: Packet, index: number): boolean {
  const { connections, flow } = director;
  if (connections.answersAsVirtual(index)) return true;
  const port = connections.virtualPort(index);
  if (connections.methodOf(index) !== Method.fullNat) {
    return nat.rewriteReply(packet, flow, connections.rows, connections.virtualAt(index), port);
  }
  // A server that answers anything but the SYN has seen a segment with the client's address.
  if ((flow.tcpFlags & tcp.Flag.syn) === 0) connections.setFlag(index, Flag.clientTold);
  else fullNat.leaveRoom(packet, flow);
  point(near, connections.rows, connections.virtualAt(index), port);
  point(far, connections.rows, connections.clientAt(index), connections.clientPort(index));
  return fullNat.rewriteReply(packet, flow, near, far);
}

function point(end: Endpoint, column: Uint32Array, at: number, port: number): void {
  end.column = column;
  end.at = at;
  end.port = port;
}

/** Local: the node itself is the real server. */
function deliver(director: Director, packet: Packet): Verdict {
  const { counters, output } = director;
  if (output.deliver === undefined) return counters.drop(DropReason.noLocalDelivery);
  output.deliver(packet);
  counters.forwarded += 1;
  return Verdict.forward;
}

/** Routers that the packet may still pass, this one included. */
export const hopsLeft = (view: DataView, flow: Flow): number =>
  flow.family === Family.ipv4 ? ipv4.ttl(view, flow.network) : ipv6.hopLimit(view, flow.network);

/** Counts this router. */
export function takeHop(view: DataView, flow: Flow): void {
  if (flow.family === Family.ipv4) ipv4.decrementTtl(view, flow.network);
  else ipv6.decrementHopLimit(view, flow.network);
}
