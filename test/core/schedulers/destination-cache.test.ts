import { test } from 'tap';

import { seconds } from '../../../director/base/time.js';
import { DestinationCache } from '../../../director/core/schedulers/destination-cache.js';
import { at } from '../../base/values.js';

const words = (number: number): Uint32Array => Uint32Array.of(0, 0, 0, number);

/** A cache with so many destinations, all used at the start. */
function cacheOf(count: number): DestinationCache<number> {
  const cache = new DestinationCache<number>(() => seconds(86_400));
  cache.find(words(0), at(0));
  for (let number = 1; number <= count; number += 1) cache.add(words(number), number, at(0));
  return cache;
}

test('a destination is found by all words of its address', (t) => {
  const cache = cacheOf(0);
  cache.add(Uint32Array.of(1, 2, 3, 4), 5, at(0));
  t.equal(cache.find(Uint32Array.of(1, 2, 3, 4), at(1))?.value, 5);
  t.equal(cache.find(Uint32Array.of(2, 1, 3, 4), at(1)), undefined, 'one with the same hash');
  t.equal(cache.find(words(4), at(1)), undefined);
  t.end();
});

test('the address is kept as it was, though the flow that it came from changes', (t) => {
  const cache = cacheOf(0);
  const flow = words(9);
  cache.add(flow, 1, at(0));
  flow[3] = 10;
  t.equal(cache.find(words(9), at(0))?.value, 1);
  t.equal(cache.find(words(10), at(0)), undefined);
  t.end();
});

test('up to 16384 destinations stay until they expire', (t) => {
  const cache = cacheOf(16_384);
  t.ok(cache.find(words(1), at(3_600)));
  t.equal(cache.size, 16_384);
  cache.find(words(2), at(86_400 - 1_800));
  cache.find(words(2), at(86_400 + 1_800));
  t.equal(cache.size, 2, 'those used since are left');
  t.end();
});

test('of more destinations, ones that were idle for six minutes go', (t) => {
  const cache = cacheOf(16_384 + 300);
  cache.find(words(1), at(359));
  t.equal(cache.size, 16_684, 'nothing is idle enough yet');
  cache.find(words(1), at(361));
  t.ok(cache.size <= 16_384, `${cache.size} are left: a third more than needed has gone`);
  t.ok(cache.size <= 16_384 - 100 && cache.size > 16_384 - 130, 'and not much more');
  t.ok(cache.find(words(1), at(362)), 'the one in use stays');
  t.end();
});

test('at 65536 destinations no more are remembered, and they are counted', (t) => {
  const cache = cacheOf(65_536);
  cache.add(words(70_000), 1, at(1));
  t.equal(cache.size, 65_536);
  t.equal(cache.refused, 1);
  t.equal(cache.find(words(70_000), at(1)), undefined);
  cache.find(words(1), at(361));
  cache.add(words(70_000), 1, at(361));
  t.ok(cache.find(words(70_000), at(361)), 'once idle ones have gone there is room again');
  t.end();
});

test('a year without look-ups is made up for in no time', (t) => {
  const cache = cacheOf(100);
  cache.find(words(1), at(365 * 86_400));
  t.equal(cache.size, 0);
  t.end();
});
