import { isIpv6 } from '../../director/base/address.js';
import { unreachable } from '../../director/base/invariant.js';
import type { Columns, ListingFormat, TunnelOptions } from './command.js';
import { familyOf } from './draft.js';
import {
  compareHosts,
  compareServices,
  type ServerListing,
  type ServiceListing,
  type Statistics,
} from './listing.js';
import type { PortNames } from './port-names.js';
import { endpointWriter, largeNumber, type WriteEndpoint } from './render-text.js';
import { netmaskText } from './values.js';

/** How a listing is written: what was asked for, and the names of ports. */
export interface ServiceStyle {
  readonly format: ListingFormat;
  readonly names: PortNames;
}

/** `ipvsadm -L`: every service, under the head that says how many connections the table holds. */
export function renderServices(
  services: readonly ServiceListing[],
  capacity: number,
  style: ServiceStyle,
): string {
  const sorted = style.format.isSorted ? services.toSorted(compareServices) : services;
  return lines([
    `IP Virtual Server version 1.2.1 (size=${capacity})`,
    ...titles[style.format.columns],
    ...sorted.flatMap((service) => serviceLines(service, style)),
  ]);
}

/** `ipvsadm -L` with a service: only that, and no head. */
export const renderService = (service: ServiceListing, style: ServiceStyle): string =>
  lines([...titles[style.format.columns], ...serviceLines(service, style)]);

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

const local = 'Prot LocalAddress:Port';
const remote = '  -> RemoteAddress:Port';
const ofCounters = (...heads: readonly string[]): string[] => [
  [local.padEnd(33), ...heads.map((head) => head.padStart(8))].join(' '),
  remote,
];

const titles: Readonly<Record<Columns, readonly string[]>> = {
  plain: [`${local} Scheduler Flags`, `${remote.padEnd(33)} Forward Weight ActiveConn InActConn`],
  stats: ofCounters('Conns', 'InPkts', 'OutPkts', 'InBytes', 'OutBytes'),
  rate: ofCounters('CPS', 'InPPS', 'OutPPS', 'InBPS', 'OutBPS'),
  thresholds: [`${local.padEnd(33)} Uthreshold Lthreshold ActiveConn InActConn `, remote],
  'persistent-conn': [`${local.padEnd(33)} Weight    PersistConn ActiveConn InActConn `, remote],
  'tun-info': [
    `${local} Scheduler Flags`,
    `${remote.padEnd(33)} Forward TunnelInfo    Weight ActiveConn InActConn`,
  ],
};

function serviceLines(listing: ServiceListing, { format, names }: ServiceStyle): string[] {
  const write = endpointWriter(format.isNumeric, names);
  const name = serviceName(listing, write);
  const servers = format.isSorted ? listing.servers.toSorted(compareHosts) : listing.servers;
  return [
    serviceLine(name, listing, format),
    ...servers.map((server) => {
      const text = write(server.address, server.port, protocolOf(listing));
      // A host is cut where its column ends; an IPv6 address never is.
      const host = isIpv6(server.address) ? text : text.slice(0, 28);
      return `  -> ${host.padEnd(28)}${serverColumns(server, format)}`;
    }),
  ];
}

/** Marks have ports of no protocol, so their names would be those of TCP. */
const protocolOf = ({ service }: ServiceListing): 'tcp' | 'udp' | 'sctp' =>
  service.kind === 'address' ? service.protocol : 'tcp';

function serviceName({ service }: ServiceListing, write: WriteEndpoint): string {
  if (service.kind === 'mark') {
    return `FWM  ${service.mark}${service.family === 6 ? ' IPv6' : ''}`;
  }
  const { protocol, address, port } = service;
  const text = `${protocol.toUpperCase().padEnd(4)} ${write(address, port, protocol)}`;
  return isIpv6(address) ? text : text.slice(0, 33);
}

function serviceLine(name: string, listing: ServiceListing, format: ListingFormat): string {
  if (format.columns === 'stats') return name.padEnd(33) + counters(listing.statistics, format);
  if (format.columns === 'rate') return name.padEnd(33) + counters(listing.rates, format);
  const { scheduler, flags, persistence, isOnePacket, service } = listing;
  const words = [name, scheduler];
  if (flags.length > 0) words.push(`(${flags.join(',')})`);
  if (persistence !== undefined) {
    words.push(`persistent ${persistence.timeout}`);
    const mask = maskText(persistence.prefixLength, familyOf(service));
    if (mask !== undefined) words.push(`mask ${mask}`);
  }
  if (isOnePacket) words.push('ops');
  return words.join(' ');
}

/** The mask of a persistent service as ipvsadm writes it; undefined when whole addresses count. */
export function maskText(prefixLength: number, family: 4 | 6): string | undefined {
  if (prefixLength === (family === 6 ? 128 : 32)) return undefined;
  return family === 6 ? String(prefixLength) : netmaskText(prefixLength);
}

function serverColumns(server: ServerListing, format: ListingFormat): string {
  const { method, weight, active, inactive } = server;
  const connections = [column(active, 10), column(inactive, 10)].join('');
  switch (format.columns) {
    case 'plain':
      return ` ${method.padEnd(7)}${column(weight, 6)}${connections}`;
    case 'stats':
      return counters(server.statistics, format);
    case 'rate':
      return serverRates(server.rates, format);
    case 'thresholds':
      return column(server.upperThreshold, 10) + column(server.lowerThreshold, 10) + connections;
    case 'persistent-conn':
      return column(weight, 9) + column(server.persistent, 11) + connections;
    case 'tun-info': {
      const tunnel = method === 'Tunnel' ? tunnelText(server.tunnel) : 'n/a';
      return ` ${method.padEnd(7)} ${tunnel.padEnd(13)}${column(weight, 6)}${connections}`;
    }
    default:
      return unreachable(format.columns);
  }
}

const column = (value: number, width: number): string => ` ${String(value).padEnd(width)}`;

const counters = (
  { connections, packetsIn, packetsOut, bytesIn, bytesOut }: Statistics,
  { isExact }: ListingFormat,
): string =>
  [connections, packetsIn, packetsOut, bytesIn, bytesOut]
    .map((value) => largeNumber(value, isExact))
    .join('');

/** Of a real server only the bytes are shortened, of a service everything is. */
const serverRates = (
  { connections, packetsIn, packetsOut, bytesIn, bytesOut }: Statistics,
  { isExact }: ListingFormat,
): string =>
  [
    ...[connections, packetsIn, packetsOut].map((value) => ` ${String(value).padStart(8)}`),
    ...[bytesIn, bytesOut].map((value) => largeNumber(value, isExact)),
  ].join('');

const checksumTexts: Readonly<Record<TunnelOptions['checksum'], string>> = {
  none: '-c',
  full: '+c',
  remote: 'r+c',
};

/** `ipip`, `gre:-c` or `gue:6080:+c`. */
function tunnelText({ type, port, checksum }: TunnelOptions): string {
  if (type === 'ipip') return type;
  const flag = checksumTexts[checksum];
  return type === 'gre' ? `${type}:${flag}` : `${type}:${port}:${flag}`;
}
