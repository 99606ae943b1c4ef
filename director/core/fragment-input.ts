import type { Instant } from '../base/time.js';
import type { Packet } from '../wire/packet.js';
import { DropReason, type Verdict } from './counters.js';
import type { Director } from './director.js';

/** The rest of the packet path, for a fragment whose ports are known. */
type Next = (director: Director, packet: Packet, now: Instant) => Verdict;

/**
 * Fragments follow the first one of their datagram, which alone has the ports: it is remembered, and the others take
 * their ports from it. One that overtakes the first waits for it.
 */
export function processFragment(
  director: Director,
  packet: Packet,
  now: Instant,
  next: Next,
): Verdict {
  const { counters, flow, fragments } = director;
  if (flow.fragmentOffset !== 0) {
    if (fragments.recall(flow, now)) return next(director, packet, now);
    return counters.drop(DropReason.fragment);
  }
  fragments.remember(flow, now);
  return next(director, packet, now);
}
