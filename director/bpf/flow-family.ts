import * as ethernet from '../wire/ethernet.js';
import { jumpIf, load, R5, type Line, type Register } from './assembler.js';
import type { FlowHook } from './flow-hook.js';

/*
 * What the flow program does differently with IPv4 and with IPv6. Registers as in `flow-hook.ts`; R5 is the hash while that is
 * computed.
 */

/** Offset of the IP header in a frame. */
export const Ip = ethernet.HeaderLength;

export interface FlowFamily {
  readonly name: string;
  /** Bytes of the IP header without options, or headers behind it: with them a packet goes up. */
  readonly headerLength: number;
  /** Where that header has the protocol. */
  readonly protocol: number;
  /** In the kind of a record, see `kindOf`. */
  readonly kindBit: number;
  /** Bytes that `openFrame` has not looked for, if this family needs more; damaged and unusual headers go up. R8 from here on. */
  readHeader(hook: FlowHook): Line[];
  /** Puts both addresses into the hash. R0 is lost; R1 and R2 are for `isSamePacket`. */
  hashAddresses(mix: () => Line[]): Line[];
  /** What has other addresses than the record goes up. R3 stays. */
  isSamePacket(records: number): Line[];
  /** Writes the new addresses; R3 becomes the sum by which they change. */
  replaceAddresses(records: number): Line[];
  /** One hop less. R3 stays, which says how the addresses have changed. */
  takeHop(): Line[];
}

/** What differs goes up. */
export const isSame = (value: Register, record: Register, field: number): Line[] => [
  load(4, R5, record, field),
  jumpIf(value, '!=', R5, 'up'),
];
