import type { Instant } from '../base/time.js';
import * as arp from '../wire/arp.js';
import * as ethernet from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import { DropReason, Verdict } from './counters.js';
import type { Director } from './director.js';
import type { Interface } from './interfaces.js';
import { releaseHeld, sendArp } from './transmit.js';

/**
 * ARP (RFC 826): answers for the addresses that this node holds, and learns from what others say. The kernel answers
 * for the node's own addresses and sees the same frames.
 */
export function answerArp(
  director: Director,
  packet: Packet,
  arrival: Interface,
  now: Instant,
): Verdict {
  const { counters } = director;
  const { view } = packet;
  const body = packet.start + ethernet.HeaderLength;
  if (!arp.isValid(view, body, packet.end)) return counters.drop(DropReason.malformed);

  const sender = arp.senderAddress(view, body);
  const senderHigh = arp.senderMacHigh(view, body);
  const senderLow = arp.senderMacLow(view, body);
  const floating = director.floating.get(arp.targetAddress(view, body));
  const isAsked =
    arp.operation(view, body) === arp.Operation.request &&
    floating?.isLive === true &&
    floating.interface === arrival &&
    sender !== floating.word;

  const isNews = learn(director, arrival, { sender, senderHigh, senderLow, isAsked }, now);
  if (!isAsked) {
    if (!isNews) return counters.drop(DropReason.notForUs);
    counters.answered += 1;
    return Verdict.answer;
  }
  const asker = { high: senderHigh, low: senderLow };
  sendArp(director, arrival, asker, {
    operation: arp.Operation.reply,
    sender: arrival.mac,
    senderAddress: floating.word,
    target: asker,
    targetAddress: sender,
  });
  counters.answered += 1;
  return Verdict.answer;
}

interface Said {
  readonly sender: number;
  readonly senderHigh: number;
  readonly senderLow: number;
  readonly isAsked: boolean;
}

/** Takes note of the sender: of those already known, and of those who ask for us. Says whether it was of use. */
function learn(director: Director, arrival: Interface, said: Said, now: Instant): boolean {
  if (said.sender === 0 || director.floating.has(said.sender)) return false;
  const neighbour = said.isAsked
    ? director.neighbours.obtain(arrival, said.sender, now)
    : director.neighbours.find(said.sender);
  if (neighbour === undefined || neighbour.interface !== arrival) return false;
  director.neighbours.confirm(neighbour, said.senderHigh, said.senderLow, now);
  releaseHeld(director, neighbour);
  return true;
}
