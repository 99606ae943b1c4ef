import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';

/**
 * Weighted overflow: the server of the highest weight until its active connections exceed that weight, then the next
 * one (ip_vs_ovf.c). Only active connections count, so UDP never overflows.
 */
export class Overflow implements Scheduler {
  readonly name = 'ovf';
  readonly flags: readonly SchedulerFlag[] = [];

  choose({ servers }: VirtualService): RealServer | undefined {
    let highest: RealServer | undefined;
    for (const server of servers) {
      if (!server.isUsable || server.active > server.weight) continue;
      if (highest === undefined || server.weight > highest.weight) highest = server;
    }
    return highest;
  }

  handleChange(): void {}
}
