import { addressBytes, addressFromBytes, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';

/** No network is made smaller than one would be in practice. */
const LongestPrefix = { ipv4: 24, ipv6: 64 } as const;

/**
 * The smallest usual network that holds all of these addresses, with an address of ours in it: the one given, or else
 * one that nobody uses. As text, as in `10.1.0.1/24`. The addresses are of one family.
 */
export function networkOf(
  members: readonly IpAddress[],
  used: ReadonlySet<IpAddress>,
  own?: IpAddress,
): string {
  const [first = new Uint8Array(4), ...others] = members.map(addressBytes);
  let length: number = first.length === 4 ? LongestPrefix.ipv4 : LongestPrefix.ipv6;
  for (const other of others) length = Math.min(length, commonBits(first, other));
  if (own !== undefined) return `${own}/${length}`;
  for (; length >= 0; length -= 1) {
    const free = freeAddress(first, length, used);
    if (free !== undefined) return `${free}/${length}`;
  }
  throw new Error('a recording cannot use all addresses there are');
}

function commonBits(left: Uint8Array, right: Uint8Array): number {
  for (let bit = 0; bit < left.length * 8; bit += 1) {
    const mask = 0x80 >> (bit & 7);
    if (((left[bit >> 3] ?? 0) & mask) !== ((right[bit >> 3] ?? 0) & mask)) return bit;
  }
  return left.length * 8;
}

/** The first unused address of those that differ from the network's in the last byte only. */
function freeAddress(
  member: Uint8Array,
  length: number,
  used: ReadonlySet<IpAddress>,
): IpAddress | undefined {
  const bytes = member.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - index * 8));
    return byte & (0xff00 >> kept);
  });
  for (let host = 1; host < 255; host += 1) {
    bytes[bytes.length - 1] = host;
    const address = addressFromBytes(bytes);
    assert(address !== undefined, 'an address has four or sixteen bytes');
    if (!used.has(address)) return address;
  }
  return undefined;
}
