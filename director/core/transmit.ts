import type { Instant } from '../base/time.js';
import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as ipv4 from '../wire/ipv4.js';
import { frameLengthOnLink } from '../wire/offload.js';
import { SegmentKind, type Packet } from '../wire/packet.js';
import { DropReason, Verdict } from './counters.js';
import type { Director } from './director.js';
import { sendFragments } from './fragmentation.js';
import type { Neighbour, NeighbourWork } from './neighbours.js';
import type { RealServer } from './services.js';
import { askFor } from './solicit.js';
import { useVirtualMac } from './virtual-macs.js';

/**
 * The next hop to the address at `offset` of a column, resolved or not; undefined without a route. There is none to this
 * node itself: a real server with one of its addresses is reached by Local or not at all.
 */
export function nextHop(
  director: Director,
  family: Family,
  words: Uint32Array,
  offset: number,
  now: Instant,
): Neighbour | undefined {
  const route = director.routes.find(family, words, offset);
  if (route === undefined) return undefined;
  const { neighbours } = director;
  if (route.gateway !== undefined) {
    return (
      neighbours.find(family, route.gateway) ??
      neighbours.add(route.interface, family, route.gateway, now)
    );
  }
  const known = neighbours.find(family, words, offset);
  if (known !== undefined) return known;
  if (director.routes.isOwn(family, words, offset)) return undefined;
  return neighbours.add(route.interface, family, words.slice(offset, offset + 4), now);
}

/** The next hop as `nextHop` says, if it is known; nobody is asked about it. */
export function knownNextHop(
  { neighbours, routes }: Director,
  family: Family,
  words: Uint32Array,
  offset: number,
): Neighbour | undefined {
  const route = routes.find(family, words, offset);
  if (route === undefined) return undefined;
  return route.gateway === undefined
    ? neighbours.find(family, words, offset)
    : neighbours.find(family, route.gateway);
}

/** The next hop to a real server, which remembers it. */
export function nextHopToServer(
  director: Director,
  server: RealServer,
  now: Instant,
): Neighbour | undefined {
  if (server.neighbour?.isResolved !== true) {
    server.neighbour = nextHop(director, server.family, server.words, 0, now);
  }
  return server.neighbour;
}

/** Sends a finished packet to its next hop, or keeps a copy until that is known. */
export function sendTo(
  director: Director,
  packet: Packet,
  neighbour: Neighbour,
  now: Instant,
): Verdict {
  if (neighbour.isResolved) return emit(director, packet, neighbour);
  if (!director.neighbours.hold(neighbour, packet.keep())) {
    return director.counters.drop(DropReason.unresolved);
  }
  if (neighbour.probes === 0) {
    director.neighbours.probe(neighbour, now, neighbourWork(director));
  }
  director.counters.held += 1;
  return Verdict.hold;
}

/** Writes the Ethernet header and hands the frame over; what is too long and may be cut leaves in fragments. */
function emit(director: Director, packet: Packet, neighbour: Neighbour): Verdict {
  const out = neighbour.interface;
  const { view, start } = packet;
  ethernet.setDestination(view, start, neighbour.macHigh, neighbour.macLow);
  ethernet.setSource(view, start, out.mac.high, out.mac.low);
  if (director.virtualMacs.isUsed) useVirtualMac(director, packet, out);
  neighbour.isUsed = true;
  const excess = frameLengthOnLink(packet) - out.mtu;
  if (excess <= 0) {
    director.output.send(out.index, packet);
  } else if (packet.segmentSize !== 0) {
    if (!shrinkSegments(packet, excess)) return director.counters.drop(DropReason.tooBig);
    director.output.send(out.index, packet);
  } else if (!sendFragments(director, packet, out)) {
    return director.counters.drop(DropReason.tooBig);
  }
  director.counters.forwarded += 1;
  return Verdict.forward;
}

/** TCP's data may be cut anew, in smaller segments; the data of UDP is as many datagrams as its sender meant. */
function shrinkSegments(packet: Packet, excess: number): boolean {
  if (packet.segmentKind === SegmentKind.udp || packet.segmentSize <= excess) return false;
  packet.segmentSize -= excess;
  return true;
}

/** Sends the frames that waited for a neighbour which has just answered. */
export function releaseHeld(director: Director, neighbour: Neighbour): void {
  const { counters, scratch } = director;
  for (const frame of director.neighbours.takeHeld(neighbour)) {
    counters.held -= 1;
    scratch.restore(frame);
    emit(director, scratch, neighbour);
  }
}

/** How a director asks for neighbours and gives up on them. */
export function neighbourWork(director: Director): NeighbourWork {
  return {
    probe: (neighbour) => askFor(director, neighbour),
    fail: (neighbour) => {
      for (const _ of director.neighbours.takeHeld(neighbour)) {
        director.counters.held -= 1;
        director.counters.drop(DropReason.unresolved);
      }
    },
  };
}

/** True for an IPv4 packet that its sender allows to be cut. IPv6 packets are cut by their senders only. */
export const mayBeCut = (family: Family, view: DataView, network: number): boolean =>
  family === Family.ipv4 && !ipv4.dontFragment(view, network);
