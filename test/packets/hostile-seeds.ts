import { addressBytes } from '../../director/base/address.js';
import { ip } from '../base/values.js';
import { LongestFrame, repairChecksums, type Arriving } from './hostile-frames.js';

/** The director's links, and its MAC address on each. */
export const Link = { clients: 0, servers: 1 } as const;
export const LinkMacs: readonly Uint8Array[] = [0x0b, 0x0c].map((last) =>
  Uint8Array.of(2, 0, 0, 0, 1, last),
);
const StrangerMac = [2, 0, 0, 0, 9, 9];

/** Services by what becomes of their packets. The marked ones have a firewall mark, the empty ones no real server. */
export const Kinds = [
  ...(['masq', 'route', 'tunnel', 'fullNat', 'local'] as const),
  ...(['persistent', 'onePacket', 'marked', 'empty'] as const),
] as const;
export type Kind = (typeof Kinds)[number];

/** The last byte of the addresses of services; both families have them all. */
export const Vip: Readonly<Record<Kind, number>> = {
  masq: 0x64,
  route: 0x65,
  tunnel: 0x66,
  fullNat: 0x67,
  local: 0x68,
  persistent: 0x69,
  onePacket: 0x6a,
  marked: 0x6b,
  empty: 0x6c,
};
export const Servers = [21, 22, 23];
export const Clients = [2, 3, 4, 5];

export const Families = [4, 6] as const;
export type FamilyNumber = (typeof Families)[number];

export const clientSide = (family: FamilyNumber, last: number): string =>
  family === 4 ? `10.1.0.${last}` : `fd00:1::${last.toString(16)}`;
export const serverSide = (family: FamilyNumber, last: number): string =>
  family === 4 ? `10.2.0.${last}` : `fd00:2::${last.toString(16)}`;

/** Protocol, port of the services, port of the real servers. */
export const Ports = [
  [6, 80, 8_080],
  [17, 53, 5_353],
  [132, 5_000, 5_001],
] as const;

/** Bytes from hexadecimal digits; spaces are for the reader. */
const hex = (digits: string): number[] => [...Buffer.from(digits.replaceAll(' ', ''), 'hex')];

const word = (value: number): number[] => [(value >> 8) & 255, value & 255];

const DontFragment = 0x40;

/** A packet from one address to another: everything behind the Ethernet header. Its checksums are made right later. */
function packet(
  from: string,
  to: string,
  protocol: number,
  body: readonly number[],
  flags = 0,
): number[] {
  const source = [...addressBytes(ip(from))];
  const destination = [...addressBytes(ip(to))];
  if (source.length === 16) {
    return [0x60, 0, 0, 0, ...word(body.length), protocol, 64, ...source, ...destination, ...body];
  }
  const length = word(20 + body.length);
  const header = [0x45, 0, ...length, 0x12, 0x34, flags, 0, 64, protocol, 0, 0];
  return [...header, ...source, ...destination, ...body];
}

/** A transport header, with so many bytes behind it. `kind` is TCP's control bits or the type of SCTP's first chunk. */
export function segment(
  protocol: number,
  fromPort: number,
  toPort: number,
  kind: number,
  size = 6,
): number[] {
  const ports = [...word(fromPort), ...word(toPort)];
  const payload = Array.from({ length: size }, (_, index) => index & 255);
  switch (protocol) {
    case 6:
      // Sequence numbers, control bits and window; two options, to the end of a header of 28 bytes.
      return [...ports, ...hex('00000001 00000001 70'), kind]
        .concat(hex('ff00 1234 0000 020405b4 01010100'))
        .concat(payload);
    case 17:
      return [...ports, ...word(8 + size), 0x56, 0x78, ...payload];
    default:
      return [...ports, 0, 0, 0, 7, 0, 0, 0, 0, kind, 0, ...word(4 + size), ...payload, 0, 0];
  }
}

/** A whole frame to the director, checksums right. */
export function frameOf(link: number, type: number, body: readonly number[]): Arriving {
  const frame = Uint8Array.from([
    ...(LinkMacs[link] ?? []),
    ...StrangerMac,
    ...word(type),
    ...body,
  ]);
  repairChecksums(new DataView(frame.buffer), frame.length);
  return { link, frame };
}

const etherType = (family: FamilyNumber): number => (family === 4 ? 0x0800 : 0x86dd);

/** SYN, ACK, data, FIN and RST; for the other protocols INIT, COOKIE ECHO, DATA and ABORT. */
const kindsOf = (protocol: number): number[] =>
  protocol === 6 ? [2, 0x10, 0x18, 0x11, 4] : [1, 10, 0, 6];

/** What clients send to all services. Packets of every other client may not be cut. */
function* requests(family: FamilyNumber, last: number): Generator<Arriving> {
  const client = clientSide(family, last);
  const flags = last % 2 === 0 ? DontFragment : 0;
  for (const [protocol, port] of Ports) {
    for (const control of kindsOf(protocol)) {
      const body = segment(protocol, 1_000 + last, port, control);
      for (const kind of Kinds) {
        const bytes = packet(client, clientSide(family, Vip[kind]), protocol, body, flags);
        yield frameOf(0, etherType(family), bytes);
      }
    }
  }
}

/** What real servers answer. */
function* replies(family: FamilyNumber, last: number): Generator<Arriving> {
  const client = clientSide(family, last);
  for (const [protocol, , realPort] of Ports) {
    for (const control of kindsOf(protocol)) {
      const body = segment(protocol, realPort, 1_000 + last, control === 2 ? 0x12 : control);
      for (const server of Servers) {
        const bytes = packet(serverSide(family, server), client, protocol, body);
        yield frameOf(1, etherType(family), bytes);
      }
    }
  }
}

/** Echo requests, and errors about packets to and from services. */
function* icmp(family: FamilyNumber): Generator<Arriving> {
  const type = etherType(family);
  const isIpv4 = family === 4;
  const protocol = isIpv4 ? 1 : 58;
  const client = clientSide(family, 2);
  for (const vip of [Vip.masq, Vip.route, Vip.tunnel, Vip.fullNat]) {
    const address = clientSide(family, vip);
    const echo = [isIpv4 ? 8 : 128, ...hex('000000 01020304 05060708')];
    yield frameOf(0, type, packet(client, address, protocol, echo));
    const quoted = packet(address, client, 6, segment(6, 80, 1_002, 0x10));
    const quotedBehind = packet(client, serverSide(family, 21), 6, segment(6, 1_002, 8_080, 0x10));
    for (const error of isIpv4 ? [3, 4, 5, 11, 12] : [1, 2, 3, 4]) {
      const header = [error, isIpv4 ? 4 : 0, 0, 0, 0, 0, 5, 0x14];
      const router = clientSide(family, 1);
      yield frameOf(0, type, packet(router, address, protocol, [...header, ...quoted]));
      const behind = serverSide(family, 254);
      yield frameOf(1, type, packet(behind, client, protocol, [...header, ...quotedBehind]));
    }
  }
}

/** What stands between the two IP headers of the tunnel to each real server: nothing, GRE, UDP and GUE. */
const Shims: readonly (readonly [number, string, string])[] = [
  [0, '', ''],
  [47, '0000 0800', '0000 86dd'],
  [17, '8000 17c0 0000 0000 0004 0000', '8000 17c0 0000 0000 0029 0000'],
];

/** Errors from the servers' side about packets in tunnels. */
function* tunnelErrors(family: FamilyNumber): Generator<Arriving> {
  const isIpv4 = family === 4;
  const own = serverSide(family, isIpv4 ? 11 : 17);
  for (const last of Clients) {
    const request = segment(6, 1_000 + last, 80, 0x10);
    const inner = packet(clientSide(family, last), clientSide(family, Vip.tunnel), 6, request);
    for (const [index, server] of Servers.entries()) {
      const [protocol, four, six] = Shims[index] ?? [0, '', ''];
      const shim = hex(isIpv4 ? four : six);
      const carrier = protocol === 0 ? (isIpv4 ? 4 : 41) : protocol;
      const quoted = packet(own, serverSide(family, server), carrier, [...shim, ...inner]);
      for (const error of isIpv4 ? [3, 11] : [1, 2, 4]) {
        const header = [error, isIpv4 ? 4 : 0, 0, 0, 0, 0, 5, 0x14];
        const bytes = packet(serverSide(family, 1), own, isIpv4 ? 1 : 58, [...header, ...quoted]);
        yield frameOf(1, etherType(family), bytes);
      }
    }
  }
}

/** First, middle and last parts of datagrams; IPv6 also with other extension headers. */
function* fragments(family: FamilyNumber): Generator<Arriving> {
  const from = clientSide(family, 3);
  for (const vip of [Vip.masq, Vip.route, Vip.tunnel, Vip.fullNat]) {
    const to = clientSide(family, vip);
    const whole = segment(17, 1_003, 53, 0, 1_000);
    for (const [offset, more] of [
      [0, 1],
      [1_008, 1],
      [1_008, 0],
      [65_528, 0],
    ] as const) {
      if (family === 4) {
        const part = packet(from, to, 17, whole);
        part.splice(6, 2, ...word((offset >> 3) | (more << 13)));
        yield frameOf(0, 0x0800, part);
      } else {
        const header = [17, 0, ...word(offset | more), 0, 0, 0, 9];
        yield frameOf(0, 0x86dd, packet(from, to, 44, [...header, ...whole]));
      }
    }
  }
  if (family === 4) return;
  for (const extension of [0, 43, 60]) {
    const body = [6, 0, 1, 4, 0, 0, 0, 0, ...segment(6, 1_003, 80, 2)];
    yield frameOf(0, 0x86dd, packet(from, clientSide(6, Vip.masq), extension, body));
  }
}

/** Packets that do not fit the servers' link, and tunnels towards us. */
function* large(family: FamilyNumber): Generator<Arriving> {
  const type = etherType(family);
  for (const vip of [Vip.masq, Vip.route, Vip.tunnel, Vip.fullNat]) {
    const to = clientSide(family, vip);
    for (const protocol of [6, 17]) {
      const body = segment(protocol, 1_004, protocol === 6 ? 80 : 53, 0x10, 1_400);
      const bytes = packet(clientSide(family, 4), to, protocol, body);
      yield frameOf(0, type, bytes);
      if (family === 4) yield frameOf(0, type, bytes.with(6, 0x40));
    }
    const inner = packet(clientSide(family, 4), to, 6, segment(6, 1_004, 80, 2));
    const outer = family === 4 ? 4 : 41;
    yield frameOf(0, type, packet(clientSide(family, 4), to, outer, inner));
    yield frameOf(0, type, packet(clientSide(family, 4), to, 47, [0, 0, 8, 0, ...inner]));
  }
}

/** Clients behind a router that the director does not know: what is for them has nowhere to go. */
function* strays(family: FamilyNumber): Generator<Arriving> {
  const type = etherType(family);
  for (const port of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const client = family === 4 ? '192.0.2.9' : '2001:db8::9';
    const request = segment(6, port, 80, 2);
    yield frameOf(0, type, packet(client, clientSide(family, Vip.masq), 6, request));
    for (const server of Servers) {
      const reply = segment(6, 8_080, port, 0x12);
      yield frameOf(1, type, packet(serverSide(family, server), client, 6, reply));
    }
  }
}

/** Who has which address: ARP and neighbour discovery, asked and answered. */
function* neighbours(): Generator<Arriving> {
  for (const [link, mine, theirs] of [
    [0, clientSide(4, Vip.masq), clientSide(4, 2)],
    [1, serverSide(4, 254), serverSide(4, 21)],
  ] as const) {
    for (const operation of [1, 2]) {
      const parties = [...StrangerMac, ...addressBytes(ip(theirs)), 0, 0, 0, 0, 0, 0];
      const body = [0, 1, 8, 0, 6, 4, 0, operation, ...parties, ...addressBytes(ip(mine))];
      yield frameOf(link, 0x0806, body);
    }
  }
  for (const [link, mine, theirs] of [
    [0, clientSide(6, Vip.masq), clientSide(6, 2)],
    [1, serverSide(6, 254), serverSide(6, 21)],
  ] as const) {
    const asked = [...hex('87000000 00000000'), ...addressBytes(ip(mine)), 1, 1];
    const told = [...hex('88000000 60000000'), ...addressBytes(ip(theirs)), 2, 1];
    for (const message of [asked, told]) {
      yield frameOf(
        link,
        0x86dd,
        packet(theirs, mine, 58, [...message, ...StrangerMac]).with(7, 255),
      );
    }
  }
}

/** Frames of every kind that the director knows, all of them valid. */
export function validFrames(): Arriving[] {
  const perFamily = Families.flatMap((family) => [
    ...Clients.flatMap((last) => [...requests(family, last), ...replies(family, last)]),
    ...icmp(family),
    ...tunnelErrors(family),
    ...fragments(family),
    ...large(family),
    ...strays(family),
  ]);
  // There are few of these, and much to get wrong about them.
  const repeated = Array.from({ length: 20 }, () => [...neighbours()]).flat();
  return [...perFamily, ...repeated];
}

/** A frame as its receiver would answer it: by the same link, from its other end. */
export function answerTo({ link, frame: sent }: Arriving): Arriving {
  const frame = sent.slice(0, LongestFrame);
  const view = new DataView(frame.buffer);
  frame.set(LinkMacs[link] ?? []);
  const [from, size] = view.getUint16(12) === 0x86dd ? [22, 16] : [26, 4];
  const ports = from + 2 * size;
  if (frame.length < ports + 4) return { link, frame };
  const source = frame.slice(from, from + size);
  frame.copyWithin(from, from + size, ports);
  frame.set(source, from + size);
  const port = view.getUint16(ports);
  view.setUint16(ports, view.getUint16(ports + 2));
  view.setUint16(ports + 2, port);
  repairChecksums(view, frame.length);
  return { link, frame };
}
