import { test } from 'tap';

import {
  after,
  between,
  earliest,
  instant,
  latest,
  microseconds,
  milliseconds,
  Never,
  seconds,
  toMilliseconds,
  toSeconds,
} from '../../director/base/time.js';

test('durations are whole microseconds', (t) => {
  t.equal(seconds(1), 1_000_000);
  t.equal(seconds(0.1) + seconds(0.2), 300_000, 'sums are exact');
  t.equal(milliseconds(0.5), 500);
  t.equal(microseconds(1.4), 1);
  t.equal(instant(1.6), 2);
  t.equal(toSeconds(milliseconds(1_500)), 1.5);
  t.equal(toMilliseconds(microseconds(250)), 0.25);
  t.end();
});

test('an instant and a duration make another instant', (t) => {
  const start = instant(1_000_000);
  t.equal(after(start, seconds(2)), 3_000_000);
  t.equal(after(start, milliseconds(-1)), 999_000);
  t.equal(between(start, after(start, seconds(2))), seconds(2));
  t.equal(between(after(start, seconds(2)), start), seconds(-2), 'backwards is negative');
  t.end();
});

test('never is later than every instant and stays so', (t) => {
  const late = instant(Number.MAX_SAFE_INTEGER);
  t.equal(earliest(Never, late), late);
  t.equal(earliest(late, Never), late);
  t.equal(latest(Never, late), Never);
  t.equal(latest(late, instant(1)), late);
  t.equal(after(Never, seconds(-1)), Never);
  t.end();
});
