import { microseconds, milliseconds, toMilliseconds } from '../../director/base/time.js';
import type { Duration } from '../../director/base/time.js';

/** The interval of a VRRPv3 advertisement, which counts in hundredths of a second (RFC 9568 §5.2.7). */
export const centiseconds = (count: number): Duration => milliseconds(count * 10);

/** `interval` as a VRRPv3 advertisement carries it, rounded; 1 to 4095 is what the message can hold. */
export const toCentiseconds = (interval: Duration): number =>
  Math.round(toMilliseconds(interval) / 10);

/**
 * How much longer than others a backup waits before it takes over: the higher its priority (1 to 254), the shorter.
 * `interval` is the master's, so that backups agree on the order (RFC 9568 §6.1). Always more than zero.
 */
export const skewTime = (priority: number, interval: Duration): Duration =>
  microseconds(((256 - priority) * interval) / 256);

/** The silence after which a backup declares the master dead: three of its intervals and the skew (RFC 9568 §6.1). */
export const masterDownInterval = (priority: number, interval: Duration): Duration =>
  microseconds(3 * interval + skewTime(priority, interval));
