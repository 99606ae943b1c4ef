import { after, seconds, type Instant } from '../../base/time.js';
import type { Flow } from '../../wire/flow.js';
import type { RealServer, VirtualService } from '../services.js';
import type { Settings } from '../settings.js';
import { DestinationCache } from './destination-cache.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';
import { leastOverhead, shouldSpread } from './weighted-least.js';

/** The servers of one destination address. */
interface ServerSet {
  /** The one added last comes first. */
  servers: readonly RealServer[];
  changedAt: Instant;
}

/**
 * Locality-based least connection with replication: connections to one destination address go to a set of servers, by
 * the least overhead. The set grows when its server is too busy, and shrinks by its busiest one when it has not changed
 * for a while (ip_vs_lblcr.c).
 */
export class ReplicatedLocalityBasedLeastConnection implements Scheduler {
  readonly name = 'lblcr';
  readonly flags: readonly SchedulerFlag[] = [];
  readonly #settings: Pick<Settings, 'lblcr_expiration'>;
  readonly #cache: DestinationCache<ServerSet>;

  constructor(settings: Pick<Settings, 'lblcr_expiration'>) {
    this.#settings = settings;
    this.#cache = new DestinationCache(() => seconds(settings.lblcr_expiration));
  }

  choose({ servers }: VirtualService, flow: Flow, now: Instant): RealServer | undefined {
    const set = this.#cache.find(flow.destination, now)?.value;
    if (set === undefined) {
      const server = leastOverhead(servers);
      if (server === undefined) return undefined;
      this.#cache.add(flow.destination, { servers: [server], changedAt: now }, now);
      return server;
    }
    const known = leastOverhead(set.servers);
    this.#shrink(set, now);
    if (known !== undefined && !shouldSpread(known, servers)) return known;
    const server = leastOverhead(servers);
    if (server === undefined) return undefined;
    if (!set.servers.includes(server)) {
      set.servers = [server, ...set.servers.filter(mayReturn)];
      set.changedAt = now;
    }
    return server;
  }

  handleChange(): void {}

  #shrink(set: ServerSet, now: Instant): void {
    const unchangedUntil = after(set.changedAt, seconds(this.#settings.lblcr_expiration));
    if (set.servers.length <= 1 || now <= unchangedUntil) return;
    const busiest = mostOverhead(set.servers);
    if (busiest === undefined) return;
    set.servers = set.servers.filter((server) => server !== busiest);
    set.changedAt = now;
  }
}

/** False for a removed server that no connection refers to any more: it is forgotten, and cannot be revived. */
const mayReturn = ({ isAvailable, total, persistent }: RealServer): boolean =>
  isAvailable || total + persistent > 0;

/** The server with the greatest overhead for its weight, of those that are not quiesced; the first on a tie. */
function mostOverhead(servers: readonly RealServer[]): RealServer | undefined {
  let most: RealServer | undefined;
  for (const server of servers) {
    if (server.weight === 0) continue;
    const isHeavier =
      most === undefined || server.overhead * most.weight > most.overhead * server.weight;
    if (isHeavier) most = server;
  }
  return most;
}
