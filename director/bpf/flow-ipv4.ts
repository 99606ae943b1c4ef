import { Record } from '../core/flow-layout.js';
import * as ipv4 from '../wire/ipv4.js';
import {
  compute,
  fromNetwork16,
  jumpIf,
  load,
  R1,
  R2,
  R3,
  R4,
  R5,
  R7,
  R8,
  R9,
  type Line,
} from './assembler.js';
import { Ip, isSame, type FlowFamily } from './flow-family.js';
import { EtherTypeIpv4, fold } from './flow-hook.js';
import { replace, takeHop } from './flow-rewriting.js';

const At = {
  version: Ip,
  totalLength: Ip + 2,
  fragment: Ip + 6,
  ttl: Ip + 8,
  source: Ip + 12,
  destination: Ip + 16,
} as const;
/** In the order of bytes that it is loaded in. */
const AnyFragment = 0xff3f;
const ShortestHeader = 0x45;

/** IPv4 without options and fragments. */
export const FlowIpv4: FlowFamily = {
  name: 'IPv4',
  headerLength: ipv4.MinimumHeaderLength,
  protocol: 9,
  kindBit: 0,

  readHeader: (hook) => [
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
    ...isSumRight(),
  ],

  hashAddresses: (mix) => [
    load(4, R1, R7, At.source),
    load(4, R2, R7, At.destination),
    compute(R5, '^=', R1),
    ...mix(),
    compute(R5, '^=', R2),
    ...mix(),
  ],

  isSamePacket: () => [...isSame(R1, R9, Record.source), ...isSame(R2, R9, Record.destination)],

  replaceAddresses: () => [
    compute(R3, '=', 0),
    ...replace(R3, At.source, R9, Record.newSource),
    ...replace(R3, At.destination, R9, Record.newDestination),
  ],

  takeHop,
  hopLimit: 8,
  trafficClass: (ip) => [load(1, R1, R7, ip + 1)],
  etherType: EtherTypeIpv4,
  asProtocol: ipv4.Protocol.ipip,
};

/** The sum over a right header is all ones. */
const isSumRight = (): Line[] => [
  load(4, R2, R7, At.version),
  ...[4, 8, 12, 16].flatMap((offset) => [
    load(4, R4, R7, At.version + offset),
    compute(R2, '+=', R4),
  ]),
  ...fold(R2, R4),
  jumpIf(R2, '!=', 0xffff, 'up'),
];
