import { test } from 'tap';

import { change32 } from '../../director/wire/checksum.js';
import * as tcp from '../../director/wire/tcp.js';
import { bytesOf, compact, hexOf, truncations, viewOf } from './hex.js';
import { plainTcp } from './plain-packets.js';
import { TcpData, TcpSyn, TcpSynToServer } from './recorded-frames.js';

/** Where the TCP header stands in the recorded frames. */
const Start = 34;

test('the header of a recorded segment reads as it was sent', (t) => {
  const view = viewOf(TcpSyn);
  t.equal(tcp.isValid(view, Start, view.byteLength), true);
  t.equal(tcp.sourcePort(view, Start), 40_000);
  t.equal(tcp.destinationPort(view, Start), 80);
  t.equal(tcp.headerLength(view, Start), 40);
  t.equal(tcp.flags(view, Start), tcp.Flag.syn);
  t.equal(tcp.checksum(view, Start), 0xca59);

  const data = viewOf(TcpData);
  t.equal(tcp.flags(data, Start), tcp.Flag.psh | tcp.Flag.ack);
  t.equal(tcp.headerLength(data, Start), 32);
  t.end();
});

test('a header cut anywhere is refused, one that is whole is safe', (t) => {
  const headerEnd = Start + 32;
  for (const view of truncations(TcpData)) {
    const isValid = tcp.isValid(view, Start, view.byteLength);
    t.equal(isValid, view.byteLength >= headerEnd, `${view.byteLength} bytes`);
    if (isValid) t.equal(tcp.flags(view, Start), 0x18);
  }
  t.end();
});

test('a header length that contradicts the segment is refused', (t) => {
  const view = viewOf(TcpSyn);
  for (const [words, isValid] of [
    [0, false],
    [4, false],
    [5, true],
    [10, true],
    [11, false],
    [15, false],
  ] as const) {
    view.setUint8(Start + 12, words << 4);
    t.equal(tcp.isValid(view, Start, view.byteLength), isValid, `${words} words`);
  }
  t.end();
});

test('the kernel and we rewrite a segment to the same bytes', (t) => {
  const view = viewOf(TcpSyn);
  tcp.adjust(view, Start, change32(0x0a010064, 0x0a02000c));
  tcp.setDestinationPort(view, Start, 8_080);
  t.equal(hexOf(view, Start), compact(TcpSynToServer).slice(Start * 2));

  tcp.adjust(view, Start, change32(0x0a02000c, 0x0a010064));
  tcp.setDestinationPort(view, Start, 80);
  t.equal(hexOf(view), compact(TcpSyn), 'and back');
  t.end();
});

test('a changed source port changes the port and the checksum only', (t) => {
  const view = viewOf(TcpSyn);
  tcp.setSourcePort(view, Start, 40_001);
  t.equal(tcp.sourcePort(view, Start), 40_001);
  t.equal(tcp.checksum(view, Start), 0xca58);
  tcp.setSourcePort(view, Start, 40_000);
  t.equal(hexOf(view), compact(TcpSyn));
  t.end();
});

test('a changed header length changes four bits and the checksum only', (t) => {
  const view = viewOf(TcpSyn);
  tcp.setHeaderLength(view, Start, 48);
  t.equal(tcp.headerLength(view, Start), 48);
  t.equal(tcp.checksum(view, Start), 0xaa59);
  tcp.setHeaderLength(view, Start, 40);
  t.equal(hexOf(view), compact(TcpSyn));
  t.end();
});

test('the maximum segment size of a SYN is lowered where it states one', (t) => {
  const view = viewOf(TcpSyn);
  tcp.lowerMss(view, Start, view.byteLength, 8);
  t.equal(view.getUint16(Start + 22), 1_452);
  t.equal(tcp.checksum(view, Start), 0xca61);
  tcp.lowerMss(view, Start, view.byteLength, 1_452);
  t.equal(view.getUint16(Start + 22), 1_452, 'not to nothing');

  const data = viewOf(TcpData);
  tcp.lowerMss(data, Start, data.byteLength, 8);
  t.equal(hexOf(data), compact(TcpData), 'a segment without the option');
  t.end();
});

test('the maximum segment size is found at an odd place too, and its checksum is right', (t) => {
  const route = { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] };
  const ports = { source: 40_000, destination: 80 };
  const segment = (options: string): readonly number[] =>
    plainTcp(route, ports, [], { flags: 2, options: [...bytesOf(options)] }).bytes;
  const before = viewOf(Buffer.from(segment('01 020405b4 000000')).toString('hex'));
  tcp.lowerMss(before, 0, before.byteLength, 20);
  t.equal(hexOf(before), Buffer.from(segment('01 020405a0 000000')).toString('hex'));
  t.end();
});

test('options that contradict themselves are left alone', (t) => {
  const broken = ['020305b4', '02040000', '00020405b4000000', '03000204', '01010102', '08ff0204'];
  for (const options of broken) {
    const length = 20 + options.length / 2;
    const hex = `${'00'.repeat(12)}${(length * 4).toString(16)}02000000000000${options}`;
    const view = viewOf(hex);
    tcp.lowerMss(view, 0, view.byteLength, 8);
    t.equal(hexOf(view), compact(hex), options);
  }
  t.end();
});
