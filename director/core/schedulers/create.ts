import { unreachable } from '../../base/invariant.js';
import { RoundRobin } from './rr.js';
import type { Scheduler, SchedulerName } from './scheduler.js';
import { WeightedLeastConnection } from './wlc.js';

/** A new scheduler for a service, by the name that ipvsadm and keepalived use. */
export function createScheduler(name: SchedulerName): Scheduler {
  switch (name) {
    case 'rr':
      return new RoundRobin();
    case 'wlc':
      return new WeightedLeastConnection();
    default:
      return unreachable(name);
  }
}
