import { Record } from '../core/flow-table.js';
import type { MacAddress } from '../wire/ethernet.js';
import * as ethernet from '../wire/ethernet.js';
import { Protocol } from '../wire/ipv4.js';
import {
  call,
  compute,
  compute32,
  exit,
  jumpIf,
  label,
  load,
  R0,
  R1,
  R10,
  R2,
  R3,
  R4,
  R6,
  R7,
  R8,
  R9,
  store,
} from './assembler.js';
import { EtherTypeIpv4, fold, hasShortest, Kept, Redirect, type FlowHook } from './flow-hook.js';

/** Fields of the context, `struct xdp_md` of linux/bpf.h. */
const Context = { data: 0, dataEnd: 4 } as const;
/** Functions of the kernel, `enum bpf_func_id`. */
const Helper = { adjustTail: 65, bufferLength: 188 } as const;
const Verdict = { pass: 2, redirect: 4 } as const;

/**
 * The driver of an interface (native XDP), before the kernel has made a packet of a frame: nobody says whom it is for, and
 * checksums are taken as finished. What is not in one piece goes up. `mac` is the interface's address.
 */
export const xdpHook = (mac: MacAddress): FlowHook => ({
  data: Context.data,
  dataEnd: Context.dataEnd,
  verdicts: { carried: Verdict.redirect, goesUp: Verdict.pass },

  accept: () => [
    compute(R1, '=', R6),
    call(Helper.bufferLength),
    store(8, R10, Kept.length, R0),
    load(4, R7, R6, Context.data),
    load(4, R3, R6, Context.dataEnd),
    ...hasShortest(),
    load(2, R2, R7, ethernet.HeaderLength - 2),
    jumpIf(R2, '!=', EtherTypeIpv4, 'up'),
    load(2, R2, R7, 0),
    jumpIf(R2, '!=', swap16(mac.high), 'up'),
    load(4, R2, R7, 2),
    // A comparison with the value itself would extend it by its sign.
    compute32(R4, '=', swap32(mac.low)),
    jumpIf(R2, '!=', R4, 'up'),
  ],

  frameLength: () => [load(8, R2, R10, Kept.length)],

  longestPacket: () => [
    compute(R2, '=', R8),
    // The verifier wants to hear what is so.
    compute(R2, '&=', 0xffff),
    load(4, R3, R6, Context.dataEnd),
    compute(R4, '=', R7),
    compute(R4, '+=', R2),
    compute(R4, '+=', ethernet.HeaderLength),
    jumpIf(R4, '>', R3, 'up'),
  ],

  cut: () => [load(8, R3, R10, Kept.length), compute(R2, '-=', R3), call(Helper.adjustTail)],

  /** RFC 1624, equation 3. A datagram without a checksum stays one, and no other becomes one. */
  correctChecksum: () => [
    load(1, R2, R9, Record.checksumAt),
    jumpIf(R2, '==', 0, 'whole'),
    compute(R3, '+=', R8),
    load(4, R1, R6, Context.dataEnd),
    compute(R7, '+=', R2),
    compute(R2, '=', R7),
    compute(R2, '+=', 2),
    // It is never so: for the verifier.
    jumpIf(R2, '>', R1, 'whole'),
    load(2, R1, R7, 0),
    load(8, R4, R10, Kept.protocol),
    jumpIf(R4, '!=', Protocol.udp, 'sum'),
    jumpIf(R1, '==', 0, 'whole'),
    label('sum'),
    compute(R1, '^=', 0xffff),
    compute(R1, '+=', R3),
    ...fold(R1, R2),
    compute(R1, '^=', 0xffff),
    jumpIf(R1, '!=', 0, 'written'),
    jumpIf(R4, '!=', Protocol.udp, 'written'),
    compute(R1, '=', 0xffff),
    label('written'),
    store(2, R7, 0, R1),
    label('whole'),
  ],

  leave: () => [compute(R2, '=', 0), call(Redirect), exit()],

  goUp: () => [label('up'), compute(R0, '=', Verdict.pass), exit()],
});

/** As a number that is loaded from the frame. */
const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);
const swap32 = (value: number): number => (swap16(value & 0xffff) << 16) | swap16(value >>> 16);
