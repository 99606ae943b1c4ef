import * as ethernet from '../wire/ethernet.js';
import { Protocol } from '../wire/ipv4.js';
import {
  compute,
  exit,
  jumpIf,
  label,
  load,
  loadFromPacket,
  R0,
  R1,
  R6,
  type Line,
} from './assembler.js';
import { Context, WasTagged } from './traffic-hook.js';

/** Protocols that have a socket of their own. */
export type FilteredProtocol = 'arp' | 'ipv4' | 'ipv6';

const FirstMulticast = 224;
const FirstMulticast6 = 0xff;
/** Offsets in a frame without VLAN tag. */
const At = {
  ipv4Destination: ethernet.HeaderLength + 16,
  ipv6NextHeader: ethernet.HeaderLength + 6,
  ipv6Destination: ethernet.HeaderLength + 24,
  ipv6FirstExtension: ethernet.HeaderLength + 40,
} as const;
const FragmentHeader = 44;
/** Bytes of an accepted frame that are kept: all. */
const Whole = 0x4_0000;

/**
 * What the data plane wants to see of one protocol's packets that the flow program has not carried: as `dataPlaneFilter`, nothing
 * of a VLAN, no multicast but that of neighbour discovery, nothing that this node has sent itself, and of the rest what is of these
 * lengths.
 */
export const protocolFilter = (
  protocol: FilteredProtocol,
  ownMacs: readonly ethernet.MacAddress[],
  lengths: ethernet.FrameLengths,
): Line[] => [
  compute(R6, '=', R1),
  load(4, R0, R6, Context.length),
  'upTo' in lengths
    ? jumpIf(R0, '>', lengths.upTo, 'reject')
    : jumpIf(R0, '<=', lengths.above, 'reject'),
  load(4, R0, R6, Context.trafficIndex),
  jumpIf(R0, '==', WasTagged, 'reject'),
  ...ownMacs.flatMap(({ high, low }, index) => [
    loadFromPacket(2, 6),
    jumpIf(R0, '!=', high, `mac ${index}`),
    loadFromPacket(4, 8),
    // The comparison would extend the value by its sign.
    compute(R1, '=', low >>> 16),
    compute(R1, '<<=', 16),
    compute(R1, '|=', low & 0xffff),
    jumpIf(R0, '==', R1, 'reject'),
    label(`mac ${index}`),
  ]),
  ...WithoutMulticast[protocol],
  label('accept'),
  compute(R0, '=', Whole),
  exit(),
  label('reject'),
  compute(R0, '=', 0),
  exit(),
];

const WithoutMulticast: Readonly<Record<FilteredProtocol, readonly Line[]>> = {
  arp: [],
  ipv4: [loadFromPacket(1, At.ipv4Destination), jumpIf(R0, '>=', FirstMulticast, 'reject')],
  ipv6: [
    loadFromPacket(1, At.ipv6Destination),
    jumpIf(R0, '!=', FirstMulticast6, 'accept'),
    loadFromPacket(1, At.ipv6NextHeader),
    jumpIf(R0, '==', Protocol.icmpv6, 'accept'),
    jumpIf(R0, '!=', FragmentHeader, 'reject'),
    loadFromPacket(1, At.ipv6FirstExtension),
    jumpIf(R0, '!=', Protocol.icmpv6, 'reject'),
  ],
};
