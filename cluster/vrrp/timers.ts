import { microseconds, milliseconds, toMilliseconds } from '../../director/base/time.js';
import type { Duration } from '../../director/base/time.js';
import type { VrrpVersion } from './message.js';

/** What the timers of a virtual router depend on besides its priority and the master's interval. */
export interface TimerRules {
  readonly version: VrrpVersion;
  /** The advertisements that have to be missing before the master counts as down, 1 to 100 (`down_timer_adverts`). */
  readonly downTimerAdverts: number;
}

/** The rules of RFC 9568 §6.1. */
export const defaultTimerRules: TimerRules = { version: 3, downTimerAdverts: 3 };

/** The interval of a VRRPv3 advertisement, which counts in hundredths of a second (RFC 9568 §5.2.7). */
export const centiseconds = (count: number): Duration => milliseconds(count * 10);

/** `interval` as a VRRPv3 advertisement carries it, rounded; 1 to 4095 is what the message can hold. */
export const toCentiseconds = (interval: Duration): number =>
  Math.round(toMilliseconds(interval) / 10);

/**
 * How much longer than others a backup waits before it takes over: the higher its priority (1 to 254), the shorter.
 * `interval` is the master's, so that backups agree on the order (RFC 9568 §6.1); in version 2 the skew is a part of a
 * second, however long the interval (RFC 3768 §6.1). To the microsecond, and always more than zero.
 */
export const skewTime = (
  priority: number,
  interval: Duration,
  version: VrrpVersion = 3,
): Duration => microseconds(((256 - priority) * (version === 2 ? 1_000_000 : interval)) / 256);

/**
 * The silence after which a backup declares the master dead: three of its intervals, or as many as
 * `downTimerAdverts` says, and the skew (RFC 9568 §6.1).
 */
export const masterDownInterval = (
  priority: number,
  interval: Duration,
  { version, downTimerAdverts }: TimerRules = defaultTimerRules,
): Duration => microseconds(downTimerAdverts * interval + skewTime(priority, interval, version));
