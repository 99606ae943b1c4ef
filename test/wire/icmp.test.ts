import { test } from 'tap';

import * as icmp from '../../director/wire/icmp.js';
import { bytesOf, compact, hexOf, viewOf } from './hex.js';
import { IcmpUnreachable } from './recorded-frames.js';

/** Where the ICMP header stands in the recorded frame. */
const Start = 34;

test('a recorded message reads as it was sent', (t) => {
  const view = viewOf(IcmpUnreachable);
  t.equal(icmp.isValid(Start, view.byteLength), true);
  t.equal(icmp.type(view, Start), icmp.Type.unreachable);
  t.equal(icmp.code(view, Start), 3);
  t.equal(icmp.isChecksumValid(view, Start, view.byteLength), true);
  t.end();
});

test('a message shorter than its header is refused', (t) => {
  for (let length = 0; length < 12; length += 1) {
    t.equal(icmp.isValid(Start, Start + length), length >= 8, `${length} bytes`);
  }
  t.end();
});

test('a wrong byte anywhere in the message breaks the checksum', (t) => {
  const length = bytesOf(IcmpUnreachable).length;
  for (let position = Start; position < length; position += 1) {
    const view = viewOf(IcmpUnreachable);
    view.setUint8(position, view.getUint8(position) ^ 0x01);
    t.equal(icmp.isChecksumValid(view, Start, length), false, `byte ${position}`);
  }
  t.end();
});

test('the checksum covers a message of odd length', (t) => {
  const view = viewOf('0800 f7fd 0001 0000 00 ee');
  view.setUint16(2, 0xf7fe);
  t.equal(icmp.isChecksumValid(view, 0, 9), true);
  view.setUint8(8, 0x01);
  t.equal(icmp.isChecksumValid(view, 0, 9), false, 'the last byte counts as a high half');
  t.end();
});

test('a request becomes its reply with a correct checksum', (t) => {
  const view = viewOf('0800 b5a0 1234 0001 3043');
  t.equal(icmp.isChecksumValid(view, 0, view.byteLength), false);
  view.setUint16(2, 0xb587);
  t.equal(icmp.isChecksumValid(view, 0, view.byteLength), true);
  icmp.setType(view, 0, icmp.Type.echoReply);
  t.equal(hexOf(view), compact('0000 bd87 1234 0001 3043'));
  t.equal(icmp.isChecksumValid(view, 0, view.byteLength), true);
  t.end();
});
