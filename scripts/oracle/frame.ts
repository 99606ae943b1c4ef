import { addressFromBytes, type IpAddress } from '../../director/base/address.js';
import type { RecordedFrame } from './pcap.js';

/**
 * What a recorded frame says, read in the plainest way and without `director/wire`, so that a mistake there cannot hide
 * itself. Only frames that a kernel has let pass are read: there is no judging of checksums.
 */
export interface RecordedPacket {
  readonly number: number;
  readonly at: number;
  /** MAC addresses as text. */
  readonly sourceMac: string;
  readonly destinationMac: string;
  /** The IP packet without Ethernet padding. */
  readonly bytes: Uint8Array;
  readonly header: IpHeader;
}

/** The fields of an IP header and the ports behind it. */
export interface IpHeader {
  readonly isIpv6: boolean;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  /** Of the payload: behind IPv6 extension headers. */
  readonly protocol: number;
  /** Where the payload starts, and where the packet ends. */
  readonly payload: number;
  readonly end: number;
  /** True for a fragment other than the first: its payload has no header of its own. */
  readonly isLaterFragment: boolean;
  /** 0 where there are none. */
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export const Protocol = {
  ip: 0,
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  icmpv6: 58,
  vrrp: 112,
  sctp: 132,
} as const;

const EtherType = { ipv4: 0x0800, ipv6: 0x86dd } as const;

const EthernetHeader = 14;

/** The IP packet of a frame, or undefined when it carries none, or not all of one. */
export function readFrame(frame: RecordedFrame): RecordedPacket | undefined {
  const { bytes, number, at } = frame;
  if (bytes.length < EthernetHeader) return undefined;
  const type = (bytes[12] ?? 0) * 256 + (bytes[13] ?? 0);
  if (type !== EtherType.ipv4 && type !== EtherType.ipv6) return undefined;
  const header = readIpHeader(bytes, EthernetHeader);
  if (header === undefined) return undefined;
  return {
    number,
    at,
    destinationMac: macText(bytes.subarray(0, 6)),
    sourceMac: macText(bytes.subarray(6, 12)),
    bytes: bytes.slice(EthernetHeader, header.end),
    header: {
      ...header,
      payload: header.payload - EthernetHeader,
      end: header.end - EthernetHeader,
    },
  };
}

/** The IP header at an offset, or undefined when there is none. */
export function readIpHeader(bytes: Uint8Array, offset: number): IpHeader | undefined {
  switch ((bytes[offset] ?? 0) >> 4) {
    case 4:
      return readIpv4(bytes, offset);
    case 6:
      return readIpv6(bytes, offset);
    default:
      return undefined;
  }
}

function readIpv4(bytes: Uint8Array, offset: number): IpHeader | undefined {
  const payload = offset + ((bytes[offset] ?? 0) & 0x0f) * 4;
  const end = offset + word(bytes, offset + 2);
  if (payload < offset + 20 || end < payload || end > bytes.length) return undefined;
  const isLaterFragment = (word(bytes, offset + 6) & 0x1fff) !== 0;
  return complete(bytes, {
    isIpv6: false,
    source: addressAt(bytes, offset + 12, 4),
    destination: addressAt(bytes, offset + 16, 4),
    ttl: bytes[offset + 8] ?? 0,
    protocol: bytes[offset + 9] ?? 0,
    payload,
    end,
    isLaterFragment,
  });
}

/** Extension headers that may stand before the payload, with the unit of their length field in bytes. */
const ExtensionUnits = new Map([
  [0, 8],
  [43, 8],
  [51, 4],
  [60, 8],
]);
const FragmentHeader = 44;

function readIpv6(bytes: Uint8Array, offset: number): IpHeader | undefined {
  const end = offset + 40 + word(bytes, offset + 4);
  if (end > bytes.length) return undefined;
  let protocol = bytes[offset + 6] ?? 0;
  let payload = offset + 40;
  let isLaterFragment = false;
  while (payload < end) {
    const unit = ExtensionUnits.get(protocol);
    let length = 8;
    if (protocol === FragmentHeader) isLaterFragment = (word(bytes, payload + 2) & 0xfff8) !== 0;
    else if (unit === undefined) break;
    else length = ((bytes[payload + 1] ?? 0) + (unit === 4 ? 2 : 0)) * unit + (unit === 8 ? 8 : 0);
    protocol = bytes[payload] ?? 0;
    payload += length;
  }
  return complete(bytes, {
    isIpv6: true,
    source: addressAt(bytes, offset + 8, 16),
    destination: addressAt(bytes, offset + 24, 16),
    ttl: bytes[offset + 7] ?? 0,
    protocol,
    payload,
    end,
    isLaterFragment,
  });
}

function complete(
  bytes: Uint8Array,
  header: Omit<IpHeader, 'sourcePort' | 'destinationPort'>,
): IpHeader {
  const { protocol, payload, end, isLaterFragment } = header;
  const hasPorts =
    (protocol === Protocol.tcp || protocol === Protocol.udp || protocol === Protocol.sctp) &&
    !isLaterFragment &&
    payload + 4 <= end;
  return {
    ...header,
    sourcePort: hasPorts ? word(bytes, payload) : 0,
    destinationPort: hasPorts ? word(bytes, payload + 2) : 0,
  };
}

/**
 * The offset of the packet inside a tunnel's (IPIP, GRE, or GUE, which is told by its version 0, protocol number and the
 * IP version behind its header), or undefined for a packet that is none.
 */
export function innerOffset(bytes: Uint8Array, header: IpHeader): number | undefined {
  const { protocol, payload } = header;
  if (header.isLaterFragment) return undefined;
  if (protocol === Protocol.ipip || protocol === Protocol.ipv6) return payload;
  if (protocol === Protocol.gre) {
    const flags = bytes[payload] ?? 0;
    const options = [0x80, 0x20, 0x10].filter((bit) => (flags & bit) !== 0).length;
    return payload + 4 + options * 4;
  }
  if (protocol !== Protocol.udp) return undefined;
  const gue = payload + 8;
  const first = bytes[gue] ?? 0xff;
  const inner = gue + 4 + (first & 0x1f) * 4;
  const version = (bytes[inner] ?? 0) >> 4;
  const named = bytes[gue + 1];
  const isGue =
    first < 0x20 &&
    ((named === Protocol.ipip && version === 4) || (named === Protocol.ipv6 && version === 6));
  return isGue ? inner : undefined;
}

const word = (bytes: Uint8Array, offset: number): number =>
  (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0);

function addressAt(bytes: Uint8Array, offset: number, length: number): IpAddress {
  const address = addressFromBytes(bytes.subarray(offset, offset + length));
  if (address === undefined) throw new Error('the caller has checked the length of the packet');
  return address;
}

export const macText = (bytes: Uint8Array): string => [...bytes].map(pair).join(':');

const pair = (byte: number): string => byte.toString(16).padStart(2, '0');
