import { test } from 'tap';

import * as gue from '../../director/wire/gue.js';
import { compact, hexOf, viewOf } from './hex.js';

test('a header without options', (t) => {
  const view = viewOf('eeeeeeee');
  gue.write(view, 0, 4);
  t.equal(hexOf(view), compact('00040000'));
  t.equal(gue.isValid(view, 0, 4), true);
  t.equal(gue.headerLength(view, 0), gue.HeaderLength);
  t.equal(gue.protocol(view, 0), 4);
  t.end();
});

test('a header that leaves a checksum to the receiver', (t) => {
  const view = viewOf('ee'.repeat(12));
  gue.writeWithRemoteChecksum(view, 0, 41, 40, 56);
  t.equal(hexOf(view), compact('02290001 80000000 00280038'));
  t.equal(gue.isValid(view, 0, 12), true);
  t.equal(gue.headerLength(view, 0), gue.RemoteChecksumHeaderLength);
  t.equal(gue.checksumStart(view, 0), 40);
  t.equal(gue.checksumOffset(view, 0), 56);
  t.end();
});

test('what is cut, a control message or has other options is refused', (t) => {
  const whole = viewOf('02290001 80000000 00280038');
  for (let length = 0; length < 12; length += 1) {
    t.equal(gue.isValid(whole, 0, length), false, `${length} bytes`);
  }
  const refused = [
    '20040000',
    '40040000',
    '00040002',
    '01040000 00000000',
    '00040001',
    '02040001 40000000 00000000',
    '01040001 80000000',
  ];
  for (const hex of refused) {
    const view = viewOf(hex);
    t.equal(gue.isValid(view, 0, view.byteLength), false, hex);
  }
  t.end();
});
