import { addressBytes, addressFromBytes, isIpv6, type IpAddress } from '../base/address.js';
import { assert } from '../base/invariant.js';
import { Family } from './flow.js';

/** An address as the data plane holds it: four words in network order, an IPv4 address in the last one. */
export interface AddressWords {
  readonly family: Family;
  readonly words: Uint32Array;
}

export function toWords(address: IpAddress): AddressWords {
  const bytes = addressBytes(address);
  const words = new Uint32Array(4);
  const first = 4 - bytes.length / 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let word = first; word < 4; word += 1) words[word] = view.getUint32((word - first) * 4);
  return { family: isIpv6(address) ? Family.ipv6 : Family.ipv4, words };
}

/** The text of four words that start at `offset` in a column of addresses. */
export function fromWords(family: Family, column: Uint32Array, offset = 0): IpAddress {
  const length = family === Family.ipv6 ? 4 : 1;
  const bytes = new Uint8Array(length * 4);
  const view = new DataView(bytes.buffer);
  for (let word = 0; word < length; word += 1) {
    view.setUint32(word * 4, column[offset + 4 - length + word] ?? 0);
  }
  const address = addressFromBytes(bytes);
  assert(address !== undefined, 'an address of four or sixteen bytes always has a text');
  return address;
}

/** Copies the address whose four words start at `at` in a column. */
export function copyAddress(to: Uint32Array, column: Uint32Array, at = 0): void {
  for (let word = 0; word < 4; word += 1) to[word] = column[at + word] ?? 0;
}
