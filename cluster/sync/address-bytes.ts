import { addressBytes, type IpAddress } from '../../director/base/address.js';

/** Bytes of addresses met lately: virtual and real addresses stand in almost every record. */
const known = new Map<IpAddress, Uint8Array>();
const mostKnown = 16_384;

/** The address in network byte order, remembered for the next record; not to be written to. */
export function recordAddressBytes(address: IpAddress): Uint8Array {
  const found = known.get(address);
  if (found !== undefined) return found;
  if (known.size >= mostKnown) known.clear();
  const bytes = addressBytes(address);
  known.set(address, bytes);
  return bytes;
}
