import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { IoError } from '../../director/base/errors.js';
import type { SeedOutcome } from '../sim/swarm-tally.js';
import type { SwarmLimits } from '../sim/swarm.js';

const workerProgram = fileURLToPath(new URL('sim-worker-main.js', import.meta.url));

/** Which seeds are to be run, by how many processes. */
export interface SeedRange {
  readonly from: number;
  readonly count: number;
  readonly jobs: number;
  readonly limits: SwarmLimits;
  /** Stop at the first seed that fails. */
  readonly isHasty?: boolean;
}

/**
 * Runs seeds in processes of their own, each every `jobs`-th seed, and hands over every outcome as it comes. Throws an
 * `IoError` when a process ends before its work.
 */
export async function runSeeds(
  { from, count, jobs, limits, isHasty = false }: SeedRange,
  take: (outcome: SeedOutcome) => void,
): Promise<void> {
  let hasFailed = false;
  const workers = Array.from({ length: Math.min(jobs, count) }, async (_, job) => {
    const work = JSON.stringify({ from: from + job, to: from + count, step: jobs, limits });
    const child = spawn(process.execPath, [...process.execArgv, workerProgram, work], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    for await (const text of createInterface(child.stdout)) {
      const outcome: SeedOutcome = JSON.parse(text);
      take(outcome);
      if (isHasty && !outcome.passed) hasFailed = true;
      if (hasFailed) child.kill();
    }
    await closed;
    if (child.exitCode !== 0 && !hasFailed) {
      throw new IoError(
        { code: 'sim-worker' },
        'a process that runs seeds has ended before its work',
      );
    }
  });
  await Promise.all(workers);
}
