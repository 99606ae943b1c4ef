import { Ipv6Bit, Record, Wide } from '../core/flow-layout.js';
import * as ipv6 from '../wire/ipv6.js';
import * as udp from '../wire/udp.js';
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
  store,
  type Line,
  type Register,
} from './assembler.js';
import { Ip, isSame, type FlowFamily } from './flow-family.js';
import { hasAtLeast } from './flow-hook.js';
import { replace } from './flow-rewriting.js';

/** Both addresses, one behind the other, are as many words as in a record. */
const At = { version: Ip, payloadLength: Ip + 4, hopLimit: Ip + 7, addresses: Ip + 8 } as const;
const Version = 6;

/** IPv6 without headers between that of IP and that of the transport. */
export const FlowIpv6: FlowFamily = {
  name: 'IPv6',
  headerLength: ipv6.HeaderLength,
  protocol: 6,
  kindBit: Ipv6Bit,

  readHeader: (hook) => [
    ...hasAtLeast(Ip + ipv6.HeaderLength + udp.HeaderLength),
    load(1, R2, R7, At.version),
    compute(R2, '>>=', 4),
    jumpIf(R2, '!=', Version, 'up'),
    load(1, R2, R7, At.hopLimit),
    jumpIf(R2, '<=', 1, 'up'),
    load(2, R8, R7, At.payloadLength),
    fromNetwork16(R8),
    // The verifier wants to hear what is so.
    compute(R8, '&=', 0xffff),
    compute(R8, '+=', ipv6.HeaderLength),
    ...hook.isWhole(),
  ],

  hashAddresses: (mix) =>
    eachWord((word) => [load(4, R1, R7, At.addresses + word), compute(R5, '^=', R1), ...mix()]),

  isSamePacket: (records) => [
    ...wideOf(R2, records),
    ...eachWord((word) => [
      load(4, R1, R7, At.addresses + word),
      ...isSame(R1, R2, Wide.source + word),
    ]),
  ],

  replaceAddresses: (records) => [
    ...wideOf(R4, records),
    compute(R3, '=', 0),
    ...eachWord((word) => replace(R3, At.addresses + word, R4, Wide.newSource + word)),
  ],

  takeHop: () => [
    load(1, R1, R7, At.hopLimit),
    compute(R1, '-=', 1),
    store(1, R7, At.hopLimit, R1),
  ],
};

const eachWord = (lines: (offset: number) => Line[]): Line[] =>
  Array.from({ length: Wide.words }, (_, word) => lines(word * 4)).flat();

/** The addresses of the record in R9: behind all records, and of the same length. */
const wideOf = (to: Register, records: number): Line[] => [
  compute(to, '=', R9),
  compute(to, '+=', records * Record.byteLength),
];
