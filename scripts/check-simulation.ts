import { createHash } from 'node:crypto';
import os from 'node:os';

import { runSeeds } from '../cluster/cli/sim-workers.js';
import { SwarmTally } from '../cluster/sim/swarm-tally.js';

/*
 * What CI asks of the simulator: two thousand seeds without a broken invariant, every kind of fault and every rare state
 * among them, and a sample of seeds that give the same trace when they are run again.
 *
 *     node dist/scripts/check-simulation.js [COUNT] [FIRST] [JOBS]
 *
 * The line about traces is the same as long as all runs of the first two thousand seeds are: so the result of a long run also
 * holds for a later commit that prints the same line.
 */

const Fingerprinted = 2_000;
const ProgressEvery = 1_000;

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
  if (!outcome.passed) console.error(`seed ${outcome.seed} breaks an invariant`);
  if (hashes.size % ProgressEvery === 0 && hashes.size < count) {
    const seconds = Math.round((performance.now() - start) / 1_000);
    console.error(`${hashes.size} of ${count} seeds after ${seconds} s`);
  }
});
const summary = tally.summary((performance.now() - start) / 1_000);
process.stdout.write(tally.render(summary));
const last = from + Math.min(count, Fingerprinted) - 1;
const traces = createHash('sha256');
for (let seed = from; seed <= last; seed += 1) traces.update(hashes.get(seed) ?? 'none');
console.log(`traces of seeds ${from} to ${last}: ${traces.digest('hex').slice(0, 16)}`);

const different: number[] = [];
await runSeeds({ from, count: Math.min(sample, count), jobs, limits: {} }, ({ seed, hash }) => {
  if (hashes.get(seed) !== hash) different.push(seed);
});
for (const seed of different) console.log(`seed ${seed} is another run the second time`);
const isWell = summary.failures.length === 0 && summary.missing.length === 0;
process.exit(isWell && different.length === 0 ? 0 : 1);
