import type { Instant } from '../../director/base/time.js';
import type { Director } from '../../director/core/director.js';
import { Method, type RealServer, type VirtualService } from '../../director/core/services.js';
import { Kinds, type Kind } from './hostile-seeds.js';

/*
 * What a director in the arena says of its connections and services, and whether that agrees.
 */

/** How the real servers of a kind are reached. */
export const MethodOf: Readonly<Record<Kind, Method>> = {
  masq: Method.masq,
  route: Method.route,
  tunnel: Method.tunnel,
  fullNat: Method.fullNat,
  local: Method.local,
  persistent: Method.masq,
  onePacket: Method.route,
  marked: Method.masq,
  empty: Method.masq,
};

/** A service of the arena. */
export interface Offer {
  readonly service: VirtualService;
  readonly kind: Kind;
}

/** What does not agree between the table and the counts of real servers. */
export function auditOf(
  { connections, services }: Director,
  offers: readonly Offer[],
): string | undefined {
  const expected = new Map<RealServer, number>();
  let size = 0;
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index)) continue;
    size += 1;
    const server = services.server(connections.server[index] ?? -1);
    if (server !== undefined) expected.set(server, (expected.get(server) ?? 0) + 1);
  }
  if (size !== connections.size) return 'the table does not know its size';
  for (const { service } of offers) {
    for (const server of service.servers) {
      const { active, inactive, persistent } = server;
      if (Math.min(active, inactive, persistent) < 0) return 'a server counts below zero';
      if (active + inactive + persistent !== (expected.get(server) ?? 0)) {
        return 'a server miscounts its connections';
      }
    }
  }
  return undefined;
}

/** All that is counted of services, servers and connections. */
export function accountsOf(
  { connections }: Director,
  offers: readonly Offer[],
  now: Instant,
): unknown {
  const services = offers.map(({ service }) => [
    service.stats,
    ...service.servers.map(({ active, inactive, stats }) => ({ active, inactive, stats })),
  ]);
  const entries = [];
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index)) continue;
    const { packets, state, flags } = connections;
    const remaining = connections.remaining(index, now);
    entries.push([index, packets[index], state[index], flags[index], remaining]);
  }
  return [services, entries];
}

/** The kinds of services that have carried no packet from a client; of those whose replies pass here, none to one. */
export function idleKindsOf(offers: readonly Offer[]): Kind[] {
  return Kinds.filter((kind) => {
    if (kind === 'empty') return false;
    const stats = offers.filter((offer) => offer.kind === kind).map((one) => one.service.stats);
    const isOneWay = [Method.route, Method.tunnel, Method.local].some(
      (method) => method === MethodOf[kind],
    );
    const isIdle = stats.every(({ inPackets }) => inPackets === 0);
    return isIdle || (!isOneWay && stats.every(({ outPackets }) => outPackets === 0));
  });
}
