import { parseAddress, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';

/** An address that is written in a program; for what comes from outside there is `parseAddress`. */
export function literalAddress(text: string): IpAddress {
  const address = parseAddress(text);
  assert(address !== undefined, 'the program means an address here');
  return address;
}
