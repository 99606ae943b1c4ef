import {
  addressBytes,
  addressFromBytes,
  isIpv6,
  type IpAddress,
} from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { onesComplementSum, pseudoHeaderSum } from './checksum.js';

/**
 * The VRRPv3 advertisement, one format for IPv4 and IPv6 (RFC 9568 §5.1). The family of the packet that carries it is
 * the family of its addresses.
 *
 *     0 version 3, type 1 | 1 virtual router id | 2 priority | 3 count
 *     4 reserved (4 bits), interval in centiseconds (12 bits)
 *     6 checksum
 *     8 `count` addresses of 4 or 16 bytes
 */
const Field = {
  versionType: 0,
  virtualRouterId: 1,
  priority: 2,
  count: 3,
  interval: 4,
  checksum: 6,
};
const headerLength = 8;
const versionAndType = 0x31;

/** What a packet of the VRRP protocol must be sent with, and received with: it has crossed no router (§5.1.1.3). */
export const advertisementTtl = 255;

/** The priority by which a master says that it gives up (RFC 9568 §5.2.4). */
export const resignPriority = 0;

/** What an advertisement says. */
export interface AdvertisementFields {
  /** 1 to 255. */
  readonly virtualRouterId: number;
  /** 0 to 255; 0 is a master that gives up. */
  readonly priority: number;
  /** 1 to 4095. */
  readonly intervalCentiseconds: number;
  /** The virtual addresses, 1 to 255 of them. */
  readonly addresses: readonly IpAddress[];
}

/** An advertisement as it was received. */
export interface Advertisement extends AdvertisementFields {
  readonly kind: 'advertisement';
  /** The sender's primary address: its name in the election, and what breaks a tie of priorities. */
  readonly source: IpAddress;
}

/** Why a message was not accepted. `type` is any but ADVERTISEMENT, `count` no addresses or more than there are bytes. */
export type RejectReason =
  | 'ttl'
  | 'too-short'
  | 'version'
  | 'type'
  | 'checksum'
  | 'virtual-router-id'
  | 'count'
  | 'interval';

/** The other outcome of `decodeAdvertisement`: a reason to count. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly reason: RejectReason;
}

/** What the IP header of a received message says. */
export interface AdvertisementEnvelope {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** The TTL or hop limit. */
  readonly ttl: number;
}

/**
 * The VRRP message, without an IP header. The checksum covers the pseudo-header for IPv4 too: RFC 9568 §5.2.8 takes the
 * message alone, but keepalived, tcpdump and tshark expect it so, and keepalived is whom our masters share a link with.
 */
export function encodeAdvertisement(
  fields: AdvertisementFields,
  source: IpAddress,
  destination: IpAddress,
): Uint8Array {
  const { virtualRouterId, priority, intervalCentiseconds, addresses } = fields;
  assert(virtualRouterId >= 1 && virtualRouterId <= 255, 'a virtual router id is 1 to 255');
  assert(priority >= 0 && priority <= 255, 'a priority is 0 to 255');
  assert(intervalCentiseconds >= 1 && intervalCentiseconds <= 0xfff, 'an interval is 1 to 4095 cs');
  assert(
    addresses.length >= 1 && addresses.length <= 255,
    'an advertisement has 1 to 255 addresses',
  );

  const addressLength = isIpv6(source) ? 16 : 4;
  const message = new Uint8Array(headerLength + addresses.length * addressLength);
  const view = new DataView(message.buffer);
  message[Field.versionType] = versionAndType;
  message[Field.virtualRouterId] = virtualRouterId;
  message[Field.priority] = priority;
  message[Field.count] = addresses.length;
  view.setUint16(Field.interval, intervalCentiseconds);
  for (const [index, address] of addresses.entries()) {
    assert(isIpv6(address) === isIpv6(source), 'virtual addresses are of the family of the packet');
    message.set(addressBytes(address), headerLength + index * addressLength);
  }
  const sum = onesComplementSum(message, pseudoHeaderSum(source, destination, message.length));
  view.setUint16(Field.checksum, ~sum & 0xffff);
  return message;
}

/**
 * Reads a VRRP message from the network and makes the checks of RFC 9568 §7.1 that need no configuration, cheapest
 * first; whether the virtual router is one of ours is the caller's question. For IPv4 a checksum with the
 * pseudo-header is as good as one without. Bytes after the last address are covered by the checksum and otherwise
 * ignored (newer versions of keepalived append a trailer there). Takes any bytes without an exception; a malformed
 * `message` is a rejection. Keeps no reference to `message`.
 */
export function decodeAdvertisement(
  message: Uint8Array,
  envelope: AdvertisementEnvelope,
): Advertisement | Rejection {
  if (envelope.ttl !== advertisementTtl) return reject('ttl');
  if (message.length < headerLength) return reject('too-short');
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const versionType = view.getUint8(Field.versionType);
  if (versionType >> 4 !== versionAndType >> 4) return reject('version');
  if (versionType !== versionAndType) return reject('type');
  if (!hasValidChecksum(message, envelope)) return reject('checksum');

  const virtualRouterId = view.getUint8(Field.virtualRouterId);
  if (virtualRouterId === 0) return reject('virtual-router-id');
  const intervalCentiseconds = view.getUint16(Field.interval) & 0xfff;
  if (intervalCentiseconds === 0) return reject('interval');
  const addresses = readAddresses(message, isIpv6(envelope.source) ? 16 : 4);
  if (addresses === undefined) return reject('count');
  return {
    kind: 'advertisement',
    virtualRouterId,
    priority: view.getUint8(Field.priority),
    intervalCentiseconds,
    addresses,
    source: envelope.source,
  };
}

const reject = (reason: RejectReason): Rejection => ({ kind: 'rejected', reason });

function hasValidChecksum(message: Uint8Array, envelope: AdvertisementEnvelope): boolean {
  const { source, destination } = envelope;
  if (message.length > 0xffff) return false;
  const pseudoHeader = pseudoHeaderSum(source, destination, message.length);
  if (onesComplementSum(message, pseudoHeader) === 0xffff) return true;
  return !isIpv6(source) && onesComplementSum(message) === 0xffff;
}

/** The addresses that the message announces, or undefined when it announces none or has not room for them. */
function readAddresses(message: Uint8Array, addressLength: number): IpAddress[] | undefined {
  const count = message[Field.count] ?? 0;
  if (count === 0 || message.length < headerLength + count * addressLength) return undefined;
  const addresses: IpAddress[] = [];
  for (let index = 0; index < count; index += 1) {
    const start = headerLength + index * addressLength;
    const address = addressFromBytes(message.subarray(start, start + addressLength));
    assert(address !== undefined, 'the message has room for its addresses');
    addresses.push(address);
  }
  return addresses;
}
