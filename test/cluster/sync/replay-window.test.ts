import { test } from 'tap';

import { ReplayWindow } from '../../../cluster/sync/replay-window.js';
import { Prng } from '../../../director/base/prng.js';

test('each counter is accepted once, in whatever order they come', (t) => {
  const window = new ReplayWindow(5);
  t.equal(window.accept(5), false, 'the start counts as seen');
  t.equal(window.accept(4), false);
  const counters = [7, 6, 9, 1_000];
  t.same(
    counters.map((counter) => window.accept(counter)),
    [true, true, true, true],
  );
  t.same(
    counters.map((counter) => window.accept(counter)),
    [false, false, false, false],
  );
  t.equal(window.accept(8), true);
  t.end();
});

test('what is 1,024 behind the greatest is refused, what is 1,023 behind is not', (t) => {
  const window = new ReplayWindow(0);
  t.equal(window.accept(5_000), true);
  t.equal(window.accept(5_000 - 1_024), false);
  t.equal(window.accept(5_000 - 1_023), true);
  t.end();
});

test('a counter that is no whole number is refused', (t) => {
  const window = new ReplayWindow(0);
  for (const counter of [0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    t.equal(window.accept(counter), false, `${counter}`);
  }
  t.equal(window.accept(1), true);
  t.end();
});

test('the window agrees with a list of all counters ever seen', (t) => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = new Prng(seed);
    const window = new ReplayWindow(0);
    const seen = new Set<number>();
    let greatest = 0;
    for (let step = 0; step < 3_000; step += 1) {
      const counter = Math.max(
        1,
        greatest - 1_100 + random.below(random.below(10) > 0 ? 1_150 : 4_000),
      );
      const isNew = counter > greatest - 1_024 && !seen.has(counter);
      if (window.accept(counter) !== isNew) t.fail(`seed ${seed}, step ${step}: ${counter}`);
      if (isNew) seen.add(counter);
      if (isNew) greatest = Math.max(greatest, counter);
    }
  }
  t.end();
});
