import { seconds, type Instant } from '../../base/time.js';
import type { Flow } from '../../wire/flow.js';
import type { RealServer, VirtualService } from '../services.js';
import type { Settings } from '../settings.js';
import { DestinationCache } from './destination-cache.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';
import { leastOverhead, shouldSpread } from './weighted-least.js';

/**
 * Locality-based least connection, for clusters of caches: connections to one destination address go to one server for
 * as long as it is neither quiesced nor too busy; then to the one with the least overhead (ip_vs_lblc.c).
 */
export class LocalityBasedLeastConnection implements Scheduler {
  readonly name = 'lblc';
  readonly flags: readonly SchedulerFlag[] = [];
  readonly #cache: DestinationCache<RealServer>;

  constructor(settings: Pick<Settings, 'lblc_expiration'>) {
    this.#cache = new DestinationCache(() => seconds(settings.lblc_expiration));
  }

  choose({ servers }: VirtualService, flow: Flow, now: Instant): RealServer | undefined {
    const entry = this.#cache.find(flow.destination, now);
    const known = entry?.value;
    // As in the kernel, a server at its connection threshold goes on serving the addresses that it has.
    if (known !== undefined && known.isAvailable && known.weight > 0) {
      if (!shouldSpread(known, servers)) return known;
    }
    const server = leastOverhead(servers);
    if (server === undefined) return undefined;
    if (entry === undefined) this.#cache.add(flow.destination, server, now);
    else entry.value = server;
    return server;
  }

  handleChange(): void {}
}
