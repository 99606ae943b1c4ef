import { test } from 'tap';

import * as icmpv6 from '../../director/wire/icmpv6.js';
import { compact, hexOf, viewOf } from './hex.js';
import { Icmp6Unreachable, UnsolicitedAdvertisement } from './recorded-frames.js';

/** Where the headers stand in the recorded frames. */
const Network = 14;
const Start = 54;

test('a recorded error reads as it was sent', (t) => {
  const view = viewOf(Icmp6Unreachable);
  t.equal(icmpv6.isValid(Start, view.byteLength), true);
  t.equal(icmpv6.type(view, Start), icmpv6.Type.unreachable);
  t.equal(icmpv6.code(view, Start), icmpv6.Unreachable.port);
  t.equal(icmpv6.isChecksumValid(view, Network, Start, view.byteLength), true);
  t.equal(icmpv6.isError(icmpv6.type(view, Start)), true);
  t.equal(icmpv6.isError(icmpv6.Type.neighbourSolicitation), false);
  t.end();
});

test('a message shorter than its header is refused', (t) => {
  for (let length = 0; length < 12; length += 1) {
    t.equal(icmpv6.isValid(Start, Start + length), length >= 8, `${length} bytes`);
  }
  t.end();
});

test('the checksum covers the message and the addresses', (t) => {
  const { byteLength } = viewOf(Icmp6Unreachable);
  for (let position = Network + 8; position < byteLength; position += 1) {
    const view = viewOf(Icmp6Unreachable);
    view.setUint8(position, view.getUint8(position) ^ 0x01);
    t.equal(icmpv6.isChecksumValid(view, Network, Start, byteLength), false, `byte ${position}`);
  }
  t.end();
});

test('a computed checksum equals the recorded one', (t) => {
  for (const hex of [Icmp6Unreachable, UnsolicitedAdvertisement]) {
    const view = viewOf(hex);
    view.setUint16(Start + 2, 0x5555);
    icmpv6.setChecksum(view, Network, Start, view.byteLength);
    t.equal(hexOf(view), compact(hex));
  }
  t.end();
});

test('a request becomes its reply with a correct checksum', (t) => {
  const view = viewOf(`
    60000000 000a 3a 40 fd010000000000000000000000000002 fd010000000000000000000000000100
    8000 0000 1234 0007 3043`);
  icmpv6.setChecksum(view, 0, 40, 50);
  icmpv6.setType(view, 40, icmpv6.Type.echoReply);
  t.equal(icmpv6.type(view, 40), 129);
  t.equal(icmpv6.identifier(view, 40), 0x1234);
  t.equal(icmpv6.sequence(view, 40), 7);
  t.equal(icmpv6.isChecksumValid(view, 0, 40, 50), true);
  t.end();
});

test('the header of an error is written whole', (t) => {
  const view = viewOf('ee'.repeat(10));
  icmpv6.writeError(view, 1, { type: icmpv6.Type.packetTooBig, code: 0, mtu: 0x1_0500 });
  t.equal(hexOf(view), compact('ee 0200 0000 00010500 ee'));
  t.equal(icmpv6.mtu(view, 1), 0x1_0500);
  t.end();
});
