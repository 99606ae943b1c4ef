import { test } from 'tap';

import * as gre from '../../director/wire/gre.js';
import { compact, hexOf, viewOf } from './hex.js';

test('a header is written before its packet', (t) => {
  const view = viewOf('eeeeeeee 4500');
  gre.write(view, 0, 0x0800);
  t.equal(hexOf(view), compact('00000800 4500'));
  t.equal(gre.isValid(view, 0, 6), true);
  t.equal(gre.protocol(view, 0), 0x0800);
  t.equal(gre.hasChecksum(view, 0), false);
  t.end();
});

test('the checksum covers the header and the packet, odd lengths too', (t) => {
  const view = viewOf('eeeeeeeeeeeeeeee 450001');
  gre.writeWithChecksum(view, 0, 11, 0x86dd);
  t.equal(hexOf(view), compact('800086dd b3210000 450001'));
  t.equal(gre.isValid(view, 0, 11), true);
  t.equal(gre.hasChecksum(view, 0), true);
  t.equal(gre.isChecksumValid(view, 0, 11), true);
  view.setUint8(10, 2);
  t.equal(gre.isChecksumValid(view, 0, 11), false);
  t.end();
});

test('what is cut or has keys, sequence numbers or another version is refused', (t) => {
  const plain = viewOf('00000800');
  for (let length = 0; length < 4; length += 1) t.equal(gre.isValid(plain, 0, length), false);
  t.equal(gre.isValid(plain, 0, 4), true);
  const checked = viewOf('80000800 00000000');
  for (let length = 0; length < 8; length += 1) t.equal(gre.isValid(checked, 0, length), false);
  t.equal(gre.isValid(checked, 0, 8), true);
  for (const flags of ['2000', '1000', '0001', '4000']) {
    t.equal(gre.isValid(viewOf(`${flags}0800 00000000`), 0, 8), false, flags);
  }
  t.end();
});
