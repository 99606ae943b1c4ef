import { test } from 'tap';

import {
  encodePresence,
  PresenceReader,
  type Introduction,
} from '../../../cluster/sync/presence-codec.js';
import { PresenceSeal } from '../../../cluster/sync/presence-seal.js';
import { parseAddress } from '../../../director/base/address.js';
import { Prng } from '../../../director/base/prng.js';
import { ringOf } from './keys.js';

const introduction: Introduction = {
  kind: 'introduction',
  node: 'd1',
  routers: ['10.1.0.11', 'fd00::11'].flatMap((text) => {
    const address = parseAddress(text);
    return address === undefined ? [] : [{ virtualRouterId: 51, address, priority: 150 }];
  }),
};
const stream = Buffer.concat([encodePresence(introduction), encodePresence({ kind: 'goodbye' })]);

test('messages are read back from whatever pieces they arrive in', (t) => {
  t.equal(introduction.routers.length, 2);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const reader = new PresenceReader();
    const messages = [
      ...reader.read(stream.subarray(0, cut)),
      ...reader.read(stream.subarray(cut)),
    ];
    t.strictSame(messages, [introduction, { kind: 'goodbye' }]);
  }
  t.end();
});

test('a message that is too long, or says nothing known, ends the reading', (t) => {
  for (const bytes of [
    [0xff, 0xff],
    [0, 0],
    [0, 2, 0x0a, 0x00],
    [0, 1, 0x0a],
  ]) {
    const reader = new PresenceReader();
    t.strictSame(reader.read(Uint8Array.from(bytes)), []);
    t.ok(reader.isMalformed);
    t.strictSame(reader.read(stream), [], 'nothing is read after that');
  }
  t.end();
});

test('damaged streams never throw', (t) => {
  const prng = new Prng(7);
  let malformed = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const damaged = Uint8Array.from(stream);
    for (let flips = 1 + prng.below(4); flips > 0; flips -= 1) {
      damaged[prng.below(damaged.length)] = prng.below(256);
    }
    const reader = new PresenceReader();
    reader.read(damaged.subarray(0, prng.below(damaged.length + 1)));
    if (reader.isMalformed) malformed += 1;
  }
  t.ok(malformed > 1_000, `${malformed} streams were found malformed`);
  t.end();
});

const nonce = Uint8Array.from({ length: 32 }, (_, index) => index);
const seal = new PresenceSeal(ringOf(1, 2), nonce);

/** What is read of a challenge with a nonce of that length. */
const readChallenge = (length: number): unknown => {
  const challenge = { kind: 'challenge', nonce: new Uint8Array(length).fill(7) } as const;
  return new PresenceReader().read(encodePresence(challenge));
};

test('a challenge is read back, and one with too short or too long a nonce is not', (t) => {
  for (const length of [16, 32, 64]) {
    t.match(readChallenge(length), [{ kind: 'challenge' }], `${length}`);
  }
  for (const length of [0, 15, 65]) t.same(readChallenge(length), [], `${length}`);
  t.end();
});

test('signed messages are read by whoever knows one of the keys and the nonce', (t) => {
  const reader = new PresenceReader(seal);
  const later = new PresenceSeal(ringOf(2), nonce);
  t.strictSame(reader.read(encodePresence(introduction, seal)), [introduction]);
  t.strictSame(reader.read(encodePresence({ kind: 'goodbye' }, later)), [{ kind: 'goodbye' }]);
  t.equal(reader.isMalformed, false);
  const open = new PresenceReader();
  t.strictSame(
    open.read(encodePresence(introduction, seal)),
    [introduction],
    'without keys as well',
  );
  t.end();
});

test('what is not signed, by another key, or for another stream, ends the reading', (t) => {
  const otherNonce = new PresenceSeal(
    ringOf(1),
    nonce.map((byte) => byte + 1),
  );
  const bad = [
    encodePresence(introduction),
    encodePresence({ kind: 'goodbye' }),
    encodePresence(introduction, new PresenceSeal(ringOf(3), nonce)),
    encodePresence(introduction, otherNonce),
  ];
  for (const bytes of bad) {
    const reader = new PresenceReader(seal);
    t.same(reader.read(bytes), []);
    t.equal(reader.isMalformed, true);
  }
  t.end();
});

test('every flipped bit of a signed introduction is noticed', (t) => {
  const bytes = encodePresence(introduction, seal);
  for (let bit = 16; bit < bytes.length * 8; bit += 1) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (new PresenceReader(seal).read(flipped).length > 0) t.fail(`bit ${bit}`);
  }
  t.end();
});
