import type { Brand } from './brand.js';

/** A point on a monotonic clock, in whole microseconds since an arbitrary origin (exact up to 285 years). */
export type Instant = Brand<number, 'Instant'>;

/** A length of time in whole microseconds; may be negative as a difference. */
export type Duration = Brand<number, 'Duration'>;

/** The deadline of something that is not armed: later than every other instant. */
export const Never = Number.POSITIVE_INFINITY as Instant;

export const instant = (microseconds: number): Instant => Math.round(microseconds) as Instant;

export const microseconds = (count: number): Duration => Math.round(count) as Duration;
export const milliseconds = (count: number): Duration => Math.round(count * 1_000) as Duration;
export const seconds = (count: number): Duration => Math.round(count * 1_000_000) as Duration;

export const toMilliseconds = (duration: Duration): number => duration / 1_000;
export const toSeconds = (duration: Duration): number => duration / 1_000_000;

/** The instant `duration` after `start`. */
export const after = (start: Instant, duration: Duration): Instant => (start + duration) as Instant;

/** The time from `start` to `end`; negative when `end` is earlier. */
export const between = (start: Instant, end: Instant): Duration => (end - start) as Duration;

export const earliest = (first: Instant, second: Instant): Instant =>
  first <= second ? first : second;

export const latest = (first: Instant, second: Instant): Instant =>
  first >= second ? first : second;

export const longest = (first: Duration, second: Duration): Duration =>
  first >= second ? first : second;
