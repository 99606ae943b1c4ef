import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { Flow, parseIpv4, parseIpv6, type Parse } from '../../director/wire/flow.js';
import { Packet } from '../../director/wire/packet.js';
import * as toa from '../../director/wire/toa.js';
import { bytesOf, compact } from './hex.js';
import { faultOf, plainFrame, plainIp, plainTcp, type Bytes } from './plain-packets.js';
import { TcpData } from './recorded-frames.js';

const packet = new Packet();
const flow = new Flow();
const Mtu = 1_500;

function load(frame: Uint8Array): Parse {
  packet.load(frame);
  return (frame[14] ?? 0) >> 4 === 6 ? parseIpv6(packet, flow) : parseIpv4(packet, flow);
}

const sent = (): number[] => [...packet.copy().subarray(14)];

const wide = (last: number): number[] => [0xfd, 1, ...Array<number>(13).fill(0), last];
const narrowRoute = { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] };
const wideRoute = { source: wide(2), destination: wide(100) };
const ports = { source: 40_000, destination: 80 };

test('a recorded segment gets the option of eight bytes behind its first twenty', (t) => {
  load(bytesOf(TcpData));
  const before = { network: flow.network, transport: flow.transport, end: flow.end };
  t.equal(toa.insert(packet, flow, Mtu), true);
  const expected = `
    1aec0321765c 7a3af5d622ec 0800
    45000042 2d744000 4006f8da 0a010002 0a010064
    9c400050 062d9e75 2d57d84e a01803ec 990f0000
    fe089c40 0a010002
    0101080a 9fcc8d52 cf6c7990 68656c6c6f30`;
  t.equal(Buffer.from(packet.copy()).toString('hex'), compact(expected));
  t.equal(faultOf(sent()), '');
  t.strictSame(
    { network: flow.network + 8, transport: flow.transport + 8, end: flow.end },
    before,
    'the flow knows where its headers are now',
  );
  t.end();
});

test('an IPv6 client is told in twenty bytes', (t) => {
  load(plainFrame(plainIp(wideRoute, plainTcp(wideRoute, ports, [1, 2, 3], { flags: 0x10 }))));
  t.equal(toa.insert(packet, flow, Mtu), true);
  const option = sent().slice(60, 80);
  t.equal(Buffer.from(option).toString('hex'), compact(`fe14 9c40 fd01${'00'.repeat(13)}02`));
  t.equal(faultOf(sent()), '');
  t.end();
});

test('a header of more than sixty bytes is not made', (t) => {
  for (const [route, room] of [
    [narrowRoute, 8],
    [wideRoute, 20],
  ] as const) {
    for (let length = 0; length <= 40; length += 4) {
      const options = Array<number>(length).fill(1);
      const frame = plainFrame(plainIp(route, plainTcp(route, ports, [7], { options })));
      load(frame);
      const fits = length + room <= 40;
      t.equal(toa.insert(packet, flow, Mtu), fits, `${length} bytes of options`);
      if (!fits) t.strictSame(packet.copy(), frame);
      t.equal(faultOf(sent()), '');
    }
  }
  t.end();
});

test('a packet does not grow beyond the MTU', (t) => {
  const frame = plainFrame(plainIp(narrowRoute, plainTcp(narrowRoute, ports, [7])));
  load(frame);
  t.equal(toa.insert(packet, flow, 48), false);
  t.strictSame(packet.copy(), frame);
  t.equal(toa.insert(packet, flow, 49), true);
  t.end();
});

test('fragments and other protocols carry no option, nor a packet without headroom', (t) => {
  const segment = plainTcp(narrowRoute, ports, [7]);
  load(plainFrame(plainIp(narrowRoute, segment, { fragment: { offset: 0, more: true } })));
  t.equal(toa.insert(packet, flow, Mtu), false);
  load(plainFrame(plainIp(narrowRoute, { protocol: 17, bytes: [0, 1, 0, 2, 0, 8, 0, 0] })));
  t.equal(toa.insert(packet, flow, Mtu), false);
  const frame = plainFrame(plainIp(narrowRoute, segment));
  packet.bytes.set(frame, 6);
  packet.start = 6;
  packet.end = 6 + frame.length;
  parseIpv4(packet, flow);
  t.equal(toa.insert(packet, flow, Mtu), false);
  t.end();
});

const randomBytes = (random: Prng, length: number): number[] =>
  Array.from({ length }, () => [0, 0xff, random.below(256)][random.below(3)] ?? 0);

test('whatever the segment, its checksums are right and the rest is as it was', (t) => {
  const random = new Prng(5);
  const wrong: string[] = [];
  for (let round = 0; round < 20_000; round += 1) {
    const length = round % 2 === 0 ? 4 : 16;
    const route = { source: randomBytes(random, length), destination: randomBytes(random, length) };
    const options: Bytes = randomBytes(random, random.below(5) * 4);
    const payload = randomBytes(random, random.below(20));
    const bytes = plainIp(route, plainTcp(route, ports, payload, { options, flags: 0x10 }));
    load(plainFrame(bytes));
    if (!toa.insert(packet, flow, Mtu)) wrong.push(`round ${round} has no room`);
    const fault = faultOf(sent());
    if (fault !== '') wrong.push(`round ${round}: ${fault}`);
    const behind = sent().slice(-(payload.length + options.length || Infinity));
    const tail = payload.length + options.length === 0 ? [] : behind;
    if (tail.join() !== [...options, ...payload].join()) wrong.push(`round ${round}: payload`);
  }
  t.strictSame(wrong.slice(0, 3), []);
  t.end();
});
