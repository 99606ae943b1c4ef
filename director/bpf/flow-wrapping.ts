import { OverIpv6, Record, Wide, Wrapping } from '../core/flow-layout.js';
import { Family } from '../wire/flow.js';
import * as gre from '../wire/gre.js';
import * as gue from '../wire/gue.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
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
  R4,
  R6,
  R7,
  R8,
  R9,
  store,
  type Line,
} from './assembler.js';
import { eachWord, Ip, wideOf, type FlowFamily } from './flow-family.js';
import { EtherTypeIpv4, EtherTypeIpv6, fold, type FlowHook } from './flow-hook.js';
import { FlowIpv4 } from './flow-ipv4.js';
import { address, count } from './flow-rewriting.js';

/*
 * The part of the flow program for real servers behind a tunnel: the packet leaves in another one, as in `forward/tunnel.ts`. What
 * may be cut on its way over IPv4 goes up, since its outer header needs a number of its own.
 */

/** Offsets in the headers of IPv4 and IPv6. */
const V4 = {
  tos: 1,
  totalLength: 2,
  fragment: 4,
  flags: 6,
  ttl: 8,
  checksum: 10,
  ends: 12,
} as const;
const V6 = { flowLabel: 2, payloadLength: 4, nextHeader: 6, hopLimit: 7, ends: 8 } as const;
/** "Don't fragment", alone and behind a number of zero, in the order of bytes that they are loaded and stored in. */
const DontFragment = 0x0040;
const WholeWithoutNumber = 0x0040_0000;
const ShortestHeader = 0x45;
const Version6 = 0x60;

/** What is put before a packet: the outer header, and what stands between that and the packet. */
interface Outside {
  readonly family: Family;
  readonly headerLength: number;
  readonly etherType: number;
  /** Writes the header, before a shim of so many bytes. */
  header(inside: Inside, shim: number, protocol: number, records: number): Line[];
}

/** A packet of a family whose header has come to stand at `at`. */
interface Inside {
  readonly family: FlowFamily;
  readonly at: number;
}

const OverV4: Outside = {
  family: Family.ipv4,
  headerLength: ipv4.MinimumHeaderLength,
  etherType: EtherTypeIpv4,
  header: ({ family, at }, shim, protocol) => [
    compute(R1, '=', ShortestHeader),
    store(1, R7, Ip, R1),
    ...family.trafficClass(at),
    store(1, R7, Ip + V4.tos, R1),
    ...lengthOf(ipv4.MinimumHeaderLength + shim),
    store(2, R7, Ip + V4.totalLength, R1),
    compute(R1, '=', WholeWithoutNumber),
    store(4, R7, Ip + V4.fragment, R1),
    // With the protocol behind it, and a checksum of zero.
    load(1, R1, R7, at + family.hopLimit),
    compute(R1, '|=', protocol << 8),
    store(4, R7, Ip + V4.ttl, R1),
    load(4, R1, R9, Record.newSource),
    store(4, R7, Ip + V4.ends, R1),
    load(4, R1, R9, Record.newDestination),
    store(4, R7, Ip + V4.ends + 4, R1),
    ...sumHeader(),
  ],
};

const OverV6: Outside = {
  family: Family.ipv6,
  headerLength: ipv6.HeaderLength,
  etherType: EtherTypeIpv6,
  header: ({ family, at }, shim, protocol, records) => [
    ...family.trafficClass(at),
    compute(R2, '=', R1),
    compute(R2, '>>=', 4),
    compute(R2, '|=', Version6),
    store(1, R7, Ip, R2),
    compute(R1, '&=', 0xf),
    compute(R1, '<<=', 4),
    store(1, R7, Ip + 1, R1),
    compute(R1, '=', 0),
    store(2, R7, Ip + V6.flowLabel, R1),
    ...lengthOf(shim),
    store(2, R7, Ip + V6.payloadLength, R1),
    compute(R1, '=', protocol),
    store(1, R7, Ip + V6.nextHeader, R1),
    load(1, R1, R7, at + family.hopLimit),
    store(1, R7, Ip + V6.hopLimit, R1),
    ...wideOf(R4, records),
    ...eachWord((word) => [
      load(4, R1, R4, Wide.newSource + word),
      store(4, R7, Ip + V6.ends + word, R1),
    ]),
  ],
};

interface Shim {
  readonly wrapping: Wrapping;
  /** Its protocol in the outer header; of IPIP that of the packet. */
  readonly protocol?: number;
  readonly length: number;
  /** Writes it at that place, before a packet of a family. */
  write(at: number, inside: FlowFamily): Line[];
}

const Shims: readonly Shim[] = [
  { wrapping: Wrapping.ipip, length: 0, write: () => [] },
  {
    wrapping: Wrapping.gre,
    protocol: ipv4.Protocol.gre,
    length: gre.headerLength(false),
    write: (at, { etherType }) => [
      compute(R1, '=', 0),
      store(2, R7, at, R1),
      compute(R1, '=', etherType),
      store(2, R7, at + 2, R1),
    ],
  },
  {
    wrapping: Wrapping.gue,
    protocol: ipv4.Protocol.udp,
    length: udp.HeaderLength + gue.HeaderLength,
    write: (at, { asProtocol }) => [
      load(4, R1, R9, Record.newPorts),
      store(4, R7, at, R1),
      // The length, and no checksum.
      ...lengthOf(udp.HeaderLength + gue.HeaderLength),
      store(4, R7, at + 4, R1),
      compute(R1, '=', asProtocol << 8),
      store(4, R7, at + udp.HeaderLength, R1),
    ],
  },
];
const MostTunnels = OverIpv6 + Shims.length;

/** R1: bytes of the packet, and so many more, as they stand in a header. */
const lengthOf = (more: number): Line[] => [
  compute(R1, '=', R8),
  compute(R1, '+=', more),
  fromNetwork16(R1),
];

/** Goes on there with what is to be wrapped. */
export const isWrapped = (target: string): Line[] => [
  ...readWrapping(),
  jumpIf(R2, '<', MostTunnels, target),
];

/** R2: which tunnel, from 0 on; more than there are when there is none. */
const readWrapping = (): Line[] => [load(1, R2, R9, Record.change), compute(R2, '-=', 1)];

/** What is to be wrapped, and cannot be, goes up. */
export const mayBeWrapped = (hook: FlowHook, inside: FlowFamily): Line[] => [
  ...readWrapping(),
  jumpIf(R2, '>=', MostTunnels, 'may leave'),
  ...hook.isSingle(),
  jumpIf(R2, '>=', OverIpv6, 'may leave'),
  ...(inside === FlowIpv4
    ? [load(2, R1, R7, Ip + V4.flags), compute(R1, '&=', DontFragment), jumpIf(R1, '==', 0, 'up')]
    : [jump('up')]),
  label('may leave'),
];

/** Wraps the packet; then it leaves. R2 says how, see `isWrapped`. */
export function wrap(hook: FlowHook, inside: FlowFamily, records: number): Line[] {
  const ways = (inside === FlowIpv4 ? [OverV4, OverV6] : [OverV6]).flatMap((outside) =>
    Shims.map((shim) => ({
      outside,
      shim,
      number: shim.wrapping + (outside === OverV6 ? OverIpv6 : 0) - 1,
    })),
  );
  return [
    ...readWrapping(),
    ...ways.map(({ number }) => jumpIf(R2, '==', number, `wrap ${number}`)),
    jump('up'),
    ...ways.flatMap(({ outside, shim, number }) => [
      label(`wrap ${number}`),
      ...hook.makeRoom(outside.headerLength + shim.length, outside.family),
      ...wrapInto(hook, inside, { outside, shim }, records),
      jump('leave'),
    ]),
  ];
}

function wrapInto(
  hook: FlowHook,
  family: FlowFamily,
  { outside, shim }: { readonly outside: Outside; readonly shim: Shim },
  records: number,
): Line[] {
  const behind = Ip + outside.headerLength;
  const at = behind + shim.length;
  const { protocol = family.asProtocol } = shim;
  return [
    load(4, R7, R6, hook.data),
    load(4, R3, R6, hook.dataEnd),
    compute(R2, '=', R7),
    compute(R2, '+=', at + family.headerLength + udp.HeaderLength),
    // It is never so: for the verifier.
    jumpIf(R2, '>', R3, 'up'),
    ...count(),
    ...address(),
    compute(R1, '=', outside.etherType),
    store(2, R7, Ip - 2, R1),
    ...family.takeHop(at),
    ...outside.header({ family, at }, shim.length, protocol, records),
    ...shim.write(behind, family),
  ];
}

/** The checksum of the outer header. */
const sumHeader = (): Line[] => [
  load(4, R1, R7, Ip),
  ...[4, 8, 12, 16].flatMap((offset) => [load(4, R2, R7, Ip + offset), compute(R1, '+=', R2)]),
  ...fold(R1, R2),
  compute(R1, '^=', 0xffff),
  store(2, R7, Ip + V4.checksum, R1),
];
