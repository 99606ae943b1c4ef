import { test } from 'tap';

import { Family, Flow, Parse, parseIpv4 } from '../../director/wire/flow.js';
import { Packet } from '../../director/wire/packet.js';
import { buildFrame, type FrameSpec } from '../packets/packet-builder.js';
import { bytesOf } from './hex.js';
import { IcmpUnreachable, TcpData, TcpSyn, UdpDatagram } from './recorded-frames.js';

const packet = new Packet();
const flow = new Flow();

function parse(frame: Uint8Array): Parse {
  packet.load(frame);
  return parseIpv4(packet, flow);
}

/** The same frame with one byte of its IP part changed and the IP checksum left as it was. */
function withByte(frame: Uint8Array, position: number, value: number): Uint8Array {
  const changed = frame.slice();
  changed[14 + position] = value;
  return changed;
}

const segment: FrameSpec = { from: '10.1.0.2:40000', to: '10.1.0.100:80', tcp: 'S' };
const datagram: FrameSpec = { from: '10.1.0.2:40000', to: '10.1.0.100:53', udp: {}, payload: 'm0' };

test('a recorded TCP segment is a flow', (t) => {
  t.equal(parse(bytesOf(TcpSyn)), Parse.ok);
  t.equal(flow.family, Family.ipv4);
  t.equal(flow.protocol, 6);
  t.strictSame([...flow.source], [0, 0, 0, 0x0a010002]);
  t.strictSame([...flow.destination], [0, 0, 0, 0x0a010064]);
  t.equal(flow.sourcePort, 40_000);
  t.equal(flow.destinationPort, 80);
  t.equal(flow.tcpFlags, 0x02);
  t.equal(flow.network - packet.start, 14);
  t.equal(flow.transport - packet.start, 34);
  t.equal(flow.end, packet.end);
  t.end();
});

test('a datagram after a segment leaves nothing of it in the flow', (t) => {
  parse(bytesOf(TcpData));
  t.equal(flow.tcpFlags, 0x18);
  t.equal(parse(bytesOf(UdpDatagram)), Parse.ok);
  t.equal(flow.protocol, 17);
  t.equal(flow.destinationPort, 53);
  t.equal(flow.tcpFlags, 0);
  t.equal(parse(bytesOf(IcmpUnreachable)), Parse.icmp);
  t.equal(flow.sourcePort, 0);
  t.equal(flow.destinationPort, 0);
  t.end();
});

test('Ethernet padding is not part of the packet', (t) => {
  t.equal(parse(buildFrame({ ...segment, padding: 6 })), Parse.ok);
  t.equal(packet.end - flow.end, 6);
  t.end();
});

test('the transport header stands behind the IP options', (t) => {
  t.equal(parse(buildFrame({ ...segment, ipOptions: '94040000' })), Parse.ok);
  t.equal(flow.transport - flow.network, 24);
  t.equal(flow.destinationPort, 80);
  t.end();
});

test('the first fragment has the ports of the datagram, the later ones only its identification', (t) => {
  const fragment = (offset: number, more: boolean): FrameSpec => ({
    ...datagram,
    identification: 0x1234,
    fragment: { offset, more },
  });
  t.equal(parse(buildFrame(fragment(0, true))), Parse.ok);
  t.equal(flow.destinationPort, 53);
  t.match(flow, { fragmentId: 0x1234, fragmentOffset: 0, moreFragments: true });
  t.equal(parse(buildFrame(fragment(8, true))), Parse.laterFragment);
  t.match(flow, { fragmentId: 0x1234, fragmentOffset: 8, moreFragments: true });
  t.match(flow, { sourcePort: 0, destinationPort: 0, protocol: 17 });
  t.equal(parse(buildFrame(fragment(16, false))), Parse.laterFragment);
  t.match(flow, { fragmentOffset: 16, moreFragments: false });
  t.equal(parse(buildFrame({ ...datagram, dontFragment: true })), Parse.ok);
  t.match(flow, { fragmentOffset: 0, moreFragments: false });
  t.end();
});

test('the first fragment may state the length of the whole datagram', (t) => {
  const whole = buildFrame({ ...datagram, fragment: { offset: 0, more: true } });
  whole[14 + 24] = 0x0f;
  t.equal(parse(whole), Parse.ok);
  t.equal(parse(withByte(buildFrame(datagram), 24, 0x0f)), Parse.malformed, 'a whole one may not');
  t.end();
});

test('a first fragment without its whole transport header is malformed', (t) => {
  const first = { offset: 0, more: true };
  for (let length = 20; length < 40; length += 1) {
    const frame = buildFrame({ ...segment, fragment: first, totalLength: length });
    t.equal(parse(frame), Parse.malformed, `TCP of ${length}`);
  }
  for (let length = 20; length < 28; length += 1) {
    const frame = buildFrame({ ...datagram, fragment: first, totalLength: length });
    t.equal(parse(frame), Parse.malformed, `UDP of ${length}`);
  }
  const options = { ...segment, tcpOptions: '020405b4 01010101', fragment: first, totalLength: 40 };
  t.equal(parse(buildFrame(options)), Parse.ok, 'options of TCP may follow later');
  t.end();
});

test('fragments that add up to more than a datagram may have are malformed', (t) => {
  const last = { protocol: 17, from: '10.1.0.2', to: '10.1.0.100', payload: 'x'.repeat(8) };
  const at = (offset: number): Uint8Array =>
    buildFrame({ ...last, fragment: { offset, more: false } });
  t.equal(parse(at(65_520)), Parse.laterFragment);
  t.equal(parse(at(65_528)), Parse.malformed);
  t.end();
});

test('a frame cut anywhere is malformed', (t) => {
  for (const hex of [TcpData, UdpDatagram]) {
    const frame = bytesOf(hex);
    for (let length = 14; length < frame.length; length += 1) {
      t.equal(parse(frame.subarray(0, length)), Parse.malformed, `${length} bytes`);
    }
  }
  t.end();
});

test('an IP packet that ends inside its transport header is malformed', (t) => {
  const frame = buildFrame(segment);
  for (let length = 20; length < 40; length += 1) {
    t.equal(parse(buildFrame({ ...segment, totalLength: length })), Parse.malformed, `${length}`);
  }
  t.equal(parse(frame), Parse.ok);
  for (let length = 20; length < 28; length += 1) {
    t.equal(parse(buildFrame({ ...datagram, totalLength: length })), Parse.malformed, `${length}`);
  }
  t.end();
});

test('a wrong IP checksum is malformed', (t) => {
  const frame = buildFrame(segment);
  t.equal(parse(withByte(frame, 8, 63)), Parse.malformed, 'TTL');
  t.equal(parse(withByte(frame, 15, 3)), Parse.malformed, 'source');
  t.equal(parse(withByte(frame, 10, 0)), Parse.malformed, 'the checksum itself');
  t.end();
});

test('headers that contradict themselves are malformed', (t) => {
  t.equal(parse(withByte(buildFrame(segment), 32, 0x40)), Parse.malformed, 'TCP header of 16');
  t.equal(parse(withByte(buildFrame(segment), 32, 0x60)), Parse.malformed, 'TCP header of 24');
  t.equal(parse(withByte(buildFrame(datagram), 25, 7)), Parse.malformed, 'UDP length 7');
  t.equal(parse(withByte(buildFrame(datagram), 25, 11)), Parse.malformed, 'UDP length 11');
  t.end();
});
