import { addressFromBytes, isIpv6, type IpAddress } from '../base/address.js';
import { toWords } from './address-words.js';
import * as ethernet from './ethernet.js';
import * as ipv4 from './ipv4.js';
import * as ipv6 from './ipv6.js';
import { multicastMac } from './ndp.js';

/** Internetwork control: routers and queues must not let adverts wait behind data. */
const PrecedenceInternetControl = 0xc0;

/** A message of the VRRP protocol with what its IP header says. The bytes are valid until the callback returns. */
export interface VrrpMessage {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** The TTL or hop limit that it has arrived with. */
  readonly ttl: number;
  /** What follows the IP header. */
  readonly bytes: Uint8Array;
}

/** What the IP header of a message says. */
export interface VrrpEnvelope {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
}

/** The IP packet that carries a message. */
export function wrapMessage(message: Uint8Array, envelope: VrrpEnvelope): Uint8Array<ArrayBuffer> {
  const header = isIpv6(envelope.source) ? ipv6.HeaderLength : ipv4.MinimumHeaderLength;
  const packet = new Uint8Array(header + message.length);
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (isIpv6(envelope.source)) {
    ipv6.write(view, 0, {
      trafficClass: PrecedenceInternetControl,
      payloadLength: message.length,
      nextHeader: ipv4.Protocol.vrrp,
      hopLimit: envelope.ttl,
      source: toWords(envelope.source).words,
      destination: toWords(envelope.destination).words,
    });
  } else {
    ipv4.write(view, 0, {
      tos: PrecedenceInternetControl,
      totalLength: header + message.length,
      ttl: envelope.ttl,
      protocol: ipv4.Protocol.vrrp,
      source: toWords(envelope.source).words[3] ?? 0,
      destination: toWords(envelope.destination).words[3] ?? 0,
    });
  }
  packet.set(message, header);
  return packet;
}

/** The message in the IPv4 packet at the start of `packet`, or undefined when it carries none. */
export function readIpv4Message(packet: Uint8Array): VrrpMessage | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (!ipv4.isValid(view, 0, packet.length)) return undefined;
  if (ipv4.protocol(view, 0) !== ipv4.Protocol.vrrp || ipv4.isFragment(view, 0)) return undefined;
  const bytes = packet.subarray(ipv4.headerLength(view, 0), ipv4.totalLength(view, 0));
  return messageOf(bytes, packet.subarray(12, 16), packet.subarray(16, 20), ipv4.ttl(view, 0));
}

/** The message in the IPv6 packet at the start of `packet`, or undefined when it carries none. */
export function readIpv6Message(packet: Uint8Array): VrrpMessage | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (!ipv6.isValid(view, 0, packet.length)) return undefined;
  if (ipv6.nextHeader(view, 0) !== ipv4.Protocol.vrrp) return undefined;
  const end = ipv6.HeaderLength + ipv6.payloadLength(view, 0);
  const bytes = packet.subarray(ipv6.HeaderLength, end);
  return messageOf(bytes, packet.subarray(8, 24), packet.subarray(24, 40), ipv6.hopLimit(view, 0));
}

function messageOf(
  bytes: Uint8Array,
  from: Uint8Array,
  to: Uint8Array,
  ttl: number,
): VrrpMessage | undefined {
  const source = addressFromBytes(from);
  const destination = addressFromBytes(to);
  if (source === undefined || destination === undefined) return undefined;
  return { source, destination, ttl, bytes };
}

/** The whole frame that carries an IP packet to a multicast group from this MAC address. */
export function writeMulticastFrame(
  packet: Uint8Array,
  group: IpAddress,
  source: ethernet.MacAddress,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(ethernet.HeaderLength + packet.length);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const destination = groupMac(group);
  ethernet.setDestination(view, 0, destination.high, destination.low);
  ethernet.setSource(view, 0, source.high, source.low);
  ethernet.setType(view, 0, isIpv6(group) ? ethernet.EtherType.ipv6 : ethernet.EtherType.ipv4);
  frame.set(packet, ethernet.HeaderLength);
  return frame;
}

/** Where frames to a group go (RFC 1112 §6.4, RFC 2464 §7). */
function groupMac(group: IpAddress): ethernet.MacAddress {
  const { words } = toWords(group);
  if (isIpv6(group)) return multicastMac(words);
  return { high: 0x0100, low: (0x5e00_0000 | ((words[3] ?? 0) & 0x7f_ffff)) >>> 0 };
}
