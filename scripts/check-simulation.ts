import os from 'node:os';

import { runSeeds } from '../cluster/cli/sim-workers.js';
import { SwarmTally } from '../cluster/sim/swarm-tally.js';

/*
 * What CI asks of the simulator: two thousand seeds without a broken invariant, every kind of fault and every rare state
 * among them, and a sample of seeds that give the same trace when they are run again.
 *
 *     node dist/scripts/check-simulation.js [COUNT] [FIRST] [JOBS]
 */

const count = Number(process.argv[2] ?? '2000');
const from = Number(process.argv[3] ?? '1');
const sample = 40;
const jobs = Number(process.argv[4] ?? os.availableParallelism());

const tally = new SwarmTally();
const hashes = new Map<number, string>();
const start = performance.now();
await runSeeds({ from, count, jobs, limits: {} }, (outcome) => {
  tally.add(outcome);
  hashes.set(outcome.seed, outcome.hash);
});
const summary = tally.summary((performance.now() - start) / 1_000);
process.stdout.write(tally.render(summary));

const different: number[] = [];
await runSeeds({ from, count: Math.min(sample, count), jobs, limits: {} }, ({ seed, hash }) => {
  if (hashes.get(seed) !== hash) different.push(seed);
});
for (const seed of different) console.log(`seed ${seed} is another run the second time`);
const isWell = summary.failures.length === 0 && summary.missing.length === 0;
process.exit(isWell && different.length === 0 ? 0 : 1);
