import { test } from 'tap';

import { Prng } from '../../../director/base/prng.js';
import { rewriteReply, rewriteRequest } from '../../../director/core/forward/nat.js';
import { Flow, Parse, parseIpv4, parseIpv6 } from '../../../director/wire/flow.js';
import * as ipv4 from '../../../director/wire/ipv4.js';
import * as ipv6 from '../../../director/wire/ipv6.js';
import { Packet } from '../../../director/wire/packet.js';
import { bytesOf, compact } from '../../wire/hex.js';
import {
  faultOf,
  plainFrame,
  plainIp,
  plainSctp,
  plainTcp,
  plainUdp,
  type Bytes,
  type PlainTransport,
  type Route,
} from '../../wire/plain-packets.js';
import {
  Tcp6Syn,
  Tcp6SynToServer,
  TcpSyn,
  TcpSynToServer,
  Udp6Datagram,
  Udp6DatagramToServer,
} from '../../wire/recorded-frames.js';

const packet = new Packet();
const flow = new Flow();

function load(frame: Uint8Array): Parse {
  packet.load(frame);
  return (frame[14] ?? 0) >> 4 === 6 ? parseIpv6(packet, flow) : parseIpv4(packet, flow);
}

/** The IP packet that is now in `packet`. */
const ipHex = (): string => Buffer.from(packet.copy().subarray(14)).toString('hex');

function parsed(): Parse {
  return load(packet.copy());
}

test('the kernel and we rewrite requests to the same bytes', (t) => {
  load(bytesOf(TcpSyn));
  ipv4.decrementTtl(packet.view, flow.network);
  t.equal(rewriteRequest(packet, flow, Uint32Array.of(9, 0, 0, 0, 0x0a02000c), 1, 8_080), true);
  t.equal(ipHex(), compact(TcpSynToServer).slice(28));
  const server = Uint32Array.of(0xfd020000, 0, 0, 0x12);
  for (const [before, after, port] of [
    [Tcp6Syn, Tcp6SynToServer, 8_080],
    [Udp6Datagram, Udp6DatagramToServer, 5_353],
  ] as const) {
    load(bytesOf(before));
    ipv6.decrementHopLimit(packet.view, flow.network);
    t.equal(rewriteRequest(packet, flow, server, 0, port), true);
    t.equal(ipHex(), compact(after).slice(28));
  }
  t.end();
});

/** Bytes in which carries and both zeros of ones' complement turn up often. */
const trickyByte = (random: Prng): number => [0, 0xff, random.below(256)][random.below(3)] ?? 0;
const trickyBytes = (random: Prng, length: number): number[] =>
  Array.from({ length }, () => trickyByte(random));

function randomRoute(random: Prng, length: number): Route {
  const source = trickyBytes(random, length);
  return { source, destination: trickyBytes(random, length) };
}

/** Never zero, which means "keep". */
const anyPort = (random: Prng): number => trickyByte(random) * 256 + trickyByte(random) || 1;

function randomTransport(random: Prng, route: Route, protocol: number): PlainTransport {
  const ports = { source: anyPort(random), destination: anyPort(random) };
  const payload = trickyBytes(random, random.below(12));
  switch (protocol) {
    case 6:
      return plainTcp(route, ports, payload);
    case 17:
      return plainUdp(route, ports, payload);
    default:
      return plainSctp(ports, payload);
  }
}

function wordsOf(address: Bytes): Uint32Array {
  const words = new Uint32Array(4);
  const first = 4 - address.length / 4;
  const view = new DataView(Uint8Array.from(address).buffer);
  for (let word = first; word < 4; word += 1) words[word] = view.getUint32((word - first) * 4);
  return words;
}

for (const [family, length] of [
  ['IPv4', 4],
  ['IPv6', 16],
] as const) {
  for (const [name, protocol] of [
    ['TCP', 6],
    ['UDP', 17],
    ['SCTP', 132],
  ] as const) {
    test(`${name} over ${family}: rewritten checksums are those of a new computation, and back`, (t) => {
      const random = new Prng(length * 1_000 + protocol);
      const wrong: string[] = [];
      for (let round = 0; round < 20_000; round += 1) {
        const route = randomRoute(random, length);
        const bytes = plainIp(route, randomTransport(random, route, protocol));
        const frame = plainFrame(bytes);
        if (load(frame) !== Parse.ok) wrong.push(`round ${round} is no flow`);
        const { sourcePort, destinationPort } = flow;
        const real = trickyBytes(random, length);
        const port = anyPort(random);
        rewriteRequest(packet, flow, wordsOf(real), 0, port);
        const sent = [...packet.copy().subarray(14)];
        const fault = faultOf(sent);
        if (fault !== '') wrong.push(`round ${round}, request: ${fault}`);
        parsed();
        const reached = wordsOf(real).join() === flow.destination.join();
        if (!reached || flow.destinationPort !== port) {
          wrong.push(`round ${round} went elsewhere`);
        }
        rewriteRequest(packet, flow, wordsOf(route.destination), 0, destinationPort);
        rewriteReply(packet, flow, wordsOf(real), 0, port);
        const replyFault = faultOf([...packet.copy().subarray(14)]);
        if (replyFault !== '') wrong.push(`round ${round}, reply: ${replyFault}`);
        parsed();
        rewriteReply(packet, flow, wordsOf(route.source), 0, sourcePort);
        if (Buffer.compare(packet.copy(), frame) !== 0) wrong.push(`round ${round} is not back`);
      }
      t.strictSame(wrong.slice(0, 3), []);
      t.end();
    });
  }
}

const route4: Route = { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] };
const server4 = Uint32Array.of(0, 0, 0, 0x0a02000c);
const ports = { source: 40_000, destination: 80 };

test('a datagram without a checksum stays without one', (t) => {
  const datagram = plainUdp(route4, ports, [1, 2]);
  const unchecked = { protocol: 17, bytes: datagram.bytes.toSpliced(6, 2, 0, 0) };
  load(plainFrame(plainIp(route4, unchecked)));
  rewriteRequest(packet, flow, server4, 0, 5_353);
  t.equal(packet.view.getUint16(flow.transport + 6), 0);
  t.equal(faultOf([...packet.copy().subarray(14)]), '');
  t.end();
});

test('port 0 keeps the port', (t) => {
  load(plainFrame(plainIp(route4, plainTcp(route4, ports, []))));
  rewriteRequest(packet, flow, server4, 0, 0);
  t.equal(packet.view.getUint16(flow.transport + 2), 80);
  rewriteReply(packet, flow, server4, 0, 0);
  t.equal(packet.view.getUint16(flow.transport), 40_000);
  t.equal(faultOf([...packet.copy().subarray(14)]), '');
  t.end();
});

test('a wrong checksum stays wrong', (t) => {
  for (const content of [plainTcp(route4, ports, [7]), plainSctp(ports, [7])]) {
    const last = content.bytes.length - 1;
    const damaged = { protocol: content.protocol, bytes: content.bytes.with(last, 8) };
    load(plainFrame(plainIp(route4, damaged)));
    rewriteRequest(packet, flow, server4, 0, 8_080);
    t.match(faultOf([...packet.copy().subarray(14)]), 'checksum');
  }
  t.end();
});

test('the parts of a fragmented datagram add up to what it would have become as a whole', (t) => {
  const payload = Array.from({ length: 40 }, (_, index) => index);
  const { bytes } = plainUdp(route4, ports, payload);
  load(plainFrame(plainIp(route4, { protocol: 17, bytes })));
  rewriteRequest(packet, flow, server4, 0, 5_353);
  const whole = packet.copy().subarray(34);

  const parts: number[] = [];
  for (const [offset, end] of [
    [0, 16],
    [16, 32],
    [32, bytes.length],
  ] as const) {
    const fragment = { offset, more: end < bytes.length };
    const content = { protocol: 17, bytes: bytes.slice(offset, end) };
    load(plainFrame(plainIp(route4, content, { fragment, identification: 7 })));
    t.equal(rewriteRequest(packet, flow, server4, 0, 5_353), true);
    t.equal(ipv4.isChecksumValid(packet.view, flow.network), true);
    t.equal(ipv4.destination(packet.view, flow.network), 0x0a02000c);
    parts.push(...packet.copy().subarray(34));
  }
  t.equal(Buffer.from(parts).toString('hex'), Buffer.from(whole).toString('hex'));
  t.end();
});

test('a fragment of SCTP is not given another port, and not changed at all', (t) => {
  const first = { fragment: { offset: 0, more: true } };
  const frame = plainFrame(plainIp(route4, plainSctp(ports, [1, 0, 0, 4]), first));
  load(frame);
  t.equal(rewriteRequest(packet, flow, server4, 0, 8_080), false);
  t.equal(rewriteReply(packet, flow, server4, 0, 8_080), false);
  t.strictSame(packet.copy(), frame);
  t.equal(rewriteRequest(packet, flow, server4, 0, 80), true, 'the address alone may change');
  t.equal(ipv4.destination(packet.view, flow.network), 0x0a02000c);
  t.end();
});
