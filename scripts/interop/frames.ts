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
export const TcpFlag = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

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
}

/** A TCP segment without options. */
export function tcpPacket(ends: Ends, segment: Segment): Uint8Array {
  const { flags, sequence = 1_000, acknowledgement = 2_000, payload = [] } = segment;
  const header = [...ports(ends), ...long(sequence), ...long(acknowledgement)];
  const rest = [0x50, flags, 0xff, 0xff, 0, 0, 0, 0, ...payload];
  return ipPacket(ends, Protocol.tcp, [...header, ...rest], 16);
}

/** A UDP datagram. */
export function udpPacket(ends: Ends, payload: Uint8Array): Uint8Array {
  const length = 8 + payload.length;
  return ipPacket(ends, Protocol.udp, [...ports(ends), ...short(length), 0, 0, ...payload], 6);
}

/** A ping (RFC 792, RFC 4443 §4.1). */
export function echoRequest(ends: Ends, sequence: number): Uint8Array {
  const version6 = isIpv6(ends.destination);
  const message = [version6 ? 128 : 8, 0, 0, 0, 0x42, 0x54, ...short(sequence)];
  return ipPacket(ends, version6 ? Protocol.icmpv6 : Protocol.icmp, message, 2);
}

/** An IP packet with what it carries, whose checksum lies at an offset in it. */
function ipPacket(ends: Ends, protocol: number, payload: number[], checksumAt: number): Uint8Array {
  const source = addressBytes(ends.source);
  const destination = addressBytes(ends.destination);
  const length = payload.length;
  const pseudo = [...source, ...destination, 0, 0, ...short(length), 0, 0, 0, protocol];
  const covered = protocol === Protocol.icmp ? [] : pseudo;
  const sum = internetSum([Uint8Array.from(covered), Uint8Array.from(payload)]);
  payload.splice(checksumAt, 2, ...short(0xffff - sum === 0 ? 0xffff : 0xffff - sum));
  if (isIpv6(ends.source)) {
    const header = [0x60, 0, 0, 0, ...short(length), protocol, TtlOfHosts];
    return Uint8Array.from([...header, ...source, ...destination, ...payload]);
  }
  const header = [0x45, 0, ...short(20 + length), 0, 0, 0x40, 0, TtlOfHosts, protocol, 0, 0];
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
