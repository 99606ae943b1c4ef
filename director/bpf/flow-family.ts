import { Record, Wide } from '../core/flow-layout.js';
import * as ethernet from '../wire/ethernet.js';
import { compute, jumpIf, load, R5, R9, type Line, type Register } from './assembler.js';
import type { FlowHook } from './flow-hook.js';

/*
 * What the flow program does differently with IPv4 and with IPv6. Registers as in `flow-hook.ts`; R5 is the hash while that is
 * computed.
 */

/** Offset of the IP header in a frame. */
export const Ip = ethernet.HeaderLength;

/** One of the two, for the parts of the program that are written once. */
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
  /** One hop less, for the header at `ip`; `change` is a sum by which its addresses have changed. */
  takeHop(ip: number, change?: Register): Line[];
  /** Where the header has the hops that are left. */
  readonly hopLimit: number;
  /** R1: the traffic class of the header at `ip`. */
  trafficClass(ip: number): Line[];
  /** What says that there is such a packet: behind Ethernet and GRE, in the order of bytes that it is loaded in, and in IP. */
  readonly etherType: number;
  readonly asProtocol: number;
}

/** Lines for each word of two IPv6 addresses. */
export const eachWord = (lines: (offset: number) => Line[]): Line[] =>
  Array.from({ length: Wide.words }, (_, word) => lines(word * 4)).flat();

/** The IPv6 addresses of the record in R9: behind all records, and of the same length. */
export const wideOf = (to: Register, records: number): Line[] => [
  compute(to, '=', R9),
  compute(to, '+=', records * Record.byteLength),
];

/** What differs goes up. */
export const isSame = (value: Register, record: Register, field: number): Line[] => [
  load(4, R5, record, field),
  jumpIf(value, '!=', R5, 'up'),
];
