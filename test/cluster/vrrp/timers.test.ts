import { test } from 'tap';

import {
  centiseconds,
  masterDownInterval,
  skewTime,
  toCentiseconds,
} from '../../../cluster/vrrp/timers.js';
import { milliseconds, seconds } from '../../../director/base/time.js';

const table = [
  { priority: 100, interval: seconds(1), skew: 609_375, down: 3_609_375 },
  { priority: 200, interval: seconds(1), skew: 218_750, down: 3_218_750 },
  { priority: 150, interval: seconds(1), skew: 414_063, down: 3_414_063 },
  { priority: 254, interval: seconds(1), skew: 7_813, down: 3_007_813 },
  { priority: 1, interval: seconds(1), skew: 996_094, down: 3_996_094 },
  { priority: 100, interval: milliseconds(100), skew: 60_938, down: 360_938 },
  { priority: 254, interval: milliseconds(10), skew: 78, down: 30_078 },
];

for (const { priority, interval, skew, down } of table) {
  test(`priority ${priority} at ${interval} µs waits ${skew} µs, and ${down} µs in silence`, (t) => {
    t.equal(skewTime(priority, interval), skew);
    t.equal(masterDownInterval(priority, interval), down);
    t.end();
  });
}

test('a higher priority always waits less', (t) => {
  for (let priority = 2; priority <= 254; priority += 1) {
    t.ok(skewTime(priority, milliseconds(10)) < skewTime(priority - 1, milliseconds(10)));
  }
  t.end();
});

test('intervals go to centiseconds and back', (t) => {
  t.equal(toCentiseconds(seconds(1)), 100);
  t.equal(toCentiseconds(milliseconds(250)), 25);
  t.equal(toCentiseconds(seconds(40.95)), 4095);
  t.equal(centiseconds(4095), seconds(40.95));
  t.end();
});
