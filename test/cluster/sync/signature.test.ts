import { test } from 'tap';

import { baton } from '#proto/sync.js';

import { encodeDatagram } from '../../../cluster/sync/codec.js';
import { sign, SignatureLength, verify } from '../../../cluster/sync/signature.js';
import { hmacSha256, keyOfId, ringOf } from './keys.js';

const content = encodeDatagram(
  { syncId: 7, node: 'd1', epoch: 1_234_567 },
  { kind: 'lost-notice', oldestKept: 9 },
);
const keys = ringOf(3, 4);

test('a signed datagram gives back its content and its counter', (t) => {
  const bytes = sign(keys, content, 2 ** 40);
  t.equal(bytes.length, content.length + SignatureLength);
  t.same(verify(keys, bytes), { content, counter: 2 ** 40 });
  t.end();
});

test('a signature is what protobuf makes of its message', (t) => {
  const bytes = sign(keys, content, 77);
  const { signature } = baton.sync.Datagram.decode(bytes);
  t.equal(signature?.keyId, 3);
  t.equal(signature?.counter, 77);
  const mac = hmacSha256(keyOfId(3).key, bytes.subarray(0, -32));
  t.same(Uint8Array.from(signature?.mac ?? []), Uint8Array.from(mac));
  const whole = baton.sync.Datagram.decode(content);
  whole.signature = signature ?? null;
  const again = baton.sync.Datagram.encode(whole).finish();
  t.same(Uint8Array.from(again), bytes);
  t.end();
});

test('every key of the ring is accepted, another one is not, whatever id it has', (t) => {
  t.match(verify(keys, sign(ringOf(4), content, 1)), { counter: 1 });
  t.equal(verify(keys, sign(ringOf(5), content, 1)), 'unknown-key');
  const forged = sign(ringOf(5), content, 1);
  forged[forged.length - SignatureLength + 3] = 3;
  t.equal(verify(keys, forged), 'bad-mac');
  t.end();
});

test('every flipped bit is noticed', (t) => {
  const bytes = sign(keys, content, 1);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    if (typeof verify(keys, flipped) !== 'string') t.fail(`bit ${bit}`);
  }
  t.end();
});

test('every truncation and every extension is noticed', (t) => {
  const bytes = sign(keys, content, 1);
  for (let length = 0; length < bytes.length; length += 1) {
    t.equal(typeof verify(keys, bytes.subarray(0, length)), 'string', `${length} bytes`);
  }
  t.equal(verify(keys, new Uint8Array(0)), 'unsigned');
  t.equal(verify(keys, content), 'unsigned');
  t.equal(verify(keys, Uint8Array.from([...bytes, 0])), 'unsigned');
  t.end();
});
