import { test } from 'tap';

import { HeaderLength as Start } from '../../director/wire/ethernet.js';
import * as ipv4 from '../../director/wire/ipv4.js';
import { bytesOf, compact, hexOf, truncations, viewOf } from './hex.js';
import { IcmpUnreachable, TcpSyn } from './recorded-frames.js';

/** An own header with 8 bytes of options and a payload of 2; the checksum was computed by hand. */
const WithOptions = `
  4700001e 00000000 4001ce72 0a010002 0a010064 94040000 01010100 abcd`;

test('the header of a recorded packet reads as it was sent', (t) => {
  const view = viewOf(TcpSyn);
  t.equal(ipv4.isValid(view, Start, view.byteLength), true);
  t.equal(ipv4.headerLength(view, Start), 20);
  t.equal(ipv4.tos(view, Start), 0);
  t.equal(ipv4.totalLength(view, Start), 60);
  t.equal(ipv4.identification(view, Start), 0x2d72);
  t.equal(ipv4.dontFragment(view, Start), true);
  t.equal(ipv4.isFragment(view, Start), false);
  t.equal(ipv4.fragmentOffset(view, Start), 0);
  t.equal(ipv4.ttl(view, Start), 64);
  t.equal(ipv4.protocol(view, Start), ipv4.Protocol.tcp);
  t.equal(ipv4.checksum(view, Start), 0xf8e2);
  t.equal(ipv4.source(view, Start), 0x0a010002);
  t.equal(ipv4.destination(view, Start), 0x0a010064);
  t.equal(ipv4.isChecksumValid(view, Start), true);
  t.end();
});

test('a written header equals the recorded one', (t) => {
  const view = new DataView(new ArrayBuffer(20));
  ipv4.write(view, 0, {
    totalLength: 60,
    identification: 0x2d72,
    dontFragment: true,
    ttl: 64,
    protocol: ipv4.Protocol.tcp,
    source: 0x0a010002,
    destination: 0x0a010064,
  });
  t.equal(hexOf(view), compact(TcpSyn).slice(28, 68));

  const icmp = { protocol: ipv4.Protocol.icmp, source: 0x0a010064, destination: 0x0a010002 };
  ipv4.write(view, 0, { totalLength: 106, tos: 0xc0, identification: 0x95de, ttl: 63, ...icmp });
  t.equal(hexOf(view), compact(IcmpUnreachable).slice(28, 68), 'every field is overwritten');
  t.end();
});

test('options are part of the header and of its checksum', (t) => {
  const view = viewOf(WithOptions);
  t.equal(ipv4.isValid(view, 0, view.byteLength), true);
  t.equal(ipv4.headerLength(view, 0), 28);
  t.equal(ipv4.isChecksumValid(view, 0), true);
  view.setUint8(24, 0x02);
  t.equal(ipv4.isChecksumValid(view, 0), false, 'a changed option');
  t.end();
});

test('a truncated packet is refused at every length', (t) => {
  for (const frame of [TcpSyn, `${'00'.repeat(14)}${WithOptions}`]) {
    for (const view of truncations(frame)) {
      t.equal(ipv4.isValid(view, Start, view.byteLength), false, `${view.byteLength} bytes`);
    }
  }
  t.end();
});

test('lengths that contradict each other are refused', (t) => {
  const changes = [
    { at: 0, to: 0x55, why: 'version 5' },
    { at: 0, to: 0x65, why: 'version 6' },
    { at: 0, to: 0x44, why: 'a header of 16 bytes' },
    { at: 0, to: 0x40, why: 'a header of no bytes' },
    { at: 3, to: 19, why: 'a total length below the header' },
    { at: 3, to: 61, why: 'a total length beyond the frame' },
    { at: 2, to: 0xff, why: 'a total length far beyond the frame' },
  ];
  for (const { at, to, why } of changes) {
    const bytes = bytesOf(TcpSyn);
    bytes[Start + at] = to;
    t.equal(ipv4.isValid(new DataView(bytes.buffer), Start, bytes.length), false, why);
  }
  const beyond = viewOf(WithOptions);
  beyond.setUint16(2, 24);
  t.equal(ipv4.isValid(beyond, 0, beyond.byteLength), false, 'options beyond the total length');
  t.end();
});

test('a packet shorter than its frame is valid: the rest is padding', (t) => {
  const view = viewOf(`${TcpSyn} 000000000000`);
  t.equal(ipv4.isValid(view, Start, view.byteLength), true);
  t.equal(ipv4.totalLength(view, Start), 60);
  t.end();
});

test('every single wrong bit of a header breaks its checksum', (t) => {
  for (let bit = 0; bit < 160; bit += 1) {
    const bytes = bytesOf(TcpSyn);
    const index = Start + (bit >> 3);
    bytes[index] = (bytes[index] ?? 0) ^ (0x80 >> (bit & 7));
    const view = new DataView(bytes.buffer);
    // A flipped header length may point beyond the frame: such a packet never gets to the checksum.
    if (!ipv4.isValid(view, Start, bytes.length)) continue;
    t.equal(ipv4.isChecksumValid(view, Start), false, `bit ${bit}`);
  }
  t.end();
});

test('every part of a fragmented datagram is a fragment', (t) => {
  const view = viewOf(TcpSyn);
  const cases = [
    { field: 0x0000, isFragment: false, offset: 0, dontFragment: false },
    { field: 0x4000, isFragment: false, offset: 0, dontFragment: true },
    { field: 0x2000, isFragment: true, offset: 0, dontFragment: false },
    { field: 0x20b9, isFragment: true, offset: 1_480, dontFragment: false },
    { field: 0x0001, isFragment: true, offset: 8, dontFragment: false },
    { field: 0x1fff, isFragment: true, offset: 65_528, dontFragment: false },
  ];
  for (const { field, isFragment, offset, dontFragment } of cases) {
    view.setUint16(Start + 6, field);
    t.equal(ipv4.isFragment(view, Start), isFragment, field.toString(16));
    t.equal(ipv4.fragmentOffset(view, Start), offset, field.toString(16));
    t.equal(ipv4.dontFragment(view, Start), dontFragment, field.toString(16));
  }
  t.end();
});

test('changed addresses and TTL correct the checksum', (t) => {
  const view = viewOf(TcpSyn);
  ipv4.setDestination(view, Start, 0x0a02000c);
  ipv4.decrementTtl(view, Start);
  const expected = '4500003c 2d724000 3f06fa39 0a010002 0a02000c';
  t.equal(hexOf(view, Start, Start + 20), compact(expected), 'as the kernel sent it on');
  ipv4.setSource(view, Start, 0xfffffffe);
  t.equal(ipv4.source(view, Start), 0xfffffffe);
  t.equal(ipv4.isChecksumValid(view, Start), true);
  t.end();
});

test('the pseudo-header has addresses, protocol and length', (t) => {
  const view = viewOf(TcpSyn);
  const expected = 0x0a01 + 0x0002 + 0x0a01 + 0x0064 + 6 + 40;
  t.equal(ipv4.pseudoHeaderSum(view, Start, 40), expected);
  t.end();
});

test('an address word has a dotted text', (t) => {
  t.equal(ipv4.describeAddress(0x0a010064), '10.1.0.100');
  t.equal(ipv4.describeAddress(0xffffffff), '255.255.255.255');
  t.equal(ipv4.describeAddress(0), '0.0.0.0');
  t.end();
});
