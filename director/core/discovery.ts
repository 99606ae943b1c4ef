import type { Instant } from '../base/time.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as icmpv6 from '../wire/icmpv6.js';
import * as ndp from '../wire/ndp.js';
import type { Packet } from '../wire/packet.js';
import { DropReason, Verdict } from './counters.js';
import type { Director, FloatingAddress } from './director.js';
import type { Interface } from './interfaces.js';
import { sendArp } from './solicit.js';
import { releaseHeld } from './transmit.js';

/*
 * Who has which address on our links: ARP (RFC 826) for IPv4 and neighbour discovery (RFC 4861) for IPv6. The director
 * answers for the addresses that it holds and learns from what others say; the kernel answers for the node's own and
 * sees the same frames.
 */

const sender = new Uint32Array(4);
const target = new Uint32Array(4);

/** Takes an ARP packet. */
export function processArp(
  director: Director,
  packet: Packet,
  arrival: Interface,
  now: Instant,
): Verdict {
  const { counters } = director;
  const { view } = packet;
  const body = packet.start + ethernet.HeaderLength;
  if (!arp.isValid(view, body, packet.end)) return counters.drop(DropReason.malformed);
  sender[3] = arp.senderAddress(view, body);
  target[3] = arp.targetAddress(view, body);
  sender.fill(0, 0, 3);
  target.fill(0, 0, 3);

  const floating = director.floating.get(Family.ipv4, target);
  const held = isHeldOn(floating, arrival) ? floating : undefined;
  const isAsked =
    held !== undefined &&
    arp.operation(view, body) === arp.Operation.request &&
    sender[3] !== target[3];
  const mac = { high: arp.senderMacHigh(view, body), low: arp.senderMacLow(view, body) };
  const isNews = learn(director, arrival, { family: Family.ipv4, mac, isAsked }, now);
  if (isAsked) {
    sendArp(director, arrival, mac, {
      operation: arp.Operation.reply,
      sender: held.mac,
      senderAddress: target[3] ?? 0,
      target: mac,
      targetAddress: sender[3] ?? 0,
    });
  } else if (!isNews) {
    return counters.drop(DropReason.notForUs);
  }
  counters.answered += 1;
  return Verdict.answer;
}

/** Takes an ICMPv6 message of neighbour discovery, which `director.flow` describes. */
export function processNeighbour(
  director: Director,
  packet: Packet,
  arrival: Interface,
  now: Instant,
): Verdict {
  const { counters, flow } = director;
  const { view } = packet;
  const { network, transport, end } = flow;
  if (!ndp.isValid(view, network, transport, end)) return counters.drop(DropReason.malformed);
  const isSolicitation = icmpv6.type(view, transport) === icmpv6.Type.neighbourSolicitation;
  ndp.readTarget(view, transport, target);
  sender.set(isSolicitation ? flow.source : target);

  const floating = director.floating.get(Family.ipv6, target);
  const held = isHeldOn(floating, arrival) ? floating : undefined;
  const isAsked = held !== undefined && isSolicitation;
  const kind = isSolicitation ? ndp.Option.sourceLinkAddress : ndp.Option.targetLinkAddress;
  const position = ndp.linkAddress(view, transport, end, kind);
  const mac =
    position === ndp.NoOption
      ? sourceMac(view, packet.start)
      : { high: ndp.macHigh(view, position), low: ndp.macLow(view, position) };
  const isProbe = ndp.isFromNowhere(view, network);
  const isNews = !isProbe && learn(director, arrival, { family: Family.ipv6, mac, isAsked }, now);
  if (isAsked) {
    // Somebody who checks whether the address is free is answered by a word to all.
    const { scratch } = director;
    scratch.clear();
    scratch.end = ndp.writeAdvertisement(scratch.view, scratch.start, {
      sender: held.mac,
      source: target,
      destinationMac: isProbe ? ndp.multicastMac(ndp.AllNodes) : mac,
      destination: isProbe ? ndp.AllNodes : flow.source,
      target,
      flags: isProbe ? ndp.Flag.override : ndp.Flag.solicited | ndp.Flag.override,
    });
    director.output.send(arrival.index, scratch);
  } else if (!isNews) {
    return counters.drop(DropReason.notForUs);
  }
  counters.answered += 1;
  return Verdict.answer;
}

const isHeldOn = (floating: FloatingAddress | undefined, arrival: Interface): boolean =>
  floating?.isLive === true && floating.interface === arrival;

const sourceMac = (view: DataView, start: number): ethernet.MacAddress => ({
  high: ethernet.sourceHigh(view, start),
  low: ethernet.sourceLow(view, start),
});

interface Said {
  readonly family: Family;
  readonly mac: ethernet.MacAddress;
  readonly isAsked: boolean;
}

/** Takes note of `sender`: of those already known, and of those who ask for us. Says whether it was of use. */
function learn(director: Director, arrival: Interface, said: Said, now: Instant): boolean {
  const { neighbours } = director;
  const isNobody = sender.every((word) => word === 0);
  if (isNobody || director.floating.get(said.family, sender) !== undefined) return false;
  const known = neighbours.find(said.family, sender);
  const neighbour =
    known ?? (said.isAsked ? neighbours.add(arrival, said.family, sender, now) : undefined);
  if (neighbour === undefined || neighbour.interface !== arrival) return false;
  neighbours.confirm(neighbour, said.mac.high, said.mac.low, now);
  releaseHeld(director, neighbour);
  return true;
}
