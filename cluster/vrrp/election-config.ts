import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import type { Duration } from '../../director/base/time.js';
import type { AnnounceConfig } from './announcements.js';
import { toCentiseconds, type TimerRules } from './timers.js';

/** One virtual router as this node takes part in it. */
export interface ElectionConfig extends TimerRules {
  readonly name: string;
  readonly virtualRouterId: number;
  /** 1 to 254: a director never owns its virtual addresses, so 255 is refused. */
  readonly priority: number;
  /** 10 ms to 40.95 s; whole seconds, 1 to 255, in version 2. */
  readonly advertInterval: Duration;
  /** False: never take over from a living master of lower priority (keepalived's `nopreempt`). */
  readonly preempt: boolean;
  /** How long a master of lower priority is left alone after it was first seen (`preempt_delay`). */
  readonly preemptDelay: Duration;
  /** The address that this node's advertisements come from. */
  readonly primaryAddress: IpAddress;
  /** The virtual addresses, in any order. */
  readonly addresses: readonly IpAddress[];
  /**
   * True: a master that is outranked advertises once more before it yields. Who comes back from the other side of a
   * partition does not know that there was another master, nor that hosts have learned the way to it; this advertisement
   * of lower priority makes it announce the addresses again (`higher_prio_send_advert`).
   */
  readonly higherPrioritySendsAdvert: boolean;
  /** True: do not answer a rival of lower priority at once, as before RFC 9568. */
  readonly lowerPriorityNoAdvert: boolean;
  readonly announce: AnnounceConfig;
  /** True: become master only with all others of a `SyncGroup`. */
  readonly inSyncGroup: boolean;
}

/** True for what a router that is no address owner may have as a priority. */
export const isPriority = (priority: number): boolean =>
  Number.isInteger(priority) && priority >= 1 && priority <= 254;

/** Stops the program on a configuration that no file can lead to. */
export function assertElectionConfig(config: ElectionConfig): void {
  const { version, priority, advertInterval, preemptDelay, downTimerAdverts } = config;
  assert(isPriority(priority), 'the priority of a director is 1 to 254');
  const interval = toCentiseconds(advertInterval);
  if (version === 2) {
    const isWhole = interval % 100 === 0 && interval >= 100 && interval <= 25_500;
    assert(isWhole, 'the advertisement interval of version 2 is 1 to 255 whole seconds');
  } else {
    assert(interval >= 1 && interval <= 4095, 'the advertisement interval is 10 ms to 40.95 s');
  }
  assert(preemptDelay >= 0, 'the preemption delay is not negative');
  assert(
    downTimerAdverts >= 1 && downTimerAdverts <= 100,
    'a master is down after 1 to 100 adverts',
  );
}
