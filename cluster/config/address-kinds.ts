import { addressBytes, type IpAddress, isIpv6 } from '../../director/base/address.js';

/** True for a multicast address (224.0.0.0/4, ff00::/8). */
export function isMulticast(address: IpAddress): boolean {
  const [first = 0] = addressBytes(address);
  return isIpv6(address) ? first === 0xff : first >> 4 === 0xe;
}

/** True for an IPv6 multicast address that stays on its link (ff02::/16 and its flagged kin, RFC 4291 §2.7). */
export function isLinkLocalMulticast(address: IpAddress): boolean {
  const [first, second = 0] = addressBytes(address);
  return isIpv6(address) && first === 0xff && (second & 0x0f) === 2;
}

/** True for an address that one host may have: no group, and not the unspecified one. */
export const isHostAddress = (address: IpAddress): boolean =>
  !isMulticast(address) && addressBytes(address).some((byte) => byte !== 0);

/** True for a link-local IPv6 address (fe80::/10, RFC 4291 §2.5.6). */
export function isLinkLocal(address: IpAddress): boolean {
  const [first, second = 0] = addressBytes(address);
  return isIpv6(address) && first === 0xfe && (second & 0xc0) === 0x80;
}
