import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { Announcer } from '../../../cluster/node/announcer.js';
import { milliseconds } from '../../../director/base/time.js';
import { BenchDirector } from '../../packets/bench-director.js';
import { eventually } from './temporary.js';

const addresses = ['10.1.0.100', '10.1.0.101', 'fd01::100'] as const;

test('a burst announces every address at once, and again with each further round', async (t) => {
  const bench = new BenchDirector();
  const announcer = new Announcer(bench.director, milliseconds(0));
  announcer.burst(
    addresses.map((address) => bench.floating(address)),
    3,
  );
  t.equal(bench.sent.length, 3, 'the first round does not wait');
  t.ok(await eventually(() => bench.sent.length === 9));
  await sleep(20);
  t.equal(bench.sent.length, 9, 'and no more');
  t.end();
});

test('with an interval the packets are spaced out', async (t) => {
  const bench = new BenchDirector();
  const announcer = new Announcer(bench.director, milliseconds(50));
  const start = performance.now();
  announcer.burst(
    addresses.map((address) => bench.floating(address)),
    2,
  );
  t.equal(bench.sent.length, 1, 'the first one does not wait');
  t.ok(await eventually(() => bench.sent.length === 6));
  t.ok(performance.now() - start >= 5 * 49, 'five intervals between six packets');
  const frames = bench.sent.map(({ frame }) => Buffer.from(frame).toString('hex'));
  t.strictSame(frames.slice(0, 3), frames.slice(3), 'round by round');
  t.equal(new Set(frames).size, 3, 'each address once a round');
  t.end();
});

test('another burst takes the place of one, and a node that resigns says no more', async (t) => {
  const bench = new BenchDirector();
  const announcer = new Announcer(bench.director, milliseconds(20));
  const floating = addresses.map((address) => bench.floating(address));
  announcer.burst(floating, 100);
  announcer.burst(floating.slice(0, 1), 2);
  await sleep(100);
  t.equal(bench.sent.length, 3, 'one of the first burst, two of the second');
  announcer.burst(floating, 5);
  announcer.stop();
  await sleep(60);
  t.equal(bench.sent.length, 4);
  announcer.burst([], 5);
  announcer.burst(floating, 0);
  t.equal(bench.sent.length, 4, 'nothing to announce');
  t.end();
});
