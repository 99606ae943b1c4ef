import { finishChecksums, setIpv4Checksum } from './checksums.js';
import { CaptureEnds, type PassingPacket } from './endings.js';
import { innerOffset, Protocol, readIpHeader, type IpHeader } from './frame.js';

/** A packet that left a director, ours or the recorded one. */
export interface SentPacket extends PassingPacket {
  /** Which recorded packet it is, or of which one our director made it, for reports. */
  readonly name: string;
  readonly destinationMac: string;
  /** The packet that our director made it of. */
  readonly cause?: Uint8Array;
}

export interface PacketComparison {
  /** Packets that our director sent exactly as the recorded one did. */
  readonly equal: number;
  /** What differs, one line each. */
  readonly differences: readonly string[];
  /** What the recording leaves open, and where we mean to differ, one line each. */
  readonly notes: readonly string[];
}

/** Packets further apart than this are never taken for the same one gone wrong. */
const Nearby = 100_000;

/**
 * Compares what our director sent with what the recorded one did: the same packets, byte for byte from the IP header on,
 * to the same MAC addresses, and those of one flow in the same order, but for fragments behind the first of a packet, whose
 * order is nobody's concern. What does not count, because the recording does not
 * determine it, or because the recorded kernel is known to be wrong:
 * - checksums that a sender left to its network card are finished first (`finishChecksums`);
 * - the identification of a tunnel's outer IPv4 header is chosen by the sender where it may be cut (it is 0 with DF), and
 *   so is that of an ICMP error that a director makes itself, and the source port of GUE; a kernel that has reassembled an
 *   IPv6 packet gives its fragments another identification;
 * - when the capture of one side ended early, packets there, and the effects of packets there, are missing
 *   (`CaptureEnds`);
 * - a real server's ICMPv6 errors (`isDroppedByKernel`).
 */
export function comparePackets(
  ours: readonly SentPacket[],
  recorded: readonly SentPacket[],
  arrivals: readonly PassingPacket[],
): PacketComparison {
  const ends = new CaptureEnds(arrivals, recorded);
  const { matched, left } = match(ours, recorded);
  const notes: string[] = [];
  const excuse = (packet: SentPacket, isExcused: boolean, reason: string): boolean => {
    if (isExcused) notes.push(`${describe(packet)} ${reason}`);
    return !isExcused;
  };
  const open = left
    .filter((packet) => excuse(packet, ends.hides(packet), 'left when its side was not recorded'))
    .filter((packet) => excuse(packet, isDroppedByKernel(packet), 'is only ours, as it should be'));
  const due = recorded
    .filter((_packet, index) => !matched.has(index))
    .filter((packet) => excuse(packet, ends.hidesCauseOf(packet), 'has a cause not recorded'));
  const differences = [...outOfOrder(matched, recorded), ...pairUp(open, due)];
  return { equal: matched.size, differences, notes };
}

/**
 * True for a real server's ICMPv6 error on its way to the client. Linux up to 6.1 at least drops it: it verifies the
 * checksum without the pseudo header that ICMPv6 has and ICMP has not (handle_response_icmp in ip_vs_core.c). A client that
 * is told that nobody listens is better off, so we forward it.
 */
function isDroppedByKernel({ bytes, cause }: SentPacket): boolean {
  return [bytes, cause].every((packet) => {
    const header = packet && readIpHeader(packet, 0);
    return header?.protocol === Protocol.icmpv6 && (packet?.[header.payload] ?? 0xff) < 128;
  });
}

interface Matching {
  /** Our packets by the index of the recorded one that each equals, in our order. */
  readonly matched: ReadonlyMap<number, SentPacket>;
  readonly left: readonly SentPacket[];
}

/** Finds for each of our packets the first recorded one that is equal and not taken yet. */
function match(ours: readonly SentPacket[], recorded: readonly SentPacket[]): Matching {
  const waiting = new Map<string, number[]>();
  for (const [index, packet] of recorded.entries()) {
    const key = identityOf(packet);
    const others = waiting.get(key);
    if (others === undefined) waiting.set(key, [index]);
    else others.push(index);
  }
  const matched = new Map<number, SentPacket>();
  const left: SentPacket[] = [];
  for (const packet of ours) {
    const index = waiting.get(identityOf(packet))?.shift();
    if (index === undefined) left.push(packet);
    else matched.set(index, packet);
  }
  return { matched, left };
}

/** Everything about a packet that must be equal, as text. */
const identityOf = ({ side, destinationMac, bytes }: SentPacket): string =>
  `${side} ${destinationMac} ${Buffer.from(comparable(bytes)).toString('hex')}`;

/** In the byte of an IPv4 header with the flags. */
const DontFragment = 0x40;

/** In the byte of an IPv6 header that says what follows. */
const FragmentHeader = 44;

/** A packet with what the sender was free to choose set to zero. */
export function comparable(packet: Uint8Array): Uint8Array {
  const bytes = finishChecksums(packet);
  const header = readIpHeader(bytes, 0);
  if (header === undefined) return bytes;
  if (header.isIpv6 && bytes[6] === FragmentHeader) bytes.fill(0, 44, 48);
  const inner = innerOffset(bytes, header);
  const mayBeCut = !header.isIpv6 && ((bytes[6] ?? 0) & DontFragment) === 0;
  if (mayBeCut && (inner !== undefined || isIcmpError(bytes, header))) {
    bytes.fill(0, 4, 6);
    setIpv4Checksum(bytes);
  }
  if (inner !== undefined && header.protocol === Protocol.udp) {
    bytes.fill(0, header.payload, header.payload + 2);
    const hasChecksum = bytes[header.payload + 6] !== 0 || bytes[header.payload + 7] !== 0;
    bytes[header.payload + 6] = hasChecksum ? 0xff : 0;
    bytes[header.payload + 7] = hasChecksum ? 0xff : 0;
  }
  return bytes;
}

/** Destination unreachable, time exceeded and parameter problem: made by directors too. */
const isIcmpError = (bytes: Uint8Array, { protocol, payload }: IpHeader): boolean =>
  protocol === Protocol.icmp && [3, 11, 12].includes(bytes[payload] ?? 0);

/** Packets of one flow that we sent in another order than the recorded director. */
function outOfOrder(
  matched: ReadonlyMap<number, SentPacket>,
  recorded: readonly SentPacket[],
): string[] {
  const last = new Map<string, number>();
  const lines: string[] = [];
  for (const index of matched.keys()) {
    const packet = recorded[index];
    if (packet === undefined || readIpHeader(packet.bytes, 0)?.isLaterFragment === true) continue;
    const flow = flowOf(packet);
    const before = last.get(flow) ?? -1;
    if (index < before) lines.push(`${describe(packet)} left later than a packet that it preceded`);
    last.set(flow, Math.max(before, index));
  }
  return lines;
}

function flowOf({ side, bytes }: SentPacket): string {
  const header = readIpHeader(bytes, 0);
  if (header === undefined) return `${side}`;
  const { source, sourcePort, destination, destinationPort, protocol } = header;
  return `${side} ${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`;
}

/** Of more packets than this the pairs are not looked for. */
const MostPairs = 500;

/** One line for each packet that only one of the two directors sent, and one for two that were meant to be the same. */
function pairUp(ours: readonly SentPacket[], recorded: readonly SentPacket[]): string[] {
  const waiting = [...recorded];
  const lines: string[] = [];
  for (const [count, packet] of ours.entries()) {
    const candidates = count < MostPairs ? waiting.slice(0, MostPairs) : [];
    const index = candidates.findIndex((other) => isAlike(packet, other));
    const [other] = index < 0 ? [] : waiting.splice(index, 1);
    if (other === undefined) lines.push(`only ours: ${describe(packet)}`);
    else lines.push(`${describe(other)}: ${differenceOf(packet, other)}`);
  }
  return [...lines, ...waiting.map((packet) => `only recorded: ${describe(packet)}`)];
}

function isAlike(ours: SentPacket, recorded: SentPacket): boolean {
  const [left, right] = [readIpHeader(ours.bytes, 0), readIpHeader(recorded.bytes, 0)];
  return (
    ours.side === recorded.side &&
    Math.abs(ours.at - recorded.at) < Nearby &&
    left?.protocol === right?.protocol &&
    left?.isIpv6 === right?.isIpv6
  );
}

/** What differs between our packet and the recorded one, field by field where the fields are known. */
function differenceOf(ours: SentPacket, recorded: SentPacket): string {
  const [left, right] = [comparable(ours.bytes), comparable(recorded.bytes)];
  const parts: string[] = [];
  const note = (name: string, mine: unknown, theirs: unknown): void => {
    if (mine !== theirs) parts.push(`${name} ${String(mine)}, not ${String(theirs)}`);
  };
  note('to', ours.destinationMac, recorded.destinationMac);
  const [mine, theirs] = [readIpHeader(left, 0), readIpHeader(right, 0)];
  note('source', mine?.source, theirs?.source);
  note('destination', mine?.destination, theirs?.destination);
  note('source port', mine?.sourcePort, theirs?.sourcePort);
  note('destination port', mine?.destinationPort, theirs?.destinationPort);
  note('ttl', mine?.ttl, theirs?.ttl);
  note('length', left.length, right.length);
  const byte = left.findIndex((value, index) => value !== right[index]);
  if (byte >= 0) {
    const hex = (bytes: Uint8Array): string =>
      Buffer.from(bytes.subarray(byte, byte + 4)).toString('hex');
    parts.push(`first from byte ${byte} on: ${hex(left)}, not ${hex(right)}`);
  }
  return parts.join('; ');
}

const SideNames = ['client', 'server'];

/** A packet in a few words, with the recorded packet that it is, or that it was made of. */
function describe({ side, name, bytes, destinationMac }: SentPacket): string {
  const header = readIpHeader(bytes, 0);
  const place = `${name} on the ${SideNames[side] ?? side} side`;
  if (header === undefined) return place;
  const { source, sourcePort, destination, destinationPort, protocol } = header;
  const from = `${source}.${sourcePort}`;
  return `${place} (protocol ${protocol}, ${from} > ${destination}.${destinationPort}, to ${destinationMac})`;
}
