import { Buffer } from 'node:buffer';

import type { MacAddress } from '../wire/ethernet.js';
import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';

/** Instructions of classic BPF (linux/bpf_common.h): load a word, half or byte of the frame, jump, return. */
const Load = { word: 0x20, half: 0x28, byte: 0x30, length: 0x80 } as const;
const Jump = { equal: 0x15, above: 0x25, atLeast: 0x35, anyBit: 0x45 } as const;
const Return = 0x06;
/** With the accumulator: keep it, combine it with what was kept or a number, return it. */
const Keep = 0x07;
const Compute = { xorKept: 0xac, times: 0x24, shiftRight: 0x74, modulo: 0x94 } as const;
const ReturnResult = 0x16;

export const InstructionLength = 8;
/** Bytes of an accepted frame that are kept: all. */
const Whole = 0x4_0000;
/** Where the kernel says whether it took a VLAN tag out of the frame (`SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT`). */
const VlanTagPresent = 0xffff_f000 + 48;

/** Offsets in a frame without VLAN tag. */
const Offset = {
  sourceHigh: 6,
  sourceLow: 8,
  type: 12,
  ipv4Destination: 30,
  ipv6NextHeader: 20,
  ipv6Destination: 38,
  ipv6FirstExtension: 54,
} as const;
/** The protocol of the frame, and offsets from the IP header on, where those begin that divide frames. */
const FrameProtocol = 0xffff_f000;
const Behind = {
  ipv4Fragment: 6,
  ipv4Protocol: 9,
  ipv6NextHeader: 6,
  /** The last words of both addresses, and the ports. */
  ipv4: [12, 16, 20],
  ipv6: [20, 36, 40],
} as const;
const ShortestIpv4 = 0x45;
const AnyFragment = 0x3fff;
const { tcp, udp } = ipv4.Protocol;

const FirstMulticast = 224;
const FirstMulticast6 = 0xff;
const FragmentHeader = 44;

/** An instruction, with where it goes on when its comparison is true or false: absent means the next one. */
interface Instruction {
  readonly code: number;
  readonly value: number;
  readonly yes?: string;
  readonly no?: string;
  /** The name that others call it by. */
  readonly label?: string;
}

/**
 * What the data plane wants to see, as a program for the kernel: everything for the link and its hosts, but no multicast
 * except that of neighbour discovery, nothing that this node has sent itself, and nothing of a VLAN. The same as the
 * filter of the portable driver, but for frames of some lengths alone.
 */
export function dataPlaneFilter(
  ownMacs: readonly MacAddress[],
  lengths: ethernet.FrameLengths,
): Buffer {
  const { arp, ipv4: version4, ipv6: version6 } = ethernet.EtherType;
  return assemble([
    { code: Load.length, value: 0 },
    'upTo' in lengths
      ? { code: Jump.above, value: lengths.upTo, no: 'right length' }
      : { code: Jump.above, value: lengths.above, yes: 'right length' },
    { code: Return, value: 0 },
    { code: Load.word, value: VlanTagPresent, label: 'right length' },
    { code: Jump.equal, value: 0, yes: 'mac 0' },
    { code: Return, value: 0 },
    ...ownMacs.flatMap(rejectSource),
    { code: Load.half, value: Offset.type, label: `mac ${ownMacs.length}` },
    { code: Jump.equal, value: arp, yes: 'accept' },
    { code: Jump.equal, value: version6, yes: 'version 6' },
    { code: Jump.equal, value: version4, no: 'reject' },
    { code: Load.byte, value: Offset.ipv4Destination },
    { code: Jump.atLeast, value: FirstMulticast, yes: 'reject', no: 'accept' },
    { code: Load.byte, value: Offset.ipv6Destination, label: 'version 6' },
    { code: Jump.equal, value: FirstMulticast6, no: 'accept' },
    { code: Load.byte, value: Offset.ipv6NextHeader },
    { code: Jump.equal, value: ipv4.Protocol.icmpv6, yes: 'accept' },
    { code: Jump.equal, value: FragmentHeader, no: 'reject' },
    { code: Load.byte, value: Offset.ipv6FirstExtension },
    { code: Jump.equal, value: ipv4.Protocol.icmpv6, yes: 'accept' },
    { code: Return, value: 0, label: 'reject' },
    { code: Return, value: Whole, label: 'accept' },
  ]);
}

/** Leaves out everything. */
export const Nothing = assemble([{ code: Return, value: 0 }]);

/** Gives everything to the first of a group of sockets. */
export const toFirst = Nothing;

/**
 * Divides frames among the first `count` sockets of a group, as a program for the kernel: all of one direction of a flow go to the
 * same one. The first has everything that is no whole packet of TCP or UDP without options.
 */
export function divisionAmong(count: number): Buffer {
  const choose = (
    label: string,
    [source, destination, ports]: readonly [number, number, number],
  ): readonly Instruction[] => [
    { code: Load.word, value: source, label },
    { code: Keep, value: 0 },
    { code: Load.word, value: destination },
    { code: Compute.xorKept, value: 0 },
    { code: Keep, value: 0 },
    { code: Load.word, value: ports },
    { code: Compute.xorKept, value: 0 },
    { code: Compute.times, value: 0x9e37_79b1 },
    { code: Compute.shiftRight, value: 16 },
    { code: Compute.modulo, value: count },
    { code: ReturnResult, value: 0 },
  ];
  return assemble([
    { code: Load.word, value: FrameProtocol },
    { code: Jump.equal, value: ethernet.EtherType.ipv6, yes: 'version 6' },
    { code: Jump.equal, value: ethernet.EtherType.ipv4, no: 'first' },
    { code: Load.byte, value: 0 },
    { code: Jump.equal, value: ShortestIpv4, no: 'first' },
    { code: Load.half, value: Behind.ipv4Fragment },
    { code: Jump.anyBit, value: AnyFragment, yes: 'first' },
    { code: Load.byte, value: Behind.ipv4Protocol },
    { code: Jump.equal, value: tcp, yes: 'ipv4' },
    { code: Jump.equal, value: udp, no: 'first' },
    ...choose('ipv4', Behind.ipv4),
    { code: Load.byte, value: Behind.ipv6NextHeader, label: 'version 6' },
    { code: Jump.equal, value: tcp, yes: 'ipv6' },
    { code: Jump.equal, value: udp, no: 'first' },
    ...choose('ipv6', Behind.ipv6),
    { code: Return, value: 0, label: 'first' },
  ]);
}

/** Leaves out what comes from one MAC address. */
const rejectSource = ({ high, low }: MacAddress, index: number): readonly Instruction[] => [
  { code: Load.word, value: Offset.sourceLow, label: `mac ${index}` },
  { code: Jump.equal, value: low, no: `mac ${index + 1}` },
  { code: Load.half, value: Offset.sourceHigh },
  { code: Jump.equal, value: high, no: `mac ${index + 1}` },
  { code: Return, value: 0 },
];

/** The program as `struct sock_filter` (linux/filter.h): jumps are distances from the next instruction. */
function assemble(program: readonly Instruction[]): Buffer {
  const places = new Map(program.map(({ label }, index) => [label, index]));
  const code = Buffer.alloc(program.length * InstructionLength);
  for (const [index, instruction] of program.entries()) {
    const { yes, no } = instruction;
    const distance = (label: string | undefined): number =>
      label === undefined ? 0 : (places.get(label) ?? index) - index - 1;
    const at = index * InstructionLength;
    code.writeUInt16LE(instruction.code, at);
    code.writeUInt8(distance(yes), at + 2);
    code.writeUInt8(distance(no), at + 3);
    code.writeUInt32LE(instruction.value >>> 0, at + 4);
  }
  return code;
}
