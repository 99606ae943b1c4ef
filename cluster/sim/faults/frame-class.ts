import * as arp from '../../../director/wire/arp.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import { Family } from '../../../director/wire/flow.js';
import * as icmpv6 from '../../../director/wire/icmpv6.js';
import * as ipv4 from '../../../director/wire/ipv4.js';
import * as ipv6 from '../../../director/wire/ipv6.js';
import type { Packet } from '../../../director/wire/packet.js';
import * as udp from '../../../director/wire/udp.js';
import type { FrameClass, FrameFilter } from '../network/weather.js';

/** The ports of session sync: our own and the kernel's. */
const SyncPorts: readonly number[] = [8849, 8848];

/** Which frames a class means. */
export const filterOf: Readonly<Record<FrameClass, FrameFilter>> = {
  all: () => true,
  vrrp: (frame) => isProtocol(frame, ipv4.Protocol.vrrp),
  sync: isSync,
  announcement: isAnnouncement,
};

function isProtocol({ view, start, end }: Packet, protocol: number): boolean {
  const network = start + ethernet.HeaderLength;
  switch (ethernet.type(view, start)) {
    case ethernet.EtherType.ipv4:
      return ipv4.isValid(view, network, end) && ipv4.protocol(view, network) === protocol;
    case ethernet.EtherType.ipv6:
      return ipv6.isValid(view, network, end) && ipv6.nextHeader(view, network) === protocol;
    default:
      return false;
  }
}

/** True for a datagram of session sync: what several nodes have told, or asked for. */
export function isSync(frame: Packet): boolean {
  if (!isProtocol(frame, ipv4.Protocol.udp)) return false;
  const { view, start, end } = frame;
  if (ethernet.type(view, start) !== ethernet.EtherType.ipv4) return false;
  const transport =
    start + ethernet.HeaderLength + ipv4.headerLength(view, start + ethernet.HeaderLength);
  return (
    udp.isValid(view, transport, end) && SyncPorts.includes(udp.destinationPort(view, transport))
  );
}

/** An address that is announced unasked, as the frame says it. */
export interface Announcement {
  readonly family: Family;
  readonly words: Uint32Array;
  readonly mac: ethernet.MacAddress;
}

/** What a frame announces, if it is gratuitous ARP or an unsolicited neighbour advertisement. */
export function readAnnouncement({ view, start, end }: Packet): Announcement | undefined {
  const body = start + ethernet.HeaderLength;
  const type = ethernet.type(view, start);
  const mac = { high: ethernet.sourceHigh(view, start), low: ethernet.sourceLow(view, start) };
  if (type === ethernet.EtherType.arp) {
    if (!arp.isValid(view, body, end)) return undefined;
    const address = arp.senderAddress(view, body);
    if (address !== arp.targetAddress(view, body)) return undefined;
    return { family: Family.ipv4, words: Uint32Array.of(0, 0, 0, address), mac };
  }
  if (type !== ethernet.EtherType.ipv6 || !ethernet.isMulticast(view, start)) return undefined;
  if (!ipv6.isValid(view, body, end) || ipv6.nextHeader(view, body) !== ipv4.Protocol.icmpv6) {
    return undefined;
  }
  const message = body + ipv6.HeaderLength;
  if (icmpv6.type(view, message) !== icmpv6.Type.neighbourAdvertisement) return undefined;
  const words = new Uint32Array(4);
  ipv6.readSource(view, body, words);
  return { family: Family.ipv6, words, mac };
}

function isAnnouncement(frame: Packet): boolean {
  return readAnnouncement(frame) !== undefined;
}
