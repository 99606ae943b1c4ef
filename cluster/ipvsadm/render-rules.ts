import type { ServiceProtocol, TunnelOptions } from './command.js';
import { familyOf } from './draft.js';
import {
  compareHosts,
  compareServices,
  type DaemonListing,
  type ServerListing,
  type ServiceListing,
  type Timeouts,
} from './listing.js';
import type { PortNames } from './port-names.js';
import { maskText } from './render-services.js';
import { endpointWriter, type WriteEndpoint } from './render-text.js';

/** The kernel's timeouts, which need no saying. */
const DefaultTimeouts: Timeouts = { tcp: 900, tcpFin: 120, udp: 300 };

/** All that `-S` saves. */
export interface Rules {
  readonly services: readonly ServiceListing[];
  readonly timeouts: Timeouts;
  readonly daemons: readonly DaemonListing[];
}

/**
 * `ipvsadm -S`: the commands that make all this, for `ipvsadm -R` or the real one's. Unlike that one it does not forget
 * thresholds, nor timeouts that are not the kernel's defaults, nor the sync daemons.
 */
export function renderRules(
  { services, timeouts, daemons }: Rules,
  isNumeric: boolean,
  names: PortNames,
): string {
  const write = endpointWriter(isNumeric, names);
  const { tcp, tcpFin, udp } = timeouts;
  const isDefault =
    tcp === DefaultTimeouts.tcp && tcpFin === DefaultTimeouts.tcpFin && udp === DefaultTimeouts.udp;
  const rules = services.toSorted(compareServices).flatMap((listing) => {
    const name = serviceText(listing, write);
    return [
      serviceRule(name, listing),
      ...listing.servers.toSorted(compareHosts).map((server) => {
        const protocol = listing.service.kind === 'address' ? listing.service.protocol : 'tcp';
        return serverRule(name, write(server.address, server.port, protocol), server);
      }),
    ];
  });
  const settings = isDefault ? [] : [`--set ${tcp} ${tcpFin} ${udp}`];
  return [...settings, ...rules, ...daemons.map(daemonRule)].map((rule) => `${rule}\n`).join('');
}

const switches: Readonly<Record<ServiceProtocol, string>> = {
  tcp: '-t',
  udp: '-u',
  sctp: '--sctp-service',
};

function serviceText({ service }: ServiceListing, write: WriteEndpoint): string {
  if (service.kind === 'mark') return `-f ${service.mark}${service.family === 6 ? ' -6' : ''}`;
  const { protocol, address, port } = service;
  return `${switches[protocol]} ${write(address, port, protocol)}`;
}

function serviceRule(name: string, listing: ServiceListing): string {
  const { service, scheduler, flags, persistence, isOnePacket } = listing;
  const words = ['-A', name, '-s', scheduler];
  if (persistence !== undefined) {
    words.push('-p', String(persistence.timeout));
    const mask = maskText(persistence.prefixLength, familyOf(service));
    if (mask !== undefined) words.push('-M', mask);
  }
  if (isOnePacket) words.push('-o');
  if (flags.length > 0) words.push('-b', flags.join(','));
  return words.join(' ');
}

const methodSwitches: Readonly<Record<ServerListing['method'], string>> = {
  Masq: '-m',
  Tunnel: '-i',
  Route: '-g',
  Local: '-g',
  FullNat: '--fullnat',
};

function serverRule(name: string, host: string, server: ServerListing): string {
  const { method, weight, upperThreshold, lowerThreshold, tunnel } = server;
  const words = ['-a', name, '-r', host, methodSwitches[method], '-w', String(weight)];
  if (method === 'Tunnel') words.push(...tunnelWords(tunnel));
  if (upperThreshold > 0) words.push('-x', String(upperThreshold));
  if (lowerThreshold > 0) words.push('-y', String(lowerThreshold));
  return words.join(' ');
}

const daemonRule = (daemon: DaemonListing): string =>
  `--start-daemon ${daemon.role} --mcast-interface ${daemon.device} --syncid ${daemon.syncId} ` +
  `--sync-maxlen ${daemon.maxLength} --mcast-group ${daemon.group} ` +
  `--mcast-port ${daemon.port} --mcast-ttl ${daemon.ttl}`;

const checksumSwitches: Readonly<Record<TunnelOptions['checksum'], string>> = {
  none: '--tun-nocsum',
  full: '--tun-csum',
  remote: '--tun-remcsum',
};

function tunnelWords({ type, port, checksum }: TunnelOptions): string[] {
  const words = ['--tun-type', type];
  if (type === 'gue') words.push('--tun-port', String(port));
  if (type !== 'ipip') words.push(checksumSwitches[checksum]);
  return words;
}
