import type { Instant } from '../../base/time.js';
import type { Flow } from '../../wire/flow.js';
import type { RealServer, VirtualService } from '../services.js';

/** The schedulers by the names that ipvsadm and keepalived use. */
export const SchedulerNames = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'sed',
  'nq',
  'sh',
  'dh',
  'mh',
  'lblc',
  'lblcr',
  'fo',
  'ovf',
  'twos',
] as const;
export type SchedulerName = (typeof SchedulerNames)[number];

/** Flags of a scheduler, as `ipvsadm -b` takes them. */
export const SchedulerFlags = ['sh-fallback', 'sh-port', 'mh-fallback', 'mh-port'] as const;
export type SchedulerFlag = (typeof SchedulerFlags)[number];

/** What happened to the servers of a service. `index` is the server's place in the list, before a removal. */
export interface ServerChange {
  readonly kind: 'added' | 'removed' | 'edited';
  readonly server: RealServer;
  readonly index: number;
}

/**
 * Chooses the real server of a new connection. A scheduler belongs to one service and may keep state between calls. It
 * goes by the kernel's order, `service.servers` from the first on, and passes over servers that are overloaded or, unless
 * its own rule says otherwise, quiesced. It answers undefined when it has none.
 */
export interface Scheduler {
  readonly name: SchedulerName;
  readonly flags: readonly SchedulerFlag[];
  choose(service: VirtualService, flow: Flow, now: Instant): RealServer | undefined;
  /** Called after each change of the service's servers, and after a service has got this scheduler, for each server. */
  handleChange(service: VirtualService, change: ServerChange): void;
}
