import { test } from 'tap';

import { foldAddress, hash32 } from '../../../director/core/schedulers/hash32.js';
import { bitLength, gcd } from '../../../director/core/schedulers/integers.js';
import { sipHash13 } from '../../../director/core/schedulers/siphash.js';
import { toWords } from '../../../director/wire/address-words.js';
import { ip } from '../../base/values.js';

test('SipHash-1-3 of four bytes is the published vector', (t) => {
  const key = { low0: 0x03020100, high0: 0x07060504, low1: 0x0b0a0908, high1: 0x0f0e0d0c };
  // Bytes 00 01 02 03: the fifth of the vectors in the kernel's siphash test for 64-bit machines.
  t.equal(sipHash13(0x03020100, key), 0x88d38328);
  t.end();
});

/** SipHash-1-3 of a 32-bit word, straight from the definition in 64-bit arithmetic. */
function referenceSipHash(word: bigint, key0: bigint, key1: bigint): number {
  const mask = (1n << 64n) - 1n;
  const turn = (lane: bigint, bits: bigint): bigint =>
    ((lane << bits) | (lane >> (64n - bits))) & mask;
  let [v0, v1, v2, v3] = [
    key0 ^ 0x736f6d6570736575n,
    key1 ^ 0x646f72616e646f6dn,
    key0 ^ 0x6c7967656e657261n,
    key1 ^ 0x7465646279746573n,
  ];
  const round = (): void => {
    v0 = (v0 + v1) & mask;
    v1 = turn(v1, 13n) ^ v0;
    v0 = turn(v0, 32n);
    v2 = (v2 + v3) & mask;
    v3 = turn(v3, 16n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = turn(v3, 21n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = turn(v1, 17n) ^ v2;
    v2 = turn(v2, 32n);
  };
  const block = (4n << 56n) | word;
  v3 ^= block;
  round();
  v0 ^= block;
  v2 ^= 0xffn;
  for (let count = 0; count < 3; count += 1) round();
  return Number((v0 ^ v1 ^ v2 ^ v3) & 0xffff_ffffn);
}

test('SipHash-1-3 in halves is SipHash-1-3 in 64 bits, also for words that wrap', (t) => {
  const [key0, key1] = [0x9e3779b1_fedcba98n, 0x01234567_ffffffffn];
  const key = { low0: 0xfedcba98, high0: 0x9e3779b1, low1: 0xffffffff, high1: 0x01234567 };
  const words = Array.from({ length: 1_000 }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 0);
  t.strictSame(
    words.map((word) => sipHash13(word, key)),
    words.map((word) => referenceSipHash(BigInt(word), key0, key1)),
  );
  t.equal(sipHash13(0x1_0000_0005, key), sipHash13(5, key), 'a sum past 32 bits wraps');
  t.end();
});

test('the multiplicative hash keeps the top bits of the product', (t) => {
  t.equal(hash32(1, 8), 0x61);
  t.equal(hash32(1, 32), 0x61c88647);
  t.equal(hash32(0xffff_ffff, 8), 0x9e);
  t.equal(hash32(0x0a0000c9, 8), Number((0x0a0000c9n * 0x61c88647n) & 0xffffffffn) >>> 24);
  t.equal(hash32(0x1_0000_0001, 8), hash32(1, 8), 'a sum past 32 bits wraps');
  t.end();
});

test('an IPv4 address folds to itself, an IPv6 address to the exclusive or of its words', (t) => {
  t.equal(foldAddress(toWords(ip('10.0.0.200')).words), 0x0a0000c8);
  t.equal(foldAddress(toWords(ip('255.0.0.1')).words), 0xff000001);
  t.equal(foldAddress(toWords(ip('fd00:1:2:3:4:5:6:7')).words), 0xfd000000);
  t.end();
});

test('greatest common divisors and bit lengths', (t) => {
  t.equal(gcd(100, 200), 100);
  t.equal(gcd(12, 18), 6);
  t.equal(gcd(65_535, 65_534), 1);
  t.equal(gcd(0, 5), 5);
  t.equal(gcd(5, 0), 5);
  t.equal(gcd(0, 0), 0);
  t.strictSame([0, 1, 2, 63, 64, 0x7fff_ffff].map(bitLength), [0, 1, 2, 6, 7, 31]);
  t.end();
});
