import type { BenchDirector, BenchOptions, Link, Outcome, Sent } from './bench-director.js';
import { Mac } from './hosts.js';
import { buildFrame, quote, type FrameSpec } from './packet-builder.js';

/** One row of a table of packets: what comes in, what becomes of it, what goes out. */
export interface PacketCase {
  readonly description: string;
  readonly bench?: BenchOptions;
  /** What happened before; its frames are not looked at. */
  readonly before?: (bench: BenchDirector) => void;
  readonly arrival: Link;
  readonly packet: Uint8Array;
  readonly outcome: Outcome;
  readonly sent: readonly Sent[];
  /** The identification of the IPv4 header that the director writes is random; as in its ICMP errors it is not looked at. */
  readonly hasAnyIdentification?: boolean;
}

const DirectorMac: Readonly<Record<Link, string>> = {
  clients: Mac.director,
  servers: Mac.directorServers,
};

/** A frame from a client, or from its router, to the director. */
export const fromClient = (spec: FrameSpec, source: string = Mac.client): Uint8Array =>
  buildFrame({ ethernet: { source, destination: Mac.director }, ...spec });

/** A frame from a real server to the director. */
export const fromServer = (spec: FrameSpec, source: string = Mac.server3): Uint8Array =>
  buildFrame({ ethernet: { source, destination: Mac.directorServers }, ...spec });

/** A frame that the director sends to a host. */
export const sentTo = (link: Link, destination: string, spec: FrameSpec): Sent => ({
  link,
  frame: buildFrame({ ...spec, ethernet: { source: DirectorMac[link], destination } }),
});

/** The ICMP errors that the director makes, by what they say: type and code of ICMP, and of ICMPv6. */
const Errors = {
  timeExceeded: [
    [11, 0],
    [3, 0],
  ],
  portUnreachable: [
    [3, 3],
    [1, 4],
  ],
  hostUnreachable: [
    [3, 1],
    [1, 3],
  ],
  tooBig: [
    [3, 4],
    [2, 0],
  ],
} as const;

export interface ErrorSpec {
  readonly kind: keyof typeof Errors;
  /** Where the error comes from and goes to, and on which link. */
  readonly from: string;
  readonly to: string;
  readonly link?: Link;
  readonly mac?: string;
  readonly mtu?: number;
  /** The packet that it is about. */
  readonly about: Uint8Array;
  /** The identification of the IPv4 header, which the director throws dice for. */
  readonly identification?: number;
}

/**
 * An ICMP error of the director's own: precedence "internetwork control" in IPv4, TTL 64, and as much of the packet as
 * makes 576 bytes of IPv4 (RFC 1812 §4.3.2.3) or 1,280 of IPv6 (RFC 4443 §2.4).
 */
export function errorOf(spec: ErrorSpec): Sent {
  const isIpv6 = spec.from.includes(':');
  const [type, code] = Errors[spec.kind][isIpv6 ? 1 : 0];
  const { link = 'clients', mac = Mac.client, from, to } = spec;
  return sentTo(link, mac, {
    from,
    to,
    icmp: { type, code },
    ...(isIpv6 ? {} : { tos: 0xc0, identification: spec.identification ?? 0 }),
    payload: quote(spec.about, { mtu: spec.mtu ?? 0, most: isIpv6 ? 1_280 - 48 : 576 - 28 }),
  });
}

/** The frame with the identification of its IPv4 header made 0, and the header's checksum made right again. */
export function withoutIdentification({ link, frame }: Sent): Sent {
  if (frame[12] !== 0x08 || frame[13] !== 0x00) return { link, frame };
  const copy = Uint8Array.from(frame);
  const view = new DataView(copy.buffer);
  const sum = (view.getUint16(24) ^ 0xffff) - view.getUint16(18);
  view.setUint16(18, 0);
  view.setUint16(24, 0xffff - (((sum % 0xffff) + 0xffff) % 0xffff));
  return { link, frame: copy };
}
