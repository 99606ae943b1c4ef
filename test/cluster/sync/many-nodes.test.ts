import { test } from 'tap';

import { seconds } from '../../../director/base/time.js';
import { ringOf } from './keys.js';
import { Run } from './run.js';
import { completion, World, type Overrides } from './world.js';

const most = Array.from({ length: 64 }, (_, index) => `lb${index + 1}`);
const short = Array.from({ length: 16 }, (_, index) => `lb${index + 1}`);
const long = Array.from({ length: 16 }, (_, index) => `${'n'.repeat(61)}${10 + index}`);

/** Sixteen nodes under way; two die and come back; all agree in the end. */
function live(seed: number, names: readonly string[], tuning: Overrides = {}): Run {
  const run = new Run(seed, names, tuning);
  for (const name of names) run.start(name);
  run.work(25);
  run.world.run(seconds(6));
  for (const victim of names.slice(0, 2)) {
    run.kill(victim);
    run.work(10);
    run.start(victim);
    run.work(15);
    run.world.run(seconds(4));
  }
  run.settle();
  return run;
}

test('sixteen directors agree after updates, deaths and restarts over a bad network', (t) => {
  for (let seed = 1; seed <= 2; seed += 1) {
    const run = live(seed, short);
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
  }
  t.end();
});

test('so do sixteen with keys, and sixteen whose names leave no room for all positions', (t) => {
  const runs = { keys: live(5, short, { keys: ringOf(1) }), names: live(6, long) };
  for (const [name, run] of Object.entries(runs)) {
    t.same(run.faults(), [], name);
    t.ok(run.agree(), `${name}: tables agree`);
  }
  t.end();
});

test('every one of sixty-four hears all the others, and one more is turned away', (t) => {
  const world = new World(1);
  for (const name of most) world.start(name);
  world.run(seconds(2));
  for (const node of world.nodes) t.equal(node.sync.snapshot().peers.length, 63);
  world.start('one-more');
  world.run(seconds(2));
  for (const name of most) {
    t.ok((world.get(name).sync.snapshot().rejected['too-many-peers'] ?? 0) > 0);
  }
  t.end();
});

test('of sixty-four that start at once each is complete, and a restarted one has the whole table', (t) => {
  const world = new World(1);
  for (const name of most) world.start(name);
  world.run(seconds(2));
  for (const node of world.nodes) t.match(completion(node), { reason: 'alone' });
  for (const [index, node] of world.nodes.entries()) {
    for (let count = 0; count < 20; count += 1) node.update(world.now, index + 64 * count, 1);
  }
  world.run(seconds(1));
  world.kill('lb7');
  const again = world.start('lb7');
  world.run(seconds(2));
  t.match(completion(again), { reason: 'bulk' });
  t.equal(again.table.size, 1_280);
  t.end();
});
