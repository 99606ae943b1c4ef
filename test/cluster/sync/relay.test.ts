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
  const a = world.get('a');
  let dropped = 0;
  world.tap = (bytes, to) => to !== 'c' || kindOf(bytes) !== 'updates' || (dropped += 1) !== 2;
  for (const index of [1, 2, 3]) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
    world.drain(a);
  }
  world.run(milliseconds(1));
  world.kill('a');
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
