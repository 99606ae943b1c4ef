import {
  Bucket,
  BucketsAt,
  Hash,
  Head,
  MostRecords,
  Record,
  shapeOf,
  Way,
} from '../core/flow-table.js';
import * as ethernet from '../wire/ethernet.js';
import { Protocol } from '../wire/ipv4.js';
import * as tcp from '../wire/tcp.js';
import * as udp from '../wire/udp.js';
import {
  addressInMap,
  call,
  compute,
  compute32,
  exit,
  fromNetwork16,
  jump,
  jumpIf,
  label,
  load,
  R0,
  R1,
  R10,
  R2,
  R3,
  R4,
  R5,
  R6,
  R7,
  R8,
  R9,
  store,
  type Line,
  type Register,
} from './assembler.js';
import { fold, Kept, openFrame, type FlowHook } from './flow-hook.js';
import { address, count, takeHop } from './flow-rewriting.js';
import { isWrapped, mayBeWrapped, wrap } from './flow-wrapping.js';

/**
 * Functions of the kernel, `enum bpf_func_id`. Where a program becomes machine code this one is no call but a load. A call, and
 * the way back from it, costs some 8 ns on processors that have to guard returns.
 */
const Helper = { ticks: 118 } as const;

/** Offsets in a frame with the shortest IPv4 header. */
const Ip = ethernet.HeaderLength;
const At = {
  version: Ip,
  totalLength: Ip + 2,
  fragment: Ip + 6,
  ttl: Ip + 8,
  protocol: Ip + 9,
  source: Ip + 12,
  destination: Ip + 16,
  ports: Ip + 20,
  udpLength: Ip + 24,
  tcpLength: Ip + 32,
  tcpFlags: Ip + 33,
} as const;
const IpLength = 20;
const ShortestTcp = Ip + IpLength + tcp.MinimumHeaderLength;
/** In the order of bytes that it is loaded in. */
const AnyFragment = 0xff3f;
const ShortestHeader = 0x45;

/** The table that a program reads, see `flow-table.ts`. */
export interface ProgramParameters {
  readonly mapFd: number;
  readonly records: number;
  readonly seed: number;
}

/**
 * The program that carries established flows, for one place of the kernel where frames come in by an interface: what it finds
 * in the table it rewrites, counts and sends on. Everything that needs thought goes up untouched: other protocols, options,
 * fragments, a hop limit that is used up, control bits of TCP that change a state, what does not fit the link, damaged
 * headers, and what is not in the table. What it does is what `processFrame` would have done with the packet.
 */
export function flowProgram(hook: FlowHook, parameters: ProgramParameters): Line[] {
  return [
    compute(R6, '=', R1),
    ...hook.admit(),
    ...readClock(parameters),
    ...openFrame(hook),
    ...hook.accept(),
    ...readFrame(hook),
    ...readTransport(),
    ...findRecord(parameters),
    ...mayLeave(hook),
    ...mayBeWrapped(hook),
    ...hook.cutPadding(),
    ...isWrapped('wrap'),
    ...count(),
    ...rewrite(),
    ...hook.correctChecksum(),
    label('leave'),
    load(4, R1, R9, Record.device),
    ...hook.leave(),
    label('wrap'),
    ...wrap(hook),
    ...hook.goUp(),
  ];
}

/** Says what the clock shows that packets are dated by, in ticks: its lower 32 bits. */
export const clockProgram = (): Line[] => [call(Helper.ticks), exit()];

/** The time is kept. Nothing is carried when the lease is over. */
const readClock = ({ mapFd }: ProgramParameters): Line[] => [
  call(Helper.ticks),
  store(8, R10, Kept.now, R0),
  ...addressInMap(R1, mapFd, Head.lease),
  load(4, R2, R1, 0),
  compute32(R2, '-=', R0),
  compute32(R2, '>>=', 31),
  jumpIf(R2, '!=', 0, 'up'),
];

/** R8: the length of the IP packet. R3 stays. */
function readFrame(hook: FlowHook): Line[] {
  return [
    // What this host seems to have sent to itself is its own, come back.
    load(4, R2, R7, 2),
    load(4, R4, R7, 8),
    jumpIf(R2, '!=', R4, 'from others'),
    load(2, R2, R7, 0),
    load(2, R4, R7, 6),
    jumpIf(R2, '==', R4, 'up'),
    label('from others'),
    load(1, R2, R7, At.version),
    jumpIf(R2, '!=', ShortestHeader, 'up'),
    load(2, R2, R7, At.fragment),
    compute(R2, '&=', AnyFragment),
    jumpIf(R2, '!=', 0, 'up'),
    load(1, R2, R7, At.ttl),
    jumpIf(R2, '<=', 1, 'up'),
    load(2, R8, R7, At.totalLength),
    fromNetwork16(R8),
    // The verifier wants to hear what is so.
    compute(R8, '&=', 0xffff),
    ...hook.isWhole(),
    // The sum over a right header is all ones.
    load(4, R2, R7, At.version),
    ...[4, 8, 12, 16].flatMap((offset) => [
      load(4, R4, R7, At.version + offset),
      compute(R2, '+=', R4),
    ]),
    ...fold(R2, R4),
    jumpIf(R2, '!=', 0xffff, 'up'),
  ];
}

/** R9: the protocol, which is kept, as is the length of all headers. R3 is still the end of the data. */
function readTransport(): Line[] {
  return [
    load(1, R9, R7, At.protocol),
    jumpIf(R9, '==', Protocol.udp, 'udp'),
    jumpIf(R9, '!=', Protocol.tcp, 'up'),
    compute(R2, '=', R7),
    compute(R2, '+=', ShortestTcp),
    jumpIf(R2, '>', R3, 'up'),
    load(1, R4, R7, At.tcpLength),
    compute(R4, '>>=', 4),
    compute(R4, '<<=', 2),
    jumpIf(R4, '<', tcp.MinimumHeaderLength, 'up'),
    compute(R4, '+=', IpLength),
    jumpIf(R4, '>', R8, 'up'),
    // Only what has nothing to say but that it belongs to the connection.
    load(1, R2, R7, At.tcpFlags),
    compute(R2, '&=', tcp.Flag.fin | tcp.Flag.syn | tcp.Flag.rst | tcp.Flag.ack),
    jumpIf(R2, '!=', tcp.Flag.ack, 'up'),
    jump('read'),
    label('udp'),
    load(2, R4, R7, At.udpLength),
    fromNetwork16(R4),
    jumpIf(R4, '<', udp.HeaderLength, 'up'),
    compute(R4, '+=', IpLength),
    jumpIf(R4, '>', R8, 'up'),
    compute(R4, '=', IpLength + udp.HeaderLength),
    label('read'),
    store(8, R10, Kept.headers, R4),
    store(8, R10, Kept.protocol, R9),
  ];
}

/** R9: the record. */
function findRecord({ mapFd, records, seed }: ProgramParameters): Line[] {
  const { buckets, recordsAt } = shapeOf(records);
  const ways = Array.from({ length: Bucket.ways }, (_, way): readonly Line[] => [
    load(4, R5, R0, way * 4),
    compute(R9, '=', R5),
    compute(R9, '>>=', Way.recordBits),
    jumpIf(R9, '==', R4, 'found'),
  ]);
  return [
    load(4, R1, R7, At.source),
    load(4, R2, R7, At.destination),
    load(4, R3, R7, At.ports),
    compute32(R5, '=', seed),
    compute32(R5, '^=', R1),
    ...mix(),
    compute32(R5, '^=', R2),
    ...mix(),
    compute32(R5, '^=', R3),
    ...mix(),
    compute32(R5, '^=', R9),
    compute32(R5, '*=', Hash.last),
    compute32(R0, '=', R5),
    compute32(R0, '>>=', Hash.lastShift),
    compute32(R5, '^=', R0),
    compute(R4, '=', R5),
    compute(R4, '>>=', Way.recordBits),
    compute(R4, '|=', 1),
    compute(R5, '&=', buckets - 1),
    compute(R5, '*=', Bucket.byteLength),
    ...addressInMap(R0, mapFd, BucketsAt),
    compute(R0, '+=', R5),
    ...ways.flat(),
    jump('up'),
    label('found'),
    compute(R5, '&=', Math.min(records, MostRecords) - 1),
    compute(R5, '*=', Record.byteLength),
    ...addressInMap(R9, mapFd, recordsAt),
    compute(R9, '+=', R5),
    load(8, R4, R10, Kept.protocol),
    load(1, R5, R9, Record.protocol),
    jumpIf(R4, '!=', R5, 'up'),
    ...isSame(R1, Record.source),
    ...isSame(R2, Record.destination),
    ...isSame(R3, Record.ports),
  ];
}

const isSame = (value: Register, field: number): Line[] => [
  load(4, R5, R9, field),
  jumpIf(value, '!=', R5, 'up'),
];

const mix = (): Line[] => [
  compute32(R5, '*=', Hash.multiplier),
  compute32(R0, '=', R5),
  compute32(R0, '>>=', Hash.shift),
  compute32(R5, '^=', R0),
];

/** The last that may keep it from being carried: its length. */
const mayLeave = (hook: FlowHook): Line[] => [
  ...hook.longestPacket(),
  load(2, R1, R9, Record.mtu),
  jumpIf(R2, '>', R1, 'up'),
];

/** Everything but the checksum of the transport. R3 becomes the change of addresses, R8 that of ports. */
function rewrite(): Line[] {
  return [
    ...address(),
    compute(R3, '=', 0),
    ...replace(R3, At.source, Record.newSource),
    ...replace(R3, At.destination, Record.newDestination),
    compute(R8, '=', 0),
    ...replace(R8, At.ports, Record.newPorts),
    ...takeHop(Ip, R3),
  ];
}

/** Gives a word of the frame another value, and adds to a sum what that changes. */
const replace = (sum: Register, at: number, field: number): Line[] => [
  load(4, R1, R7, at),
  compute32(R1, '^=', -1),
  load(4, R2, R9, field),
  store(4, R7, at, R2),
  compute(sum, '+=', R1),
  compute(sum, '+=', R2),
];
