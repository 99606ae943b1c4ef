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

test('the header of an error is written whole, with the checksum over its quote', (t) => {
  const view = viewOf(`${IcmpUnreachable} 00`);
  const end = view.byteLength - 1;
  for (let position = Start; position < Start + 8; position += 1) view.setUint8(position, 0xee);
  const type = icmp.Type.unreachable;
  icmp.writeError(view, Start, end, { type, code: icmp.Unreachable.port, nextHopMtu: 0 });
  t.equal(hexOf(view, 0, end), compact(IcmpUnreachable));
  const code = icmp.Unreachable.fragmentationNeeded;
  icmp.writeError(view, Start, end, { type, code, nextHopMtu: 1_480 });
  t.equal(icmp.nextHopMtu(view, Start), 1_480);
  t.equal(icmp.isChecksumValid(view, Start, end), true);
  t.end();
});

test('errors and unknown types are no reason for an error, queries are', (t) => {
  const errors = [3, 4, 5, 11, 12, 19, 40, 255];
  for (const type of errors) t.equal(icmp.isError(type), true, `type ${type}`);
  for (const type of [0, 8, 9, 10, 13, 18]) t.equal(icmp.isError(type), false, `type ${type}`);
  t.end();
});
