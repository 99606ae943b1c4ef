import { addressBytes, isIpv6, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';

/** The number of VRRP among the protocols of IP (IANA). */
export const vrrpProtocol = 112;

/**
 * The 16-bit ones' complement sum of `bytes` (RFC 1071), begun with `initial`; an odd last byte is padded with zero.
 * The checksum of a message is the complement of its sum, and a message that holds its own checksum sums to 0xffff.
 */
export function onesComplementSum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  for (let index = 0; index < bytes.length; index += 2) {
    sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/**
 * The sum of the pseudo-header that goes before a VRRP message of `length` bytes: of IPv4 (RFC 793 §3.1) or IPv6
 * (RFC 8200 §8.1) as the addresses say. The IPv6 one has a longer length field, whose upper half is zero here.
 */
export function pseudoHeaderSum(source: IpAddress, destination: IpAddress, length: number): number {
  assert(isIpv6(source) === isIpv6(destination), 'a packet has one address family');
  assert(length <= 0xffff, 'a VRRP message fits into a packet');
  const addresses = onesComplementSum(
    addressBytes(destination),
    onesComplementSum(addressBytes(source)),
  );
  return addresses + vrrpProtocol + length;
}
