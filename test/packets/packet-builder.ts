/**
 * Frames for tests, from fields. Lengths and checksums are computed here in the plainest way and without
 * `director/wire`, so that a mistake there does not cancel out.
 */

export interface EthernetSpec {
  /** MAC addresses as text; two of a test's own by default. */
  readonly source?: string;
  readonly destination?: string;
  /** EtherType, IPv4 by default. */
  readonly type?: number;
}

/** An IPv4 packet in a frame. One of `tcp`, `udp` and `icmp` says what it carries; none is an unknown protocol. */
export interface FrameSpec {
  readonly ethernet?: EthernetSpec;
  /** `address:port`, or an address alone where there are no ports. */
  readonly from: string;
  readonly to: string;
  readonly ttl?: number;
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
  const packet = ipv4Packet(spec);
  const padding = Array.from({ length: spec.padding ?? 0 }, () => 0);
  return Uint8Array.from([...ethernetHeader(spec.ethernet), ...packet, ...padding]);
}

export function buildArp(spec: ArpSpec): Uint8Array {
  const header = ethernetHeader({ type: 0x0806, source: spec.sender[0], ...spec.ethernet });
  const operation = spec.operation === 'request' ? 1 : 2;
  const parties = [...party(spec.sender), ...party(spec.target)];
  return Uint8Array.from([...header, 0, 1, 8, 0, 6, 4, 0, operation, ...parties]);
}

const party = ([mac, address]: readonly [string, string]): number[] => [
  ...macBytes(mac),
  ...addressBytes(address),
];

function ethernetHeader(spec: EthernetSpec = {}): number[] {
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

function transport(spec: FrameSpec): number[] {
  const payload = payloadBytes(spec.payload ?? '');
  if (spec.tcp !== undefined) return tcpSegment(spec, payload);
  if (spec.udp !== undefined) return udpDatagram(spec, payload);
  if (spec.icmp !== undefined) return icmpMessage(spec.icmp, payload);
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

function icmpMessage(spec: NonNullable<FrameSpec['icmp']>, payload: number[]): number[] {
  const message = [spec.type, spec.code ?? 0, 0, 0, ...payload];
  message.splice(2, 2, ...word(spec.checksum ?? internetChecksum(message)));
  return message;
}

const pseudoHeader = (spec: FrameSpec, length: number): number[] => [
  ...addressBytes(host(spec.from)),
  ...addressBytes(host(spec.to)),
  0,
  protocolOf(spec),
  ...word(length),
];

function protocolOf(spec: FrameSpec): number {
  if (spec.tcp !== undefined) return 6;
  if (spec.udp !== undefined) return 17;
  return spec.icmp === undefined ? (spec.protocol ?? 253) : 1;
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

const addressBytes = (address: string): number[] => address.split('.').map(Number);

const host = (endpoint: string): string => endpoint.split(':')[0] ?? '';

const port = (endpoint: string): number => Number(endpoint.split(':')[1]);

const hexBytes = (hex: string): number[] => [...Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')];

const payloadBytes = (payload: string): number[] =>
  payload.startsWith('0x') ? hexBytes(payload.slice(2)) : [...Buffer.from(payload)];
