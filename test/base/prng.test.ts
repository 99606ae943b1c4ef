import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';

const take = (random: Prng, count: number): number[] =>
  Array.from({ length: count }, () => random.uint32());

test('the sequence of a seed is sfc32, for ever', (t) => {
  // Computed by an independent implementation of sfc32 with the same start: (seed, seed >> 32, 0x9e3779b9, 1).
  const known = [
    [0, [0x5515bf5a, 0x760ecfff, 0x1b36c8e1, 0xc4b53e58]],
    [1, [0x22284310, 0xc2cd1a3e, 0x29e81d7b, 0x8995da7f]],
    [0xdead_beef_12345, [0xb1ee9e04, 0x42846f14, 0xc8cd54f4, 0x0e39ee0c]],
  ] as const;
  for (const [seed, expected] of known) t.strictSame(take(new Prng(seed), 4), expected);
  t.end();
});

test('another seed gives another sequence', (t) => {
  t.notSame(take(new Prng(1), 4), take(new Prng(2), 4));
  t.notSame(take(new Prng(1), 4), take(new Prng(0x1_0000_0001), 4), 'the high half counts too');
  t.end();
});

test('a split is reproducible, and what is drawn from it does not disturb the parent', (t) => {
  const undisturbed = new Prng(7);
  const first = undisturbed.split();
  const disturbed = new Prng(7);
  const second = disturbed.split();
  t.strictSame(take(second, 1_000), take(first, 1_000));
  take(second, 12_345);
  t.strictSame(take(disturbed, 4), take(undisturbed, 4));
  t.notSame(take(disturbed.split(), 4), take(disturbed.split(), 4), 'two splits differ');
  t.end();
});

test('a bounded number is below its limit and every value comes up', (t) => {
  const random = new Prng(3);
  const counts = new Map<number, number>();
  for (let round = 0; round < 6_000; round += 1) {
    const value = random.below(6);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  t.equal(counts.size, 6);
  for (const [value, count] of counts) t.ok(count > 850 && count < 1_150, `${value}: ${count}`);
  t.equal(random.below(1), 0);
  const widest = Array.from({ length: 1_000 }, () => random.below(2 ** 32));
  t.ok(widest.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32));
  t.ok(widest.some((value) => value >= 2 ** 31));
  t.end();
});
