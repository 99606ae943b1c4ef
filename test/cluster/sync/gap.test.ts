import { test } from 'tap';

import { milliseconds, seconds } from '../../../director/base/time.js';
import { record } from './toy-table.js';
import { kindOf, pair, type World } from './world.js';

/** Every change a datagram of its own, nearly. */
const soon = { flushBound: milliseconds(2) };

test('an update that has left the ring is a gap, repaired from the sender with its removals', (t) => {
  const world = pair({ ...soon, ringSize: 8 });
  const a = world.get('a');
  const b = world.get('b');
  for (let index = 0; index < 100; index += 1) a.update(world.now, index, 1);
  world.run(milliseconds(5));
  t.equal(b.table.size, 100);
  world.cut = () => true;
  for (let round = 0; round < 20; round += 1) {
    a.update(world.now, 200 + round, 1);
    a.remove(world.now, round);
    world.run(milliseconds(3));
  }
  t.equal(b.table.size, 100);
  world.cut = () => false;
  world.run(seconds(4));
  t.same(b.table.summary(), a.table.summary());
  t.equal(b.table.size, 100);
  t.match(b.sync.snapshot(), { reliability: { gaps: 1 }, bulk: { transfers: 1, owed: 0 } });
  t.equal(b.sync.snapshot().tableComplete, true, 'a gap does not take completeness back');
  t.end();
});

test('a repair does not remove what came from an earlier life of the peer', (t) => {
  const world = pair({ ...soon, ringSize: 4 });
  for (let index = 0; index < 10; index += 1) world.get('a').update(world.now, index, 1);
  world.run(milliseconds(10));
  world.kill('a');
  world.cut = () => true;
  // The new life of a comes up alone, and does not get its old entries back before b repairs its stream.
  const again = world.start('a');
  world.tap = (bytes, to) => to !== 'a' || kindOf(bytes) !== 'bulk-chunk';
  world.run(seconds(2));
  for (let round = 0; round < 20; round += 1) {
    again.update(world.now, 100 + round, 1);
    world.run(milliseconds(3));
  }
  world.cut = () => false;
  world.run(seconds(4));
  const b = world.get('b');
  t.match(b.sync.snapshot(), { reliability: { gaps: 1 }, bulk: { owed: 0 } });
  t.equal(b.table.size, 30);
  world.tap = () => true;
  world.run(seconds(4));
  t.equal(again.table.size, 30);
  t.end();
});

test('a repair leaves alone what the repaired node owns', (t) => {
  const world = pair({ ...soon, ringSize: 4 });
  const a = world.get('a');
  const b = world.get('b');
  b.update(world.now, 7, 1);
  world.run(milliseconds(5));
  world.cut = (from) => from === 'a';
  for (let round = 0; round < 20; round += 1) {
    a.update(world.now, 200 + round, 1);
    world.run(milliseconds(3));
  }
  b.table.put(record(7, 99));
  world.cut = () => false;
  world.run(seconds(4));
  t.equal(b.sync.snapshot().reliability.gaps, 1);
  t.match(b.table.find(record(7)), { packets: 99 });
  t.equal(b.table.size, 21);
  t.end();
});

test('when nobody answers Nacks, the hole is given up and what is held is applied', (t) => {
  const world = pair({ nackAttempts: 3 });
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || (dropped += 1) > 1;
  const a = world.get('a');
  a.update(world.now, 1, 1);
  a.sync.flush(world.now);
  a.update(world.now, 2, 1);
  a.sync.flush(world.now);
  world.drain(a);
  world.kill('a');
  world.run(seconds(2));
  t.equal(world.get('b').table.size, 1);
  t.match(world.get('b').sync.snapshot().reliability, { gaps: 1, nacksSent: 3 });
  t.end();
});

/** Node a tells of two sessions, of which the first is lost on its way, and dies: b holds the second. */
function dieBehindHole(world: World): void {
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || (dropped += 1) > 1;
  const a = world.get('a');
  for (const index of [1, 2]) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
  }
  world.drain(a);
  world.kill('a');
  world.run(milliseconds(1));
}

test('a node that becomes master applies at once what it holds behind a hole', (t) => {
  const world = pair();
  dieBehindHole(world);
  const b = world.get('b');
  t.equal(b.table.size, 0);
  b.sync.setMaster(world.now, true);
  world.drain(b);
  t.equal(b.table.size, 1);
  t.end();
});

test('also when the node that has told of it runs again', (t) => {
  const world = pair();
  dieBehindHole(world);
  const b = world.get('b');
  world.start('a');
  world.run(milliseconds(1));
  t.equal(b.sync.snapshot().peers[0]?.epoch, 1003, 'the new life is known');
  t.equal(b.table.size, 0);
  b.sync.setMaster(world.now, true);
  world.drain(b);
  t.equal(b.table.size, 1);
  t.end();
});

test('a node that comes back is given what nobody but its peer has, though it is held behind a hole', (t) => {
  const world = pair();
  dieBehindHole(world);
  world.start('a');
  const isComplete = (): boolean => world.get('a').sync.tableComplete;
  t.ok(world.runUntil(isComplete, seconds(1)), 'long before the hole is given up');
  t.ok(world.get('a').table.find(record(2)));
  t.equal(world.get('b').sync.snapshot().reliability.gaps, 1);
  t.end();
});

test('too much behind a hole is a gap, not a growing queue', (t) => {
  const world = pair({ holdLimit: 16, nackDelay: seconds(1) });
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || (dropped += 1) > 1;
  const a = world.get('a');
  for (let index = 0; index < 18; index += 1) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
  }
  world.drain(a);
  world.run(milliseconds(1));
  t.equal(world.get('b').table.size, 17);
  t.equal(world.get('b').sync.snapshot().reliability.gaps, 1);
  world.run(seconds(2));
  t.equal(world.get('b').table.size, 18);
  t.end();
});
