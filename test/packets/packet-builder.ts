import { crc32c } from '../wire/plain-packets.js';

/**
 * Frames for tests, from fields. Lengths and checksums are computed here in the plainest way and without
 * `director/wire`, so that a mistake there does not cancel out.
 */

export interface EthernetSpec {
  /** MAC addresses as text; two of a test's own by default. */
  readonly source?: string;
  readonly destination?: string;
  /** EtherType, that of the packet by default. */
  readonly type?: number;
}

/**
 * An IP packet in a frame, of the family that its addresses have. One of `tcp`, `udp`, `sctp` and `icmp` says what it
 * carries; none is an unknown protocol. What only IPv4 has is ignored in IPv6.
 */
export interface FrameSpec {
  readonly ethernet?: EthernetSpec;
  /** `address:port`, IPv6 in brackets, or an address alone where there are no ports. */
  readonly from: string;
  readonly to: string;
  /** Time to live or hop limit. */
  readonly ttl?: number;
  /** Type of service or traffic class. */
  readonly tos?: number;
  readonly identification?: number;
  readonly dontFragment?: boolean;
  /** Offset in bytes, and whether more fragments follow. */
  readonly fragment?: { readonly offset: number; readonly more: boolean };
  /** IP options in hexadecimal, a multiple of four bytes. */
  readonly ipOptions?: string;
  /** The total length to state instead of the true one. */
  readonly totalLength?: number;
  /** Control bits as letters of SFRPA: `SA` for a SYN with ACK. */
  readonly tcp?: string;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  readonly tcpOptions?: string;
  readonly udp?: { readonly hasChecksum?: boolean };
  /** The first chunk's type; the payload is its contents. */
  readonly sctp?: { readonly chunk: number };
  /** ICMP or ICMPv6, by the addresses; the payload begins behind the checksum. */
  readonly icmp?: { readonly type: number; readonly code?: number; readonly checksum?: number };
  /** Protocol number when it is none of the three. */
  readonly protocol?: number;
  /** Text, or bytes in hexadecimal after `0x`. */
  readonly payload?: string;
  /** Zero bytes behind the IP packet, as Ethernet pads short frames. */
  readonly padding?: number;
}

export interface ArpSpec {
  readonly ethernet?: EthernetSpec;
  readonly operation: 'request' | 'reply';
  readonly sender: readonly [mac: string, address: string];
  readonly target: readonly [mac: string, address: string];
}

const TcpBits: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

export function buildFrame(spec: FrameSpec): Uint8Array {
  const isIpv6 = host(spec.from).includes(':');
  const packet = isIpv6 ? ipv6Packet(spec) : ipv4Packet(spec);
  const padding = Array.from({ length: spec.padding ?? 0 }, () => 0);
  return Uint8Array.from([
    ...ethernetHeader({ type: isIpv6 ? 0x86dd : 0x0800, ...spec.ethernet }),
    ...packet,
    ...padding,
  ]);
}

export function buildArp(spec: ArpSpec): Uint8Array {
  const header = ethernetHeader({ type: 0x0806, source: spec.sender[0], ...spec.ethernet });
  const operation = spec.operation === 'request' ? 1 : 2;
  const parties = [...party(spec.sender), ...party(spec.target)];
  return Uint8Array.from([...header, 0, 1, 8, 0, 6, 4, 0, operation, ...parties]);
}

export interface NeighbourSpec {
  readonly ethernet: EthernetSpec;
  readonly kind: 'solicitation' | 'advertisement';
  readonly from: string;
  readonly to: string;
  readonly target: string;
  /** Of an advertisement: letters of RSO for router, solicited, override. */
  readonly flags?: string;
  /** The MAC address in the option; none when absent. */
  readonly mac?: string;
  readonly ttl?: number;
  readonly checksum?: number;
}

/** A frame with a neighbour solicitation or advertisement (RFC 4861 §4.3, §4.4). */
export function buildNeighbour(spec: NeighbourSpec): Uint8Array {
  const isSolicitation = spec.kind === 'solicitation';
  const flags = (spec.flags ?? '').split('').map((letter) => NeighbourBits[letter] ?? 0);
  const bits = flags.reduce((sum, bit) => sum + bit, 0);
  const option = spec.mac === undefined ? [] : [isSolicitation ? 1 : 2, 1, ...macBytes(spec.mac)];
  const rest = [bits, 0, 0, 0, ...addressBytes(spec.target), ...option];
  const { ethernet, from, to, ttl = 255 } = spec;
  const type = isSolicitation ? 135 : 136;
  const checksum = spec.checksum === undefined ? {} : { checksum: spec.checksum };
  const payload = `0x${Buffer.from(rest).toString('hex')}`;
  return buildFrame({ ethernet, from, to, ttl, icmp: { type, ...checksum }, payload });
}

const NeighbourBits: Readonly<Record<string, number>> = { R: 0x80, S: 0x40, O: 0x20 };

/**
 * The payload of an ICMP error behind its checksum: the second word, of which an MTU is a part, and the IP packet in
 * `frame`, or so many bytes of it.
 */
export function quote(frame: Uint8Array, { mtu = 0, most = Infinity } = {}): string {
  const packet = [...frame.subarray(14)];
  const inside = packet.slice(0, Math.min(most, packet.length));
  return `0x${Buffer.from([...longWord(mtu), ...inside]).toString('hex')}`;
}

const party = ([mac, address]: readonly [string, string]): number[] => [
  ...macBytes(mac),
  ...addressBytes(address),
];

function ethernetHeader(spec: EthernetSpec): number[] {
  const destination = macBytes(spec.destination ?? '02:00:00:00:00:02');
  const source = macBytes(spec.source ?? '02:00:00:00:00:01');
  return [...destination, ...source, ...word(spec.type ?? 0x0800)];
}

function ipv4Packet(spec: FrameSpec): number[] {
  const options = hexBytes(spec.ipOptions ?? '');
  const body = transport(spec);
  const headerLength = 20 + options.length;
  const { offset, more } = spec.fragment ?? { offset: 0, more: false };
  const cut = offset / 8 + (more ? 0x2000 : 0) + (spec.dontFragment === true ? 0x4000 : 0);
  const header = [
    0x40 + headerLength / 4,
    spec.tos ?? 0,
    ...word(spec.totalLength ?? headerLength + body.length),
    ...word(spec.identification ?? 0),
    ...word(cut),
    spec.ttl ?? 64,
    protocolOf(spec),
    ...word(0),
    ...addressBytes(host(spec.from)),
    ...addressBytes(host(spec.to)),
    ...options,
  ];
  header.splice(10, 2, ...word(internetChecksum(header)));
  return [...header, ...body];
}

function ipv6Packet(spec: FrameSpec): number[] {
  const body = transport(spec);
  const fragment = spec.fragment === undefined ? [] : fragmentHeader(spec, spec.fragment);
  return [
    ...longWord(0x6000_0000 + (spec.tos ?? 0) * 0x10_0000),
    ...word(spec.totalLength ?? fragment.length + body.length),
    fragment.length > 0 ? 44 : protocolOf(spec),
    spec.ttl ?? 64,
    ...addressBytes(host(spec.from)),
    ...addressBytes(host(spec.to)),
    ...fragment,
    ...body,
  ];
}

function fragmentHeader(
  spec: FrameSpec,
  { offset, more }: NonNullable<FrameSpec['fragment']>,
): number[] {
  const cut = offset + (more ? 1 : 0);
  return [protocolOf(spec), 0, ...word(cut), ...longWord(spec.identification ?? 0)];
}

function transport(spec: FrameSpec): number[] {
  const payload = payloadBytes(spec.payload ?? '');
  // A later fragment carries data only.
  if ((spec.fragment?.offset ?? 0) > 0) return payload;
  if (spec.tcp !== undefined) return tcpSegment(spec, payload);
  if (spec.udp !== undefined) return udpDatagram(spec, payload);
  if (spec.sctp !== undefined) return sctpPacket(spec, spec.sctp.chunk, payload);
  if (spec.icmp !== undefined) return icmpMessage(spec, spec.icmp, payload);
  return payload;
}

function tcpSegment(spec: FrameSpec, payload: number[]): number[] {
  const options = hexBytes(spec.tcpOptions ?? '');
  const letters = (spec.tcp ?? '').split('');
  const flags = letters.reduce((bits, letter) => bits + (TcpBits[letter] ?? 0), 0);
  const segment = [
    ...word(port(spec.from)),
    ...word(port(spec.to)),
    ...longWord(spec.sequence ?? 1_000),
    ...longWord(spec.acknowledgement ?? 0),
    (20 + options.length) * 4,
    flags,
    ...word(spec.window ?? 64_240),
    ...word(0),
    ...word(0),
    ...options,
    ...payload,
  ];
  segment.splice(
    16,
    2,
    ...word(internetChecksum([...pseudoHeader(spec, segment.length), ...segment])),
  );
  return segment;
}

function udpDatagram(spec: FrameSpec, payload: number[]): number[] {
  const length = 8 + payload.length;
  const datagram = [
    ...word(port(spec.from)),
    ...word(port(spec.to)),
    ...word(length),
    ...word(0),
    ...payload,
  ];
  if (spec.udp?.hasChecksum === false) return datagram;
  const checksum = internetChecksum([...pseudoHeader(spec, length), ...datagram]);
  datagram.splice(6, 2, ...word(checksum === 0 ? 0xffff : checksum));
  return datagram;
}

function sctpPacket(spec: FrameSpec, chunk: number, payload: number[]): number[] {
  const tag = longWord(0x1234_5678);
  const ports = [...word(port(spec.from)), ...word(port(spec.to))];
  const body = [chunk, 0, ...word(4 + payload.length), ...payload];
  const crc = crc32c([...ports, ...tag, 0, 0, 0, 0, ...body]);
  return [...ports, ...tag, ...longWord(crc).toReversed(), ...body];
}

function icmpMessage(
  spec: FrameSpec,
  fields: NonNullable<FrameSpec['icmp']>,
  payload: number[],
): number[] {
  const message = [fields.type, fields.code ?? 0, 0, 0, ...payload];
  const isIpv6 = host(spec.from).includes(':');
  const covered = isIpv6 ? [...pseudoHeader(spec, message.length), ...message] : message;
  message.splice(2, 2, ...word(fields.checksum ?? internetChecksum(covered)));
  return message;
}

function pseudoHeader(spec: FrameSpec, length: number): number[] {
  const addresses = [...addressBytes(host(spec.from)), ...addressBytes(host(spec.to))];
  return addresses.length === 32
    ? [...addresses, ...longWord(length), 0, 0, 0, protocolOf(spec)]
    : [...addresses, 0, protocolOf(spec), ...word(length)];
}

function protocolOf(spec: FrameSpec): number {
  if (spec.tcp !== undefined) return 6;
  if (spec.udp !== undefined) return 17;
  if (spec.sctp !== undefined) return 132;
  if (spec.icmp === undefined) return spec.protocol ?? 253;
  return host(spec.from).includes(':') ? 58 : 1;
}

/** The checksum of RFC 1071 by the modulo definition of ones' complement. */
export function internetChecksum(bytes: readonly number[]): number {
  let total = 0;
  for (const [index, byte] of bytes.entries()) total += index % 2 === 0 ? byte * 256 : byte;
  const sum = total === 0 ? 0 : total % 0xffff || 0xffff;
  return 0xffff - sum;
}

const word = (value: number): number[] => [Math.floor(value / 256) % 256, value % 256];

const longWord = (value: number): number[] => [
  ...word(Math.floor(value / 65_536)),
  ...word(value % 65_536),
];

const macBytes = (mac: string): number[] => mac.split(':').map((pair) => Number.parseInt(pair, 16));

/** The bytes of an address; of IPv6 the plain notations of RFC 4291 §2.2, without an IPv4 tail. */
export function addressBytes(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [left = '', right = ''] = address.split('::');
  const head = groups(left);
  const tail = address.includes('::') ? groups(right) : [];
  const middle = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return [...head, ...middle, ...tail].flatMap(word);
}

const groups = (half: string): number[] =>
  half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16));

/** The text of an endpoint: `address:port`, IPv6 in brackets. */
export const endpoint = (address: string, number: number): string =>
  address.includes(':') ? `[${address}]:${number}` : `${address}:${number}`;

function host(text: string): string {
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'));
  return text.split(':').length > 2 ? text : (text.split(':')[0] ?? '');
}

const port = (text: string): number => Number(text.slice(text.lastIndexOf(':') + 1));

const hexBytes = (hex: string): number[] => [...Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')];

const payloadBytes = (payload: string): number[] =>
  payload.startsWith('0x') ? hexBytes(payload.slice(2)) : [...Buffer.from(payload)];
