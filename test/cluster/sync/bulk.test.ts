import { test } from 'tap';

import { decodeDatagram } from '../../../cluster/sync/codec.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { record } from './toy-table.js';
import { bodyOf, completion, World, worldWith } from './world.js';

test('a node that starts alone is complete after the solo timeout', (t) => {
  const world = new World(1);
  const a = world.start('a');
  world.run(milliseconds(999));
  t.equal(a.sync.tableComplete, false);
  world.run(milliseconds(2));
  t.same(completion(a), { kind: 'table-complete', reason: 'alone', entries: 0 });
  t.end();
});

test('a node that hears a master which it cannot sync with is not alone: it waits for the bulk timeout', (t) => {
  const world = new World(1);
  const a = world.start('a', { isMasterHeard: () => true });
  world.run(seconds(29));
  t.equal(a.sync.tableComplete, false);
  world.run(seconds(2));
  t.match(completion(a), { reason: 'timeout' });

  let isHeard = true;
  const other = new World(2);
  const b = other.start('b', { isMasterHeard: () => isHeard });
  other.run(seconds(5));
  t.equal(b.sync.tableComplete, false);
  isHeard = false;
  other.run(seconds(2));
  t.match(completion(b), { reason: 'alone' }, 'when the master has fallen silent it is');
  t.end();
});

test('two nodes that start together do not wait for each other', (t) => {
  const world = new World(1);
  const a = world.start('a');
  const b = world.start('b');
  world.run(milliseconds(1500));
  t.match(completion(a), { reason: 'alone' });
  t.ok(b.sync.tableComplete);
  t.end();
});

test('a joiner has the whole table in little more than the offer window', (t) => {
  const world = worldWith('a', 2000);
  const b = world.start('b');
  const done = world.runUntil(() => b.sync.tableComplete, seconds(1));
  t.ok(done);
  t.same(b.table.summary(), world.get('a').table.summary());
  t.same(completion(b), { kind: 'table-complete', reason: 'bulk', entries: 2000 });
  t.match(b.table.find(record(1)), { origin: 'a' });
  t.end();
});

test('the origin of an entry survives a transfer through a third node', (t) => {
  const world = worldWith('a', 10);
  world.start('b');
  world.run(seconds(2));
  world.kill('a');
  const c = world.start('c');
  world.run(seconds(2));
  t.match(completion(c), { reason: 'bulk', entries: 10 });
  t.match(c.table.find(record(1)), { origin: 'a' });
  t.end();
});

test('the master is chosen as donor, then who has most entries, then the first by name', (t) => {
  const world = new World(1);
  for (const name of ['a', 'b', 'c']) world.start(name);
  world.run(seconds(2));
  let donor = '';
  world.tap = (bytes) => {
    const datagram = decodeDatagram(bytes);
    if (datagram.kind === 'datagram' && datagram.body.kind === 'bulk-chunk') donor = datagram.node;
    return true;
  };
  const join = (): string => {
    world.start('j');
    world.run(seconds(1));
    world.kill('j');
    return donor;
  };
  t.equal(join(), 'a');
  world.get('b').table.put(record(1));
  t.equal(join(), 'b');
  world.get('c').sync.setMaster(world.now, true);
  t.equal(join(), 'c');
  t.end();
});

test('a donor that dies during the transfer is replaced', (t) => {
  const world = worldWith('a', 3000, { fetchWindow: 8 });
  world.start('b');
  world.run(seconds(2));
  world.get('a').sync.setMaster(world.now, true);
  let chunks = 0;
  world.tap = (bytes, to) => {
    if (to === 'c' && bodyOf(bytes)?.kind === 'bulk-chunk') chunks += 1;
    return true;
  };
  const c = world.start('c');
  world.runUntil(() => chunks > 20, seconds(1));
  world.kill('a');
  t.equal(c.sync.tableComplete, false);
  // Not after the two seconds that a donor has when there is nobody else: the others may leave, too.
  world.run(milliseconds(300));
  t.match(completion(c), { reason: 'bulk' });
  t.equal(c.table.size, 3000);
  t.equal(c.sync.snapshot().bulk.failures, 1);
  t.end();
});

test('a donor that says goodbye is replaced at once', (t) => {
  const world = worldWith('a', 3000);
  world.start('b');
  world.run(seconds(2));
  world.get('a').sync.setMaster(world.now, true);
  let chunks = 0;
  world.tap = (bytes, to) => {
    if (to === 'c' && bodyOf(bytes)?.kind === 'bulk-chunk') chunks += 1;
    return true;
  };
  const c = world.start('c');
  world.runUntil(() => chunks > 20, seconds(1));
  const a = world.get('a');
  a.sync.stop(world.now);
  world.drain(a);
  world.kill('a');
  world.run(milliseconds(500));
  t.match(completion(c), { reason: 'bulk' });
  t.equal(c.table.size, 3000);
  t.end();
});

test('a joiner whose only donor dies ends up complete with what it got', (t) => {
  const world = worldWith('a', 3000, { fetchWindow: 8 });
  const b = world.start('b');
  world.runUntil(() => b.table.size > 100, seconds(1));
  world.kill('a');
  world.run(seconds(4));
  t.match(completion(b), { reason: 'alone' });
  t.ok(b.table.size > 100);
  t.end();
});

test('a transfer that takes too long makes the table complete by timeout, and goes on', (t) => {
  const world = worldWith('a', 3000, { bulkTimeout: milliseconds(150) });
  world.weather = { ...world.weather, delayMin: milliseconds(10), delayMax: milliseconds(10) };
  const b = world.start('b');
  world.run(milliseconds(151));
  t.match(completion(b), { reason: 'timeout' });
  t.ok(b.table.size < 3000);
  world.run(seconds(2));
  t.equal(b.table.size, 3000);
  t.equal(b.effects.filter((effect) => effect.kind === 'table-complete').length, 1);
  t.end();
});

test('a node whose link came up late fetches the table that it did not know of', (t) => {
  const world = worldWith('a', 500);
  world.cut = () => true;
  const b = world.start('b');
  world.run(seconds(2));
  t.match(completion(b), { reason: 'alone' });
  world.cut = () => false;
  world.run(seconds(3));
  t.equal(b.table.size, 500);
  t.end();
});

test('a late link also brings what only a third node had written', (t) => {
  const world = worldWith('a', 50);
  world.start('b');
  world.run(seconds(2));
  world.kill('a');
  world.cut = () => true;
  const c = world.start('c');
  world.run(seconds(2));
  world.cut = () => false;
  world.run(seconds(3));
  t.equal(c.table.size, 50);
  t.end();
});

test('a stream that only the donor knows is followed from where the donor was', (t) => {
  const world = worldWith('a', 0, { ringSize: 8 });
  world.start('b');
  world.run(seconds(2));
  const a = world.get('a');
  for (let index = 0; index < 40; index += 1) {
    a.update(world.now, index, 1);
    world.run(milliseconds(3));
  }
  world.cut = (from, to) => from === 'a' && to === 'c';
  const c = world.start('c');
  world.run(milliseconds(500));
  t.match(completion(c), { reason: 'bulk', entries: 40 });
  a.update(world.now, 50, 1);
  a.remove(world.now, 3);
  world.run(milliseconds(10));
  world.cut = () => false;
  world.run(seconds(2));
  t.same(c.table.summary(), a.table.summary());
  t.match(c.sync.snapshot().reliability, { gaps: 0, duplicates: 0 });
  t.end();
});

test('a joiner that hears a complete peer keeps asking beyond the solo timeout', (t) => {
  const world = worldWith('a', 100);
  // Nothing of b reaches a: a says Hello every second and answers nothing.
  world.cut = (from) => from === 'b';
  const b = world.start('b');
  world.run(seconds(5));
  t.equal(b.sync.tableComplete, false);
  world.cut = () => false;
  world.run(seconds(4));
  t.match(completion(b), { reason: 'bulk', entries: 100 });
  t.end();
});
