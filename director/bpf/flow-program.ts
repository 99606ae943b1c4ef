import {
  Bucket,
  BucketsAt,
  Hash,
  Head,
  Holdings,
  MostRecords,
  Record,
  shapeOf,
  Way,
} from '../core/flow-layout.js';
import type { MacAddress } from '../wire/ethernet.js';
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
  withOwnLabels,
  type Line,
} from './assembler.js';
import { Ip, isSame, type FlowFamily } from './flow-family.js';
import {
  asLoaded16,
  asLoaded32,
  EtherTypeIpv4,
  EtherTypeIpv6,
  hasAtLeast,
  Kept,
  openFrame,
  type FlowHook,
} from './flow-hook.js';
import { FlowIpv4 } from './flow-ipv4.js';
import { FlowIpv6 } from './flow-ipv6.js';
import { address, count, replace } from './flow-rewriting.js';
import { isWrapped, mayBeWrapped, wrap } from './flow-wrapping.js';

/**
 * Functions of the kernel, `enum bpf_func_id`. Where a program becomes machine code this one is no call but a load. A call, and
 * the way back from it, costs some 8 ns on processors that have to guard returns.
 */
const Helper = { ticks: 118 } as const;

/** The first bytes of the MAC addresses of virtual routers, in the order that they are loaded in (RFC 9568 §7.3). */
const VirtualPrefix = 0x005e_0000;
const EtherTypeAt = ethernet.HeaderLength - 2;
/** Offsets behind the IP header. */
const Field = { ports: 0, udpLength: 4, tcpLength: 12, tcpFlags: 13 } as const;

/** The table that a program reads, see `flow-layout.ts`, and where it runs. */
export interface ProgramParameters {
  readonly mapFd: number;
  readonly records: number;
  readonly seed: number;
  /** The interface where it runs, by its index in the director's list. */
  readonly arrival: number;
  /** What this node sends from there. */
  readonly ownMacs: readonly MacAddress[];
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
    ...hook.accept('virtual'),
    jump('for us'),
    label('virtual'),
    ...isHeld(parameters),
    label('for us'),
    ...isFromOthers(parameters),
    load(2, R2, R7, EtherTypeAt),
    jumpIf(R2, '==', EtherTypeIpv6, 'IPv6'),
    jumpIf(R2, '!=', EtherTypeIpv4, 'up'),
    ...carry(hook, FlowIpv4, parameters),
    label('IPv6'),
    ...carry(hook, FlowIpv6, parameters),
    ...hook.goUp(),
  ];
}

/** The packets of one family. */
function carry(hook: FlowHook, family: FlowFamily, parameters: ProgramParameters): Line[] {
  const { records } = parameters;
  return withOwnLabels(family.name, [
    ...family.readHeader(hook),
    ...readTransport(family),
    ...findRecord(family, parameters),
    ...mayLeave(hook),
    ...mayBeWrapped(hook, family),
    ...hook.cutPadding(Ip + family.headerLength + udp.HeaderLength),
    ...isWrapped('wrap'),
    ...count(),
    ...rewrite(family, records),
    ...hook.correctChecksum(),
    label('leave'),
    load(4, R1, R9, Record.device),
    ...hook.leave(),
    label('wrap'),
    ...wrap(hook, family, records),
  ]);
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

/** What is not for a virtual MAC address that this node holds goes up. R3 stays. */
function isHeld({ mapFd, arrival }: ProgramParameters): Line[] {
  if (arrival >= Holdings.interfaces) return [jump('up')];
  return [
    load(4, R2, R7, 0),
    jumpIf(R2, '!=', VirtualPrefix, 'up'),
    load(1, R2, R7, 4),
    compute(R2, '-=', 1),
    jumpIf(R2, '>', 1, 'up'),
    compute(R2, '*=', Holdings.familyLength),
    load(1, R4, R7, 5),
    compute(R5, '=', R4),
    compute(R5, '>>=', 3),
    compute(R2, '+=', R5),
    ...addressInMap(R1, mapFd, Head.holdings + arrival * Holdings.byteLength),
    compute(R1, '+=', R2),
    load(1, R2, R1, 0),
    compute(R4, '&=', 7),
    compute(R2, '>>=', R4),
    compute(R2, '&=', 1),
    jumpIf(R2, '==', 0, 'up'),
  ];
}

/** What this node has sent itself, and has come back, goes up. R3 stays. */
const isFromOthers = ({ ownMacs }: ProgramParameters): Line[] => [
  load(2, R2, R7, 6),
  load(4, R4, R7, 8),
  ...ownMacs.flatMap(({ high, low }, index) => [
    jumpIf(R2, '!=', asLoaded16(high), `mac ${index}`),
    // A comparison with the value itself would extend it by its sign.
    compute32(R5, '=', asLoaded32(low)),
    jumpIf(R4, '==', R5, 'up'),
    label(`mac ${index}`),
  ]),
];

/** R9: the protocol, which is kept, as is the length of all headers. R3 is still the end of the data. */
function readTransport({ headerLength, protocol }: FlowFamily): Line[] {
  const transport = Ip + headerLength;
  return [
    load(1, R9, R7, Ip + protocol),
    jumpIf(R9, '==', Protocol.udp, 'udp'),
    jumpIf(R9, '!=', Protocol.tcp, 'up'),
    ...hasAtLeast(transport + tcp.MinimumHeaderLength),
    load(1, R4, R7, transport + Field.tcpLength),
    compute(R4, '>>=', 4),
    compute(R4, '<<=', 2),
    jumpIf(R4, '<', tcp.MinimumHeaderLength, 'up'),
    compute(R4, '+=', headerLength),
    jumpIf(R4, '>', R8, 'up'),
    // Only what has nothing to say but that it belongs to the connection.
    load(1, R2, R7, transport + Field.tcpFlags),
    compute(R2, '&=', tcp.Flag.fin | tcp.Flag.syn | tcp.Flag.rst | tcp.Flag.ack),
    jumpIf(R2, '!=', tcp.Flag.ack, 'up'),
    jump('read'),
    label('udp'),
    load(2, R4, R7, transport + Field.udpLength),
    fromNetwork16(R4),
    jumpIf(R4, '<', udp.HeaderLength, 'up'),
    compute(R4, '+=', headerLength),
    jumpIf(R4, '>', R8, 'up'),
    compute(R4, '=', headerLength + udp.HeaderLength),
    label('read'),
    store(8, R10, Kept.headers, R4),
    store(8, R10, Kept.protocol, R9),
  ];
}

/** R9: the record. */
function findRecord(family: FlowFamily, { mapFd, records, seed }: ProgramParameters): Line[] {
  const { buckets, recordsAt } = shapeOf(records);
  const ways = Array.from({ length: Bucket.ways }, (_, way): readonly Line[] => [
    load(4, R5, R0, way * 4),
    compute(R9, '=', R5),
    compute(R9, '>>=', Way.recordBits),
    jumpIf(R9, '==', R4, 'found'),
  ]);
  return [
    load(4, R3, R7, Ip + family.headerLength + Field.ports),
    compute32(R5, '=', seed),
    ...family.hashAddresses(mix),
    compute32(R5, '^=', R3),
    ...mix(),
    ...(family.kindBit === 0 ? [] : [compute(R9, '|=', family.kindBit)]),
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
    ...(family.kindBit === 0 ? [] : [compute(R4, '|=', family.kindBit)]),
    load(1, R5, R9, Record.kind),
    jumpIf(R4, '!=', R5, 'up'),
    ...family.isSamePacket(records),
    ...isSame(R3, R9, Record.ports),
  ];
}

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
function rewrite(family: FlowFamily, records: number): Line[] {
  const ports = Ip + family.headerLength + Field.ports;
  return [
    ...address(),
    ...family.replaceAddresses(records),
    compute(R8, '=', 0),
    ...replace(R8, ports, R9, Record.newPorts),
    ...family.takeHop(Ip, R3),
  ];
}
