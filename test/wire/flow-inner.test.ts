import { test } from 'tap';

import { Family, Flow, Parse, parseInner } from '../../director/wire/flow.js';
import { bytesOf, viewOf } from './hex.js';
import { Icmp6Unreachable, IcmpUnreachable } from './recorded-frames.js';

const inner = new Flow();

/** A quote of eight bytes behind an IPv4 header. */
const quoted = (protocol: string, fragment: string): DataView =>
  viewOf(`4500001c 0001${fragment} 3f${protocol}0000 0a010002 0a010064 08000000 00010001`);
const kindOf = (view: DataView): Parse => parseInner(view, 0, view.byteLength, inner);

test('the packet quoted in a recorded ICMP error is a flow', (t) => {
  const view = viewOf(IcmpUnreachable);
  t.equal(parseInner(view, 42, view.byteLength, inner), Parse.ok);
  t.match(inner, { family: Family.ipv4, protocol: 17, sourcePort: 40_200, destinationPort: 99 });
  t.strictSame([...inner.destination], [0, 0, 0, 0x0a010064]);
  t.match(inner, { network: 42, transport: 62, end: view.byteLength });
  t.end();
});

test('the packet quoted in a recorded ICMPv6 error is a flow', (t) => {
  const view = viewOf(Icmp6Unreachable);
  t.equal(parseInner(view, 62, view.byteLength, inner), Parse.ok);
  t.match(inner, { family: Family.ipv6, protocol: 17, sourcePort: 40_200, destinationPort: 9_999 });
  t.strictSame([...inner.source], [0xfd010000, 0, 0, 2]);
  t.match(inner, { network: 62, transport: 102, end: view.byteLength });
  t.end();
});

test('eight bytes of the transport header are enough and fewer are not', (t) => {
  for (const [hex, start, enough] of [
    [IcmpUnreachable, 42, 28],
    [Icmp6Unreachable, 62, 48],
  ] as const) {
    const bytes = bytesOf(hex).slice(start);
    for (let length = 0; length < bytes.length; length += 1) {
      const view = new DataView(bytes.buffer.slice(0, length));
      const expected = length < enough ? Parse.malformed : Parse.ok;
      t.equal(parseInner(view, 0, length, inner), expected, `${length} bytes`);
      if (expected === Parse.ok) t.equal(inner.end, length);
    }
  }
  t.end();
});

test('a quoted packet that ends before the quote does ends there', (t) => {
  const view = viewOf('4500001c 00010000 3f110000 0a010002 0a010064 9d080063 00080000 ffff');
  t.equal(parseInner(view, 0, view.byteLength, inner), Parse.ok);
  t.equal(inner.end, 28);
  view.setUint16(2, 27);
  t.equal(parseInner(view, 0, view.byteLength, inner), Parse.malformed);
  view.setUint16(2, 19);
  t.equal(parseInner(view, 0, view.byteLength, inner), Parse.malformed);
  t.end();
});

test('quotes without ports are told apart', (t) => {
  t.equal(kindOf(quoted('01', '0000')), Parse.icmp);
  t.equal(kindOf(quoted('33', '0000')), Parse.otherProtocol);
  for (const tunnel of ['04', '29', '2f']) {
    t.equal(kindOf(quoted(tunnel, '0000')), Parse.tunnel, `protocol 0x${tunnel}`);
    t.equal(kindOf(quoted(tunnel, '0001')), Parse.laterFragment, 'its beginning is elsewhere');
  }
  t.equal(kindOf(quoted('11', '0001')), Parse.laterFragment);
  t.equal(kindOf(quoted('11', '2000')), Parse.ok);
  t.equal(kindOf(quoted('3a', '0000')), Parse.otherProtocol, 'ICMPv6 in IPv4');
  t.equal(kindOf(viewOf('5500001c'.repeat(10))), Parse.malformed, 'version 5');
  t.end();
});
