import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/**
 * Calls `work` so often, calls `between` after each time, and answers the median of the nanoseconds it took: of processor
 * time, because other work on the machine takes its share of the clock's.
 */
export function medianTime(runs: number, work: () => void, between?: () => void): number {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) * 1_000);
    between?.();
  }
  const sorted = times.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export interface Allocation {
  /** Growth of the heap while `work` ran, in bytes; true allocation when no collection fell into it. */
  readonly grown: number;
  /** What of it is still in use afterwards. */
  readonly kept: number;
  /** Collections while `work` ran. */
  readonly collections: number;
}

/** What `work` allocates. Needs `node --expose-gc`. */
export async function allocationOf(work: () => void): Promise<Allocation> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  collect();
  const before = process.memoryUsage().heapUsed;
  observer.observe({ entryTypes: ['gc'] });
  work();
  const after = process.memoryUsage().heapUsed;
  // The observer hears of collections in a later turn of the event loop.
  await setImmediate();
  await setImmediate();
  observer.disconnect();
  collect();
  return { grown: after - before, kept: process.memoryUsage().heapUsed - before, collections };
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('run with node --expose-gc');
  for (let round = 0; round < 3; round += 1) globalThis.gc();
}
