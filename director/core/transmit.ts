import type { Instant } from '../base/time.js';
import { toWords } from '../wire/address-words.js';
import { fromWords } from '../wire/address-words.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import { Headroom, type Packet } from '../wire/packet.js';
import { DropReason, Verdict } from './counters.js';
import type { Director, FloatingAddress } from './director.js';
import { ownAddress, type Interface } from './interfaces.js';
import type { Neighbour, NeighbourWork } from './neighbours.js';
import type { RealServer } from './services.js';

/** Sends the packet to a real server, over the neighbour that the server remembers. */
export function sendToServer(
  director: Director,
  packet: Packet,
  server: RealServer,
  now: Instant,
): Verdict {
  if (server.neighbour?.isResolved === true) return emit(director, packet, server.neighbour);
  server.neighbour = nextHop(director, server.words[3] ?? 0, now);
  return sendTo(director, packet, server.neighbour, now);
}

/** Sends the packet towards an IPv4 destination. */
export function sendToAddress(
  director: Director,
  packet: Packet,
  destination: number,
  now: Instant,
): Verdict {
  return sendTo(director, packet, nextHop(director, destination, now), now);
}

/** The neighbour that packets for a destination go to next, or undefined without a route. */
function nextHop(director: Director, destination: number, now: Instant): Neighbour | undefined {
  const route = director.routes.find(destination);
  if (route === undefined) return undefined;
  const address = route.gateway?.[3] ?? destination;
  return director.neighbours.obtain(route.interface, address, now);
}

function sendTo(
  director: Director,
  packet: Packet,
  neighbour: Neighbour | undefined,
  now: Instant,
): Verdict {
  if (neighbour === undefined) return director.counters.drop(DropReason.noRoute);
  if (neighbour.isResolved) return emit(director, packet, neighbour);
  if (!director.neighbours.hold(neighbour, packet.copy())) {
    return director.counters.drop(DropReason.unresolved);
  }
  if (neighbour.probes === 0) {
    director.neighbours.probe(neighbour, now, neighbourWork(director));
  }
  director.counters.held += 1;
  return Verdict.hold;
}

function emit(director: Director, packet: Packet, neighbour: Neighbour): Verdict {
  const out = neighbour.interface;
  if (packet.length > out.mtu + ethernet.HeaderLength) {
    return director.counters.drop(DropReason.tooBig);
  }
  const { view, start } = packet;
  ethernet.setDestination(view, start, neighbour.macHigh, neighbour.macLow);
  ethernet.setSource(view, start, out.mac.high, out.mac.low);
  neighbour.isUsed = true;
  director.output.send(out.index, packet);
  director.counters.forwarded += 1;
  return Verdict.forward;
}

/** Sends the frames that waited for a neighbour which has just answered. */
export function releaseHeld(director: Director, neighbour: Neighbour): void {
  const { counters, scratch } = director;
  for (const frame of neighbour.queue.splice(0)) {
    counters.held -= 1;
    scratch.load(frame);
    emit(director, scratch, neighbour);
  }
}

/** How a director asks for neighbours and gives up on them. */
export function neighbourWork(director: Director): NeighbourWork {
  return {
    probe: (neighbour) => sendArpRequest(director, neighbour),
    fail: (neighbour) => {
      for (const _ of neighbour.queue.splice(0)) {
        director.counters.held -= 1;
        director.counters.drop(DropReason.unresolved);
      }
    },
  };
}

function sendArpRequest(director: Director, neighbour: Neighbour): void {
  const owner = neighbour.interface;
  const peer = fromWords(Family.ipv4, Uint32Array.of(0, 0, 0, neighbour.address));
  const own = ownAddress(owner, peer);
  if (own === undefined) return;
  sendArp(director, owner, ethernet.Broadcast, {
    operation: arp.Operation.request,
    sender: owner.mac,
    senderAddress: toWords(own).words[3] ?? 0,
    target: { high: 0, low: 0 },
    targetAddress: neighbour.address,
  });
}

/** Tells everyone on the link that this node holds an address now (gratuitous ARP, as keepalived words it). */
export function announce(director: Director, floating: FloatingAddress): void {
  sendArp(director, floating.interface, ethernet.Broadcast, {
    operation: arp.Operation.request,
    sender: floating.interface.mac,
    senderAddress: floating.word,
    target: ethernet.Broadcast,
    targetAddress: floating.word,
  });
}

/** Sends an ARP packet that the director makes itself. */
export function sendArp(
  director: Director,
  out: Interface,
  destination: ethernet.MacAddress,
  fields: arp.ArpFields,
): void {
  const { scratch } = director;
  scratch.start = Headroom;
  scratch.end = arp.writeFrame(scratch.view, scratch.start, destination, fields);
  director.output.send(out.index, scratch);
}
