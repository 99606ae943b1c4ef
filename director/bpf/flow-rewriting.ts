import { Record } from '../core/flow-layout.js';
import {
  atomicAdd,
  compute,
  compute32,
  load,
  R1,
  R10,
  R2,
  R7,
  R8,
  R9,
  store,
  type Line,
  type Register,
} from './assembler.js';
import { fold, Kept } from './flow-hook.js';

/*
 * What the flow program does to each packet that it carries. R7 is the frame, R8 the length of the IP packet, R9 the record.
 */

/** Offsets in an IPv4 header. */
const Field = { ttl: 8, checksum: 10 } as const;

/** Counts and dates the packet. */
export const count = (): Line[] => [
  load(8, R1, R10, Kept.now),
  store(4, R9, Record.lastUsed, R1),
  compute(R1, '=', 1),
  atomicAdd(R9, Record.packets, R1),
  atomicAdd(R9, Record.bytes, R8),
];

/** Writes the MAC addresses. */
export const address = (): Line[] => [
  load(8, R1, R9, Record.macs),
  store(8, R7, 0, R1),
  load(4, R1, R9, Record.macs + 8),
  store(4, R7, 8, R1),
];

/** One hop less, which is the lower byte of its word, for the IPv4 header at `ip`; `change` is a sum by which its addresses have changed. */
export const takeHop = (ip: number, change?: Register): Line[] => [
  load(1, R1, R7, ip + Field.ttl),
  compute(R1, '-=', 1),
  store(1, R7, ip + Field.ttl, R1),
  load(2, R1, R7, ip + Field.checksum),
  compute(R1, '^=', 0xffff),
  compute(R1, '+=', 0xfffe),
  ...(change === undefined ? [] : [compute(R1, '+=', change)]),
  ...fold(R1, R2),
  compute(R1, '^=', 0xffff),
  store(2, R7, ip + Field.checksum, R1),
];

/** Gives a word of the frame the value of a record's field, and adds to a sum what that changes. */
export const replace = (sum: Register, at: number, record: Register, field: number): Line[] => [
  load(4, R1, R7, at),
  compute32(R1, '^=', -1),
  load(4, R2, record, field),
  store(4, R7, at, R2),
  compute(sum, '+=', R1),
  compute(sum, '+=', R2),
];
