import type { Prng } from '../../base/prng.js';
import type { Settings } from '../settings.js';
import { DestinationHashing } from './dh.js';
import { FailOver } from './fo.js';
import { LocalityBasedLeastConnection } from './lblc.js';
import { ReplicatedLocalityBasedLeastConnection } from './lblcr.js';
import { LeastConnection } from './lc.js';
import { MaglevHashing } from './mh.js';
import { NeverQueue } from './nq.js';
import { Overflow } from './ovf.js';
import { RoundRobin } from './rr.js';
import type { Scheduler, SchedulerFlag, SchedulerName } from './scheduler.js';
import { ShortestExpectedDelay } from './sed.js';
import { SourceHashing } from './sh.js';
import { PowerOfTwo } from './twos.js';
import { WeightedLeastConnection } from './wlc.js';
import { WeightedRoundRobin } from './wrr.js';

export interface SchedulerOptions {
  /** For sh and mh; the others have none. */
  readonly flags?: readonly SchedulerFlag[];
  /** Read whenever they count, so that a change takes effect at once. */
  readonly settings: Pick<Settings, 'lblc_expiration' | 'lblcr_expiration'>;
  /** For twos, which is the only one that throws dice. */
  readonly prng: Prng;
}

const makers: Readonly<Record<SchedulerName, (options: SchedulerOptions) => Scheduler>> = {
  rr: () => new RoundRobin(),
  wrr: () => new WeightedRoundRobin(),
  lc: () => new LeastConnection(),
  wlc: () => new WeightedLeastConnection(),
  sed: () => new ShortestExpectedDelay(),
  nq: () => new NeverQueue(),
  sh: ({ flags = [] }) => new SourceHashing(flags),
  dh: () => new DestinationHashing(),
  mh: ({ flags = [] }) => new MaglevHashing(flags),
  lblc: ({ settings }) => new LocalityBasedLeastConnection(settings),
  lblcr: ({ settings }) => new ReplicatedLocalityBasedLeastConnection(settings),
  fo: () => new FailOver(),
  ovf: () => new Overflow(),
  twos: ({ prng }) => new PowerOfTwo(prng),
};

/** A new scheduler for a service, by the name that ipvsadm and keepalived use. */
export const createScheduler = (name: SchedulerName, options: SchedulerOptions): Scheduler =>
  makers[name](options);
