import * as arp from '../../../director/wire/arp.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import { Family, type Flow } from '../../../director/wire/flow.js';
import * as icmpv6 from '../../../director/wire/icmpv6.js';
import * as ipv6 from '../../../director/wire/ipv6.js';
import * as ndp from '../../../director/wire/ndp.js';
import type { Packet } from '../../../director/wire/packet.js';
import { newFrame } from '../network/frame.js';
import type { AskNeighbour, NeighbourCache } from './neighbour-cache.js';
import type { NetworkCard } from './network-card.js';

/*
 * How a kernel asks for neighbours and answers for its own addresses: ARP (RFC 826) and neighbour discovery (RFC 4861).
 */

const sender = new Uint32Array(4);
const target = new Uint32Array(4);
const NoMac: ethernet.MacAddress = { high: 0, low: 0 };
const ArpFrame = ethernet.HeaderLength + arp.Length;
/** An IPv6 header, a message of 24 bytes and an option of 8. */
const NeighbourFrame = ethernet.HeaderLength + ipv6.HeaderLength + ndp.Length + 8;

export const askFor: AskNeighbour = (card, family, words, at) => {
  const source = card.source(family);
  if (source === undefined) return;
  if (family === Family.ipv4) {
    const frame = newFrame(ArpFrame);
    arp.writeFrame(frame.view, frame.start, at ?? ethernet.Broadcast, {
      operation: arp.Operation.request,
      sender: card.mac,
      senderAddress: source[3] ?? 0,
      target: NoMac,
      targetAddress: words[3] ?? 0,
    });
    card.send(frame);
    return;
  }
  const frame = newFrame(NeighbourFrame);
  ndp.writeSolicitation(frame.view, frame.start, { sender: card.mac, source, target: words });
  if (at !== undefined) ethernet.setDestination(frame.view, frame.start, at.high, at.low);
  card.send(frame);
};

/** Takes an ARP packet: learns from it, and answers for the card's own addresses (arp_ignore 1). */
export function receiveArp(
  cache: NeighbourCache,
  card: NetworkCard,
  { view, start, end }: Packet,
): void {
  const body = start + ethernet.HeaderLength;
  if (!arp.isValid(view, body, end)) return;
  sender[3] = arp.senderAddress(view, body);
  target[3] = arp.targetAddress(view, body);
  const mac = { high: arp.senderMacHigh(view, body), low: arp.senderMacLow(view, body) };
  const isRequest = arp.operation(view, body) === arp.Operation.request;
  const isGratuitous = sender[3] === target[3];
  const isForUs = card.has(Family.ipv4, target);
  const isAnswer = !isRequest && isForUs;
  const isAsking = isRequest && isForUs;
  if (sender[3] !== 0 && !card.has(Family.ipv4, sender)) {
    const news = { mac, isAsking, overrides: isGratuitous, isAnswer };
    cache.learn(card, Family.ipv4, sender.slice(), news);
  }
  if (!isAsking) return;
  const reply = newFrame(ArpFrame);
  arp.writeFrame(reply.view, reply.start, mac, {
    operation: arp.Operation.reply,
    sender: card.mac,
    senderAddress: target[3] ?? 0,
    target: mac,
    targetAddress: sender[3] ?? 0,
  });
  card.send(reply);
}

/** Takes a message of neighbour discovery that a flow describes. */
export function receiveNeighbourMessage(
  cache: NeighbourCache,
  card: NetworkCard,
  { view, start }: Packet,
  { network, transport, end, source }: Flow,
): void {
  if (!ndp.isValid(view, network, transport, end)) return;
  const words = new Uint32Array(4);
  ndp.readTarget(view, transport, words);
  const isSolicitation = icmpv6.type(view, transport) === icmpv6.Type.neighbourSolicitation;
  const kind = isSolicitation ? ndp.Option.sourceLinkAddress : ndp.Option.targetLinkAddress;
  const option = ndp.linkAddress(view, transport, end, kind);
  const mac =
    option === ndp.NoOption
      ? { high: ethernet.sourceHigh(view, start), low: ethernet.sourceLow(view, start) }
      : { high: ndp.macHigh(view, option), low: ndp.macLow(view, option) };
  if (!isSolicitation) {
    const flags = ndp.flags(view, transport);
    const isAnswer = (flags & ndp.Flag.solicited) !== 0;
    const overrides = (flags & ndp.Flag.override) !== 0;
    cache.learn(card, Family.ipv6, words, { mac, isAsking: false, overrides, isAnswer });
    return;
  }
  if (!card.has(Family.ipv6, words)) return;
  const asker = source.slice();
  cache.learn(card, Family.ipv6, asker, { mac, isAsking: true, overrides: true, isAnswer: false });
  const frame = newFrame(NeighbourFrame);
  ndp.writeAdvertisement(frame.view, frame.start, {
    sender: card.mac,
    source: words,
    destinationMac: mac,
    destination: asker,
    target: words,
    flags: ndp.Flag.solicited | ndp.Flag.override,
  });
  card.send(frame);
}
