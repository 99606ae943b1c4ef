import { Address6 } from 'ip-address';

import type { Brand } from './brand.js';

/**
 * An IPv4 or IPv6 address as text in its one canonical form (RFC 5952 for IPv6), so that equality of addresses is
 * equality of strings. The control plane speaks in these; the data plane in 32-bit words.
 */
export type IpAddress = Brand<string, 'IpAddress'>;

/** An address and the length of its network prefix, as in `10.1.0.100/24`. */
export interface AddressPrefix {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** The address in canonical form, or undefined when `text` is not exactly one IPv4 or IPv6 address without a prefix. */
export function parseAddress(text: string): IpAddress | undefined {
  // The library throws and catches for each text that is no address, and configurations are full of them.
  if (Ipv4.test(text)) return text as IpAddress;
  if (!Ipv6Characters.test(text) || !Address6.isValid(text)) return undefined;
  return new Address6(text).correctForm() as IpAddress;
}

/** Four numbers from 0 to 255 without leading zeros: the text is its own canonical form. */
const Ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** What an IPv6 address is made of; one may end in an IPv4 address. */
const Ipv6Characters = /^(?=.*:)[\da-fA-F:.]{2,45}$/;

/** Parses `ADDRESS/LENGTH`, or a bare address, which stands for itself alone (/32 or /128). */
export function parsePrefix(text: string): AddressPrefix | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const longest = isIpv6(address) ? 128 : 32;
  if (slash < 0) return { address, prefixLength: longest };
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > longest) return undefined;
  return { address, prefixLength: Number(length) };
}

export const isIpv6 = (address: IpAddress): boolean => address.includes(':');

/** The address in network byte order: 4 bytes, or 16 for IPv6. */
export function addressBytes(address: IpAddress): Uint8Array {
  // What is canonical needs no library to be taken apart, which checks it again.
  const bytes = isIpv6(address) ? new Address6(address).toUnsignedByteArray() : address.split('.');
  return Uint8Array.from(bytes, Number);
}

/** The address of 4 or 16 bytes in network byte order, or undefined for any other length. */
export function addressFromBytes(bytes: Uint8Array): IpAddress | undefined {
  if (bytes.length === 4) return bytes.join('.') as IpAddress;
  if (bytes.length !== 16) return undefined;
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)).toString(16));
  }
  return new Address6(groups.join(':')).correctForm() as IpAddress;
}

/** Orders addresses as numbers, IPv4 before IPv6: the tie-break of VRRP ("greater primary address") and of tables. */
export function compareAddresses(left: IpAddress, right: IpAddress): number {
  const leftBytes = addressBytes(left);
  const rightBytes = addressBytes(right);
  if (leftBytes.length !== rightBytes.length) return leftBytes.length - rightBytes.length;
  for (const [index, byte] of leftBytes.entries()) {
    const difference = byte - (rightBytes[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** True when `address` lies in the network of `prefix`. */
export function prefixContains(prefix: AddressPrefix, address: IpAddress): boolean {
  const network = addressBytes(prefix.address);
  const candidate = addressBytes(address);
  if (network.length !== candidate.length) return false;
  for (let bit = 0; bit < prefix.prefixLength; bit += 1) {
    const mask = 0x80 >> (bit & 7);
    if (((network[bit >> 3] ?? 0) & mask) !== ((candidate[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}
