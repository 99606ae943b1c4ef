import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';
import { isFaster } from './weighted-least.js';

/** Shortest expected delay: the fewest active connections for its weight, the new one counted (ip_vs_sed.c). */
export class ShortestExpectedDelay implements Scheduler {
  readonly name = 'sed';
  readonly flags: readonly SchedulerFlag[] = [];

  choose({ servers }: VirtualService): RealServer | undefined {
    let least: RealServer | undefined;
    for (const server of servers) {
      if (!server.isUsable) continue;
      if (least === undefined || isFaster(server, least)) least = server;
    }
    return least;
  }

  handleChange(): void {}
}
