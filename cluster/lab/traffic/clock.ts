/** Wall clock in milliseconds since the epoch, with fractions, that never steps back within a process. */
export const wallClockMs = (): number => performance.timeOrigin + performance.now();
