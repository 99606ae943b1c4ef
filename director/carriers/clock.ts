import process from 'node:process';

/** Microseconds of a tick of the carriers' clock. */
export const TickLength = 1_000;

/**
 * Microseconds that the carriers' clock showed when `performance.now()` of this thread began. All threads have the same clock, and each
 * its own beginning.
 */
export const clockOrigin = (): number =>
  Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1_000;

/** The tick at a time of `performance.now()`. */
export const tickAt = (origin: number, now: number): number =>
  Math.floor((origin + now * 1_000) / TickLength) >>> 0;
