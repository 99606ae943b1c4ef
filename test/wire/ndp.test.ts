import { test } from 'tap';

import * as icmpv6 from '../../director/wire/icmpv6.js';
import * as ndp from '../../director/wire/ndp.js';
import { bytesOf, compact, hexOf, truncations, viewOf } from './hex.js';
import { UnsolicitedAdvertisement } from './recorded-frames.js';

/** Where the headers stand in a frame. */
const Network = 14;
const Start = 54;

const sender = { high: 0x0200, low: 0x0000_0401 };
const own = Uint32Array.of(0xfe80_0000, 0, 0, 0x51_0001);
const peer = Uint32Array.of(0xfd04_0000, 0, 0, 0x0abc_def0);

/** A change to a frame, with the checksum made right again. */
function changed(hex: string, change: (view: DataView) => void): DataView {
  const view = viewOf(hex);
  change(view);
  icmpv6.setChecksum(view, Network, Start, view.byteLength);
  return view;
}

const isValid = (view: DataView): boolean => ndp.isValid(view, Network, Start, view.byteLength);

function solicitation(source = own): DataView {
  const view = new DataView(new ArrayBuffer(86));
  ndp.writeSolicitation(view, 0, { sender, source, target: peer });
  return view;
}

test('a recorded unsolicited advertisement reads as keepalived sent it', (t) => {
  const view = viewOf(UnsolicitedAdvertisement);
  t.equal(isValid(view), true);
  t.equal(ndp.flags(view, Start), ndp.Flag.override);
  const target = new Uint32Array(4);
  ndp.readTarget(view, Start, target);
  t.strictSame(target, own);
  const mac = ndp.linkAddress(view, Start, view.byteLength, ndp.Option.targetLinkAddress);
  t.equal(ndp.macHigh(view, mac), 0x0200);
  t.equal(ndp.macLow(view, mac), 0x0000_0401);
  const none = ndp.linkAddress(view, Start, view.byteLength, ndp.Option.sourceLinkAddress);
  t.equal(none, ndp.NoOption);
  t.end();
});

test('an announcement equals the recorded one', (t) => {
  const view = new DataView(new ArrayBuffer(90));
  t.equal(ndp.writeUnsolicited(view, 2, sender, own), 88);
  t.equal(hexOf(view), `0000${compact(UnsolicitedAdvertisement)}0000`);
  t.end();
});

test('a solicitation goes to the group of its target and says who asks', (t) => {
  const view = solicitation();
  t.equal(isValid(view), true);
  const expected = `
    3333ffbcdef0 020000000401 86dd
    60000000 0020 3a ff fe800000000000000000000000510001 ff0200000000000000000001ffbcdef0
    8700 0000 00000000 fd04000000000000000000000abcdef0 0101 020000000401`;
  const unchecked = viewOf(hexOf(view));
  unchecked.setUint16(Start + 2, 0);
  t.equal(hexOf(unchecked), compact(expected));
  t.end();
});

test('an answer goes to the one who asked', (t) => {
  const view = new DataView(new ArrayBuffer(86));
  ndp.writeAdvertisement(view, 0, {
    sender,
    source: own,
    destinationMac: { high: 0x7a3a, low: 0xf5d6_22ec },
    destination: peer,
    target: own,
    flags: ndp.Flag.solicited | ndp.Flag.override,
  });
  t.equal(isValid(view), true);
  t.equal(hexOf(view, 0, 6), '7a3af5d622ec');
  t.equal(hexOf(view, 38, 54), 'fd04000000000000000000000abcdef0');
  t.equal(ndp.flags(view, Start), 0x60);
  t.end();
});

test('a truncated message is refused at every length', (t) => {
  for (const view of truncations(UnsolicitedAdvertisement)) {
    if (view.byteLength >= Start) t.equal(isValid(view), false, `${view.byteLength} bytes`);
  }
  t.end();
});

test('a message that may not be believed is refused', (t) => {
  const wrong: readonly (readonly [string, (view: DataView) => void])[] = [
    ['from beyond the link', (view) => view.setUint8(Network + 7, 254)],
    ['another code', (view) => view.setUint8(Start + 1, 1)],
    ['another type', (view) => view.setUint8(Start, 134)],
    ['a multicast target', (view) => view.setUint8(Start + 8, 0xff)],
    ['an option without length', (view) => view.setUint8(Start + 25, 0)],
    ['an option beyond the end', (view) => view.setUint8(Start + 25, 2)],
  ];
  for (const [why, change] of wrong) {
    t.equal(isValid(changed(UnsolicitedAdvertisement, change)), false, why);
  }
  const damaged = bytesOf(UnsolicitedAdvertisement);
  damaged[85] = 2;
  t.equal(isValid(new DataView(damaged.buffer)), false, 'a wrong checksum');
  t.end();
});

test('a node without an address yet may ask, but not say where it is', (t) => {
  const nowhere = new Uint32Array(4);
  t.equal(isValid(solicitation(nowhere)), false, 'with its MAC address');
  const withoutOption = viewOf(hexOf(solicitation(nowhere), 0, 78));
  withoutOption.setUint16(Network + 4, 24);
  icmpv6.setChecksum(withoutOption, Network, Start, 78);
  t.equal(isValid(withoutOption), true);
  t.equal(ndp.isFromNowhere(withoutOption, Network), true);
  t.equal(ndp.isFromNowhere(solicitation(), Network), false);
  const advertisement = changed(UnsolicitedAdvertisement, (view) => {
    for (let index = 0; index < 16; index += 4) view.setUint32(Network + 8 + index, 0);
  });
  t.equal(isValid(advertisement), false, 'an advertisement from nowhere');
  t.end();
});
