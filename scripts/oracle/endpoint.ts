import { addressFromBytes, parseAddress, type IpAddress } from '../../director/base/address.js';

/** An address and port of a listing. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}

/** Reads `10.1.0.1:80` or `[fd01::1]:80`. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text);
  if (match === null) return undefined;
  const address = parseAddress(match[1] ?? match[2] ?? '');
  return address === undefined ? undefined : { address, port: Number(match[3]) };
}

/** Reads an address and a port as /proc/net/ip_vs_conn prints them: hexadecimal, IPv6 with all of its groups. */
export function parseRawEndpoint(address: string, port: string): Endpoint | undefined {
  const digits = address.replaceAll(':', '');
  if (!/^[0-9A-Fa-f]+$/.test(digits + port)) return undefined;
  const parsed = addressFromBytes(Buffer.from(digits, 'hex'));
  return parsed === undefined ? undefined : { address: parsed, port: Number.parseInt(port, 16) };
}

export const endpointText = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
