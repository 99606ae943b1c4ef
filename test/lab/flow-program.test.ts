import { Buffer } from 'node:buffer';

import { test, type Test } from 'tap';

import { Context, TrafficHook } from '../../director/bpf/traffic-hook.js';
import { xdpHook } from '../../director/bpf/xdp-hook.js';
import { FlowTable, Wrapping, type FlowPath } from '../../director/core/flow-table.js';
import { loadLibc } from '../../director/io/libc.js';
import { KernelOffload, type HookName } from '../../director/offload/kernel-offload.js';
import { parseMac } from '../../director/wire/ethernet.js';
import { buildFrame, type FrameSpec } from '../packets/packet-builder.js';

/*
 * The flow program over single packets, at both of its hooks, run by the kernel (BPF_PROG_TEST_RUN): what it carries, and that everything else goes
 * up as it is. What it makes of packets is compared with the director's own work in drivers-agree.test.ts.
 */

const ContextLength = 192;
/** The loopback interface, on which the kernel runs programs, has this MAC address. */
const ethernet = { source: '02:00:00:00:01:02', destination: '00:00:00:00:00:00' };
const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';
const Slot = 2;

const path: FlowPath = {
  protocol: 6,
  source: 0x0a01_0002,
  destination: 0x0a01_0064,
  sourcePort: 40_000,
  destinationPort: 80,
  newSource: 0x0a01_0002,
  newDestination: 0x0a02_0017,
  newSourcePort: 40_000,
  newDestinationPort: 8_080,
  toHigh: 0x0200,
  toLow: 0x0000_0217,
  fromHigh: 0x0200,
  fromLow: 0x0000_020b,
  device: 1,
  mtu: 1_500,
  wrapping: Wrapping.none,
};
const leaving = { source: '02:00:00:00:02:0b', destination: '02:00:00:00:02:17' };

interface Run {
  readonly isCarried: boolean;
  readonly frame: string;
}

const NoMac = { high: 0, low: 0 };

class Program {
  readonly table: FlowTable;
  readonly #offload: KernelOffload;
  readonly #fd: number;

  constructor(offload: KernelOffload, mac = NoMac) {
    const { memory, records, seed } = offload.place;
    this.#offload = offload;
    this.#fd = offload.load(mac);
    this.table = new FlowTable(memory, records, seed);
    this.table.lease = 0xffff_ffff & (this.ticks + 10_000);
  }

  get ticks(): number {
    const { clockOrigin, tickLength } = this.#offload.place;
    return Math.floor((clockOrigin + performance.now() * 1_000) / tickLength);
  }

  /** Shows a flow, for TCP or UDP. */
  show(protocol: number, others: Partial<FlowPath> = {}): void {
    this.table.write(Slot, { ...path, protocol, ...others });
    this.table.show(Slot);
  }

  run(frame: Uint8Array, segmentSize = 0): Run {
    const { bpf, hook } = this.#offload;
    const context = Buffer.alloc(hook === 'xdp' ? 0 : ContextLength);
    if (segmentSize > 0) context.writeUInt32LE(segmentSize, Context.segmentSize);
    const given = bpf.run(this.#fd, frame, context);
    const { carried: wasCarried, goesUp } = Verdicts[hook];
    const isUntouched = given.frame.equals(frame);
    if (given.result === goesUp && !isUntouched) throw new Error('it was changed and goes up');
    return { isCarried: given.result === wasCarried, frame: given.frame.toString('hex') };
  }

  close(): void {
    this.table.hide(Slot);
    this.#offload.bpf.close(this.#fd);
  }
}

const Verdicts = { traffic: TrafficHook.verdicts, xdp: xdpHook(NoMac).verdicts };

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

const libc = await loadLibc();
const offloads = (['traffic', 'xdp'] satisfies HookName[]).map(
  (hook) => new KernelOffload(libc, 1_024, hook),
);

/** A test for each hook. */
function testHooks(name: string, run: (t: Test, program: Program) => void): void {
  for (const offload of offloads) {
    test(`${offload.hook}: ${name}`, (t) => {
      const program = new Program(offload);
      t.teardown(() => program.close());
      run(t, program);
      t.end();
    });
  }
}

const segment = { ethernet, from: client, to: vip, tcp: 'PA', payload: 'GET / HTTP/1.1' };
const datagram = { ethernet, from: client, to: vip, udp: {}, payload: 'who is there' };

const carried: Readonly<Record<string, FrameSpec>> = {
  'an acknowledgement': { ...segment, tcp: 'A', payload: '' },
  'a segment with data': segment,
  'a segment with options': { ...segment, tcpOptions: '0101080a0000000100000002' },
  'a segment that may not be cut': { ...segment, dontFragment: true },
  'a segment as long as the link allows': { ...segment, payload: 'x'.repeat(1_460) },
  'a segment with padding': { ...segment, tcp: 'A', payload: '', padding: 6 },
  'a datagram': datagram,
  'a datagram without checksum': { ...datagram, udp: { hasChecksum: false } },
};

for (const [name, spec] of Object.entries(carried)) {
  testHooks(`${name} is rewritten, counted and sent on`, (t, program) => {
    program.show(spec.udp === undefined ? 6 : 17);
    const frame = buildFrame(spec);
    const expected = buildFrame({
      ...spec,
      ethernet: leaving,
      to: '10.2.0.23:8080',
      ttl: (frame[22] ?? 0) - 1,
      padding: 0,
    });
    t.strictSame(program.run(frame), { isCarried: true, frame: hex(expected) });
    t.equal(program.table.packets(Slot), 1);
    t.equal(program.table.bytes(Slot), expected.length - 14);
    const age = program.ticks - program.table.lastUsed(Slot);
    t.ok(age >= -20 && age < 1_000, `${age} ticks ago`);
  });
}

const goingUp: Readonly<Record<string, FrameSpec>> = {
  'a SYN': { ...segment, tcp: 'S' },
  'a SYN with ACK': { ...segment, tcp: 'SA' },
  'a FIN': { ...segment, tcp: 'FA' },
  'a RST': { ...segment, tcp: 'RA' },
  'a segment without ACK': { ...segment, tcp: 'P' },
  'a packet at its last hop': { ...segment, ttl: 1 },
  'a packet with options': { ...segment, ipOptions: '01010101' },
  'a first fragment': { ...datagram, fragment: { offset: 0, more: true } },
  'a last fragment': { ...datagram, fragment: { offset: 1_480, more: false } },
  'a packet longer than the link allows': { ...segment, payload: 'x'.repeat(1_461) },
  'a packet of a false length': { ...segment, totalLength: 200 },
  'a packet of another client': { ...segment, from: '10.1.0.2:40001' },
  'a packet to another port': { ...segment, to: '10.1.0.100:81' },
  'a frame to another host': {
    ...segment,
    ethernet: { ...ethernet, destination: '02:00:00:00:09:09' },
  },
  'a frame of our own': {
    ...segment,
    ethernet: { source: ethernet.destination, destination: ethernet.destination },
  },
  'an ICMP error': { ethernet, from: '10.1.0.2', to: '10.1.0.100', icmp: { type: 3, code: 4 } },
  'an IPv6 packet': { ethernet, from: '[fd01::2]:40000', to: '[fd01::100]:80', tcp: 'A' },
};

for (const [name, spec] of Object.entries(goingUp)) {
  testHooks(`${name} goes up as it is`, (t, program) => {
    program.show(spec.udp === undefined ? 6 : 17);
    t.notOk(program.run(buildFrame(spec)).isCarried);
    t.equal(program.table.packets(Slot), 0);
  });
}

/** The ends of a tunnel, and what stands between its IP header and the packet inside. */
const Tunnels = {
  ipip: { ends: ['10.2.0.11', '10.2.0.23'], header: { protocol: 4 }, shim: '' },
  gre: { ends: ['10.2.0.11', '10.2.0.23'], header: { protocol: 47 }, shim: '00000800' },
  gue: {
    ends: ['10.2.0.11:40123', '10.2.0.23:6080'],
    header: { udp: { hasChecksum: false } },
    shim: '00040000',
  },
} as const;

const tunnelTo = {
  newSource: 0x0a02_000b,
  newDestination: 0x0a02_0017,
  newSourcePort: 40_123,
  newDestinationPort: 6_080,
};

const wrappable: Readonly<Record<string, FrameSpec>> = {
  'a segment': { ...segment, tos: 0x2d },
  'a segment with a used up hop limit but one': { ...segment, ttl: 2 },
  'a segment with padding': { ...segment, tcp: 'A', payload: '', padding: 6 },
  'a segment that leaves no room': { ...segment, payload: 'x'.repeat(1_400) },
  'the shortest datagram': { ...datagram, payload: '' },
};

for (const type of ['ipip', 'gre', 'gue'] as const) {
  const { ends, header, shim } = Tunnels[type];
  const [from, to] = ends;
  for (const [name, given] of Object.entries(wrappable)) {
    testHooks(`${name} is wrapped by ${type}, counted and sent on`, (t, program) => {
      const spec: FrameSpec = { ...given, dontFragment: true };
      const frame = buildFrame(spec);
      const length = frame.length - 14 - (spec.padding ?? 0);
      const protocol = spec.udp === undefined ? 6 : 17;
      program.show(protocol, { ...tunnelTo, wrapping: Wrapping[type], mtu: length });
      const ttl = (frame[22] ?? 0) - 1;
      const inside = buildFrame({ ...spec, ttl, padding: 0 }).subarray(14);
      const expected = buildFrame({
        ...header,
        ethernet: leaving,
        from,
        to,
        ttl,
        tos: spec.tos ?? 0,
        dontFragment: true,
        identification: 0,
        payload: `0x${shim}${hex(inside)}`,
      });
      t.strictSame(program.run(frame), { isCarried: true, frame: hex(expected) });
      t.equal(program.table.packets(Slot), 1);
      t.equal(program.table.bytes(Slot), length);
    });
  }

  testHooks(`what ${type} may not or cannot wrap goes up as it is`, (t, program) => {
    program.show(6, { ...tunnelTo, wrapping: Wrapping[type], mtu: 100 });
    t.notOk(program.run(buildFrame({ ...segment, padding: 8 })).isCarried, 'it may be cut');
    const whole = { ...segment, dontFragment: true };
    t.ok(program.run(buildFrame(whole)).isCarried);
    t.notOk(program.run(buildFrame({ ...whole, payload: 'x'.repeat(61) })).isCarried, 'too long');
  });
}

testHooks(
  'a false header checksum, and a false length of a header, are not repaired but go up',
  (t, program) => {
    program.show(6);
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
  program.show(6);
  const frame = buildFrame(segment);
  frame.set([0x88, 0xb5], 12);
  t.notOk(program.run(frame).isCarried);
});

testHooks('a false checksum of the transport stays false', (t, program) => {
  program.show(6);
  const damaged = buildFrame(segment);
  damaged[60] = (damaged[60] ?? 0) ^ 1;
  const expected = buildFrame({ ...segment, ethernet: leaving, to: '10.2.0.23:8080', ttl: 63 });
  expected[60] = (expected[60] ?? 0) ^ 1;
  t.strictSame(program.run(damaged), { isCarried: true, frame: hex(expected) });
});

test('of a super-frame the segments have to fit the link', (t) => {
  const [offload] = offloads;
  if (offload === undefined) throw new Error('there are two');
  const program = new Program(offload);
  t.teardown(() => program.close());
  program.show(6);
  const large = buildFrame({ ...segment, payload: 'x'.repeat(2_000) });
  t.notOk(program.run(large).isCarried);
  t.ok(program.run(large, 1_460).isCarried);
  t.notOk(program.run(large, 1_461).isCarried);
  t.end();
});

testHooks('nothing is carried when nobody looks after the program any more', (t, program) => {
  program.show(6);
  const frame = buildFrame(segment);
  t.ok(program.run(frame).isCarried);
  program.table.lease = program.ticks - 10;
  t.notOk(program.run(frame).isCarried);
});

testHooks('a flow that is hidden goes up again', (t, program) => {
  program.show(6);
  const frame = buildFrame(segment);
  t.ok(program.run(frame).isCarried);
  program.table.hide(Slot);
  t.notOk(program.run(frame).isCarried);
});

test('a program that the verifier refuses is an error with what it says', (t) => {
  // "exit" without a result.
  const code = Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0);
  t.throws(() => offloads[0]?.loadFilter(code), {
    details: { code: 'bpf' },
    message: /^loading a BPF program fails: EACCES; the verifier says: .*R0 !read_ok/s,
  });
  t.end();
});

testHooks('a checksum of UDP that comes out as zero is written as all ones', (t, program) => {
  program.show(17);
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
  const offload = offloads.find(({ hook }) => hook === 'xdp');
  const mac = parseMac('fe:dc:ba:98:76:54');
  if (offload === undefined || mac === undefined) throw new Error('they are there');
  const program = new Program(offload, mac);
  t.teardown(() => program.close());
  program.show(6);
  const to = (destination: string): boolean =>
    program.run(buildFrame({ ...segment, ethernet: { ...ethernet, destination } })).isCarried;
  t.ok(to('fe:dc:ba:98:76:54'));
  for (const other of ['fe:dc:ba:98:76:55', 'ff:dc:ba:98:76:54', 'ff:ff:ff:ff:ff:ff']) {
    t.notOk(to(other), other);
  }
  t.end();
});

test('xdp: a frame that is not in one piece goes up', (t) => {
  const offload = offloads.find(({ hook }) => hook === 'xdp');
  if (offload === undefined) throw new Error('it is there');
  const program = new Program(offload);
  t.teardown(() => program.close());
  program.table.write(Slot, { ...path, mtu: 9_000 });
  program.table.show(Slot);
  t.ok(program.run(buildFrame({ ...segment, payload: 'x'.repeat(2_900) })).isCarried);
  t.notOk(program.run(buildFrame({ ...segment, payload: 'x'.repeat(5_000) })).isCarried);
  t.end();
});
