import { test } from 'tap';

import { DigestWatch } from '../../../cluster/sync/digest-watch.js';
import type { TableDigest } from '../../../cluster/sync/record.js';
import { defaultTuning } from '../../../cluster/sync/tuning.js';
import {
  after,
  instant,
  milliseconds,
  seconds,
  type Instant,
} from '../../../director/base/time.js';
import { record } from './toy-table.js';
import { kindOf, pair, World, type SimNode } from './world.js';

const divergences = ({ sync }: SimNode): number => sync.snapshot().reliability.divergences;

test('an entry that a copy has lost without a word is found missing and fetched', (t) => {
  const world = pair();
  const a = world.get('a');
  const b = world.get('b');
  for (let index = 0; index < 200; index += 1) a.update(world.now, index, 1);
  world.run(seconds(3));
  t.equal(divergences(b), 0);
  b.table.delete(record(7));
  b.table.delete(record(70));
  world.run(seconds(4));
  t.same(b.table.summary(), a.table.summary());
  t.equal(divergences(b), 1);
  t.equal(divergences(a), 0);
  world.run(seconds(30));
  t.equal(divergences(b), 1, 'and then all is well');
  t.end();
});

test('an entry that a copy has too much is found and taken out', (t) => {
  const world = pair();
  const a = world.get('a');
  const b = world.get('b');
  for (let index = 0; index < 200; index += 1) a.update(world.now, index, 1);
  b.update(world.now, 500, 1);
  world.run(seconds(3));
  for (const index of [3, 33]) a.table.delete(record(index));
  world.run(seconds(5));
  t.same(b.table.summary(), a.table.summary());
  t.ok(b.table.find(record(500)), 'what is b’s own stays');
  t.match(b.sync.snapshot(), { reliability: { divergences: 1 }, bulk: { swept: 2, owed: 0 } });
  t.end();
});

test('what a backup has given up to a master is not lost between the repairs of both', (t) => {
  const world = new World(1);
  const b = world.start('b');
  world.run(milliseconds(300));
  const a = world.start('a');
  const c = world.start('c');
  world.run(seconds(3));
  a.sync.setMaster(world.now, true);
  b.update(world.now, 7, 1);
  world.run(seconds(3));
  t.equal(c.table.find(record(7))?.origin, 'b');
  b.table.delete(record(7));
  a.table.delete(record(7));
  a.table.put(record(7));
  const isThere = (): boolean => c.table.find(record(7)) !== undefined;
  t.notOk(world.runUntil(() => !isThere(), seconds(6)));
  t.equal(c.table.find(record(7))?.origin, 'a');
  t.end();
});

test('as many too much as are missing are found all the same', (t) => {
  const world = pair();
  const a = world.get('a');
  const b = world.get('b');
  for (let index = 0; index < 50; index += 1) a.update(world.now, index, 1);
  world.run(seconds(3));
  a.table.delete(record(1));
  a.table.put(record(900));
  world.run(seconds(5));
  t.same(b.table.summary(), a.table.summary());
  t.end();
});

test('a divergence is found while both nodes are busy', (t) => {
  const world = pair();
  const a = world.get('a');
  const b = world.get('b');
  const work = (rounds: number): void => {
    for (let round = 0; round < rounds; round += 1) {
      a.update(world.now, 100 + (round % 50), round);
      if (round % 3 === 0) a.remove(world.now, 100 + ((round + 25) % 50));
      b.update(world.now, 201 + (round % 40), round);
      world.run(milliseconds(7));
    }
  };
  for (let index = 0; index < 50; index += 1) a.update(world.now, index, 1);
  work(300);
  t.same([divergences(a), divergences(b)], [0, 0], 'work alone is none');
  b.table.delete(record(7));
  work(600);
  world.run(seconds(1));
  t.ok(b.table.find(record(7)));
  t.same([divergences(a), divergences(b)], [0, 1]);
  t.same(b.table.summary(), a.table.summary());
  t.end();
});

test('loss, delay and restarts are no divergence', (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = new World(seed);
    for (const name of ['a', 'b', 'c']) world.start(name);
    world.run(seconds(2));
    world.weather = { ...world.weather, loss: 15, delayMax: milliseconds(30) };
    for (let round = 0; round < 400; round += 1) {
      const node = world.nodes[round % world.nodes.length];
      const index = (round % world.nodes.length) + 3 * (round % 40);
      if (round % 5 === 0) node?.remove(world.now, index);
      else node?.update(world.now, index, round);
      if (round === 200) {
        world.kill('c');
        world.start('c');
        world.run(seconds(2));
      }
      world.run(milliseconds(20));
    }
    world.run(seconds(10));
    t.same(world.nodes.map(divergences), [0, 0, 0], `seed ${seed}`);
  }
  t.end();
});

test('a Hello is compared only when nothing is missing', (t) => {
  const world = pair();
  const a = world.get('a');
  world.run(seconds(2));
  world.tap = (bytes) => kindOf(bytes) !== 'updates';
  a.update(world.now, 1, 1);
  world.run(seconds(3));
  t.equal(divergences(world.get('b')), 0);
  t.end();
});

const at = (ms: number): Instant => after(instant(0), milliseconds(ms));

const digestOf = (entries: number, low = 0, high = 0): TableDigest => ({ entries, high, low });

test('a difference has to last, whatever else changes beside it', (t) => {
  const watch = new DigestWatch(defaultTuning);
  t.equal(watch.compare(at(0), digestOf(5, 100), digestOf(4, 90)), false, 'the first time');
  t.equal(watch.compare(at(500), digestOf(7, 130), digestOf(6, 120)), false, 'too soon');
  t.equal(watch.compare(at(1_000), digestOf(9, 3), digestOf(8, 2 ** 32 - 7, 2 ** 32 - 1)), true);
  t.equal(watch.divergences, 1);
  t.equal(watch.compare(at(2_000), digestOf(5, 100), digestOf(4, 91)), false, 'another one');
  t.equal(watch.compare(at(3_000), digestOf(5, 100), digestOf(5, 100)), false);
  t.equal(watch.compare(at(4_000), digestOf(5, 100), digestOf(4, 91)), false, 'begins anew');
  t.equal(watch.compare(at(5_000), digestOf(5, 100), digestOf(4, 92)), false, 'and another one');
  t.equal(watch.compare(at(6_000), digestOf(5, 100), digestOf(4, 92)), true);
  t.end();
});

test('what a repair cannot mend is tried again after pauses that grow', (t) => {
  const watch = new DigestWatch(defaultTuning);
  const repairs: number[] = [];
  for (let second = 0; second < 3_000; second += 1) {
    const now = after(instant(0), seconds(second));
    if (watch.compare(now, digestOf(5, 1), digestOf(4, 0))) repairs.push(second);
  }
  const pauses = repairs.slice(1).map((second, index) => second - (repairs[index] ?? 0));
  t.same(
    pauses,
    pauses.toSorted((x, y) => x - y),
  );
  t.ok(repairs.length < 20, `${repairs.length} in 50 minutes`);
  t.ok((pauses.at(-1) ?? 0) <= 302);
  t.end();
});
