import type { Prng } from '../../director/base/prng.js';
import { Headroom, Packet, SegmentKind } from '../../director/wire/packet.js';
import { repairChecksums } from './hostile-frames.js';
import { flowOf, leaveChecksum } from './unfinished.js';

/*
 * Packets of flows at the limits of what may be carried: friendly ones with something unusual to them.
 */

const Ip = 14;
const ControlBits = [0x10, 0x11, 0x14, 0x12, 0x02, 0x18, 0x00] as const;
const SegmentKinds = Object.values(SegmentKind);

/** The links' longest packets, and neighbours of them. */
const Lengths = [1_399, 1_400, 1_401, 1_499, 1_500, 1_501] as const;

const oneOf = <T>(random: Prng, from: readonly [T, ...T[]] | readonly T[]): T => {
  const chosen = from[random.below(from.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
};

/** The frame with other control bits, hops, length or checksum, as a packet; sometimes its sender has left work undone. */
export function twisted(frame: Uint8Array, random: Prng): Packet {
  const copy = random.below(4) === 0 ? lengthened(frame, oneOf(random, Lengths)) : frame.slice();
  const isIpv6 = copy[12] === 0x86;
  const transport = Ip + (isIpv6 ? 40 : 20);
  const isUdp = copy[Ip + (isIpv6 ? 6 : 9)] === 17;
  if (random.below(4) === 0) copy[Ip + (isIpv6 ? 7 : 8)] = random.below(4);
  if (isUdp && random.below(3) === 0) copy.fill(0, transport + 6, transport + 8);
  if (!isUdp && random.below(3) === 0) copy[transport + 13] = oneOf(random, ControlBits);
  repairChecksums(new DataView(copy.buffer), copy.length);
  // A broken sum now and then.
  if (random.below(16) === 0) copy[Ip + 10] = random.below(256);
  return random.below(2) === 0 ? packetOf(copy) : unfinished(copy, random);
}

export function packetOf(frame: Uint8Array): Packet {
  const packet = new Packet();
  packet.load(frame);
  return packet;
}

/** The same packet with so many bytes, of which those that are new are zero. It may not be cut. */
function lengthened(frame: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(Ip + length);
  copy.set(frame.subarray(0, copy.length));
  const view = new DataView(copy.buffer);
  const isIpv6 = copy[12] === 0x86;
  view.setUint16(Ip + (isIpv6 ? 4 : 2), isIpv6 ? length - 40 : length);
  if (!isIpv6) view.setUint16(Ip + 6, 0x4000);
  const transport = Ip + (isIpv6 ? 40 : 20);
  if (copy[Ip + (isIpv6 ? 6 : 9)] === 17) view.setUint16(transport + 4, Ip + length - transport);
  return copy;
}

/** The frame with work left to a card, mostly such as there is. */
function unfinished(frame: Uint8Array, random: Prng): Packet {
  const packet = leaveChecksum(frame);
  if (packet === undefined) return packetOf(frame);
  const { protocol, family } = flowOf(packet) ?? { protocol: 0, family: 4 };
  if (random.below(2) === 0) {
    packet.segmentSize = 536 + random.below(1_100);
    const ofTcp = family === 4 ? SegmentKind.tcp4 : SegmentKind.tcp6;
    packet.segmentKind = protocol === 17 ? SegmentKind.udp : ofTcp;
    if (random.below(4) === 0) packet.segmentKind = oneOf(random, SegmentKinds);
  }
  if (random.below(8) === 0) packet.checksumFrom += 2 * random.below(3);
  if (random.below(8) === 0) packet.checksumField += 2 * random.below(3);
  if (packet.checksumFrom < Headroom) throw new Error('the checksum begins before the frame');
  return packet;
}
