import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import * as checksums from '../../director/wire/checksum.js';
import { viewOf } from './hex.js';

/** RFC 1071 in the plainest words: the sum of all 16-bit words modulo 65535, zero only for nothing but zeros. */
function plainSum(bytes: Uint8Array): number {
  let total = 0;
  for (const [position, byte] of bytes.entries()) total += position % 2 === 0 ? byte * 256 : byte;
  return total === 0 ? 0 : total % 0xffff || 0xffff;
}

const plainChecksum = (bytes: Uint8Array): number => 0xffff - plainSum(bytes);

/** Words in which carries and both zeros of ones' complement turn up often. */
function trickyWord(random: Prng): number {
  const corners = [0x0000, 0xffff, 0x0001, 0xfffe, 0x8000, 0x7fff];
  return random.below(2) === 0 ? random.below(0x1_0000) : (corners[random.below(6)] ?? 0);
}

test('the sum of the example in RFC 1071 §3', (t) => {
  const view = viewOf('0001 f203 f4f5 f6f7');
  t.equal(checksums.sum(view, 0, 8), 0x2ddf0);
  t.equal(checksums.fold(0x2ddf0), 0xddf2);
  t.equal(checksums.complement(0x2ddf0), 0x220d);
  t.end();
});

test('the example of RFC 1624 §4 needs the complement form and gets it', (t) => {
  // Equation 2 of RFC 1141 gives 0xffff here, which is wrong.
  t.equal(checksums.update16(0xdd2f, 0x5555, 0x3285), 0x0000);
  t.end();
});

test('folding ends with 16 bits whatever the sum', (t) => {
  t.equal(checksums.fold(0), 0);
  t.equal(checksums.fold(0xffff), 0xffff);
  t.equal(checksums.fold(0x1_0000), 1);
  t.equal(checksums.fold(0x1_ffff), 1);
  t.equal(checksums.fold(0xffff_ffff), 0xffff);
  t.equal(checksums.fold(0xffff * 32_768), 0xffff, 'the largest packet of all ones');
  t.end();
});

test('the sum of any bytes is the plain one, odd lengths and offsets included', (t) => {
  const random = new Prng(2);
  const wrong: string[] = [];
  for (let round = 0; round < 5_000; round += 1) {
    const length = random.below(80);
    const offset = random.below(4);
    const bytes = Uint8Array.from(
      { length: offset + length },
      () => random.below(2) * random.below(256),
    );
    const view = new DataView(bytes.buffer);
    const sum = checksums.fold(checksums.sum(view, offset, offset + length));
    const expected = plainSum(bytes.subarray(offset));
    if (sum !== expected) wrong.push(`round ${round}: ${sum}, not ${expected}`);
  }
  t.strictSame(wrong, []);
  t.end();
});

test('an incremental update equals the full computation', (t) => {
  const random = new Prng(3);
  const wrong: string[] = [];
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  // A first word that is never zero, as in every IP packet and pseudo-header.
  const setRandom = (): void => {
    view.setUint16(0, 0x4500);
    for (let offset = 2; offset < 20; offset += 2) view.setUint16(offset, trickyWord(random));
  };
  for (let round = 0; round < 120_000; round += 1) {
    setRandom();
    const before = plainChecksum(bytes);
    const isWord = round % 2 === 0;
    const offset = isWord ? 2 + random.below(9) * 2 : 2 + random.below(8) * 2;
    let updated: number;
    if (isWord) {
      const old = view.getUint16(offset);
      view.setUint16(offset, trickyWord(random));
      updated = checksums.update16(before, old, view.getUint16(offset));
    } else {
      const old = view.getUint32(offset);
      view.setUint32(offset, trickyWord(random) * 0x1_0000 + trickyWord(random));
      const change = checksums.change32(old, view.getUint32(offset));
      updated = checksums.adjust(before, change);
    }
    const expected = plainChecksum(bytes);
    if (updated !== expected) wrong.push(`round ${round}: ${updated}, not ${expected}`);
  }
  t.strictSame(wrong.slice(0, 3), []);
  t.end();
});

test('the corner values update to what a receiver accepts', (t) => {
  const corners = [0x0000, 0x0001, 0x7fff, 0x8000, 0xfffe, 0xffff];
  for (const before of corners) {
    for (const after of corners) {
      for (const rest of [0x0001, 0x4500, 0xfffe, 0xffff]) {
        const checksum = checksums.complement(rest + before);
        const updated = checksums.update16(checksum, before, after);
        const received = checksums.fold(rest + after + updated);
        const name = `${rest.toString(16)} + ${before.toString(16)} -> ${after.toString(16)}`;
        t.equal(received, 0xffff, name);
      }
    }
  }
  t.end();
});
