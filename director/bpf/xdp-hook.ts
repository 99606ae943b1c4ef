import { Record } from '../core/flow-layout.js';
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
  type Line,
} from './assembler.js';
import {
  asLoaded16,
  asLoaded32,
  fold,
  Kept,
  openFrame,
  Redirect,
  type FlowHook,
} from './flow-hook.js';

/** Fields of the context, `struct xdp_md` of linux/bpf.h. */
const Context = { data: 0, dataEnd: 4 } as const;
/** Functions of the kernel, `enum bpf_func_id`. */
const Helper = { adjustHead: 44, adjustTail: 65, bufferLength: 188 } as const;
const Verdict = { pass: 2, redirect: 4 } as const;
/** No driver takes a frame of this length, or a shorter one, in several pieces. */
const LongestOrdinary = ethernet.HeaderLength + 1_500;

/**
 * The driver of an interface (native XDP), before the kernel has made a packet of a frame: nobody says whom it is for, and
 * checksums are taken as finished. What is not in one piece goes up. `mac` is the interface's address.
 */
export const xdpHook = (mac: MacAddress): FlowHook => ({
  data: Context.data,
  dataEnd: Context.dataEnd,
  verdicts: { carried: Verdict.redirect, goesUp: Verdict.pass },

  admit: () => [],

  accept: (virtual) => [
    load(2, R2, R7, 0),
    jumpIf(R2, '!=', asLoaded16(mac.high), virtual),
    load(4, R2, R7, 2),
    // A comparison with the value itself would extend it by its sign.
    compute32(R4, '=', asLoaded32(mac.low)),
    jumpIf(R2, '!=', R4, virtual),
  ],

  isWhole: () => [...packetEnd(), jumpIf(R2, '>', R3, 'up')],

  longestPacket: () => [compute(R2, '=', R8)],

  /** What comes after the first piece is asked for only where there can be such. */
  cutPadding: (seen) => [
    load(4, R3, R6, Context.dataEnd),
    compute(R2, '=', R7),
    compute(R2, '+=', LongestOrdinary),
    jumpIf(R3, '>', R2, 'measure'),
    ...packetEnd(),
    jumpIf(R2, '>=', R3, 'cut'),
    label('measure'),
    compute(R1, '=', R6),
    call(Helper.bufferLength),
    compute(R2, '=', R8),
    compute(R2, '+=', ethernet.HeaderLength),
    compute(R2, '-=', R0),
    compute(R1, '=', R6),
    call(Helper.adjustTail),
    jumpIf(R0, '!=', 0, 'up'),
    ...openFrame(Context, seen),
    label('cut'),
  ],

  isSingle: () => [],

  makeRoom: (bytes) => [
    compute(R1, '=', R6),
    compute(R2, '=', -bytes),
    call(Helper.adjustHead),
    jumpIf(R0, '!=', 0, 'up'),
  ],

  /** RFC 1624, equation 3. A datagram without a checksum stays one, and no other becomes one. */
  correctChecksum: () => [
    load(1, R2, R9, Record.change),
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

/** R2: where the packet ends in the frame. */
const packetEnd = (): Line[] => [
  compute(R2, '=', R7),
  compute(R2, '+=', R8),
  compute(R2, '+=', ethernet.HeaderLength),
];
