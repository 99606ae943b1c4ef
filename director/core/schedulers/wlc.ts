import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler } from './scheduler.js';

/**
 * Weighted least connection: the server with the smallest overhead for its weight; the first in the list on a tie
 * (net/netfilter/ipvs/ip_vs_wlc.c). Ratios are compared by cross multiplication, below 2^53.
 */
export class WeightedLeastConnection implements Scheduler {
  readonly name = 'wlc';

  choose(service: VirtualService): RealServer | undefined {
    let least: RealServer | undefined;
    for (const server of service.servers) {
      if (server.weight === 0) continue;
      if (least === undefined || isLighter(server, least)) least = server;
    }
    return least;
  }
}

const isLighter = (server: RealServer, other: RealServer): boolean =>
  server.overhead * other.weight < other.overhead * server.weight;
