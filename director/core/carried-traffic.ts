import type { Instant } from '../base/time.js';
import { Protocol } from '../wire/ipv4.js';
import type { Director } from './director.js';
import { assureTemplate } from './lifecycle.js';
import { timeoutOf } from './protocol-states.js';
import { decideSync } from './sync-decision.js';

/*
 * What carried packets mean to the rest of the director: the same as `processRequest` and `processReply` of input.ts do for each
 * packet that comes past, for many at a time.
 */

/** Packets of one direction, and the bytes of them all. */
export interface Tally {
  packets: number;
  bytes: number;
}

/** Counts packets for the director, and for a real server and its service, by the server's number. */
export function creditTraffic(
  { counters, services }: Director,
  serverId: number,
  requests: Tally,
  replies: Tally,
): void {
  const count = requests.packets + replies.packets;
  counters.received += count;
  counters.forwarded += count;
  const server = services.server(serverId);
  for (const stats of [server?.stats, server?.service.stats]) {
    stats?.countManyIn(requests.packets, requests.bytes);
    stats?.countManyOut(replies.packets, replies.bytes);
  }
}

/** Lets a connection live on after packets, the last of them at this time. */
export function creditConnection(
  director: Director,
  index: number,
  { packets: clientPackets }: Tally,
  { packets: answers }: Tally,
  at: Instant,
): void {
  const { connections } = director;
  connections.packets[index] = ((connections.packets[index] ?? 0) + clientPackets) >>> 0;
  const protocol = connections.protocol[index] ?? 0;
  const timeout = timeoutOf(director.timeouts, protocol, connections.state[index] ?? 0);
  // A packet that has come past here may have been the last.
  if (connections.remaining(index, at) < timeout) connections.expireAfter(index, timeout, at);
  if (protocol === Protocol.udp && answers > 0) assureTemplate(director, index);
  decideSync(director, index, clientPackets, at);
}
