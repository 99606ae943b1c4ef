import {
  parseAddress,
  parsePrefix,
  type AddressPrefix,
  type IpAddress,
} from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { instant, type Instant } from '../../director/base/time.js';

/** The address that a test writes as text. */
export function ip(text: string): IpAddress {
  const address = parseAddress(text);
  assert(address !== undefined, 'the test names a valid address');
  return address;
}

/** The network or interface address that a test writes as `ADDRESS/LENGTH`. */
export function prefix(text: string): AddressPrefix {
  const parsed = parsePrefix(text);
  assert(parsed !== undefined, 'the test names a valid prefix');
  return parsed;
}

/** The instant so many seconds after the start of a test's own clock. */
export const at = (seconds: number): Instant => instant(seconds * 1_000_000);
