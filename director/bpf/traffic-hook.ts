import { Record } from '../core/flow-layout.js';
import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import { Protocol } from '../wire/ipv4.js';
import {
  call,
  compute,
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
  R5,
  R6,
  R7,
  R8,
  R9,
  store,
  type Line,
} from './assembler.js';
import { fold, Kept, openFrame, Redirect, type FlowHook } from './flow-hook.js';

/** Fields of the context, `struct __sk_buff` of linux/bpf.h. */
export const Context = {
  length: 0,
  packetType: 4,
  hasVlanTag: 20,
  trafficIndex: 44,
  data: 76,
  dataEnd: 80,
  segmentSize: 176,
} as const;

/** Functions of the kernel, `enum bpf_func_id`. */
const Helper = {
  replaceChecksum: 11,
  changeType: 32,
  changeTail: 38,
  adjustRoom: 50,
  redirectPeer: 155,
} as const;
/** Room behind the header of the link (`BPF_ADJ_ROOM_MAC`), for another header of a family (`BPF_F_ADJ_ROOM_ENCAP_L3_IPV4`, 6). */
const BehindEthernet = 1;
const RoomFor = { [Family.ipv4]: 2, [Family.ipv6]: 4 } as const;
/** The change is one of addresses; and zero means "no checksum". */
const ChecksumFlag = { pseudoHeader: 0x10, zeroIsNone: 0x20 } as const;

/** Whoever comes next may have the packet (`TCX_NEXT`). */
const GoesUp = -1;
/** What the program leaves in `trafficIndex` of a frame whose VLAN tag nobody sees any more further up. */
export const WasTagged = 0xba70;

/** `PACKET_HOST`, and `PACKET_OTHERHOST`: for another MAC address than that of the interface. */
const PacketType = { toThisHost: 0, toAnother: 3 } as const;
/** See `ToFarEnd`. */
const FarEndBit = 31;

/** Ingress of traffic control (TCX): the kernel knows what a frame is, and what is left to be done to it. */
export const TrafficHook: FlowHook = {
  data: Context.data,
  dataEnd: Context.dataEnd,
  verdicts: { carried: 7, goesUp: GoesUp },

  admit: () => [load(4, R2, R6, Context.hasVlanTag), jumpIf(R2, '!=', 0, 'tagged')],

  accept: (virtual) => [
    load(4, R2, R6, Context.packetType),
    jumpIf(R2, '==', PacketType.toAnother, virtual),
    jumpIf(R2, '!=', PacketType.toThisHost, 'up'),
  ],

  isWhole: () => [...packetLength(), jumpIf(R2, '<', R8, 'up')],

  /** Of a super-frame each segment leaves on its own. */
  longestPacket: () => [
    compute(R2, '=', R8),
    load(4, R1, R6, Context.segmentSize),
    jumpIf(R1, '==', 0, 'single'),
    load(8, R2, R10, Kept.headers),
    compute(R2, '+=', R1),
    label('single'),
  ],

  cutPadding: (seen) => [
    ...packetLength(),
    jumpIf(R2, '==', R8, 'cut'),
    compute(R1, '=', R6),
    compute(R2, '=', R8),
    compute(R2, '+=', ethernet.HeaderLength),
    compute(R3, '=', 0),
    call(Helper.changeTail),
    jumpIf(R0, '!=', 0, 'up'),
    ...openFrame(Context, seen),
    label('cut'),
  ],

  isSingle: () => [load(4, R1, R6, Context.segmentSize), jumpIf(R1, '!=', 0, 'up')],

  makeRoom: (bytes, family) => [
    compute(R1, '=', R6),
    compute(R2, '=', bytes),
    compute(R3, '=', BehindEthernet),
    compute(R4, '=', RoomFor[family]),
    call(Helper.adjustRoom),
    jumpIf(R0, '!=', 0, 'up'),
  ],

  /**
   * The kernel knows whether the checksum is finished. Of one that is not only the addresses are a part as yet. The frame
   * must not be touched afterwards.
   */
  correctChecksum: () => [
    compute(R7, '=', R3),
    load(1, R2, R9, Record.change),
    jumpIf(R2, '==', 0, 'whole'),
    ...fold(R7, R1),
    ...fold(R8, R1),
    compute(R5, '=', ChecksumFlag.pseudoHeader),
    load(8, R1, R10, Kept.protocol),
    jumpIf(R1, '!=', Protocol.udp, 'addresses'),
    compute(R5, '|=', ChecksumFlag.zeroIsNone),
    label('addresses'),
    store(8, R10, Kept.headers, R5),
    compute(R1, '=', R6),
    compute(R3, '=', 0),
    compute(R4, '=', R7),
    call(Helper.replaceChecksum),
    // No change is a sum of all ones.
    jumpIf(R8, '==', 0xffff, 'whole'),
    load(1, R2, R9, Record.change),
    load(8, R5, R10, Kept.headers),
    compute(R5, '&=', ChecksumFlag.zeroIsNone),
    compute(R1, '=', R6),
    compute(R3, '=', 0),
    compute(R4, '=', R8),
    call(Helper.replaceChecksum),
    label('whole'),
  ],

  leave: () => [
    load(4, R2, R6, Context.packetType),
    jumpIf(R2, '==', PacketType.toThisHost, 'typed'),
    // The host at the far end would not take it.
    compute(R7, '=', R1),
    compute(R1, '=', R6),
    compute(R2, '=', PacketType.toThisHost),
    call(Helper.changeType),
    compute(R1, '=', R7),
    label('typed'),
    compute(R2, '=', 0),
    compute(R3, '=', R1),
    compute(R3, '>>=', FarEndBit),
    jumpIf(R3, '!=', 0, 'far end'),
    call(Redirect),
    exit(),
    label('far end'),
    compute(R1, '&=', 0x7fff_ffff),
    call(Helper.redirectPeer),
    exit(),
  ],

  goUp: () => [
    label('tagged'),
    compute(R2, '=', WasTagged),
    store(4, R6, Context.trafficIndex, R2),
    label('up'),
    compute(R0, '=', GoesUp),
    exit(),
  ],
};

/** R2: bytes of the frame behind its header. */
const packetLength = (): Line[] => [
  load(4, R2, R6, Context.length),
  compute(R2, '-=', ethernet.HeaderLength),
];
