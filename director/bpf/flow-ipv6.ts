import { Ipv6Bit, Wide } from '../core/flow-layout.js';
import { Protocol } from '../wire/ipv4.js';
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
  store,
} from './assembler.js';
import { eachWord, Ip, isSame, wideOf, type FlowFamily } from './flow-family.js';
import { EtherTypeIpv6, hasAtLeast } from './flow-hook.js';
import { replace } from './flow-rewriting.js';

/** Both addresses, one behind the other, are as many words as in a record. */
const At = { version: Ip, payloadLength: Ip + 4, addresses: Ip + 8 } as const;
const HopLimit = 7;
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
    load(1, R2, R7, Ip + HopLimit),
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

  takeHop: (ip) => [
    load(1, R1, R7, ip + HopLimit),
    compute(R1, '-=', 1),
    store(1, R7, ip + HopLimit, R1),
  ],
  hopLimit: HopLimit,
  trafficClass: (ip) => [
    load(2, R1, R7, ip),
    fromNetwork16(R1),
    compute(R1, '>>=', 4),
    compute(R1, '&=', 0xff),
  ],
  etherType: EtherTypeIpv6,
  asProtocol: Protocol.ipv6,
};
