import { test } from 'tap';

import { milliseconds, seconds } from '../../../director/base/time.js';
import { Run, seeds } from './run.js';
import { World } from './world.js';

test('nodes that die and come back under load get everything back', (t) => {
  for (const seed of seeds.slice(0, 20)) {
    const run = new Run(seed, ['a', 'b', 'c']);
    for (const name of ['a', 'b', 'c']) run.start(name);
    run.work(600);
    // Long enough for every tail to have been repaired before its sender dies.
    run.world.run(seconds(6));
    for (const victim of ['a', 'b']) {
      run.kill(victim);
      run.work(100);
      run.start(victim);
      run.work(600);
      run.world.run(seconds(6));
    }
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
  }
  t.end();
});

test('a donor that dies while it is asked leaves the joiner with the table of the others', (t) => {
  for (const seed of seeds.slice(0, 30)) {
    const run = new Run(seed, ['a', 'b', 'c'], { fetchWindow: 1 });
    run.start('a');
    run.start('b');
    run.work(400);
    run.world.run(seconds(6));
    run.world.get('a').sync.setMaster(run.world.now, true);
    run.start('c');
    run.world.run(milliseconds(120 + (seed % 20)));
    run.kill('a');
    run.work(300);
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
  }
  t.end();
});

test('a node whose clock was set back is known again as soon as nothing of its earlier life can be under way', (t) => {
  const world = new World(1);
  for (const name of ['a', 'b']) world.start(name);
  world.run(seconds(2));
  world.get('a').update(world.now, 1, 1);
  world.run(seconds(1));
  world.kill('b');
  const again = world.start('b', { epoch: 5 });
  world.run(milliseconds(200));
  t.notOk(again.sync.tableComplete, 'what it says might be late');
  world.run(seconds(1));
  t.ok(again.sync.tableComplete);
  t.equal(again.table.size, 1);
  t.end();
});
