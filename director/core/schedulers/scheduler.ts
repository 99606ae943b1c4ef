import type { Flow } from '../../wire/flow.js';
import type { RealServer, VirtualService } from '../services.js';

/**
 * Chooses the real server of a new connection. A scheduler belongs to one service and may keep state between calls. It
 * skips quiesced servers (weight 0) and answers undefined when none is left.
 */
export interface Scheduler {
  readonly name: SchedulerName;
  choose(service: VirtualService, flow: Flow): RealServer | undefined;
}

export type SchedulerName = 'rr' | 'wlc';
