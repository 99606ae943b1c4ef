import { parseAddress, parsePrefix, type AddressPrefix, type IpAddress } from './address.js';
import { assert } from './invariant.js';

/** An address that is written in a program; for what comes from outside there is `parseAddress`. */
export function literalAddress(text: string): IpAddress {
  const address = parseAddress(text);
  assert(address !== undefined, 'the program means an address here');
  return address;
}

/** An address with the length of its network that is written in a program; for what comes from outside there is `parsePrefix`. */
export function literalPrefix(text: string): AddressPrefix {
  const prefix = parsePrefix(text);
  assert(prefix !== undefined, 'the program means a network here');
  return prefix;
}
