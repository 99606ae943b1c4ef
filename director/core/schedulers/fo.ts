import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';

/** Weighted fail-over: the usable server of the highest weight takes everything (ip_vs_fo.c). */
export class FailOver implements Scheduler {
  readonly name = 'fo';
  readonly flags: readonly SchedulerFlag[] = [];

  choose({ servers }: VirtualService): RealServer | undefined {
    let highest: RealServer | undefined;
    for (const server of servers) {
      if (!server.isUsable) continue;
      if (highest === undefined || server.weight > highest.weight) highest = server;
    }
    return highest;
  }

  handleChange(): void {}
}
