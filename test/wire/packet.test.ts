import { test } from 'tap';

import { Headroom, LargestFrame, Packet } from '../../director/wire/packet.js';

test('a loaded frame stands behind the headroom', (t) => {
  const packet = new Packet();
  packet.load(Uint8Array.of(1, 2, 3));
  t.equal(packet.start, Headroom);
  t.equal(packet.length, 3);
  t.equal(packet.view.getUint8(packet.start + 2), 3);
  t.equal((packet.start + 14) % 4, 0, 'the IP header behind 14 bytes of Ethernet is aligned');
  t.end();
});

test('a shorter frame leaves nothing of the one before', (t) => {
  const packet = new Packet();
  packet.load(new Uint8Array(100).fill(9));
  packet.load(Uint8Array.of(1, 2));
  t.strictSame([...packet.copy()], [1, 2]);
  packet.load(new Uint8Array(0));
  t.equal(packet.length, 0);
  t.end();
});

test('the largest frame fits and a larger one is cut', (t) => {
  const packet = new Packet();
  packet.load(new Uint8Array(LargestFrame));
  t.equal(packet.length, LargestFrame);
  packet.load(new Uint8Array(LargestFrame + 1));
  t.equal(packet.length, LargestFrame);
  t.end();
});

test('a copy does not change with the packet', (t) => {
  const packet = new Packet();
  packet.load(Uint8Array.of(1, 2, 3));
  const copy = packet.copy();
  packet.view.setUint8(packet.start, 9);
  t.strictSame([...copy], [1, 2, 3]);
  t.end();
});
