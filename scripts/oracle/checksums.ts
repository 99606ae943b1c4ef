import { innerOffset, Protocol, readIpHeader, type IpHeader } from './frame.js';

/**
 * A sender that leaves checksums to its network card puts the sum over the pseudo header alone into the packet, and
 * that is what a capture at the sender, or behind virtual links, shows. Such a checksum is finished here, in the packet
 * and in a packet that it carries through a tunnel, because no director ever sees it from a real wire. A checksum that
 * is anything else stays as it is, wrong ones too.
 */
export function finishChecksums(packet: Uint8Array): Uint8Array {
  const finished = Uint8Array.from(packet);
  let offset: number | undefined = 0;
  const starts: number[] = [];
  while (offset !== undefined) {
    const header = readIpHeader(finished, offset);
    if (header === undefined) break;
    starts.push(offset);
    offset = innerOffset(finished, header);
  }
  // A checksum of a tunnel's UDP header covers the inner packet: inside first.
  for (const start of starts.toReversed()) finishTransport(finished, start);
  return finished;
}

/** The offset of the checksum in a transport header. */
const ChecksumOffset = new Map<number, number>([
  [Protocol.tcp, 16],
  [Protocol.udp, 6],
  [Protocol.icmpv6, 2],
]);

function finishTransport(bytes: Uint8Array, start: number): void {
  const header = readIpHeader(bytes, start);
  const field = header === undefined ? undefined : ChecksumOffset.get(header.protocol);
  if (header === undefined || field === undefined || header.isLaterFragment) return;
  const at = header.payload + field;
  if (at + 2 > header.end || isFragmented(bytes, start, header)) return;
  const pseudo = pseudoHeader(bytes, start, header);
  const stated = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  if (stated !== internetSum([pseudo])) return;
  bytes[at] = 0;
  bytes[at + 1] = 0;
  const checksum = 0xffff - internetSum([pseudo, bytes.subarray(header.payload, header.end)]);
  const sent = checksum === 0 && header.protocol === Protocol.udp ? 0xffff : checksum;
  bytes[at] = sent >> 8;
  bytes[at + 1] = sent & 0xff;
}

/** True for the first of several fragments, whose checksum covers more than is here. */
const isFragmented = (bytes: Uint8Array, start: number, header: IpHeader): boolean =>
  !header.isIpv6 && ((bytes[start + 6] ?? 0) & 0x20) !== 0;

function pseudoHeader(bytes: Uint8Array, start: number, header: IpHeader): Uint8Array {
  const addresses = header.isIpv6
    ? bytes.subarray(start + 8, start + 40)
    : bytes.subarray(start + 12, start + 20);
  const length = header.end - header.payload;
  return Uint8Array.from([
    ...addresses,
    0,
    length >> 16,
    length >> 8,
    length,
    0,
    0,
    0,
    header.protocol,
  ]);
}

/** The sum of RFC 1071 over parts of which all but the last have an even length; never 0 unless all bytes are. */
export function internetSum(parts: readonly Uint8Array[]): number {
  let total = 0;
  for (const part of parts) {
    for (const [index, byte] of part.entries()) total += index % 2 === 0 ? byte * 256 : byte;
  }
  return total === 0 ? 0 : total % 0xffff || 0xffff;
}

/** Sets the header checksum of the IPv4 packet at the start of `bytes`, after a change. */
export function setIpv4Checksum(bytes: Uint8Array): void {
  bytes[10] = 0;
  bytes[11] = 0;
  const checksum = 0xffff - internetSum([bytes.subarray(0, ((bytes[0] ?? 0) & 0x0f) * 4)]);
  bytes[10] = checksum >> 8;
  bytes[11] = checksum & 0xff;
}
