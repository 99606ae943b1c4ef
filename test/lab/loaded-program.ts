import { Buffer } from 'node:buffer';

import { test, type Test } from 'tap';

import { Context, TrafficHook } from '../../director/bpf/traffic-hook.js';
import { xdpHook } from '../../director/bpf/xdp-hook.js';
import { FlowTable, type FlowPath } from '../../director/core/flow-table.js';
import { virtualMac } from '../../director/core/virtual-macs.js';
import { loadLibc } from '../../director/io/libc.js';
import { KernelOffload, type HookName } from '../../director/offload/kernel-offload.js';
import { Family } from '../../director/wire/flow.js';
import { buildFrame, type FrameSpec } from '../packets/packet-builder.js';

/*
 * The flow program in the kernel, at both of its hooks, for tests that give it single packets (BPF_PROG_TEST_RUN).
 */

const ContextLength = 192;
/** The loopback interface, on which the kernel runs programs, has this MAC address. */
export const ethernet = { source: '02:00:00:00:01:02', destination: '00:00:00:00:00:00' };
/** The record that tests write. */
export const Slot = 2;

/** The beginning of frames that leave. */
export const leaving = { source: '02:00:00:00:02:0b', destination: '02:00:00:00:02:17' };
export const leavingMacs = {
  toHigh: 0x0200,
  toLow: 0x0000_0217,
  fromHigh: 0x0200,
  fromLow: 0x0000_020b,
};

interface Run {
  readonly isCarried: boolean;
  readonly frame: string;
}

const NoMac = { high: 0, low: 0 };
/** The interface that programs are loaded for. */
export const arrival = { index: 3, name: 'clients', mac: NoMac, mtu: 1_500, addresses: [] };

/** The program as it is loaded for one hook, and its table. */
export class LoadedProgram {
  readonly table: FlowTable;
  readonly #offload: KernelOffload;
  readonly #fd: number;

  constructor(offload: KernelOffload, mac = NoMac) {
    const { memory, records, seed } = offload.place;
    this.#offload = offload;
    this.#fd = offload.load({ ...arrival, mac }, [virtualMac(Family.ipv4, 9)]);
    this.table = new FlowTable(memory, records, seed);
    this.table.lease = 0xffff_ffff & (this.ticks + 10_000);
  }

  get ticks(): number {
    const { clockOrigin, tickLength } = this.#offload.place;
    return Math.floor((clockOrigin + performance.now() * 1_000) / tickLength);
  }

  /** Shows a flow. */
  show(path: FlowPath): void {
    this.table.write(Slot, path);
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

export const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

const libc = await loadLibc();
const hooks = ['traffic', 'xdp'] as const satisfies readonly HookName[];
export const offloads = {
  traffic: new KernelOffload(libc, 1_024, 'traffic'),
  xdp: new KernelOffload(libc, 1_024, 'xdp'),
};

/** A test for each hook. */
export function testHooks(name: string, run: (t: Test, program: LoadedProgram) => void): void {
  for (const hook of hooks) {
    test(`${hook}: ${name}`, (t) => {
      const program = new LoadedProgram(offloads[hook]);
      t.teardown(() => program.close());
      run(t, program);
      t.end();
    });
  }
}

/** Segments and datagrams that are carried in both families: of these ones, and with so much data at most. */
export const carriedOf = (
  segment: FrameSpec,
  datagram: FrameSpec,
  room: number,
): Record<string, FrameSpec> => ({
  'an acknowledgement': { ...segment, tcp: 'A', payload: '' },
  'a segment with data': segment,
  'a segment with options': { ...segment, tcpOptions: '0101080a0000000100000002' },
  'a segment with a used up hop limit but one': { ...segment, ttl: 2 },
  'a segment as long as the link allows': { ...segment, payload: 'x'.repeat(room) },
  'a segment with padding': { ...segment, tcp: 'A', payload: '', padding: 6 },
  'a datagram': datagram,
  'the shortest datagram': { ...datagram, payload: '' },
  'a datagram without checksum': { ...datagram, udp: { hasChecksum: false } },
});

/** Variants of a segment that go up in both families. */
export const goingUpOf = (segment: FrameSpec, room: number): Record<string, FrameSpec> => ({
  'a SYN': { ...segment, tcp: 'S' },
  'a SYN with ACK': { ...segment, tcp: 'SA' },
  'a FIN': { ...segment, tcp: 'FA' },
  'a RST': { ...segment, tcp: 'RA' },
  'a segment without ACK': { ...segment, tcp: 'P' },
  'a packet at its last hop': { ...segment, ttl: 1 },
  'a packet longer than the link allows': { ...segment, payload: 'x'.repeat(room + 1) },
  'a frame to another host': {
    ...segment,
    ethernet: { ...ethernet, destination: '02:00:00:00:09:09' },
  },
  'a frame of our own': {
    ...segment,
    ethernet: { source: ethernet.destination, destination: ethernet.destination },
  },
  'a frame from a virtual MAC address of our own': {
    ...segment,
    ethernet: { ...ethernet, source: '00:00:5e:00:01:09' },
  },
});

/** Shows a path for such frames, and expects the program to send them on to that endpoint, and to count them. */
export function testCarried(
  cases: Readonly<Record<string, FrameSpec>>,
  path: (protocol: number) => FlowPath,
  to: string,
): void {
  for (const [name, spec] of Object.entries(cases)) {
    testHooks(`${name} is rewritten, counted and sent on`, (t, program) => {
      program.show(path(protocolOf(spec)));
      const expected = buildFrame({ ...leftOf(spec), to });
      t.strictSame(program.run(buildFrame(spec)), { isCarried: true, frame: hex(expected) });
      t.equal(program.table.packets(Slot), 1);
      t.equal(program.table.bytes(Slot), expected.length - 14);
      const age = program.ticks - program.table.lastUsed(Slot);
      t.ok(age >= -20 && age < 1_000, `${age} ticks ago`);
    });
  }
}

/** The same packet behind a router. */
export const leftOf = (spec: FrameSpec): FrameSpec => ({
  ...spec,
  ethernet: leaving,
  ttl: (spec.ttl ?? 64) - 1,
  padding: 0,
});

/** Shows a path for such frames, and expects the program to leave them as they are. */
export function testGoingUp(
  cases: Readonly<Record<string, FrameSpec>>,
  path: (protocol: number) => FlowPath,
): void {
  for (const [name, spec] of Object.entries(cases)) {
    testHooks(`${name} goes up as it is`, (t, program) => {
      program.show(path(protocolOf(spec)));
      t.notOk(program.run(buildFrame(spec)).isCarried);
      t.equal(program.table.packets(Slot), 0);
    });
  }
}

export const protocolOf = ({ udp }: FrameSpec): number => (udp === undefined ? 6 : 17);

/** Expects segments of a super-frame to be carried as long as each of them has room. */
export function testSegments(segment: FrameSpec, path: FlowPath, room: number): void {
  test('of a super-frame the segments have to fit the link', (t) => {
    const program = new LoadedProgram(offloads.traffic);
    t.teardown(() => program.close());
    program.show(path);
    const large = buildFrame({ ...segment, payload: 'x'.repeat(2_000) });
    t.notOk(program.run(large).isCarried);
    t.ok(program.run(large, room).isCarried);
    t.notOk(program.run(large, room + 1).isCarried);
    t.end();
  });
}

/** Expects a frame that is damaged at a byte to leave as such a one. */
export function testDamage(segment: FrameSpec, left: FrameSpec, path: FlowPath): void {
  testHooks('a false checksum of the transport stays false', (t, program) => {
    program.show(path);
    const [damaged, expected] = [buildFrame(segment), buildFrame(left)];
    for (const frame of [damaged, expected]) frame[frame.length - 1] = 0x21;
    t.strictSame(program.run(damaged), { isCarried: true, frame: hex(expected) });
  });
}
