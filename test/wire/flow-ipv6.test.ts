import { test } from 'tap';

import { Family, Flow, Parse, isFragment, parseIpv6 } from '../../director/wire/flow.js';
import { Packet } from '../../director/wire/packet.js';
import { bytesOf } from './hex.js';
import { plainFrame, plainIp, plainSctp, plainTcp, type PlainTransport } from './plain-packets.js';
import { Icmp6Unreachable, Tcp6Syn, Udp6Datagram } from './recorded-frames.js';

const packet = new Packet();
const flow = new Flow();

function parse(frame: Uint8Array): Parse {
  packet.load(frame);
  return parseIpv6(packet, flow);
}

const address = (last: number): number[] => [0xfd, 1, ...Array.from({ length: 13 }, () => 0), last];
const route = { source: address(2), destination: address(100) };
const ports = { source: 40_000, destination: 80 };
const segment = plainTcp(route, ports, [1, 2, 3], { flags: 0x12 });

const behind = (protocol: number, header: string, content: PlainTransport): PlainTransport => ({
  protocol,
  bytes: [content.protocol, ...bytesOf(header), ...content.bytes],
});
const frameOf = (content: PlainTransport): Uint8Array => plainFrame(plainIp(route, content));

test('a recorded TCP segment is a flow', (t) => {
  t.equal(parse(bytesOf(Tcp6Syn)), Parse.ok);
  t.equal(flow.family, Family.ipv6);
  t.equal(flow.protocol, 6);
  t.strictSame([...flow.source], [0xfd010000, 0, 0, 2]);
  t.strictSame([...flow.destination], [0xfd010000, 0, 0, 0x100]);
  t.match(flow, { sourcePort: 40_000, destinationPort: 80, tcpFlags: 0x02 });
  t.equal(flow.network - packet.start, 14);
  t.equal(flow.transport - packet.start, 54);
  t.equal(flow.end, packet.end);
  t.equal(isFragment(flow), false);
  t.end();
});

test('UDP, SCTP and ICMPv6 are told apart and nothing of the packet before stays', (t) => {
  parse(frameOf(behind(44, '00 0001 00000007', segment)));
  t.equal(parse(bytesOf(Udp6Datagram)), Parse.ok);
  t.match(flow, { protocol: 17, destinationPort: 53, tcpFlags: 0 });
  t.match(flow, { fragmentId: 0, fragmentOffset: 0, moreFragments: false });
  t.equal(parse(frameOf(plainSctp(ports, [1, 0, 0, 4]))), Parse.ok);
  t.match(flow, { protocol: 132, sourcePort: 40_000, destinationPort: 80 });
  t.equal(parse(bytesOf(Icmp6Unreachable)), Parse.icmp);
  t.match(flow, { protocol: 58, sourcePort: 0, destinationPort: 0 });
  t.equal(parse(frameOf({ protocol: 1, bytes: Array(8).fill(0) })), Parse.otherProtocol);
  t.equal(parse(frameOf({ protocol: 59, bytes: [] })), Parse.otherProtocol);
  t.end();
});

test('the transport header stands behind the extension headers', (t) => {
  const options = behind(60, '00 0104 00000000', segment);
  t.equal(parse(frameOf(behind(0, '00 0104 00000000', options))), Parse.ok);
  t.equal(flow.transport - flow.network, 56);
  t.match(flow, { protocol: 6, destinationPort: 80, tcpFlags: 0x12 });
  t.end();
});

test('a segment whose route is not finished is not for us to look into', (t) => {
  const unfinished = behind(43, '02 03 01 00000000 fd020000000000000000000000000012', segment);
  t.equal(parse(frameOf(unfinished)), Parse.otherProtocol);
  t.end();
});

test('the first fragment has the ports of the datagram, the later ones only its identification', (t) => {
  t.equal(parse(frameOf(behind(44, '00 0001 00000007', segment))), Parse.ok);
  t.match(flow, { protocol: 6, destinationPort: 80, fragmentId: 7, moreFragments: true });
  t.equal(isFragment(flow), true);
  t.equal(parse(frameOf(behind(44, '00 0018 00000007', segment))), Parse.laterFragment);
  t.match(flow, { destinationPort: 0, fragmentId: 7, fragmentOffset: 24, moreFragments: false });
  t.equal(isFragment(flow), true);
  t.equal(parse(frameOf(behind(44, '00 fff8 00000007', segment))), Parse.malformed, 'too far');
  t.equal(parse(frameOf(behind(44, '00 0000 00000007', segment))), Parse.ok, 'an atomic one');
  t.equal(isFragment(flow), false);
  t.end();
});

test('a frame cut anywhere is malformed', (t) => {
  for (const hex of [Tcp6Syn, Udp6Datagram, Icmp6Unreachable]) {
    const frame = bytesOf(hex);
    for (let length = 14; length < frame.length; length += 1) {
      t.equal(parse(frame.subarray(0, length)), Parse.malformed, `${length} bytes`);
    }
  }
  t.end();
});

test('a packet that ends inside its transport header is malformed', (t) => {
  const shortest = [
    { content: segment, length: 20 },
    { content: plainSctp(ports, []), length: 12 },
    { content: { protocol: 58, bytes: Array<number>(12).fill(0) }, length: 8 },
  ];
  for (const { content, length: whole } of shortest) {
    for (let length = 0; length <= whole; length += 1) {
      const cut = { protocol: content.protocol, bytes: content.bytes.slice(0, length) };
      const name = `${length} bytes of protocol ${content.protocol}`;
      t.equal(parse(frameOf(cut)) === Parse.malformed, length < whole, name);
    }
  }
  t.end();
});

test('an IPv4 packet is no IPv6 packet', (t) => {
  const frame = bytesOf(Tcp6Syn);
  frame[14] = 0x45;
  t.equal(parse(frame), Parse.malformed);
  t.end();
});
