import { parsePrefix } from '../../director/base/address.js';
import { endpointText, parseEndpoint, type Endpoint } from './endpoint.js';

/** A real server of an `ipvsadm -Ln`. */
export interface ListedServer {
  readonly endpoint: Endpoint;
  /** `Masq`, `Route`, `Tunnel` or `Local`. */
  readonly method: string;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

/** A virtual service of an `ipvsadm -Ln`. */
export interface ListedService {
  /** `TCP`, `UDP`, `SCTP`, or `FWM` for a firewall mark. */
  readonly protocol: string;
  /** Undefined for a firewall mark. */
  readonly endpoint: Endpoint | undefined;
  /** 0 for none. */
  readonly firewallMark: number;
  readonly isIpv6: boolean;
  readonly scheduler: string;
  /** As in `mh-fallback`. */
  readonly schedulerFlags: readonly string[];
  readonly persistence: { readonly timeout: number; readonly prefixLength: number } | undefined;
  readonly isOnePacket: boolean;
  readonly servers: readonly ListedServer[];
}

/** How a service is named in reports: `TCP 10.1.0.100:80`, `FWM 33`. */
export function serviceName(service: ListedService): string {
  const { protocol, endpoint, firewallMark, isIpv6 } = service;
  if (endpoint !== undefined) return `${protocol} ${endpointText(endpoint)}`;
  return `FWM ${firewallMark}${isIpv6 ? ' IPv6' : ''}`;
}

/** Reads the output of `ipvsadm -Ln`; lines that cannot be read are given to `refuse`. */
export function parseServiceListing(
  lines: readonly string[],
  refuse: (line: string) => void,
): ListedService[] {
  const services: (ListedService & { readonly servers: ListedServer[] })[] = [];
  for (const line of lines) {
    if (line.trim() === '' || /^(IP Virtual|Prot |\s+-> RemoteAddress)/.test(line)) continue;
    const isServer = line.startsWith('  ->');
    const server = isServer ? parseServer(line) : undefined;
    const service = isServer ? undefined : parseService(line);
    if (server !== undefined && services.length > 0) services.at(-1)?.servers.push(server);
    else if (service !== undefined) services.push({ ...service, servers: [] });
    else refuse(line);
  }
  return services;
}

function parseServer(line: string): ListedServer | undefined {
  const [, address = '', method = '', weight, active, inactive] = line.trim().split(/\s+/);
  const endpoint = parseEndpoint(address);
  if (endpoint === undefined || inactive === undefined) return undefined;
  return {
    endpoint,
    method,
    weight: Number(weight),
    active: Number(active),
    inactive: Number(inactive),
  };
}

const ServiceLine =
  /^(TCP|UDP|SCTP|FWM)\s+(\S+)(\s+IPv6)?\s+([a-z]+)(?:\s+\(([^)]*)\))?((?:\s+\S+)*)\s*$/;

function parseService(line: string): Omit<ListedService, 'servers'> | undefined {
  const match = ServiceLine.exec(line);
  if (match === null) return undefined;
  const [, protocol = '', name = '', family, scheduler = '', flags, rest = ''] = match;
  const endpoint = protocol === 'FWM' ? undefined : parseEndpoint(name);
  if (protocol !== 'FWM' && endpoint === undefined) return undefined;
  const isIpv6 = endpoint === undefined ? family !== undefined : endpoint.address.includes(':');
  return {
    protocol,
    endpoint,
    firewallMark: protocol === 'FWM' ? Number(name) : 0,
    isIpv6,
    scheduler,
    schedulerFlags: flags?.split(',') ?? [],
    persistence: persistenceOf(rest, isIpv6),
    isOnePacket: /\bops\b/.test(rest),
  };
}

function persistenceOf(words: string, isIpv6: boolean): ListedService['persistence'] {
  const timeout = /\bpersistent (\d+)/.exec(words)?.[1];
  const mask = /\bmask (\S+)/.exec(words)?.[1];
  if (timeout === undefined) return undefined;
  return { timeout: Number(timeout), prefixLength: prefixLengthOf(mask, isIpv6) };
}

/** The length of a netmask, which ipvsadm prints as an address for IPv4 and as a length for IPv6. */
function prefixLengthOf(mask: string | undefined, isIpv6: boolean): number {
  if (mask === undefined) return isIpv6 ? 128 : 32;
  if (isIpv6) return Number(mask);
  for (let length = 0; length <= 32; length += 1) {
    const word = length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
    const text = [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff).join('.');
    if (text === mask) return parsePrefix(`${text}/${length}`)?.prefixLength ?? 32;
  }
  return 32;
}
