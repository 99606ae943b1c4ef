import { isIpv6, type IpAddress } from '../../director/base/address.js';
import type { ServiceProtocol } from './command.js';
import { noPortNames, type PortNames } from './port-names.js';

/** Writes an address and port, the port by its name where it has one. IPv6 addresses are in brackets. */
export type WriteEndpoint = (
  address: IpAddress,
  port: number,
  protocol: ServiceProtocol | 'ip',
) => string;

/** How addresses and ports are written; with `isNumeric` ports have no names. */
export function endpointWriter(isNumeric: boolean, names: PortNames): WriteEndpoint {
  const known = isNumeric ? noPortNames : names;
  return (address, port, protocol) => {
    const name = protocol === 'ip' ? undefined : known.nameOf(port, protocol);
    return `${isIpv6(address) ? `[${address}]` : address}:${name ?? port}`;
  };
}

const scales: readonly (readonly [below: number, divisor: number, letter: string])[] = [
  [1e9, 1e3, 'K'],
  [1e11, 1e6, 'M'],
  [1e14, 1e9, 'G'],
  [Number.POSITIVE_INFINITY, 1e12, 'T'],
];

/** A number in a column of nine: from a hundred million on in thousands, and so on up, unless it has to be exact. */
export function largeNumber(value: number, isExact: boolean): string {
  if (isExact) return ` ${value}`.padStart(9);
  if (value < 1e8) return String(value).padStart(9);
  const scale = scales.find(([below]) => value < below);
  const [, divisor, letter] = scale ?? [0, 1, ''];
  return `${String(Math.floor(value / divisor)).padStart(8)}${letter}`;
}
