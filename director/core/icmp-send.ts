import type { Instant } from '../base/time.js';
import * as ethernet from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { Director } from './director.js';
import { buildError, type ErrorKind } from './icmp-error.js';
import { useVirtualMac } from './virtual-macs.js';

/**
 * Answers the packet in hand, not rewritten yet, with an ICMP error, where the standards allow one. It comes from the
 * address that the packet was sent to when this node holds it, else from the interface it leaves by. It goes back to where
 * the frame came from, so that it needs no neighbour. `mtu` is for `tooBig`.
 */
export function sendError(
  director: Director,
  packet: Packet,
  kind: ErrorKind,
  mtu: number,
  now: Instant,
): void {
  const { flow, scratch, counters } = director;
  // A real server that answers as the virtual service: the error would be for ourselves.
  if (director.floating.get(flow.family, flow.source)?.isServing === true) return;
  if (!director.errorLimit.allows(now)) return;
  const route = director.routes.find(flow.family, flow.source);
  if (route === undefined) return;
  const held = director.floating.get(flow.family, flow.destination);
  const source = held?.isLive === true ? held.words : route.source;
  const identification = director.prng.uint32() & 0xffff;
  if (!buildError(scratch, packet, flow, kind, { source, mtu, identification })) return;
  const out = route.interface;
  const { view, start } = packet;
  ethernet.setDestination(
    scratch.view,
    scratch.start,
    ethernet.sourceHigh(view, start),
    ethernet.sourceLow(view, start),
  );
  ethernet.setSource(scratch.view, scratch.start, out.mac.high, out.mac.low);
  if (director.virtualMacs.isUsed) useVirtualMac(director, scratch, out);
  director.output.send(out.index, scratch);
  counters.icmpErrors += 1;
}
