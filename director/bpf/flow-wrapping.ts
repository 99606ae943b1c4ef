import { Record, Wrapping } from '../core/flow-layout.js';
import * as ethernet from '../wire/ethernet.js';
import * as gre from '../wire/gre.js';
import * as gue from '../wire/gue.js';
import { MinimumHeaderLength as IpLength, Protocol } from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import {
  compute,
  fromNetwork16,
  jump,
  jumpIf,
  label,
  load,
  R1,
  R2,
  R3,
  R6,
  R7,
  R8,
  R9,
  store,
  type Line,
} from './assembler.js';
import { EtherTypeIpv4, fold, ShortestUdp, type FlowHook } from './flow-hook.js';
import { address, count, takeHop } from './flow-rewriting.js';

/*
 * The part of the flow program for real servers behind a tunnel: the packet leaves in another one. As in `forward/tunnel.ts`; what
 * may be cut on its way goes up, since its outer header needs a number of its own.
 */

/** Offsets in a frame, and in an IPv4 header. */
const Ip = ethernet.HeaderLength;
const Shim = Ip + IpLength;
const Field = { tos: 1, totalLength: 2, fragment: 4, flags: 6, ttl: 8, checksum: 10 } as const;
const Ends = { source: 12, destination: 16 } as const;
/** "Don't fragment", alone and behind a number of zero, in the order of bytes that they are loaded and stored in. */
const DontFragment = 0x0040;
const WholeWithoutNumber = 0x0040_0000;
const ShortestHeader = 0x45;

interface Tunnel {
  readonly protocol: number;
  /** Bytes between the two IP headers. */
  readonly length: number;
  /** Writes them. */
  readonly shim: readonly Line[];
}

const Tunnels: Readonly<Record<Exclude<Wrapping, 0>, Tunnel>> = {
  [Wrapping.ipip]: { protocol: Protocol.ipip, length: 0, shim: [] },
  [Wrapping.gre]: {
    protocol: Protocol.gre,
    length: gre.headerLength(false),
    shim: [compute(R1, '=', EtherTypeIpv4 << 16), store(4, R7, Shim, R1)],
  },
  [Wrapping.gue]: {
    protocol: Protocol.udp,
    length: udp.HeaderLength + gue.HeaderLength,
    shim: [
      load(4, R1, R9, Record.newPorts),
      store(4, R7, Shim, R1),
      // The length, and no checksum.
      compute(R1, '=', R8),
      compute(R1, '+=', udp.HeaderLength + gue.HeaderLength),
      fromNetwork16(R1),
      store(4, R7, Shim + 4, R1),
      compute(R1, '=', Protocol.ipip << 8),
      store(4, R7, Shim + udp.HeaderLength, R1),
    ],
  },
};
const MostTunnels = Object.keys(Tunnels).length;

/** Goes on there with what is to be wrapped. */
export const isWrapped = (target: string): Line[] => [
  ...readWrapping(),
  jumpIf(R2, '<', MostTunnels, target),
];

/** R2: which tunnel, from 0 on; more than there are when there is none. */
const readWrapping = (): Line[] => [load(1, R2, R9, Record.change), compute(R2, '-=', 1)];

/** What is to be wrapped, and cannot be, goes up. */
export const mayBeWrapped = (hook: FlowHook): Line[] => [
  ...readWrapping(),
  jumpIf(R2, '>=', MostTunnels, 'may leave'),
  ...hook.isSingle(),
  load(2, R1, R7, Ip + Field.flags),
  compute(R1, '&=', DontFragment),
  jumpIf(R1, '==', 0, 'up'),
  label('may leave'),
];

/** Wraps the packet; then it leaves. */
export const wrap = (hook: FlowHook): Line[] => [
  ...readWrapping(),
  ...Object.keys(Tunnels).map((wrapping) =>
    jumpIf(R2, '==', Number(wrapping) - 1, `wrap ${wrapping}`),
  ),
  jump('up'),
  ...Object.entries(Tunnels).flatMap(([wrapping, tunnel]) => [
    label(`wrap ${wrapping}`),
    ...hook.makeRoom(IpLength + tunnel.length),
    ...wrapInto(hook, tunnel),
    jump('leave'),
  ]),
];

function wrapInto(hook: FlowHook, { protocol, length, shim }: Tunnel): Line[] {
  const inside = Shim + length;
  return [
    load(4, R7, R6, hook.data),
    load(4, R3, R6, hook.dataEnd),
    compute(R2, '=', R7),
    compute(R2, '+=', IpLength + length + ShortestUdp),
    // It is never so: for the verifier.
    jumpIf(R2, '>', R3, 'up'),
    ...count(),
    ...address(),
    compute(R1, '=', EtherTypeIpv4),
    store(2, R7, Ip - 2, R1),
    ...takeHop(inside),
    compute(R1, '=', ShortestHeader),
    store(1, R7, Ip, R1),
    load(1, R1, R7, inside + Field.tos),
    store(1, R7, Ip + Field.tos, R1),
    compute(R1, '=', R8),
    compute(R1, '+=', IpLength + length),
    fromNetwork16(R1),
    store(2, R7, Ip + Field.totalLength, R1),
    compute(R1, '=', WholeWithoutNumber),
    store(4, R7, Ip + Field.fragment, R1),
    // With the protocol behind it, and a checksum of zero.
    load(1, R1, R7, inside + Field.ttl),
    compute(R1, '|=', protocol << 8),
    store(4, R7, Ip + Field.ttl, R1),
    load(4, R1, R9, Record.newSource),
    store(4, R7, Ip + Ends.source, R1),
    load(4, R1, R9, Record.newDestination),
    store(4, R7, Ip + Ends.destination, R1),
    ...sumHeader(),
    ...shim,
  ];
}

/** The checksum of the outer header. */
const sumHeader = (): Line[] => [
  load(4, R1, R7, Ip),
  ...[4, 8, 12, 16].flatMap((offset) => [load(4, R2, R7, Ip + offset), compute(R1, '+=', R2)]),
  ...fold(R1, R2),
  compute(R1, '^=', 0xffff),
  store(2, R7, Ip + Field.checksum, R1),
];
