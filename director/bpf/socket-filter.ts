import * as ethernet from '../wire/ethernet.js';
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

const FirstMulticast = 224;
const Destination = ethernet.HeaderLength + 16;
/** Bytes of an accepted frame that are kept: all. */
const Whole = 0x4_0000;

/**
 * What the data plane wants to see of the IPv4 packets that the flow program has not carried: as `dataPlaneFilter`, nothing
 * of a VLAN, no multicast, and nothing that this node has sent itself.
 */
export const ipv4Filter = (ownMacs: readonly ethernet.MacAddress[]): Line[] => [
  compute(R6, '=', R1),
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
  loadFromPacket(1, Destination),
  jumpIf(R0, '>=', FirstMulticast, 'reject'),
  compute(R0, '=', Whole),
  exit(),
  label('reject'),
  compute(R0, '=', 0),
  exit(),
];
