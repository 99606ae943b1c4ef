import { test } from 'tap';

import { seconds } from '../../../director/base/time.js';
import { Run, seeds } from './run.js';

test('two nodes agree after updates and removals over a bad network', (t) => {
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b']);
    run.start('a');
    run.start('b');
    run.work(250);
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
  }
  t.end();
});

test('a joiner that fetches during heavy updates agrees in the end', (t) => {
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b', 'c']);
    run.start('a');
    run.start('b');
    run.work(400);
    run.start('c');
    run.work(400);
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
  }
  t.end();
});

test('links that break and heal, with a ring too short for the break, end in agreement', (t) => {
  let gaps = 0;
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b'], { ringSize: 32, holdLimit: 64 });
    run.start('a');
    run.start('b');
    run.work(200);
    run.world.run(seconds(2));
    run.world.cut = (from) => seed % 3 === 0 || from === (seed % 3 === 1 ? 'a' : 'b');
    run.work(300);
    run.world.cut = () => false;
    run.work(100);
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
    gaps += run.gaps;
  }
  t.ok(gaps > 80, `${gaps} gaps`);
  t.end();
});

function trace(): string {
  const run = new Run(11, ['a', 'b', 'c']);
  for (const name of ['a', 'b', 'c']) run.start(name);
  run.work(100);
  run.settle();
  return JSON.stringify(run.world.nodes.map((node) => node.sync.snapshot()));
}

test('the same seed gives the same run', (t) => {
  t.equal(trace(), trace());
  t.end();
});

test('no joiner waits for ever, however bad the network', (t) => {
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b']);
    run.start('a');
    run.work(100);
    run.world.weather = { ...run.world.weather, loss: 90 };
    run.start('b');
    run.world.run(seconds(31));
    t.ok(run.world.get('b').sync.tableComplete, `seed ${seed}`);
  }
  t.end();
});
