import { test } from 'tap';

import { unreachable } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import { encapsulate, overhead, type TunnelPath } from '../../../director/core/forward/tunnel.js';
import type { TunnelSettings } from '../../../director/core/services.js';
import { Family, Flow, Parse, parseIpv4, parseIpv6 } from '../../../director/wire/flow.js';
import * as ipv4 from '../../../director/wire/ipv4.js';
import { Packet } from '../../../director/wire/packet.js';
import { bytesOf, compact } from '../../wire/hex.js';
import {
  faultOf,
  internetChecksum,
  plainFrame,
  plainIp,
  plainSctp,
  plainTcp,
  plainUdp,
  type Bytes,
  type PlainTransport,
  type Route,
} from '../../wire/plain-packets.js';
import { TunnelSyn, TunnelSynToServer } from '../../wire/recorded-frames.js';

const packet = new Packet();
const flow = new Flow();

function load(frame: Uint8Array): Parse {
  packet.load(frame);
  return (frame[14] ?? 0) >> 4 === 6 ? parseIpv6(packet, flow) : parseIpv4(packet, flow);
}

const sent = (): number[] => [...packet.copy().subarray(14)];
const word = (bytes: Bytes, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);

const ipip: TunnelSettings = { type: 'ipip', port: 0, checksum: 'none' };
const narrowPath: TunnelPath = {
  family: Family.ipv4,
  source: Uint32Array.of(0, 0, 0, 0x0a020001),
  destination: Uint32Array.of(0, 0, 0, 0x0a02000c),
};
const widePath: TunnelPath = {
  family: Family.ipv6,
  source: Uint32Array.of(0xfd020000, 0, 0, 1),
  destination: Uint32Array.of(0xfd020000, 0, 0, 0x12),
};
const narrowRoute: Route = { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] };
const wideAddress = (last: number): number[] => [0xfd, 1, ...Array<number>(13).fill(0), last];
const wideRoute: Route = { source: wideAddress(2), destination: wideAddress(100) };
const ports = { source: 40_000, destination: 80 };

test('the kernel and we wrap a segment into the same bytes', (t) => {
  load(bytesOf(TunnelSyn));
  ipv4.decrementTtl(packet.view, flow.network);
  t.equal(encapsulate(packet, flow, ipip, narrowPath, 0x1234), true);
  t.equal(Buffer.from(sent()).toString('hex'), compact(TunnelSynToServer).slice(28));
  t.end();
});

test('TOS and TTL are copied, and an identification is given where there is no DF', (t) => {
  const inner = plainIp(narrowRoute, plainTcp(narrowRoute, ports, []), { ttl: 9, tos: 0xb9 });
  load(plainFrame(inner));
  encapsulate(packet, flow, ipip, narrowPath, 0x1234);
  const outer = sent();
  t.equal(outer[1], 0xb9);
  t.equal(word(outer, 4), 0x1234);
  t.equal(word(outer, 6), 0);
  t.equal(outer[8], 9);
  t.equal(faultOf(outer), '');

  load(plainFrame(inner));
  encapsulate(packet, flow, ipip, widePath, 0x1234);
  t.equal(Buffer.from(sent().slice(0, 8)).toString('hex'), compact('6b900000 002804 09'));

  const wideInner = plainIp(wideRoute, plainTcp(wideRoute, ports, []), { ttl: 7, tos: 0x2e });
  load(plainFrame(wideInner));
  encapsulate(packet, flow, ipip, narrowPath, 0x1234);
  const header = compact('452e0050 12340000 0729');
  t.equal(Buffer.from(sent().slice(0, 10)).toString('hex'), header);
  t.end();
});

test('Ethernet padding is left behind and the type is that of the outer packet', (t) => {
  const frame = plainFrame(plainIp(narrowRoute, plainTcp(narrowRoute, ports, [])));
  load(Uint8Array.from([...frame, 0, 0, 0, 0, 0, 0]));
  encapsulate(packet, flow, ipip, widePath, 0);
  t.equal(packet.length, 14 + 40 + 40);
  t.equal(packet.view.getUint16(packet.start + 12), 0x86dd);
  t.end();
});

test('what does not fit is refused and stays as it was', (t) => {
  const frame = plainFrame(plainIp(narrowRoute, plainTcp(narrowRoute, ports, [])));
  packet.bytes.set(frame, 19);
  packet.start = 19;
  packet.end = 19 + frame.length;
  parseIpv4(packet, flow);
  t.equal(encapsulate(packet, flow, ipip, narrowPath, 0), false, 'no headroom');
  t.strictSame(packet.copy(), frame);

  const large = plainIp(narrowRoute, { protocol: 17, bytes: Array<number>(65_500).fill(0) });
  large.splice(24, 2, 0xff, 0xdc);
  t.equal(load(plainFrame(large)), Parse.ok);
  t.equal(encapsulate(packet, flow, ipip, narrowPath, 0), false, 'no packet is so large');
  t.end();
});

/** What the receiver of a tunnel finds inside, or why it finds nothing. */
function unwrap(outer: Bytes, tunnel: TunnelSettings): Bytes | string {
  const fault = faultOf(outer);
  if (fault !== '') return `outer ${fault}`;
  const isIpv6 = outer[0] !== undefined && outer[0] >> 4 === 6;
  const protocol = (isIpv6 ? outer[6] : outer[9]) ?? 0;
  const payload = outer.slice(isIpv6 ? 40 : 20);
  const inside = [4, 41];
  switch (tunnel.type) {
    case 'ipip':
      return inside.includes(protocol) ? payload : `protocol ${protocol}`;
    case 'gre':
      return protocol === 47 ? unwrapGre(payload, tunnel) : `protocol ${protocol}`;
    case 'gue':
      return protocol === 17 ? unwrapGue(payload, tunnel) : `protocol ${protocol}`;
    default:
      return unreachable(tunnel.type);
  }
}

function unwrapGre(bytes: Bytes, tunnel: TunnelSettings): Bytes | string {
  const isFull = tunnel.checksum === 'full';
  if (word(bytes, 0) !== (isFull ? 0x8000 : 0)) return 'GRE flags';
  if (isFull && internetChecksum(bytes) !== 0) return 'GRE checksum';
  const content = bytes.slice(isFull ? 8 : 4);
  const type = (content[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800;
  return word(bytes, 2) === type ? content : 'GRE type';
}

function unwrapGue(bytes: Bytes, tunnel: TunnelSettings): Bytes | string {
  const source = word(bytes, 0);
  if (source < 32_768 || source > 60_999) return `source port ${source}`;
  if (word(bytes, 2) !== tunnel.port) return 'destination port';
  const isUnchecked = word(bytes, 6) === 0;
  if (isUnchecked !== (tunnel.checksum === 'none')) return 'UDP checksum is there or not';
  const header = bytes.slice(8);
  const content = header.slice(4 + (header[0] ?? 0) * 4);
  const version = (content[0] ?? 0) >> 4;
  if (header[1] !== (version === 6 ? 41 : 4)) return 'GUE protocol';
  if (word(header, 2) === 0) return content;
  const start = word(header, 8);
  const field = word(header, 10);
  const sum = internetChecksum(content.slice(start));
  return content.toSpliced(field, 2, sum >> 8, sum & 255);
}

const randomBytes = (random: Prng, length: number): number[] =>
  Array.from({ length }, () => [0, 0xff, random.below(256)][random.below(3)] ?? 0);

function randomTransport(random: Prng, route: Route): PlainTransport {
  const payload = randomBytes(random, random.below(30));
  switch (random.below(3)) {
    case 0:
      return plainTcp(route, ports, payload);
    case 1:
      return plainUdp(route, ports, payload);
    default:
      return plainSctp(ports, payload);
  }
}

const tunnels: readonly TunnelSettings[] = [
  ipip,
  { type: 'gre', port: 0, checksum: 'none' },
  { type: 'gre', port: 0, checksum: 'full' },
  { type: 'gue', port: 6_080, checksum: 'none' },
  { type: 'gue', port: 6_080, checksum: 'full' },
  { type: 'gue', port: 6_080, checksum: 'remote' },
];

for (const tunnel of tunnels) {
  for (const path of [narrowPath, widePath]) {
    const name = `${tunnel.type} with checksum ${tunnel.checksum} in IPv${path.family}`;
    test(`${name}: the receiver finds the packet as it was`, (t) => {
      const random = new Prng(path.family);
      const wrong: string[] = [];
      for (let round = 0; round < 4_000; round += 1) {
        const length = round % 2 === 0 ? 4 : 16;
        const source = randomBytes(random, length);
        const route = { source, destination: randomBytes(random, length) };
        const inner = plainIp(route, randomTransport(random, route));
        load(plainFrame(inner));
        if (!encapsulate(packet, flow, tunnel, path, round)) wrong.push(`round ${round}: refused`);
        const outer = sent();
        const found = unwrap(outer, tunnel);
        if (typeof found === 'string') wrong.push(`round ${round}: ${found}`);
        else if (found.join() !== inner.join()) wrong.push(`round ${round}: another packet`);
        if (outer.length - inner.length > overhead(tunnel, path.family)) {
          wrong.push(`round ${round}: larger than foreseen`);
        }
      }
      t.strictSame(wrong.slice(0, 3), []);
      t.end();
    });
  }
}

test('the overhead of every tunnel', (t) => {
  t.strictSame(
    tunnels.map((tunnel) => [overhead(tunnel, Family.ipv4), overhead(tunnel, Family.ipv6)]),
    [
      [20, 40],
      [24, 44],
      [28, 48],
      [32, 52],
      [32, 52],
      [40, 60],
    ],
  );
  t.end();
});

const remote: TunnelSettings = { type: 'gue', port: 6_080, checksum: 'remote' };
const gueHeader = (): string => Buffer.from(sent().slice(28, 40)).toString('hex');

test('remote checksum offload leaves the pseudo-header in the place of the checksum', (t) => {
  load(plainFrame(plainIp(narrowRoute, plainTcp(narrowRoute, ports, [1, 2, 3]))));
  encapsulate(packet, flow, remote, narrowPath, 0);
  t.equal(gueHeader(), compact('02040001 80000000 00140024'));
  t.equal(word(sent(), 40 + 36), 0x0a01 + 2 + 0x0a01 + 100 + 6 + 23);

  load(plainFrame(plainIp(wideRoute, plainUdp(wideRoute, ports, [1, 2, 3]))));
  encapsulate(packet, flow, remote, narrowPath, 0);
  t.equal(gueHeader(), compact('02290001 80000000 0028002e'));
  t.end();
});

test('a checksum that is wrong, not there or not in sight is not left to the receiver', (t) => {
  const segment = plainTcp(narrowRoute, ports, [7]);
  const damaged = { protocol: 6, bytes: segment.bytes.with(20, 8) };
  const datagram = plainUdp(narrowRoute, ports, [1, 2]);
  const unchecked = { protocol: 17, bytes: datagram.bytes.toSpliced(6, 2, 0, 0) };
  const fragment = { offset: 0, more: true };
  const packets = [
    plainIp(narrowRoute, damaged),
    plainIp(narrowRoute, unchecked),
    plainIp(narrowRoute, segment, { fragment }),
    plainIp(narrowRoute, plainSctp(ports, [1, 2, 3, 4])),
  ];
  for (const inner of packets) {
    load(plainFrame(inner));
    encapsulate(packet, flow, remote, narrowPath, 0);
    t.equal(gueHeader().slice(0, 8), '00040000');
    t.strictSame(unwrap(sent(), remote), inner);
  }
  t.end();
});

/** The source port of GUE for a connection from a client port. */
const portOf = (source: number): number => {
  const tuple = { source, destination: 80 };
  load(plainFrame(plainIp(narrowRoute, plainTcp(narrowRoute, tuple, []))));
  encapsulate(packet, flow, remote, narrowPath, 0);
  return word(sent(), 20);
};

test('a flow keeps its source port and flows are spread', (t) => {
  t.equal(portOf(40_000), portOf(40_000));
  const seen = new Set(Array.from({ length: 1_000 }, (_, index) => portOf(40_000 + index)));
  t.ok(seen.size > 950, `${seen.size} of 1000 flows have a port of their own`);
  t.end();
});
