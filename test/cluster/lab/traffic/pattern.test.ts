import { test } from 'tap';

import {
  fillPattern,
  findMismatch,
  payloadLength,
} from '../../../../cluster/lab/traffic/pattern.js';

const key = { seed: 7, flow: 3, sequence: 11, sender: 's1' };

const pattern = (of: typeof key, length = 64): Uint8Array => {
  const bytes = new Uint8Array(length);
  fillPattern(bytes, of);
  return bytes;
};

test('a pattern is the same every time, and a shorter one is its beginning', (t) => {
  t.same(pattern(key), pattern(key));
  t.same(pattern(key, 13), pattern(key).subarray(0, 13));
  t.equal(findMismatch(pattern(key), key), undefined);
  t.end();
});

test('seed, flow, sequence number and sender each make another pattern', (t) => {
  const others = [
    { ...key, seed: 8 },
    { ...key, flow: 4 },
    { ...key, sequence: 12 },
    { ...key, sender: 's2' },
    { ...key, sender: '' },
  ];
  for (const other of others) t.notSame(pattern(other), pattern(key), JSON.stringify(other));
  t.end();
});

test('a wrong byte is found wherever it is, with what should have been there', (t) => {
  for (let offset = 0; offset < 64; offset += 1) {
    const bytes = pattern(key);
    const expected = bytes[offset] ?? 0;
    bytes[offset] = expected ^ 0x40;
    t.same(findMismatch(bytes, key), { offset, found: expected ^ 0x40, expected });
  }
  t.end();
});

test('payload lengths stay in their limit and vary', (t) => {
  const lengths = Array.from({ length: 500 }, (_, sequence) =>
    payloadLength({ ...key, sequence }, 20),
  );
  t.ok(lengths.every((length) => length >= 1 && length <= 20));
  t.equal(new Set(lengths).size, 20);
  t.end();
});
