import type { Instant } from '../base/time.js';
import * as icmp from '../wire/icmp.js';
import * as ipv4 from '../wire/ipv4.js';
import type { Packet } from '../wire/packet.js';
import { DropReason, Verdict } from './counters.js';
import type { Director } from './director.js';
import { sendToAddress } from './transmit.js';

/** The time to live of a packet that starts its way here (RFC 1700's recommendation). */
const InitialTtl = 64;

/** Answers an ICMP echo request to an address that this node holds (RFC 792), in place. */
export function answerPing(director: Director, packet: Packet, now: Instant): Verdict {
  const { counters, flow } = director;
  const { view } = packet;
  const { network, transport, end } = flow;
  if (!icmp.isValid(transport, end)) return counters.drop(DropReason.malformed);
  if (icmp.type(view, transport) !== icmp.Type.echoRequest) {
    return counters.drop(DropReason.otherProtocol);
  }
  const address = ipv4.destination(view, network);
  const floating = director.floating.get(address);
  if (floating === undefined) return counters.drop(DropReason.notForUs);
  if (!floating.isLive) return counters.drop(DropReason.notMaster);
  if (!icmp.isChecksumValid(view, transport, end)) return counters.drop(DropReason.malformed);

  const asker = ipv4.source(view, network);
  icmp.setType(view, transport, icmp.Type.echoReply);
  ipv4.setSource(view, network, address);
  ipv4.setDestination(view, network, asker);
  ipv4.setTtl(view, network, InitialTtl);
  const verdict = sendToAddress(director, packet, asker, now);
  if (verdict !== Verdict.forward) return verdict;
  counters.forwarded -= 1;
  counters.answered += 1;
  return Verdict.answer;
}
