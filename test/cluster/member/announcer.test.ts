import { test } from 'tap';

import { Announcer } from '../../../cluster/member/announcer.js';
import { milliseconds, Never } from '../../../director/base/time.js';
import { at } from '../../base/values.js';
import { BenchDirector } from '../../packets/bench-director.js';

const addresses = ['10.1.0.100', '10.1.0.101', 'fd01::100'] as const;

/** Serves an announcer whenever it wants to be, until it has no more to say; the instants at which it was, in ms. */
function serve(announcer: Announcer): number[] {
  const times: number[] = [];
  while (announcer.deadline !== Never) {
    const now = announcer.deadline;
    times.push(now / 1_000);
    announcer.handleDeadline(now);
  }
  return times;
}

test('a burst announces every address at once, and again with each further round', (t) => {
  const bench = new BenchDirector();
  const announcer = new Announcer(bench.director, milliseconds(0));
  announcer.burst(
    at(1),
    addresses.map((address) => bench.floating(address)),
    3,
  );
  t.equal(bench.sent.length, 3, 'the first round does not wait');
  serve(announcer);
  t.equal(bench.sent.length, 9);
  t.end();
});

test('with an interval the packets are spaced out', (t) => {
  const bench = new BenchDirector();
  const announcer = new Announcer(bench.director, milliseconds(50));
  const start = at(1);
  announcer.burst(
    start,
    addresses.map((address) => bench.floating(address)),
    2,
  );
  t.equal(bench.sent.length, 1, 'the first one does not wait');
  const times = serve(announcer);
  t.strictSame(
    times.map((time) => time - start / 1_000),
    [50, 100, 150, 200, 250],
    'five intervals between six packets',
  );
  const frames = bench.sent.map(({ frame }) => Buffer.from(frame).toString('hex'));
  t.strictSame(frames.slice(0, 3), frames.slice(3), 'round by round');
  t.equal(new Set(frames).size, 3, 'each address once a round');
  t.end();
});

test('another burst takes the place of one, and a node that resigns says no more', (t) => {
  const bench = new BenchDirector();
  const announcer = new Announcer(bench.director, milliseconds(20));
  const floating = addresses.map((address) => bench.floating(address));
  announcer.burst(at(1), floating, 100);
  announcer.burst(at(1), floating.slice(0, 1), 2);
  serve(announcer);
  t.equal(bench.sent.length, 3, 'one of the first burst, two of the second');
  announcer.burst(at(2), floating, 5);
  announcer.stop();
  t.equal(announcer.deadline, Never);
  serve(announcer);
  t.equal(bench.sent.length, 4);
  announcer.burst(at(3), [], 5);
  announcer.burst(at(3), floating, 0);
  t.equal(bench.sent.length, 4, 'nothing to announce');
  t.end();
});
