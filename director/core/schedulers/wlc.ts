import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';
import { leastOverhead } from './weighted-least.js';

/** Weighted least connection, the default: the smallest overhead for its weight (ip_vs_wlc.c). */
export class WeightedLeastConnection implements Scheduler {
  readonly name = 'wlc';
  readonly flags: readonly SchedulerFlag[] = [];

  choose({ servers }: VirtualService): RealServer | undefined {
    return leastOverhead(servers);
  }

  handleChange(): void {}
}
