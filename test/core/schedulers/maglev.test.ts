import { createHash } from 'node:crypto';

import { test } from 'tap';

import { fillMaglev, type Permutation } from '../../../director/core/schedulers/maglev.js';
import { murmur } from './murmur.js';

/*
 * The published answers of others are for our fill as far as it is the same. Katran and Cilium have weight rules of their
 * own (katran V1 counts weights in the first round only, V2 adds them up, Cilium skips turns), and so their tables for
 * unequal weights are not ours: the kernel's rule is in mh, and held against recorded runs of the kernel.
 */

const evenly = (...[offset, skip]: readonly [number, number]): Permutation => ({
  offset,
  skip,
  turns: 1,
});

/** The permutation of katran's Maglev hash for a server with this hash. */
function katran(hash: number, size: number): Permutation {
  const offset = murmur(BigInt(hash), 42n, 0n) % BigInt(size);
  const skip = (murmur(BigInt(hash), 2_718_281_828n, 2_307n) % BigInt(size - 1)) + 1n;
  return evenly(Number(offset), Number(skip));
}

const katranRing = (servers: number, size: number): Int32Array =>
  fillMaglev(
    Array.from({ length: servers }, (_, hash) => katran(hash, size)),
    size,
  );

const counts = (table: Int32Array, servers: number): number[] => {
  const count = Array.from({ length: servers }, () => 0);
  for (const server of table) count[server] = (count[server] ?? 0) + 1;
  return count;
};

test("the fill gives the Maglev paper's table 1, before and after a server leaves", (t) => {
  const [first, second, third] = [evenly(3, 4), evenly(0, 2), evenly(3, 1)];
  t.equal(fillMaglev([first, second, third], 7).join(' '), '1 0 1 0 2 2 0');
  t.equal(fillMaglev([first, { ...second, turns: 0 }, third], 7).join(' '), '0 0 0 0 2 2 2');
  t.end();
});

test("the hash that katran's answers need is katran's", (t) => {
  t.equal(murmur(0n, 0n, 0n), 0x4bbd1bf27da918d6n);
  t.equal(murmur(1n, 42n, 0n), 0x0b85e5b738ec6ba3n);
  t.equal(murmur(1n, 2_718_281_828n, 2_307n), 0x811a3d9354794c04n);
  t.equal(murmur(0xdeadbeefcafebaben, 42n, 0n), 0x2e8d31a54ed17f19n);
  t.strictSame(katran(0, 7), evenly(6, 3));
  t.strictSame(katran(42, 7), evenly(5, 4));
  t.strictSame(katran(2, 65_537), evenly(43_699, 25_045));
  t.end();
});

test("the fill gives katran's small tables for equal weights", (t) => {
  t.equal(fillMaglev([katran(1_000, 7), katran(2_000, 7)], 7).join(' '), '1 1 0 1 0 0 0');
  t.equal(katranRing(3, 13).join(' '), '1 0 2 2 2 0 0 2 0 0 1 1 1');
  t.end();
});

const katranRings = [
  [3, '8d3e9f1666818199a0c00d3ce05427164504d7851f22a8e02cb21c34bc1b9bd4', 70],
  [10, '739063393003a20b047530f9de99c558d813e11a386f337e6d0d32305c9459fe', 136],
  [100, '9ea64fc854f11b9caab89a45b77abc2ffc787016c65cca37c90127922bac3218', 354],
  [400, 'b063260f9ffb7eee53e1a21eccfc50d1ebbf3839b6435e08d4b30d9ef2ccb7d0', 634],
] as const;

for (const [servers, digest, disturbed] of katranRings) {
  test(`the fill gives katran's table of 65537 places for ${servers} servers`, (t) => {
    const table = katranRing(servers, 65_537);
    t.equal(createHash('sha256').update(table).digest('hex'), digest);
    const count = counts(table, servers);
    t.equal(
      Math.max(...count) - Math.min(...count),
      1,
      'no server has two places more than another',
    );
    const after = katranRing(servers - 1, 65_537);
    const moved = table.filter((server, place) => server < servers - 1 && server !== after[place]);
    t.equal(moved.length, disturbed, 'places of others that the last server disturbs by leaving');
    t.end();
  });
}

test('a server takes as many places in a row as it has turns', (t) => {
  const steps = [1, 2, 3].map((step, index) => ({ ...evenly(index, step), turns: index + 1 }));
  const count = counts(fillMaglev(steps, 4_093), 3);
  t.strictSame(count, [683, 1_364, 2_046], 'in proportion, but for the last round');
  t.end();
});

test('a table without takers is empty, and one server takes all of it', (t) => {
  t.strictSame(new Set(fillMaglev([], 7)), new Set([-1]));
  t.strictSame(new Set(fillMaglev([{ ...evenly(1, 1), turns: 0 }], 7)), new Set([-1]));
  t.strictSame(new Set(fillMaglev([{ ...evenly(6, 6), turns: 9 }], 7)), new Set([0]));
  t.end();
});
