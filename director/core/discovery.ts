import type { Instant } from '../base/time.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as ndp from '../wire/ndp.js';
import type { Packet } from '../wire/packet.js';
import { DropReason, Verdict } from './counters.js';
import type { Director, FloatingAddress } from './director.js';
import type { Interface } from './interfaces.js';
import type { Neighbour } from './neighbours.js';
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
  const isAsked =
    arp.operation(view, body) === arp.Operation.request &&
    isHeldOn(floating, arrival) &&
    sender[3] !== target[3];
  const mac = { high: arp.senderMacHigh(view, body), low: arp.senderMacLow(view, body) };
  const isNews = learn(director, arrival, { family: Family.ipv4, mac, isAsked }, now);
  if (isAsked) {
    sendArp(director, arrival, mac, {
      operation: arp.Operation.reply,
      sender: arrival.mac,
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
