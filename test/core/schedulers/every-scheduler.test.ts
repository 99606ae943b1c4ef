import { test } from 'tap';

import { SchedulerNames } from '../../../director/core/schedulers/scheduler.js';
import { faultOf, RandomRun } from './random-run.js';
import { ServiceBench } from './service-bench.js';

for (const name of SchedulerNames) {
  test(`${name} has no server when there is none, or none with a weight`, (t) => {
    t.equal(new ServiceBench(name, []).sequence(2), 'none none');
    t.equal(new ServiceBench(name, [0]).sequence(2), 'none none');
    t.equal(new ServiceBench(name, [0, 0, 0]).sequence(2), 'none none');
    const emptied = new ServiceBench(name, [1]);
    t.equal(emptied.sequence(1), 'r1');
    emptied.remove(1);
    t.equal(emptied.sequence(2), 'none none');
    emptied.add(2);
    t.equal(emptied.sequence(2), 'r2 r2');
    t.end();
  });

  test(`${name} gives all to a single server, of any weight`, (t) => {
    for (const weight of [1, 7, 65_535, 2_147_483_647]) {
      t.equal(new ServiceBench(name, [weight]).sequence(5), 'r1 r1 r1 r1 r1', `weight ${weight}`);
    }
    t.end();
  });

  test(`${name} gives nothing to a single server that is overloaded`, (t) => {
    const bench = new ServiceBench(name, [5]);
    bench.server(1).isOverloaded = true;
    t.equal(bench.sequence(2), 'none none');
    bench.server(1).isOverloaded = false;
    t.equal(bench.sequence(2), 'r1 r1');
    t.end();
  });

  test(`${name} says its name`, (t) => {
    t.equal(new ServiceBench(name, []).service.scheduler.name, name);
    t.end();
  });
}

for (const name of SchedulerNames) {
  test(`${name} chooses usable servers of the service through random changes`, (t) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const fault = faultOf(new RandomRun(name, seed));
      t.equal(fault, undefined, `seed ${seed}`);
    }
    t.end();
  });
}

for (const name of ['sh', 'mh'] as const) {
  test(`${name} with fallback finds a usable server whenever there is one`, (t) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      t.equal(faultOf(new RandomRun(name, seed, true)), undefined, `seed ${seed}`);
    }
    t.end();
  });
}
