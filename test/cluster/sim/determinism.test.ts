import { test } from 'tap';

import { describeFault } from '../../../cluster/sim/faults/fault.js';
import { run } from '../../../cluster/sim/simulation.js';
import { drawPlan } from '../../../cluster/sim/swarm.js';
import { hmac } from './quiet-cluster.js';

test('a seed gives the same run again, and another seed another one', (t) => {
  const hashes = new Set<string>();
  for (const seed of [3, 4, 5]) {
    const first = run(drawPlan(seed), { hmac });
    const second = run(drawPlan(seed), { hmac });
    t.equal(first.world.trace.hash, second.world.trace.hash);
    t.equal(JSON.stringify(first.world.trace.lines), JSON.stringify(second.world.trace.lines));
    hashes.add(first.world.trace.hash);
  }
  t.equal(hashes.size, 3);
  t.end();
});

test('what is logged for debugging does not change the run, only what is kept of it', (t) => {
  const plan = drawPlan(7);
  const quiet = run(plan, { hmac });
  const verbose = run(plan, { hmac, isVerbose: true });
  t.equal(quiet.world.trace.frames, verbose.world.trace.frames);
  t.ok(verbose.world.trace.lines.length > quiet.world.trace.lines.length);
  t.end();
});

test('people may fix the size of the cluster and the length of the faults', (t) => {
  const plan = drawPlan(8, { directors: 5, turmoil: 60 });
  t.equal(plan.lab.nodes.filter(({ kind }) => kind === 'director').length, 5);
  t.equal(plan.turmoil, 60);
  for (const fault of plan.faults) t.ok(fault.at <= 60, describeFault(fault));
  t.end();
});
