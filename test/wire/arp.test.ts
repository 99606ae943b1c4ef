import { test } from 'tap';

import * as arp from '../../director/wire/arp.js';
import * as ethernet from '../../director/wire/ethernet.js';
import { bytesOf, compact, hexOf, truncations, viewOf } from './hex.js';
import { GratuitousArp } from './recorded-frames.js';

const Body = ethernet.HeaderLength;

test('a recorded gratuitous ARP reads as keepalived sent it', (t) => {
  const view = viewOf(GratuitousArp);
  t.equal(arp.isValid(view, Body, view.byteLength), true);
  t.equal(arp.operation(view, Body), arp.Operation.request);
  t.equal(arp.senderMacHigh(view, Body), 0x0200);
  t.equal(arp.senderMacLow(view, Body), 0x00000401);
  t.equal(arp.senderAddress(view, Body), 0x0a040064);
  t.equal(arp.targetAddress(view, Body), 0x0a040064);
  t.end();
});

test('the same fields make the same frame', (t) => {
  const view = new DataView(new ArrayBuffer(46));
  const end = arp.writeFrame(view, 2, ethernet.Broadcast, {
    operation: arp.Operation.request,
    sender: { high: 0x0200, low: 0x0401 },
    senderAddress: 0x0a040064,
    target: ethernet.Broadcast,
    targetAddress: 0x0a040064,
  });
  t.equal(end, 44);
  t.equal(hexOf(view), `0000${compact(GratuitousArp)}0000`);
  t.end();
});

test('a reply is written with all four addresses', (t) => {
  const view = new DataView(new ArrayBuffer(arp.Length));
  arp.write(view, 0, {
    operation: arp.Operation.reply,
    sender: { high: 0x0200, low: 0xf0000011 },
    senderAddress: 0xc0a80164,
    target: { high: 0x7a3a, low: 0xf5d622ec },
    targetAddress: 0x0a010002,
  });
  const expected = '0001 0800 0604 0002 0200f0000011 c0a80164 7a3af5d622ec 0a010002';
  t.equal(hexOf(view), compact(expected));
  t.end();
});

test('a truncated packet is refused at every length', (t) => {
  for (const view of truncations(GratuitousArp)) {
    t.equal(arp.isValid(view, Body, view.byteLength), false, `${view.byteLength} bytes`);
  }
  t.end();
});

test('ARP for anything but IPv4 over Ethernet is refused', (t) => {
  const wrong = { 0: 'hardware type', 2: 'protocol type', 4: 'MAC length', 5: 'address length' };
  for (const [position, name] of Object.entries(wrong)) {
    const bytes = bytesOf(GratuitousArp);
    const index = Body + Number(position);
    bytes[index] = (bytes[index] ?? 0) ^ 0x10;
    t.equal(arp.isValid(new DataView(bytes.buffer), Body, bytes.length), false, name);
  }
  t.end();
});
