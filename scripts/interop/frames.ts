import { addressBytes, isIpv6, type IpAddress } from '../../director/base/address.js';
import { internetSum, setIpv4Checksum } from '../oracle/checksums.js';
import { Protocol } from '../oracle/frame.js';
import { macBytes } from '../oracle/neighbour-answers.js';

/** The two ends of a packet; ports are 0 where there are none. */
export interface Ends {
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

/** Control bits of TCP (RFC 9293 §3.1). */
export const TcpFlag = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
} as const;

const TtlOfHosts = 64;

/**
 * The MAC address of the host that has this address, in the world around a guest: the last four bytes of the address
 * behind two that mark it as made up.
 */
export function macOf(address: IpAddress): string {
  const low = [...addressBytes(address)].slice(-4);
  return [0x02, 0x57, ...low].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The frame that carries an IP packet from one MAC address to another. */
export function frameOf(packet: Uint8Array, sourceMac: string, destinationMac: string): Uint8Array {
  const type = (packet[0] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  return Uint8Array.from([...macBytes(destinationMac), ...macBytes(sourceMac), ...type, ...packet]);
}

export interface Segment {
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly payload?: Uint8Array;
  readonly ttl?: number;
}

/** A TCP segment without options. */
export function tcpPacket(ends: Ends, segment: Segment): Uint8Array {
  const { flags, sequence = 1_000, acknowledgement = 2_000, payload = [] } = segment;
  const header = [...ports(ends), ...long(sequence), ...long(acknowledgement)];
  const rest = [0x50, flags, 0xff, 0xff, 0, 0, 0, 0, ...payload];
  const { ttl } = segment;
  return ipPacket(ends, {
    protocol: Protocol.tcp,
    payload: [...header, ...rest],
    checksumAt: 16,
    ttl,
  });
}

/** A UDP datagram. */
export function udpPacket(ends: Ends, payload: Uint8Array, ttl?: number): Uint8Array {
  const length = 8 + payload.length;
  const datagram = [...ports(ends), ...short(length), 0, 0, ...payload];
  return ipPacket(ends, { protocol: Protocol.udp, payload: datagram, checksumAt: 6, ttl });
}

/** An SCTP packet with one chunk (RFC 9260 §3). */
export function sctpPacket(ends: Ends, type: number, value: Uint8Array, ttl?: number): Uint8Array {
  const padding = Array.from({ length: -value.length & 3 }, () => 0);
  const chunk = [type, 0, ...short(4 + value.length), ...value, ...padding];
  const tag = long(0x6261_746f);
  const sum = crc32c([...ports(ends), ...tag, 0, 0, 0, 0, ...chunk]);
  const payload = [...ports(ends), ...tag, ...long(sum).toReversed(), ...chunk];
  return ipPacket(ends, { protocol: Protocol.sctp, payload, ttl });
}

/** The checksum of SCTP (RFC 9260 appendix A), whose lowest byte goes first. */
function crc32c(bytes: readonly number[]): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0x82f6_3b78);
  }
  return ~crc >>> 0;
}

/** A ping (RFC 792, RFC 4443 §4.1). */
export const echoRequest = (ends: Ends, sequence: number): Uint8Array =>
  echo(ends, isIpv6(ends.destination) ? 128 : 8, sequence);

/** An answer to a ping that nobody sent; hosts ignore it. */
export const echoReply = (ends: Ends): Uint8Array =>
  echo(ends, isIpv6(ends.destination) ? 129 : 0, 0);

function echo(ends: Ends, type: number, sequence: number): Uint8Array {
  const protocol = isIpv6(ends.destination) ? Protocol.icmpv6 : Protocol.icmp;
  const message = [type, 0, 0, 0, 0x42, 0x54, ...short(sequence)];
  return ipPacket(ends, { protocol, payload: message, checksumAt: 2 });
}

/** How much of a packet an error quotes: what routers quote at least, and a little more than ports. */
const QuotedLength = 128;

/** An ICMP error "destination unreachable" (RFC 792, RFC 4443 §3.1) about a packet. */
export function unreachablePacket(
  ends: Ends,
  quoted: Uint8Array,
  { code, ttl }: { readonly code: number; readonly ttl: number },
): Uint8Array {
  const version6 = isIpv6(ends.destination);
  const inside = quoted.subarray(0, QuotedLength);
  const message = [version6 ? 1 : 3, code, 0, 0, 0, 0, 0, 0, ...inside];
  const protocol = version6 ? Protocol.icmpv6 : Protocol.icmp;
  return ipPacket(ends, { protocol, payload: message, checksumAt: 2, ttl });
}

interface Contents {
  readonly protocol: number;
  readonly payload: number[];
  /** Offset of the payload's Internet checksum, if it has one. */
  readonly checksumAt?: number;
  readonly ttl?: number | undefined;
}

/** An IP packet that must not be fragmented, with what it carries. */
function ipPacket(ends: Ends, contents: Contents): Uint8Array {
  const { protocol, payload, checksumAt, ttl = TtlOfHosts } = contents;
  const source = addressBytes(ends.source);
  const destination = addressBytes(ends.destination);
  const length = payload.length;
  const pseudo = [...source, ...destination, 0, 0, ...short(length), 0, 0, 0, protocol];
  const covered = protocol === Protocol.icmp ? [] : pseudo;
  if (checksumAt !== undefined) {
    const sum = internetSum([Uint8Array.from(covered), Uint8Array.from(payload)]);
    payload.splice(checksumAt, 2, ...short(0xffff - sum === 0 ? 0xffff : 0xffff - sum));
  }
  if (isIpv6(ends.source)) {
    const header = [0x60, 0, 0, 0, ...short(length), protocol, ttl];
    return Uint8Array.from([...header, ...source, ...destination, ...payload]);
  }
  const header = [0x45, 0, ...short(20 + length), 0, 0, 0x40, 0, ttl, protocol, 0, 0];
  const packet = Uint8Array.from([...header, ...source, ...destination, ...payload]);
  setIpv4Checksum(packet);
  return packet;
}

const ports = ({ sourcePort, destinationPort }: Ends): number[] => [
  ...short(sourcePort),
  ...short(destinationPort),
];

const short = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const long = (value: number): number[] => [...short(value >>> 16), ...short(value)];
