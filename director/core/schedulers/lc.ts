import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';

/** Least connection: the smallest overhead, weights aside; the first in the list on a tie (ip_vs_lc.c). */
export class LeastConnection implements Scheduler {
  readonly name = 'lc';
  readonly flags: readonly SchedulerFlag[] = [];

  choose({ servers }: VirtualService): RealServer | undefined {
    let least: RealServer | undefined;
    for (const server of servers) {
      if (!server.isUsable) continue;
      if (least === undefined || server.overhead < least.overhead) least = server;
    }
    return least;
  }

  handleChange(): void {}
}
