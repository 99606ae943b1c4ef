import { createHmac } from 'node:crypto';

import { run } from '../cluster/sim/simulation.js';
import { drawPlan } from '../cluster/sim/swarm.js';

/* Prints the hash of the trace of each of the first seeds, one a line: node dist/scripts/sim-hashes.js [COUNT] */

const count = Number(process.argv[2] ?? '20');
for (let seed = 1; seed <= count; seed += 1) {
  const { world } = run(drawPlan(seed), {
    hmac: (key, message) => createHmac('sha256', key).update(message).digest(),
  });
  console.log(`${seed} ${world.trace.hash}`);
}
