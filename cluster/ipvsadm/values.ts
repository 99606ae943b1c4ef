import {
  addressBytes,
  isIpv6,
  parseAddress,
  parsePrefix,
  type IpAddress,
} from '../../director/base/address.js';
import type { ClientFilter, ServiceProtocol } from './command.js';
import type { PortNames } from './port-names.js';

/** A decimal number from `minimum` to `maximum`, as strtol reads it. */
export function readNumber(text: string, minimum: number, maximum: number): number | undefined {
  if (!/^\s*[+-]?\d{1,15}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= minimum && number <= maximum ? number : undefined;
}

/** `host[:port]` or `[v6]:port`; the port is undefined when there is none. Names of hosts are not looked up. */
export function readEndpoint(
  text: string,
  protocol: ServiceProtocol,
  names: PortNames,
): { readonly address: IpAddress; readonly port: number | undefined } | undefined {
  const bracketed = /^\[([^\]]*)\]:(.*)$/.exec(text);
  const [host = '', port] = bracketed?.slice(1) ?? splitPort(text);
  const address = parseAddress(host);
  if (address === undefined || (bracketed !== null && !isIpv6(address))) return undefined;
  if (port === undefined) return { address, port: undefined };
  const number = readNumber(port, 0, 65_535) ?? names.portOf(port, protocol);
  return number === undefined ? undefined : { address, port: number };
}

/** `ADDRESS[/LENGTH][:PORT]`, with an IPv6 port as in `[ADDRESS/LENGTH]:PORT`. */
export function readClient(text: string): ClientFilter | undefined {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const [host = '', port = '0'] = bracketed?.slice(1) ?? splitPort(text);
  const network = parsePrefix(host);
  const number = readNumber(port, 0, 65_535);
  return network === undefined || number === undefined ? undefined : { network, port: number };
}

/** An IPv6 address without brackets has no port. */
function splitPort(text: string): [host: string, port?: string] {
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.indexOf(':') !== colon) return [text];
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/** The prefix length of `-M`: a mask such as 255.255.255.0 for IPv4, a number for IPv6. */
export function readNetmask(text: string, family: 4 | 6): number | undefined {
  if (family === 6) return readNumber(text, 1, 128);
  const mask = parseAddress(text);
  if (mask === undefined || isIpv6(mask)) return undefined;
  const bits = Array.from(addressBytes(mask), (byte) => byte.toString(2).padStart(8, '0')).join('');
  const length = bits.indexOf('0') < 0 ? 32 : bits.indexOf('0');
  return bits.includes('1', length) ? undefined : length;
}

/** The mask of a prefix length, as `-M` takes it for IPv4. */
export function netmaskText(prefixLength: number): string {
  const bits = '1'.repeat(prefixLength).padEnd(32, '0');
  return [0, 8, 16, 24]
    .map((start) => String(Number.parseInt(bits.slice(start, start + 8), 2)))
    .join('.');
}

/** The schedulers that have flags, in the order in which listings show them: fallback, then port. */
const flagsOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['sh', ['sh-fallback', 'sh-port']],
  ['mh', ['mh-fallback', 'mh-port']],
]);

const genericFlags: readonly string[] = ['flag-1', 'flag-2', 'flag-3'];

/**
 * Reads `-b`: flags by name, or `flag-1` and `flag-2` for those of whichever scheduler. A flag that the scheduler does
 * not know is refused, also a generic one, which the kernel would keep without a use.
 */
export function readSchedulerFlags(
  text: string,
  scheduler: string,
): { readonly flags: readonly string[] } | { readonly refusal: string } {
  const known = flagsOf.get(scheduler) ?? [];
  const chosen = new Set<string>();
  for (const flag of text.split(',').filter((part) => part !== '')) {
    const name = known[genericFlags.indexOf(flag)] ?? flag;
    if (known.includes(name)) {
      chosen.add(name);
      continue;
    }
    const isFlag = genericFlags.includes(flag) || [...flagsOf.values()].flat().includes(flag);
    return { refusal: `${isFlag ? 'incompatible' : 'invalid'} scheduler flag \`${flag}'` };
  }
  return { flags: known.filter((flag) => chosen.has(flag)) };
}
