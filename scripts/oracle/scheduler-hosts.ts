import { isIpv6, parseAddress, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import type { RecordedRun } from './scheduler-recording.js';

/** The real servers of the recordings are host 21, 22 … of the virtual address's network. */
const FirstHost = 21;

/** Where connections come from when the recording does not say: host 2, a port of its own for each. */
const ClientHost = 2;
const FirstPort = 30_000;

/** The address of the real server that was added as number `index`, from 0. */
export const serverAddress = ({ virtualAddress }: RecordedRun, index: number): IpAddress =>
  hostBeside(virtualAddress, FirstHost + index);

/** What a recording calls a real server: `r1` for host 21 of a network, and so on. */
export const serverName = (address: IpAddress): string =>
  `r${Number(/\d+$/.exec(address)?.[0]) - FirstHost + 1}`;

/** Who opens the connection of a number. */
export function clientOf(
  { virtualAddress, choices }: RecordedRun,
  number: number,
): { readonly address: IpAddress; readonly port: number } {
  const client = choices[number]?.client;
  return client ?? { address: hostBeside(virtualAddress, ClientHost), port: FirstPort + number };
}

/** The address of a host in the /24 (IPv6: /112, its number written in decimal) of another. */
function hostBeside(address: IpAddress, host: number): IpAddress {
  const separator = isIpv6(address) ? ':' : '.';
  const network = address.slice(0, address.lastIndexOf(separator) + 1);
  const beside = parseAddress(`${network}${host}`);
  assert(beside !== undefined, 'a recording has fewer servers than a network has hosts');
  return beside;
}
