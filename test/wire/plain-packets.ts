/**
 * IPv4 and IPv6 packets for tests, built and judged in the plainest way and without `director/wire`, so that a mistake
 * there does not cancel out. Everything is arrays of bytes; nothing is fast.
 */

export type Bytes = readonly number[];

/** Addresses as bytes, 4 or 16 of them. */
export interface Route {
  readonly source: Bytes;
  readonly destination: Bytes;
}

export interface PlainTransport {
  readonly protocol: number;
  readonly bytes: Bytes;
}

const word = (value: number): number[] => [(value >> 8) & 255, value & 255];
const longWord = (value: number): number[] => [...word(value >>> 16), ...word(value & 0xffff)];

/** RFC 1071 by the modulo definition of ones' complement. */
export function internetChecksum(bytes: Bytes): number {
  let total = 0;
  for (const [index, byte] of bytes.entries()) total += index % 2 === 0 ? byte * 256 : byte;
  return total === 0 ? 0xffff : 0xffff - (total % 0xffff || 0xffff);
}

/** CRC32c bit by bit (RFC 9260 appendix A). */
export function crc32c(bytes: Bytes): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f63b78);
  }
  return ~crc >>> 0;
}

function pseudoHeader(route: Route, protocol: number, length: number): number[] {
  const numbers = route.source.length === 4 ? [0, protocol, ...word(length)] : [];
  const wide = route.source.length === 16 ? [...longWord(length), 0, 0, 0, protocol] : [];
  return [...route.source, ...route.destination, ...numbers, ...wide];
}

function withChecksum(
  route: Route,
  protocol: number,
  bytes: Bytes,
  at: number,
): { protocol: number; bytes: Bytes } {
  const covered = [...pseudoHeader(route, protocol, bytes.length), ...bytes];
  const sum = internetChecksum(covered);
  const written = protocol === 17 && sum === 0 ? 0xffff : sum;
  return { protocol, bytes: bytes.toSpliced(at, 2, ...word(written)) };
}

export interface Ports {
  readonly source: number;
  readonly destination: number;
}

export function plainTcp(
  route: Route,
  ports: Ports,
  payload: Bytes,
  { flags = 0x18, options = [] }: { flags?: number; options?: Bytes } = {},
): PlainTransport {
  const header = [
    ...word(ports.source),
    ...word(ports.destination),
    ...longWord(0x01020304),
    ...longWord(0x05060708),
    (20 + options.length) * 4,
    flags,
    ...word(0xfaf0),
    ...word(0),
    ...word(0),
  ];
  return withChecksum(route, 6, [...header, ...options, ...payload], 16);
}

export function plainUdp(route: Route, ports: Ports, payload: Bytes): PlainTransport {
  const header = [...word(ports.source), ...word(ports.destination)];
  return withChecksum(route, 17, [...header, ...word(8 + payload.length), 0, 0, ...payload], 6);
}

export function plainSctp(ports: Ports, payload: Bytes): PlainTransport {
  const header = [...word(ports.source), ...word(ports.destination), ...longWord(0xdeadbeef)];
  const crc = crc32c([...header, 0, 0, 0, 0, ...payload]);
  return { protocol: 132, bytes: [...header, ...longWord(crc).toReversed(), ...payload] };
}

export function plainIcmp(route: Route, type: number, code: number, rest: Bytes): PlainTransport {
  const bytes = [type, code, 0, 0, ...rest];
  if (route.source.length === 16) return withChecksum(route, 58, bytes, 2);
  return { protocol: 1, bytes: bytes.toSpliced(2, 2, ...word(internetChecksum(bytes))) };
}

export interface IpOptions {
  readonly ttl?: number;
  readonly tos?: number;
  readonly dontFragment?: boolean;
  readonly identification?: number;
  /** Offset in bytes, and whether more fragments follow; IPv4 only: IPv6 has a header for it. */
  readonly fragment?: { readonly offset: number; readonly more: boolean };
}

/** An IP packet of the family that the addresses have. */
export function plainIp(route: Route, content: PlainTransport, options: IpOptions = {}): number[] {
  const { ttl = 64, tos = 0 } = options;
  if (route.source.length === 16) {
    const start = longWord((0x6000_0000 | (tos << 20)) >>> 0);
    const middle = [...word(content.bytes.length), content.protocol, ttl];
    return [...start, ...middle, ...route.source, ...route.destination, ...content.bytes];
  }
  const { fragment = { offset: 0, more: false }, dontFragment = false } = options;
  const cut = fragment.offset / 8 + (fragment.more ? 0x2000 : 0) + (dontFragment ? 0x4000 : 0);
  const header = [
    0x45,
    tos,
    ...word(20 + content.bytes.length),
    ...word(options.identification ?? 0),
    ...word(cut),
    ttl,
    content.protocol,
    ...word(0),
    ...route.source,
    ...route.destination,
  ];
  header.splice(10, 2, ...word(internetChecksum(header)));
  return [...header, ...content.bytes];
}

/** A frame with the packet in it: MAC addresses of a test's own, and the EtherType of the packet's version. */
export function plainFrame(packet: Bytes): Uint8Array {
  const type = (packet[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800;
  return Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...word(type), ...packet]);
}

/**
 * What is wrong with an IP packet without extension headers that goes from its first to its last byte: lengths, the IP
 * header's checksum and the transport's. An empty text says that it is right.
 */
export function faultOf(packet: Bytes): string {
  const at = (index: number): number => packet[index] ?? 0;
  const isIpv6 = at(0) >> 4 === 6;
  const headerLength = isIpv6 ? 40 : (at(0) & 15) * 4;
  const stated = isIpv6 ? 40 + at(4) * 256 + at(5) : at(2) * 256 + at(3);
  if (stated !== packet.length) return `states ${stated} bytes, has ${packet.length}`;
  if (!isIpv6 && internetChecksum(packet.slice(0, headerLength)) !== 0) return 'IP checksum';
  const protocol = isIpv6 ? at(6) : at(9);
  const route = isIpv6
    ? { source: packet.slice(8, 24), destination: packet.slice(24, 40) }
    : { source: packet.slice(12, 16), destination: packet.slice(16, 20) };
  return transportFault(route, protocol, packet.slice(headerLength));
}

function transportFault(route: Route, protocol: number, bytes: Bytes): string {
  if (protocol === 132) {
    const crc = crc32c(bytes.toSpliced(8, 4, 0, 0, 0, 0));
    const field = longWord(crc).toReversed();
    return field.every((byte, index) => byte === bytes[8 + index]) ? '' : 'SCTP checksum';
  }
  if (protocol === 1) return internetChecksum(bytes) === 0 ? '' : 'ICMP checksum';
  if (![6, 17, 58].includes(protocol)) return '';
  const isUnchecked = protocol === 17 && bytes[6] === 0 && bytes[7] === 0;
  if (isUnchecked) return '';
  const sum = internetChecksum([...pseudoHeader(route, protocol, bytes.length), ...bytes]);
  return sum === 0 ? '' : `checksum of protocol ${protocol}`;
}
