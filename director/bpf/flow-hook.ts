import * as ethernet from '../wire/ethernet.js';
import type { Family } from '../wire/flow.js';
import * as ipv4 from '../wire/ipv4.js';
import * as udp from '../wire/udp.js';
import {
  compute,
  compute32,
  jumpIf,
  load,
  R2,
  R3,
  R6,
  R7,
  type Line,
  type Register,
} from './assembler.js';

/*
 * The flow program can run at more than one place of the kernel. What differs between them is in a `FlowHook`; this file also
 * has what the parts of the program have in common. Throughout the program R6 is the context, R7 the frame, R3 its end until
 * the record is looked for, R8 the length of the IP packet, R9 the record of the flow; a jump to `up` leaves the packet to whoever comes next.
 */

/** A place of the kernel where the flow program runs. */
export interface FlowHook {
  /** Fields of the context: where the frame begins and ends. */
  readonly data: number;
  readonly dataEnd: number;
  /** What the program says about packets. */
  readonly verdicts: { readonly carried: number; readonly goesUp: number };
  /** What is seen in the context not to be for the program goes up. */
  admit(): Line[];
  /** What is seen not to be for this host goes up; what may be for one of its virtual MAC addresses goes to that label. */
  accept(virtual: string): Line[];
  /** A frame that is shorter than its packet, or than what the program has to see of it, goes up. */
  isWhole(): Line[];
  /** R2: bytes of the longest IP packet that is to leave. */
  longestPacket(): Line[];
  /** Links pad short frames; the director does not send that on. So much of the frame has been seen. */
  cutPadding(seen: number): Line[];
  /** A super-frame goes up: nobody could wrap its segments. */
  isSingle(): Line[];
  /** Makes room for headers of a family, of so many bytes, behind the frame's header, of which nothing is kept. */
  makeRoom(bytes: number, family: Family): Line[];
  /** Corrects the checksum of TCP or UDP by the changes of addresses, R3, and of ports, R8: sums that are not folded. */
  correctChecksum(): Line[];
  /** The end of the program for what is carried: the device of the record is in R1. */
  leave(): Line[];
  /** The end of the program for what is not carried, with the label `up`. */
  goUp(): Line[];
}

/** The shortest frame with a datagram in IPv4. */
export const ShortestUdp = ethernet.HeaderLength + ipv4.MinimumHeaderLength + udp.HeaderLength;
/** In the order of bytes that they are loaded in. */
export const EtherTypeIpv4 = 0x0008;
export const EtherTypeIpv6 = 0xdd86;

/** `bpf_redirect`. */
export const Redirect = 23;

/** Places on the stack. */
export const Kept = { headers: -8, protocol: -16, now: -24 } as const;

/** R7 and R3, which is the end of what can be read. What is shorter than `least` goes up. */
export const openFrame = (
  { data, dataEnd }: Pick<FlowHook, 'data' | 'dataEnd'>,
  least = ShortestUdp,
): Line[] => [load(4, R7, R6, data), load(4, R3, R6, dataEnd), ...hasAtLeast(least)];

/** What is shorter goes up. */
export const hasAtLeast = (length: number): Line[] => [
  compute(R2, '=', R7),
  compute(R2, '+=', length),
  jumpIf(R2, '>', R3, 'up'),
];

/** Folds a sum of 64 bits, below 2^40, to 16 bits with end-around carry; `spare` is lost. */
export function fold(sum: Register, spare: Register): Line[] {
  const once: Line[] = [
    compute(spare, '=', sum),
    compute(spare, '>>=', 16),
    compute(sum, '&=', 0xffff),
    compute(sum, '+=', spare),
  ];
  return [
    compute(spare, '=', sum),
    compute(spare, '>>=', 32),
    compute32(sum, '=', sum),
    compute(sum, '+=', spare),
    ...once,
    ...once,
    ...once,
  ];
}

/** Numbers as they are loaded from a frame. */
export const asLoaded16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);
export const asLoaded32 = (value: number): number =>
  (asLoaded16(value & 0xffff) << 16) | asLoaded16(value >>> 16);
