import { test, type Test } from 'tap';

import { encodeDatagram } from '../../../cluster/sync/codec.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { ringOf } from './keys.js';
import { address, record } from './toy-table.js';
import { kindOf, updatesOf, World, type Overrides } from './world.js';

/** Three nodes that have been up for a while. */
function three(tuning: Overrides = {}): World {
  const world = new World(1, { tuning });
  for (const name of ['a', 'b', 'c']) world.start(name);
  world.run(seconds(2));
  return world;
}

/** Node a tells of three sessions, of which c hears the first only, and dies. */
function dieHalfHeard(world: World, hasNotice: boolean): void {
  const a = world.get('a');
  a.update(world.now, 1, 1);
  a.sync.flush(world.now);
  world.drain(a);
  world.run(milliseconds(1));
  world.cut = (from, to) => from === 'a' && to === 'c';
  for (const index of [2, 3]) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
  }
  world.drain(a);
  world.run(milliseconds(1));
  world.kill('a');
  world.cut = () => false;
  if (!hasNotice) return;
  for (const name of ['b', 'c']) {
    world.get(name).sync.handlePeerDeath(world.now, 'a');
    world.drain(world.get(name));
  }
}

/** Node a tells of three sessions, of which c does not hear the second, and dies. */
function dieWithHole(world: World): void {
  const a = world.get('a');
  let heard = 0;
  world.tap = (bytes, to) => to !== 'c' || kindOf(bytes) !== 'updates' || (heard += 1) !== 2;
  for (const index of [1, 2, 3]) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
    world.drain(a);
  }
  world.run(milliseconds(1));
  world.kill('a');
}

function expectAll(t: Test, world: World): void {
  for (const index of [1, 2, 3]) {
    t.match(world.get('c').table.find(record(index)), { origin: 'a' }, `session ${index}`);
  }
}

test('what a dead node has told to one, its peers tell one another', (t) => {
  const world = three();
  dieHalfHeard(world, true);
  t.equal(world.get('c').table.size, 1);
  t.equal(world.get('b').table.size, 3);
  world.run(milliseconds(10));
  expectAll(t, world);
  t.equal(world.get('c').sync.snapshot().reliability.gaps, 0);
  t.end();
});

test('also when nobody’s kernel says that it is dead, once it has been silent', (t) => {
  const world = three();
  dieHalfHeard(world, false);
  world.run(seconds(5));
  expectAll(t, world);
  t.end();
});

test('also with keys', (t) => {
  const world = three({ keys: ringOf(1) });
  dieHalfHeard(world, true);
  world.run(milliseconds(10));
  expectAll(t, world);
  t.end();
});

test('also when messages between the survivors are lost', (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = new World(seed);
    for (const name of ['a', 'b', 'c']) world.start(name);
    world.run(seconds(2));
    dieHalfHeard(world, true);
    world.weather = { ...world.weather, loss: 20 };
    world.run(seconds(5));
    expectAll(t, world);
  }
  t.end();
});

test('a hole that was open when the node died is filled by others as well', (t) => {
  const world = three({ nackDelay: seconds(1) });
  dieWithHole(world);
  for (const name of ['b', 'c']) {
    world.get(name).sync.handlePeerDeath(world.now, 'a');
    world.drain(world.get(name));
  }
  world.run(seconds(2));
  expectAll(t, world);
  t.end();
});

test('nobody speaks for a node that lives', (t) => {
  const world = three();
  const c = world.get('c');
  const updates = updatesOf(1, [record(9)]);
  const body = { kind: 'relay', node: 'a', epoch: 1001, updates } as const;
  const bytes = encodeDatagram({ syncId: 7, node: 'b', epoch: 1002 }, body);
  c.sync.handleDatagram(world.now, bytes, address('10.0.0.2'));
  t.match(c.sync.snapshot().rejected, { 'not-for-us': 1 });
  world.run(seconds(1));
  t.equal(c.table.size, 0);
  t.end();
});

test('also when the node has come back before they could', (t) => {
  const world = three();
  // A node that had its table from others does not fetch that of the one which has come back.
  world.kill('c');
  world.start('c');
  world.run(seconds(1));
  dieHalfHeard(world, false);
  world.cut = (_from, to) => to === 'c';
  world.run(milliseconds(200));
  world.start('a');
  world.run(milliseconds(500));
  world.cut = (from, to) => to === 'c' && from === 'b';
  world.run(seconds(1));
  t.equal(world.get('c').table.size, 1);
  world.cut = () => false;
  const b = world.get('b');
  b.sync.setMaster(world.now, true);
  world.drain(b);
  world.run(milliseconds(50));
  expectAll(t, world);
  t.end();
});

test('a donor does not give up a hole that another can fill', (t) => {
  const world = three({ nackDelay: milliseconds(300) });
  const c = world.get('c');
  c.sync.setMaster(world.now, true);
  world.drain(c);
  dieWithHole(world);
  world.start('a');
  world.run(seconds(1));
  expectAll(t, world);
  t.equal(c.sync.snapshot().reliability.gaps, 0);
  t.equal(world.get('a').table.size, 3);
  t.end();
});

test('what nobody remembers having heard is fetched with the whole table', (t) => {
  const world = three();
  world.cut = (from, to) => from === 'a' && to === 'c';
  const count = 300;
  for (let index = 0; index < count; index += 1) {
    world.get('a').update(world.now, index, 1);
    world.get('a').sync.flush(world.now);
  }
  world.drain(world.get('a'));
  world.run(milliseconds(1));
  world.kill('a');
  world.cut = () => false;
  t.equal(world.get('b').table.size, count);
  t.equal(world.get('c').table.size, 0);
  world.run(seconds(10));
  t.equal(world.get('c').table.size, count);
  t.match(world.get('c').sync.snapshot(), { reliability: { gaps: 1 }, bulk: { transfers: 1 } });
  t.end();
});

test('a node that starts asks whoever knows more of the dead than the master does', (t) => {
  const world = three();
  const c = world.get('c');
  c.sync.setMaster(world.now, true);
  world.drain(c);
  dieHalfHeard(world, true);
  // The master hears nothing that would tell it what it lacks.
  world.cut = (from, to) => from === 'b' && to === 'c';
  world.run(milliseconds(200));
  const again = world.start('a');
  t.ok(world.runUntil(() => again.sync.tableComplete, seconds(1)));
  t.equal(again.table.size, 3);
  t.equal(again.sync.snapshot().bulk.transfers, 2, 'from the master, and then from the other');
  t.equal(world.get('c').table.size, 1);
  t.end();
});

test('the master alone is asked when nobody knows more', (t) => {
  const world = three();
  const c = world.get('c');
  c.sync.setMaster(world.now, true);
  world.drain(c);
  dieHalfHeard(world, true);
  world.run(seconds(2));
  const again = world.start('a');
  t.ok(world.runUntil(() => again.sync.tableComplete, seconds(1)));
  t.equal(again.table.size, 3);
  t.equal(again.sync.snapshot().bulk.transfers, 1);
  t.end();
});
