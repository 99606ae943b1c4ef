import { test } from 'tap';

import * as ethernet from '../../director/wire/ethernet.js';
import { compact, hexOf, truncations, viewOf } from './hex.js';
import { TcpSyn } from './recorded-frames.js';

test('the header of a recorded frame reads as it was sent', (t) => {
  const view = viewOf(TcpSyn);
  t.equal(ethernet.isValid(0, view.byteLength), true);
  t.equal(ethernet.type(view, 0), ethernet.EtherType.ipv4);
  t.equal(ethernet.destinationHigh(view, 0), 0x1aec);
  t.equal(ethernet.destinationLow(view, 0), 0x0321765c);
  t.equal(ethernet.sourceHigh(view, 0), 0x7a3a);
  t.equal(ethernet.sourceLow(view, 0), 0xf5d622ec);
  t.end();
});

test('a header is written where it belongs and nowhere else', (t) => {
  const view = viewOf('ee'.repeat(18));
  ethernet.setDestination(view, 2, 0x1aec, 0x0321765c);
  ethernet.setSource(view, 2, 0x7a3a, 0xf5d622ec);
  ethernet.setType(view, 2, ethernet.EtherType.arp);
  t.equal(hexOf(view), compact('eeee 1aec0321765c 7a3af5d622ec 0806 eeee'));
  t.end();
});

test('a frame shorter than the header is refused', (t) => {
  for (const view of truncations(TcpSyn)) {
    const isValid = ethernet.isValid(0, view.byteLength);
    t.equal(isValid, view.byteLength >= 14, `${view.byteLength} bytes`);
    if (isValid) t.doesNotThrow(() => ethernet.type(view, 0));
  }
  t.equal(ethernet.isValid(20, 33), false, 'counted from the offset');
  t.end();
});

test('MAC addresses have a text, and only that text is one', (t) => {
  t.strictSame(ethernet.parseMac('00:00:5e:00:01:33'), { high: 0, low: 0x5e000133 });
  t.strictSame(ethernet.parseMac('FF:ff:FF:ff:FF:ff'), ethernet.Broadcast);
  for (const text of [
    '',
    '00:00:5e:00:01',
    '00-00-5e-00-01-33',
    '00:00:5e:00:01:3',
    '0:0:5e:0:1:33',
  ]) {
    t.equal(ethernet.parseMac(text), undefined, text);
  }
  t.equal(ethernet.parseMac('00:00:5e:00:01:33:44'), undefined);
  t.equal(ethernet.describeMac({ high: 0x00a0, low: 0x5e000133 }), '00:a0:5e:00:01:33');
  t.equal(ethernet.describeMac({ high: 0, low: 0 }), '00:00:00:00:00:00');
  t.equal(ethernet.describeMac(ethernet.Broadcast), 'ff:ff:ff:ff:ff:ff');
  t.end();
});
