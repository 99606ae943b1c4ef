import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';
import { isFaster } from './weighted-least.js';

/** Never queue: the first server without active connections, else the shortest expected delay (ip_vs_nq.c). */
export class NeverQueue implements Scheduler {
  readonly name = 'nq';
  readonly flags: readonly SchedulerFlag[] = [];

  choose({ servers }: VirtualService): RealServer | undefined {
    let least: RealServer | undefined;
    for (const server of servers) {
      if (!server.isUsable) continue;
      if (server.active === 0) return server;
      if (least === undefined || isFaster(server, least)) least = server;
    }
    return least;
  }

  handleChange(): void {}
}
