import { setTimeout as sleep } from 'node:timers/promises';

/** Bounds of a wait. */
export interface Wait {
  readonly timeoutMs: number;
  readonly everyMs: number;
  /** Ends the wait by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks `probe` again and again until it answers something other than undefined; undefined when the time is over first.
 * Whatever the probe throws ends the wait.
 */
export async function until<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  { timeoutMs, everyMs, signal }: Wait,
): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() >= end) return undefined;
    // The loop's first line throws the reason: the sleep's own AbortError would hide it.
    await sleep(everyMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}
