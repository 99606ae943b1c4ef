import { setTimeout as delay } from 'node:timers/promises';

import type { Test } from 'tap';

import type { CheckerView, PoolView } from '../../cluster/node/api.js';
import type { DirectorProcess } from './director-process.js';

const PollMs = 20;

/** Follows the checkers of a director: one that polls, for many that wait. */
export class HealthWatch {
  #pools: readonly PoolView[] = [];
  #isOver = false;
  readonly #waiting = new Set<() => void>();

  constructor(t: Test, director: DirectorProcess) {
    t.teardown(() => {
      this.#isOver = true;
    });
    void this.#poll(director);
  }

  /** The one checker of a pool's first server. */
  checker(pool: string): CheckerView {
    const view = this.#pools.find(({ name }) => name === pool)?.servers[0]?.checkers[0];
    if (view === undefined) throw new Error(`no checker in ${pool}`);
    return view;
  }

  /** Milliseconds until something is so; undefined when it takes longer than the limit. */
  async until(isSo: () => boolean, limitMs: number): Promise<number | undefined> {
    const start = performance.now();
    while (!this.#isOver && performance.now() - start < limitMs) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
      if (isSo()) return performance.now() - start;
    }
    return undefined;
  }

  /** Waits for the beginning of a check. */
  async nextCheck(pool: string): Promise<void> {
    const { checks } = this.checker(pool);
    await this.until(() => this.checker(pool).checks > checks, 20_000);
  }

  async #poll(director: DirectorProcess): Promise<void> {
    while (!this.#isOver) {
      this.#pools = await director.pools().catch(() => this.#pools);
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const resolve of waiting) resolve();
      await delay(PollMs);
    }
  }
}
