import { test } from 'tap';

import { HeaderLength as Start } from '../../director/wire/ethernet.js';
import * as ipv6 from '../../director/wire/ipv6.js';
import { bytesOf, compact, hexOf, truncations, viewOf } from './hex.js';
import { Tcp6Syn, UnsolicitedAdvertisement } from './recorded-frames.js';

const client = Uint32Array.of(0xfd010000, 0, 0, 2);
const virtual = Uint32Array.of(0xfd010000, 0, 0, 0x100);

test('the header of a recorded packet reads as it was sent', (t) => {
  const view = viewOf(Tcp6Syn);
  t.equal(ipv6.isValid(view, Start, view.byteLength), true);
  t.equal(ipv6.trafficClass(view, Start), 0);
  t.equal(ipv6.flowLabel(view, Start), 0xadf2c);
  t.equal(ipv6.payloadLength(view, Start), 40);
  t.equal(ipv6.nextHeader(view, Start), 6);
  t.equal(ipv6.hopLimit(view, Start), 64);
  const words = new Uint32Array(4);
  ipv6.readSource(view, Start, words);
  t.strictSame(words, client);
  ipv6.readDestination(view, Start, words);
  t.strictSame(words, virtual);
  t.equal(ipv6.sourceWord(view, Start, 3), 2);
  t.equal(ipv6.destinationWord(view, Start, 0), 0xfd010000);
  t.end();
});

test('a written header equals the recorded one', (t) => {
  const view = viewOf('ee'.repeat(ipv6.HeaderLength));
  ipv6.write(view, 0, {
    flowLabel: 0xadf2c,
    payloadLength: 40,
    nextHeader: 6,
    hopLimit: 64,
    source: client,
    destination: virtual,
  });
  t.equal(hexOf(view), compact(Tcp6Syn).slice(28, 108));
  const fields = { payloadLength: 0, nextHeader: 59, hopLimit: 1 };
  ipv6.write(view, 0, { ...fields, trafficClass: 0xff, source: client, destination: virtual });
  t.equal(ipv6.trafficClass(view, 0), 0xff);
  t.equal(ipv6.flowLabel(view, 0), 0);
  t.equal(view.getUint8(0), 0x6f);
  t.end();
});

test('a truncated packet is refused at every length', (t) => {
  for (const hex of [Tcp6Syn, UnsolicitedAdvertisement]) {
    for (const view of truncations(hex)) {
      t.equal(ipv6.isValid(view, Start, view.byteLength), false, `${view.byteLength} bytes`);
    }
  }
  t.end();
});

test('another version and a payload beyond the frame are refused, padding is not', (t) => {
  const bytes = bytesOf(Tcp6Syn);
  bytes[Start] = 0x45;
  t.equal(ipv6.isValid(new DataView(bytes.buffer), Start, bytes.length), false);
  const view = viewOf(Tcp6Syn);
  ipv6.setPayloadLength(view, Start, 41);
  t.equal(ipv6.isValid(view, Start, view.byteLength), false);
  ipv6.setPayloadLength(view, Start, 39);
  t.equal(ipv6.isValid(view, Start, view.byteLength), true);
  t.end();
});

test('addresses are taken from anywhere in a column and the hop limit goes down by one', (t) => {
  const view = viewOf(Tcp6Syn);
  const column = Uint32Array.of(9, 9, 0xfd020000, 1, 0xffffffff, 0x12, 9);
  ipv6.setDestination(view, Start, column, 2);
  ipv6.setSource(view, Start, virtual);
  ipv6.decrementHopLimit(view, Start);
  const expected = `600adf2c 0028 06 3f fd010000000000000000000000000100
    fd02000000000001ffffffff00000012`;
  t.equal(hexOf(view, Start, Start + 40), compact(expected));
  t.end();
});

test('the pseudo-header has addresses, protocol and length', (t) => {
  const view = viewOf(Tcp6Syn);
  const expected = 0xfd01 + 0x0002 + 0xfd01 + 0x0100 + 6 + 40;
  t.equal(ipv6.pseudoHeaderSum(view, Start, 6, 40), expected);
  t.end();
});
