import { test } from 'tap';

import { change32 } from '../../director/wire/checksum.js';
import * as udp from '../../director/wire/udp.js';
import { compact, hexOf, truncations, viewOf } from './hex.js';
import { UdpDatagram } from './recorded-frames.js';

/** Where the UDP header stands in the recorded frame. */
const Start = 34;

test('the header of a recorded datagram reads as it was sent', (t) => {
  const view = viewOf(UdpDatagram);
  t.equal(udp.isValid(view, Start, view.byteLength), true);
  t.equal(udp.sourcePort(view, Start), 40_000);
  t.equal(udp.destinationPort(view, Start), 53);
  t.equal(udp.length(view, Start), 10);
  t.equal(udp.checksum(view, Start), 0xe1cc);
  t.end();
});

test('a truncated datagram is refused at every length', (t) => {
  for (const view of truncations(UdpDatagram)) {
    t.equal(udp.isValid(view, Start, view.byteLength), false, `${view.byteLength} bytes`);
  }
  t.end();
});

test('a length that contradicts the packet is refused', (t) => {
  const view = viewOf(UdpDatagram);
  for (const [length, isValid] of [
    [0, false],
    [7, false],
    [8, true],
    [10, true],
    [11, false],
    [65_535, false],
  ] as const) {
    view.setUint16(Start + 4, length);
    t.equal(udp.isValid(view, Start, view.byteLength), isValid, `length ${length}`);
  }
  t.end();
});

test('the kernel and we rewrite a datagram to the same bytes', (t) => {
  const view = viewOf(UdpDatagram);
  udp.adjust(view, Start, change32(0x0a010064, 0x0a02000c));
  udp.setDestinationPort(view, Start, 5_353);
  // udp46-nat.server.pcap, frame 1.
  t.equal(hexOf(view, Start), compact('9c4014e9 000acd6f 6d30'));
  udp.setSourcePort(view, Start, 40_001);
  t.equal(hexOf(view, Start), compact('9c4114e9 000acd6e 6d30'));
  t.end();
});

test('a datagram without a checksum stays without one', (t) => {
  const view = viewOf('9c400035 000a0000 6d30');
  udp.adjust(view, 0, change32(0x0a010064, 0x0a02000c));
  udp.setDestinationPort(view, 0, 5_353);
  udp.setSourcePort(view, 0, 1);
  t.equal(hexOf(view), compact('000114e9 000a0000 6d30'));
  t.end();
});

test('a checksum that becomes zero is sent as all ones', (t) => {
  const byPort = viewOf('00000001 00080001');
  udp.setDestinationPort(byPort, 0, 2);
  t.equal(udp.checksum(byPort, 0), 0xffff);

  const byAddress = viewOf('00000001 00080001');
  udp.adjust(byAddress, 0, change32(0x0a010001, 0x0a010002));
  t.equal(udp.checksum(byAddress, 0), 0xffff);
  t.end();
});

test('a written datagram equals the recorded one', (t) => {
  const view = viewOf('ee'.repeat(8) + '6d30');
  udp.write(view, 0, 40_000, 53, 10);
  t.equal(hexOf(view), compact('9c400035 000a0000 6d30'));
  const pseudoHeader = 0x0a01 + 0x0002 + 0x0a01 + 0x0064 + 17 + 10;
  udp.setChecksum(view, 0, 10, pseudoHeader);
  t.equal(hexOf(view), compact(UdpDatagram).slice(Start * 2));
  t.end();
});

test('a checksum that is computed as zero is written as all ones', (t) => {
  const view = viewOf('0000fff7 00080000');
  udp.setChecksum(view, 0, 8, 0);
  t.equal(udp.checksum(view, 0), 0xffff);
  t.end();
});
