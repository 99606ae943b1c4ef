import { addressBytes, isIpv6, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { fold, sum } from '../../director/wire/checksum.js';
import { Protocol } from '../../director/wire/ipv4.js';

/**
 * The folded ones' complement sum of `bytes`, begun with `initial`. The checksum of a message is the complement of its
 * sum, and a message that holds its own checksum sums to 0xffff.
 */
export function onesComplementSum(bytes: Uint8Array, initial = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return fold(sum(view, 0, bytes.length, initial));
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
  return addresses + Protocol.vrrp + length;
}
