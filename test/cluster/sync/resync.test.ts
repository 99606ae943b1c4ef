import { test } from 'tap';

import { seconds } from '../../../director/base/time.js';
import { pair, World, worldWith, type SimNode } from './world.js';

const completions = (node: SimNode): unknown[] =>
  node.effects.filter((effect) => effect.kind === 'table-complete');

test('a node that was cut off fetches the table anew, and is complete once more', (t) => {
  const world = pair({ ringSize: 8 });
  const [a, b] = [world.get('a'), world.get('b')];
  for (let index = 0; index < 200; index += 1) a.update(world.now, index, 1);
  world.run(seconds(1));
  world.cut = (_from, to) => to === 'b';
  for (let index = 0; index < 400; index += 1) {
    a.update(world.now, index, 2);
    if (index % 10 === 0) a.remove(world.now, index);
    world.run(seconds(0.01));
  }
  world.cut = () => false;
  b.sync.resync(world.now);
  world.drain(b);
  t.equal(b.sync.tableComplete, false, 'until the transfer is over');
  t.ok(world.runUntil(() => b.sync.tableComplete, seconds(1)));
  const known = new Set(b.table.summary());
  t.ok(
    a.table.summary().every((session) => known.has(session)),
    'nothing that lives is missing',
  );
  t.match(completions(b), [{ reason: 'alone' }, { reason: 'bulk' }]);
  world.run(seconds(5));
  t.same(b.table.summary(), a.table.summary(), 'and later, nothing that is over is left');
  t.end();
});

test('a node that fetches its table anew is the donor of one that has just started', (t) => {
  const world = worldWith('a', 300);
  const a = world.get('a');
  const b = world.start('b');
  a.sync.resync(world.now);
  world.run(seconds(0.5));
  t.notOk(b.sync.tableComplete, 'somebody better might be there');
  world.run(seconds(1.5));
  t.match(completions(b), [{ reason: 'bulk', entries: 300 }]);
  t.same(b.table.summary(), a.table.summary());
  t.end();
});

test('while a node fetches its table anew, another order to do so changes nothing', (t) => {
  const world = worldWith('a', 3_000);
  const b = world.start('b');
  world.run(seconds(2));
  for (let order = 0; order < 3; order += 1) {
    b.sync.resync(world.now);
    world.run(seconds(0.01));
  }
  world.run(seconds(1));
  t.equal(completions(b).length, 2);
  t.equal(b.sync.snapshot().bulk.transfers, 2);
  t.end();
});

test('an order in the middle of a transfer begins it anew', (t) => {
  const world = worldWith('a', 3_000, { fetchWindow: 8 });
  const b = world.start('b');
  world.runUntil(() => b.table.size > 100, seconds(1));
  b.sync.resync(world.now);
  world.run(seconds(2));
  t.equal(completions(b).length, 1);
  t.same(b.table.summary(), world.get('a').table.summary());
  t.end();
});

test('a node that finds nobody is complete again after the solo timeout', (t) => {
  const world = new World(1);
  const a = world.start('a');
  world.run(seconds(2));
  a.sync.resync(world.now);
  world.run(seconds(0.9));
  t.equal(a.sync.tableComplete, false);
  world.run(seconds(0.2));
  t.same(completions(a).length, 2);
  t.end();
});
