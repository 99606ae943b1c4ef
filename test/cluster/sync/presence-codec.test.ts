import { test } from 'tap';

import {
  encodePresence,
  PresenceReader,
  type Introduction,
} from '../../../cluster/sync/presence-codec.js';
import { parseAddress } from '../../../director/base/address.js';
import { Prng } from '../../../director/base/prng.js';

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
