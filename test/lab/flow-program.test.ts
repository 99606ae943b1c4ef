import { Buffer } from 'node:buffer';

import { test } from 'tap';

import type { FlowPath } from '../../director/core/flow-table.js';
import { parseMac } from '../../director/wire/ethernet.js';
import { pathOf, type PathSpec } from '../core/flows.js';
import { buildFrame, type FrameSpec } from '../packets/packet-builder.js';
import {
  arrival,
  carriedOf,
  ethernet,
  goingUpOf,
  leaving,
  leavingMacs,
  leftOf,
  LoadedProgram,
  offloads,
  Slot,
  testCarried,
  testDamage,
  testGoingUp,
  testHooks,
  testSegments,
} from './loaded-program.js';

/*
 * The flow program over single packets of IPv4: what it carries, and that everything else goes up as it is. What it makes of packets
 * is compared with the director's own work in drivers-agree.test.ts.
 */

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';

const path = (protocol: number, others: Partial<PathSpec> = {}): FlowPath =>
  pathOf({
    ...leavingMacs,
    from: client,
    to: vip,
    leavesTo: '10.2.0.23:8080',
    protocol,
    ...others,
  });

/** Data that fits the link. */
const Room = 1_460;
const segment = { ethernet, from: client, to: vip, tcp: 'PA', payload: 'GET / HTTP/1.1' };
const datagram = { ethernet, from: client, to: vip, udp: {}, payload: 'who is there' };

const carried = {
  ...carriedOf(segment, datagram, Room),
  'a segment that may not be cut': { ...segment, dontFragment: true },
} satisfies Record<string, FrameSpec>;

testCarried(carried, path, '10.2.0.23:8080');

const goingUp: Readonly<Record<string, FrameSpec>> = {
  ...goingUpOf(segment, Room),
  'a packet with options': { ...segment, ipOptions: '01010101' },
  'a first fragment': { ...datagram, fragment: { offset: 0, more: true } },
  'a last fragment': { ...datagram, fragment: { offset: 1_480, more: false } },
  'a packet of a false length': { ...segment, totalLength: 200 },
  'a packet of another client': { ...segment, from: '10.1.0.2:40001' },
  'a packet to another port': { ...segment, to: '10.1.0.100:81' },
  'an ICMP error': { ethernet, from: '10.1.0.2', to: '10.1.0.100', icmp: { type: 3, code: 4 } },
  'an IPv6 packet': { ethernet, from: '[fd01::2]:40000', to: '[fd01::100]:80', tcp: 'A' },
};

testGoingUp(goingUp, path);

testHooks(
  'a false header checksum, and a false length of a header, are not repaired but go up',
  (t, program) => {
    program.show(path(6));
    const damaged = buildFrame(segment);
    damaged[24] = (damaged[24] ?? 0) ^ 1;
    t.notOk(program.run(damaged).isCarried);
    for (const words of [4, 15]) {
      const frame = buildFrame(segment);
      frame[46] = words << 4;
      t.notOk(program.run(frame).isCarried, `a TCP header of ${words} words`);
    }
  },
);

testHooks('what only looks like IPv4 goes up', (t, program) => {
  program.show(path(6));
  const frame = buildFrame(segment);
  frame.set([0x88, 0xb5], 12);
  t.notOk(program.run(frame).isCarried);
});

testDamage(segment, { ...leftOf(segment), to: '10.2.0.23:8080' }, path(6));

testSegments(segment, path(6), Room);

testHooks('nothing is carried when nobody looks after the program any more', (t, program) => {
  program.show(path(6));
  const frame = buildFrame(segment);
  t.ok(program.run(frame).isCarried);
  program.table.lease = program.ticks - 10;
  t.notOk(program.run(frame).isCarried);
});

testHooks('a flow that is hidden goes up again', (t, program) => {
  program.show(path(6));
  const frame = buildFrame(segment);
  t.ok(program.run(frame).isCarried);
  program.table.hide(Slot);
  t.notOk(program.run(frame).isCarried);
});

test('a program that the verifier refuses is an error with what it says', (t) => {
  // "exit" without a result.
  const code = Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0);
  t.throws(() => offloads.traffic.loadFilter(code), {
    details: { code: 'bpf' },
    message: /^loading a BPF program fails: EACCES; the verifier says: .*R0 !read_ok/s,
  });
  t.end();
});

testHooks('a checksum of UDP that comes out as zero is written as all ones', (t, program) => {
  program.show(path(17));
  const leavingAs = { ...datagram, ethernet: leaving, to: '10.2.0.23:8080', ttl: 63 };
  const checksum = Buffer.from(buildFrame({ ...leavingAs, payload: '\0\0' })).readUInt16BE(40);
  const frame = Buffer.from(buildFrame({ ...datagram, payload: '\0\0' }));
  // One more of what the sum lacks, in the data and so in the checksum.
  frame.writeUInt16BE(checksum, 42);
  const without = frame.readUInt16BE(40) - checksum;
  frame.writeUInt16BE(without < 0 ? without + 0xffff : without, 40);
  const { isCarried, frame: left } = program.run(frame);
  t.ok(isCarried);
  t.equal(Buffer.from(left, 'hex').readUInt16BE(40), 0xffff);
});

test('xdp: what is not for the address of the interface goes up', (t) => {
  const mac = parseMac('fe:dc:ba:98:76:54');
  if (mac === undefined) throw new Error('it is one');
  const program = new LoadedProgram(offloads.xdp, mac);
  t.teardown(() => program.close());
  program.show(path(6));
  const to = (destination: string): boolean =>
    program.run(buildFrame({ ...segment, ethernet: { ...ethernet, destination } })).isCarried;
  t.ok(to('fe:dc:ba:98:76:54'));
  for (const other of ['fe:dc:ba:98:76:55', 'ff:dc:ba:98:76:54', 'ff:ff:ff:ff:ff:ff']) {
    t.notOk(to(other), other);
  }
  t.end();
});

testHooks(
  'frames to virtual MAC addresses are carried while this node holds them there',
  (t, program) => {
    program.show(path(6));
    const to = (destination: string): boolean =>
      program.run(buildFrame({ ...segment, ethernet: { ...ethernet, destination } })).isCarried;
    const shown = ['00:00:5e:00:01:33', '00:00:5e:00:02:01', '00:00:5e:00:01:ff'];
    for (const mac of shown) t.notOk(to(mac), `${mac} is not held`);
    program.table.setHolding(arrival, 0x5e00_0133, true);
    program.table.setHolding(arrival, 0x5e00_0201, true);
    program.table.setHolding({ ...arrival, index: arrival.index + 1 }, 0x5e00_01ff, true);
    t.strictSame(shown.map(to), [true, true, false]);
    for (const other of [
      '00:00:5e:00:02:33',
      '00:00:5e:00:01:32',
      '00:00:5e:00:01:3b',
      '00:00:5e:00:03:33',
      '00:00:5e:00:00:33',
      '00:00:5e:01:01:33',
      '02:00:5e:00:01:33',
    ]) {
      t.notOk(to(other), other);
    }
    const own = { source: ethernet.destination, destination: '00:00:5e:00:01:33' };
    t.notOk(program.run(buildFrame({ ...segment, ethernet: own })).isCarried, 'our own');
    program.table.setHolding(arrival, 0x5e00_0133, false);
    t.strictSame(shown.map(to), [false, true, false]);
    for (const index of [arrival.index, arrival.index + 1]) {
      for (const low of [0x5e00_0201, 0x5e00_01ff]) {
        program.table.setHolding({ ...arrival, index }, low, false);
      }
    }
  },
);

test('xdp: a frame that is not in one piece goes up', (t) => {
  const program = new LoadedProgram(offloads.xdp);
  t.teardown(() => program.close());
  program.show(path(6, { mtu: 9_000 }));
  t.ok(program.run(buildFrame({ ...segment, payload: 'x'.repeat(2_900) })).isCarried);
  t.notOk(program.run(buildFrame({ ...segment, payload: 'x'.repeat(5_000) })).isCarried);
  t.end();
});
