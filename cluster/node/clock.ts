import { performance } from 'node:perf_hooks';

import { instant, type Instant } from '../../director/base/time.js';

/** The machines' clock: monotonic, from the start of the process. */
export const now = (): Instant => instant(performance.now() * 1_000);

/** The same clock for people: milliseconds since the epoch. It does not follow later steps of the wall clock. */
export const wallClock = (at: Instant = now()): number => performance.timeOrigin + at / 1_000;
