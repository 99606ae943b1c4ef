import { test } from 'tap';

import { finishChecksums } from '../../scripts/oracle/checksums.js';
import {
  comparable,
  comparePackets,
  type SentPacket,
} from '../../scripts/oracle/compare-packets.js';
import { innerOffset, readFrame, readIpHeader } from '../../scripts/oracle/frame.js';
import { bytesOf, hexOf } from './bytes.js';

/** tcp4-nat.client.pcap, frame 1: a SYN of 10.1.0.2:40000 to 10.1.0.100:80. */
const syn = `4500003c2d7240004006f8e20a0100020a010064
  9c400050062d9e7400000000a002faf0ca590000020405b40402080a9fcc8d500000000001030306`;

/** tcp4-tun.server.pcap, frame 1: a SYN in IPIP from 10.2.0.1 to 10.2.0.12. */
const tunnelled = `45000050000040003f04279a0a0200010a02000c
  4500003c0d3040003f061a250a0100020a010064
  9c400050680086c900000000a002faf0b98f0000020405b40402080aeeee04d00000000001030306`;

const sent = (hex: string, more: Partial<SentPacket> = {}): SentPacket => ({
  side: 1,
  at: 1_000,
  name: 'packet 1',
  destinationMac: '02:00:00:00:00:01',
  bytes: bytesOf(hex),
  ...more,
});

/** With another byte at a place. */
function altered(hex: string, place: number, value: number): string {
  const bytes = bytesOf(hex);
  bytes[place] = value;
  return hexOf(bytes);
}

test('a frame is read down to its ports, without padding', (t) => {
  const bytes = bytesOf(`ffffffffffff 020000000001 0800 ${syn} 000000`);
  const packet = readFrame({ number: 7, at: 5, bytes, isCut: false });
  t.match(packet, { number: 7, at: 5, sourceMac: '02:00:00:00:00:01' });
  t.equal(packet?.bytes.length, 60);
  t.match(packet?.header, {
    source: '10.1.0.2',
    destination: '10.1.0.100',
    sourcePort: 40_000,
    destinationPort: 80,
    protocol: 6,
    ttl: 64,
    payload: 20,
    end: 60,
  });
  t.equal(readFrame({ number: 1, at: 0, bytes: bytes.subarray(0, 60), isCut: true }), undefined);
  t.end();
});

test('the payload of IPv6 is found behind its extension headers', (t) => {
  const addresses = `fd010000000000000000000000000002 fd010000000000000000000000000100`;
  const header = readIpHeader(
    bytesOf(`60000000 0020 00 40 ${addresses}
      2c00010400000000 1100 0001 00000001 9c400035000a0000 6d30000000000000`),
    0,
  );
  t.match(header, { protocol: 17, sourcePort: 40_000, destinationPort: 53, payload: 56 });
  const later = readIpHeader(
    bytesOf(`60000000 0010 2c 40 ${addresses} 1100 0009 00000001 9c40003500000000`),
    0,
  );
  t.match(later, { protocol: 17, isLaterFragment: true, sourcePort: 0 });
  t.end();
});

test('a checksum that was left to a network card is finished, any other stays', (t) => {
  // The sum over 10.1.0.2, 10.1.0.100, protocol 6 and length 40.
  const unfinished = altered(altered(syn, 36, 0x14), 37, 0x96);
  t.equal(hexOf(finishChecksums(bytesOf(unfinished))), hexOf(bytesOf(syn)));
  t.equal(hexOf(finishChecksums(bytesOf(syn))), hexOf(bytesOf(syn)));
  const wrong = altered(syn, 37, 0x5a);
  t.equal(hexOf(finishChecksums(bytesOf(wrong))), hexOf(bytesOf(wrong)));
  const inside = altered(altered(tunnelled, 56, 0x14), 57, 0x96);
  t.equal(hexOf(finishChecksums(bytesOf(inside))), hexOf(bytesOf(tunnelled)));
  t.end();
});

test('the packet in a tunnel is found in IPIP, GRE and GUE', (t) => {
  const outer = '45000030000040003f%%0000 0a0200010a02000c';
  const inner = '4500003c';
  for (const [protocol, header, length] of [
    ['04', '', 20],
    ['2f', '00000800', 24],
    ['2f', '8000080012340000', 28],
    ['11', 'd431 17c0 001c 0000 0004 0000', 32],
  ] as const) {
    const bytes = new Uint8Array(64);
    bytes.set(bytesOf(outer.replace('%%', protocol) + header + inner));
    const read = readIpHeader(bytes, 0);
    t.equal(read && innerOffset(bytes, read), length, header);
  }
  const query = readIpHeader(bytesOf(syn), 0);
  t.equal(query && innerOffset(bytesOf(syn), query), undefined);
  t.end();
});

const same = (left: string, right: string): boolean =>
  hexOf(comparable(bytesOf(left))) === hexOf(comparable(bytesOf(right)));

test('the identification of a tunnel’s header counts only with DF, that of a packet always', (t) => {
  const numbered = altered(altered(tunnelled, 4, 0x12), 10, 0x15);
  t.notOk(same(numbered, tunnelled));
  t.ok(same(altered(numbered, 6, 0), altered(tunnelled, 6, 0)));
  t.notOk(same(altered(syn, 4, 0x12), syn));
  t.end();
});

test('equal packets compare equal, and each kind of difference is told', (t) => {
  t.strictSame(comparePackets([sent(syn)], [sent(syn)], []), {
    equal: 1,
    differences: [],
    notes: [],
  });
  for (const [ours, recorded, told] of [
    [[sent(altered(syn, 8, 63))], [sent(syn)], /ttl 63, not 64/],
    [[sent(altered(syn, 19, 12))], [sent(syn)], /destination 10\.1\.0\.12, not 10\.1\.0\.100/],
    [[sent(altered(syn, 23, 81))], [sent(syn)], /destination port 81, not 80/],
    [[sent(syn, { destinationMac: '02:00:00:00:00:02' })], [sent(syn)], /to 02:00:00:00:00:02/],
    [[sent(altered(syn, 59, 7))], [sent(syn)], /first from byte 59 on: 07, not 06/],
    [[sent(syn, { side: 0 })], [], /only ours: packet 1 on the client side/],
    [[], [sent(syn)], /only recorded: packet 1 on the server side \(protocol 6/],
  ] as const) {
    const { differences, equal, notes } = comparePackets(ours, recorded, []);
    t.equal(equal, 0);
    t.equal(differences.length, 1, differences.join(', '));
    t.match(differences[0], told);
    t.strictSame(notes, []);
  }
  t.end();
});

test('the order of packets counts within a flow only', (t) => {
  const other = altered(syn, 21, 0x41);
  const again = altered(syn, 59, 7);
  const recorded = [sent(syn), sent(other), sent(again)];
  const differences = (...ours: readonly string[]): readonly string[] =>
    comparePackets(
      ours.map((hex) => sent(hex)),
      recorded,
      [],
    ).differences;
  t.strictSame(differences(other, syn, again), []);
  t.match(differences(again, syn, other), [/left later than a packet that it preceded/]);
  t.end();
});

test('what a capture that ended early has missed is noted, and is no difference', (t) => {
  const arrival = { side: 1, at: 1_000, bytes: bytesOf(altered(syn, 59, 1)) };
  const forwarded = sent(altered(syn, 59, 1), { side: 0, at: 1_001 });
  // Nothing that came in was the cause of this one: the server side was not recorded any more.
  const orphan = sent(altered(syn, 59, 2), { side: 0, at: 2_000 });
  const unseen = sent(altered(syn, 59, 3), { side: 1, at: 2_001 });
  const { differences, notes } = comparePackets(
    [forwarded, unseen],
    [forwarded, orphan],
    [arrival],
  );
  t.strictSame(differences, []);
  t.match(notes, [/not recorded/, /has a cause not recorded/]);
  t.end();
});

test('a packet at the end of a recording is a difference when nothing shows that a capture ended early', (t) => {
  const arrival = { side: 0, at: 1_000, bytes: bytesOf(syn) };
  const last = sent(syn, { side: 1, at: 1_001 });
  t.match(
    comparePackets([], [last], [arrival]).differences,
    [/only recorded/],
    'its cause was there',
  );
  const early = sent(altered(syn, 59, 1), { side: 1, at: 500 });
  const extra = sent(syn, { side: 1, at: 1_000 });
  t.match(comparePackets([early, extra], [early], [arrival]).differences, [/only ours/]);
  t.end();
});

/** icmp46-nat.server.pcap, frame 4, up to the quoted packet's ports: port unreachable from a real server. */
const unreachable = `600a5b32 0038 3a 40 fd020000000000000000000000000012 fd010000000000000000000000000002
  0104 0376 00000000
  60078f93 003a 11 3f fd010000000000000000000000000002 fd020000000000000000000000000012 9d08270f003a7d86`;

test('an ICMPv6 error of a real server that only we forward is noted', (t) => {
  const ours = sent(unreachable, { side: 0, cause: bytesOf(unreachable) });
  const { differences, notes } = comparePackets([ours], [], []);
  t.strictSame(differences, []);
  t.match(notes, [/is only ours, as it should be/]);
  t.match(
    comparePackets([sent(unreachable, { side: 0, cause: bytesOf(syn) })], [], []).differences,
    [/only ours/],
    'one that we made ourselves is a difference',
  );
  t.end();
});
