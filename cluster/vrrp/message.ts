import {
  addressBytes,
  addressFromBytes,
  isIpv6,
  type IpAddress,
} from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { onesComplementSum, pseudoHeaderSum } from './checksum.js';

/**
 * The bytes of an advertisement, without an opinion about who sent it.
 *
 *       version 3 (RFC 9568 §5.1)                  version 2 (RFC 3768 §5.1, IPv4 only)
 *     0 version 3, type 1                          version 2, type 1
 *     1 virtual router id                          same
 *     2 priority                                   same
 *     3 count of addresses                         same
 *     4 reserved (4 bits), interval in             authentication type
 *     5 centiseconds (12 bits)                     interval in seconds
 *     6 checksum                                   same
 *     8 `count` addresses of 4 or 16 bytes         `count` addresses of 4 bytes
 *                                                  8 bytes of authentication data, whatever the type
 *
 * The family of the packet that carries a message is the family of its addresses. What follows the last of these bytes
 * is the trailer: see `auth-trailer.ts`.
 *
 * **The checksum.** Version 2 sums the message. Version 3 over IPv6 sums a pseudo-header, the message and the trailer,
 * because the kernels do it. Version 3 over IPv4 is where implementations differ: RFC 9568 §5.2.8 takes the message
 * alone, as version 2 does, but keepalived's default, tcpdump and tshark want the pseudo-header too. Over IPv4 the
 * trailer is never summed.
 */
const Field = {
  versionType: 0,
  virtualRouterId: 1,
  priority: 2,
  count: 3,
  authenticationType: 4,
  interval: 4,
  intervalSeconds: 5,
  checksum: 6,
};
const headerLength = 8;
const passwordLength = 8;
const advertisementType = 1;

/** Where the checksum is in a message, and how long it is: an authentication trailer reads it as zero. */
export const checksumOffset = Field.checksum;
export const checksumLength = 2;

/** The versions of VRRP that are in use: RFC 3768, and RFC 5798 with its successor RFC 9568. */
export type VrrpVersion = 2 | 3;

/** What only version 2 carries (RFC 2338 §5.3.6): type 0 is none, 1 a password in the clear, 2 an IP header of its own. */
export interface Version2Authentication {
  readonly type: number;
  /** 8 bytes, zero where the type uses none. */
  readonly data: Uint8Array;
}

/** All that a message says. */
export interface AdvertisementMessage {
  readonly version: VrrpVersion;
  /** 1 to 255. */
  readonly virtualRouterId: number;
  /** 0 to 255; 0 is a master that gives up. */
  readonly priority: number;
  /** 1 to 4095 in version 3, whole seconds from 100 to 25500 in version 2. */
  readonly intervalCentiseconds: number;
  /** The virtual addresses, 1 to 255 of them, all of the packet's family. */
  readonly addresses: readonly IpAddress[];
  /** There in version 2, and only there. */
  readonly authentication: Version2Authentication | undefined;
}

/** The addresses of the packet that carries a message. */
export interface AdvertisementLink {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** Why bytes are no advertisement. `type` is any but ADVERTISEMENT, `count` no addresses or more than there are bytes. */
export type FormReason =
  | 'too-short'
  | 'version'
  | 'type'
  | 'count'
  | 'checksum'
  | 'virtual-router-id'
  | 'interval';

/** A message as it was read, with what is needed to judge it, and to write it again byte for byte. */
export interface ReadMessage extends AdvertisementMessage {
  /** Version 3 over IPv4: the checksum leaves out the pseudo-header. True for version 2 and false for IPv6, always. */
  readonly checksumAsV2: boolean;
  /** The message without its trailer; a part of the bytes that were read. */
  readonly body: Uint8Array;
  /** What follows the message; often nothing. A part of the bytes that were read. */
  readonly trailer: Uint8Array;
}

/**
 * Reads the payload of a VRRP packet and makes the checks of RFC 9568 §7.1 that need no configuration. Takes any bytes
 * without an exception. The reserved bits of version 3 are ignored (§5.2.6).
 */
export function readMessage(bytes: Uint8Array, link: AdvertisementLink): ReadMessage | FormReason {
  if (bytes.length < headerLength) return 'too-short';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const versionType = view.getUint8(Field.versionType);
  const version = versionOf(versionType >> 4, isIpv6(link.source));
  if (version === undefined) return 'version';
  if ((versionType & 0xf) !== advertisementType) return 'type';

  const addressLength = isIpv6(link.source) ? 16 : 4;
  const count = view.getUint8(Field.count);
  const addressesEnd = headerLength + count * addressLength;
  if (count === 0 || bytes.length < addressesEnd) return 'count';
  const end = addressesEnd + (version === 2 ? passwordLength : 0);
  if (bytes.length < end) return 'too-short';
  const body = bytes.subarray(0, end);
  const trailer = bytes.subarray(end);
  const checksum = checksumForm(version, body, trailer, link);
  if (checksum === undefined) return 'checksum';

  const virtualRouterId = view.getUint8(Field.virtualRouterId);
  if (virtualRouterId === 0) return 'virtual-router-id';
  const intervalCentiseconds =
    version === 2
      ? view.getUint8(Field.intervalSeconds) * 100
      : view.getUint16(Field.interval) & 0xfff;
  if (intervalCentiseconds === 0) return 'interval';
  return {
    version,
    virtualRouterId,
    priority: view.getUint8(Field.priority),
    intervalCentiseconds,
    addresses: readAddresses(body.subarray(headerLength, addressesEnd), addressLength),
    authentication:
      version === 2
        ? { type: view.getUint8(Field.authenticationType), data: bytes.slice(addressesEnd, end) }
        : undefined,
    checksumAsV2: checksum === 'message',
    body,
    trailer,
  };
}

/** The message with a checksum of zero: what is signed, and what `sealMessage` completes. */
export function writeMessage(message: AdvertisementMessage, source: IpAddress): Uint8Array {
  checkFields(message, source);
  const { version, virtualRouterId, priority, intervalCentiseconds, addresses } = message;
  const addressLength = isIpv6(source) ? 16 : 4;
  const addressesEnd = headerLength + addresses.length * addressLength;
  const bytes = new Uint8Array(addressesEnd + (version === 2 ? passwordLength : 0));
  bytes[Field.versionType] = (version << 4) | advertisementType;
  bytes[Field.virtualRouterId] = virtualRouterId;
  bytes[Field.priority] = priority;
  bytes[Field.count] = addresses.length;
  for (const [index, address] of addresses.entries()) {
    bytes.set(addressBytes(address), headerLength + index * addressLength);
  }
  if (message.authentication === undefined) {
    new DataView(bytes.buffer).setUint16(Field.interval, intervalCentiseconds);
  } else {
    bytes[Field.authenticationType] = message.authentication.type;
    bytes[Field.intervalSeconds] = intervalCentiseconds / 100;
    bytes.set(message.authentication.data, addressesEnd);
  }
  return bytes;
}

/** What is sent: the message of `writeMessage`, its trailer, and the checksum, which without `asV2` is keepalived's. */
export function sealMessage(
  body: Uint8Array,
  trailer: Uint8Array,
  link: AdvertisementLink,
  asV2: boolean,
): Uint8Array {
  const bytes = new Uint8Array(body.length + trailer.length);
  bytes.set(body);
  bytes.set(trailer, body.length);
  const isMessageAlone =
    (body[Field.versionType] ?? 0) >> 4 === 2 || (asV2 && !isIpv6(link.source));
  const sum = isMessageAlone ? onesComplementSum(body) : pseudoSum(body, trailer, link);
  new DataView(bytes.buffer).setUint16(Field.checksum, ~sum & 0xffff);
  return bytes;
}

function versionOf(value: number, overIpv6: boolean): VrrpVersion | undefined {
  if (value === 3) return 3;
  return value === 2 && !overIpv6 ? 2 : undefined;
}

function checkFields(message: AdvertisementMessage, source: IpAddress): void {
  const { version, virtualRouterId, priority, intervalCentiseconds, addresses } = message;
  const isIpv6Packet = isIpv6(source);
  assert(version === 3 || !isIpv6Packet, 'version 2 is for IPv4');
  assert(virtualRouterId >= 1 && virtualRouterId <= 255, 'a virtual router id is 1 to 255');
  assert(priority >= 0 && priority <= 255, 'a priority is 0 to 255');
  assert(isInterval(version, intervalCentiseconds), 'the version can say the interval');
  const { length } = addresses;
  assert(length >= 1 && length <= 255, 'an advertisement has 1 to 255 addresses');
  const areOfOneFamily = addresses.every((address) => isIpv6(address) === isIpv6Packet);
  assert(areOfOneFamily, 'virtual addresses are of the family of the packet');
  const data = message.authentication?.data;
  assert((version === 2) === (data !== undefined), 'version 2 has authentication data, 3 has not');
  assert(data === undefined || data.length === passwordLength, 'authentication data is 8 bytes');
}

function isInterval(version: VrrpVersion, centiseconds: number): boolean {
  if (version === 3) return centiseconds >= 1 && centiseconds <= 0xfff;
  return centiseconds % 100 === 0 && centiseconds >= 100 && centiseconds <= 25_500;
}

/** What the checksum covers besides the message, or undefined when it is wrong either way. */
function checksumForm(
  version: VrrpVersion,
  body: Uint8Array,
  trailer: Uint8Array,
  link: AdvertisementLink,
): 'message' | 'pseudo-header' | undefined {
  if (body.length + trailer.length > 0xffff) return undefined;
  if (version === 3 && pseudoSum(body, trailer, link) === 0xffff) return 'pseudo-header';
  if (isIpv6(link.source)) return undefined;
  return onesComplementSum(body) === 0xffff ? 'message' : undefined;
}

function pseudoSum(body: Uint8Array, trailer: Uint8Array, link: AdvertisementLink): number {
  const { source, destination } = link;
  const summed = isIpv6(source) ? trailer : new Uint8Array();
  const start = pseudoHeaderSum(source, destination, body.length + summed.length);
  // The message has an even length, so that the trailer starts at a whole word.
  return onesComplementSum(summed, onesComplementSum(body, start));
}

function readAddresses(bytes: Uint8Array, addressLength: number): IpAddress[] {
  const addresses: IpAddress[] = [];
  for (let start = 0; start < bytes.length; start += addressLength) {
    const address = addressFromBytes(bytes.subarray(start, start + addressLength));
    assert(address !== undefined, 'the message has room for its addresses');
    addresses.push(address);
  }
  return addresses;
}
