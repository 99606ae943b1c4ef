import type { FlowPath } from '../../director/core/flow-table.js';
import { pathOf, type PathSpec } from '../core/flows.js';
import { buildFrame, type FrameSpec } from '../packets/packet-builder.js';
import {
  carriedOf,
  ethernet,
  goingUpOf,
  hex,
  leavingMacs,
  leftOf,
  Slot,
  protocolOf,
  testCarried,
  testDamage,
  testGoingUp,
  testHooks,
  testSegments,
} from './loaded-program.js';

/*
 * The flow program over single packets of IPv6: what it carries, and that everything else goes up as it is.
 */

const client = '[fd01::1:2:3:2]:40000';
const vip = '[fd01::100]:80';
const real = '[fd02:7::17]:8080';

const path = (protocol: number, others: Partial<PathSpec> = {}): FlowPath =>
  pathOf({ ...leavingMacs, from: client, to: vip, leavesTo: real, protocol, ...others });

/** Data that fits the link. */
const Room = 1_440;
const segment = { ethernet, from: client, to: vip, tcp: 'PA', payload: 'GET / HTTP/1.1' };
const datagram = { ethernet, from: client, to: vip, udp: {}, payload: 'who is there' };

const carried = {
  ...carriedOf(segment, datagram, Room),
  'a segment with a traffic class': { ...segment, tos: 0x2d },
} satisfies Record<string, FrameSpec>;

testCarried(carried, path, real);

for (const [name, spec] of Object.entries(carried)) {
  const left = leftOf(spec);

  testHooks(`${name} is given another source, too`, (t, program) => {
    const local = '[fd02::b]:61000';
    program.show(path(protocolOf(spec), { leavesFrom: local }));
    const expected = buildFrame({ ...left, from: local, to: real });
    t.strictSame(program.run(buildFrame(spec)), { isCarried: true, frame: hex(expected) });
  });

  testHooks(`${name} is sent on as it is, but for its hop limit`, (t, program) => {
    program.show(path(protocolOf(spec), { leavesTo: vip }));
    t.strictSame(program.run(buildFrame(spec)), { isCarried: true, frame: hex(buildFrame(left)) });
  });
}

/** A hop-by-hop header that says nothing, with TCP behind it, and a fragment header: eight bytes, and a few more. */
const hopByHop = { protocol: 0, payload: `0x0600010400000000${'9c400050'.padEnd(40, '0')}` };
const fragment = { protocol: 44, payload: `0x0600000100000001${'9c400050'.padEnd(40, '0')}` };

const goingUp: Readonly<Record<string, FrameSpec>> = {
  ...goingUpOf(segment, Room),
  'a packet with a header between': { ethernet, from: client, to: vip, ...hopByHop },
  'a fragment': { ethernet, from: client, to: vip, ...fragment },
  'a packet to another port': { ...segment, to: '[fd01::100]:81' },
  'a packet from another port': { ...segment, from: '[fd01::1:2:3:2]:40001' },
  'an ICMPv6 error': {
    ethernet,
    from: 'fd01::1:2:3:2',
    to: 'fd01::100',
    icmp: { type: 2, code: 0 },
  },
};

testGoingUp(goingUp, path);

testHooks('every word of both addresses counts', (t, program) => {
  program.show(path(6));
  for (let word = 0; word < 8; word += 1) {
    const frame = buildFrame(segment);
    const at = 22 + word * 4 + (word % 4);
    frame[at] = (frame[at] ?? 0) ^ 0x40;
    t.notOk(program.run(frame).isCarried, `word ${word}`);
  }
  t.ok(program.run(buildFrame(segment)).isCarried);
});

testHooks(
  'a record that has become another flow’s is not taken for it by its tag',
  (t, program) => {
    program.show(path(6));
    program.table.write(Slot, path(6, { from: '[fd01::9]:40000' }));
    t.notOk(program.run(buildFrame(segment)).isCarried);
  },
);

testHooks('false lengths go up', (t, program) => {
  program.show(path(6));
  const lengths: readonly (readonly [at: number, value: number])[] = [
    [18, 1],
    [19, 0],
    [66, 4 << 4],
    [66, 15 << 4],
    [14, 0x50],
  ];
  for (const [at, value] of lengths) {
    const frame = buildFrame(segment);
    frame[at] = value;
    t.notOk(program.run(frame).isCarried, `${value} at ${at}`);
  }
  for (const length of [54, 61, 70]) {
    t.notOk(program.run(buildFrame(segment).slice(0, length)).isCarried, `${length} bytes`);
  }
});

testHooks('flows of IPv4 do not carry it, nor it them', (t, program) => {
  const narrow = { from: '10.1.0.2:40000', to: '10.1.0.100:80' };
  program.show(pathOf({ ...leavingMacs, ...narrow, leavesTo: '10.2.0.23:8080' }));
  t.notOk(program.run(buildFrame(segment)).isCarried);
  program.table.hide(Slot);
  program.show(path(6));
  t.notOk(program.run(buildFrame({ ...segment, ...narrow })).isCarried);
});

testDamage(segment, { ...leftOf(segment), to: real }, path(6));

testSegments(segment, path(6), Room);
