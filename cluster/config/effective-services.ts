import { toMilliseconds } from '../../director/base/time.js';
import type { BfdInstanceConfig, ServiceHealthConfig } from './checker-config.js';
import { block, commandText, mark, optional, weightText } from './config-text.js';
import { checkerLines } from './effective-checkers.js';
import type {
  AddressFamily,
  ForwardingConfig,
  ForwardingMethodName,
  NodeConfig,
  RealServerConfig,
  ServiceProtocol,
  SorryServerConfig,
  VirtualServerConfig,
} from './node-config.js';
import { familyOf } from './service-values.js';

const Methods: Readonly<Record<ForwardingMethodName, string>> = {
  Masq: 'NAT',
  Route: 'DR',
  Tunnel: 'TUN',
  FullNat: 'FNAT',
};

const Checksums = { none: 'nocsum', full: 'csum', remote: 'remcsum' };

/** Every `virtual_server`, and the groups that they are about. */
export function serviceLines({ virtualServers }: NodeConfig): readonly string[] {
  const pools = new Map<string, VirtualServerConfig[]>();
  for (const server of virtualServers) {
    const pool = pools.get(server.pool);
    if (pool === undefined) pools.set(server.pool, [server]);
    else pool.push(server);
  }
  const groups = new Set<string>();
  return [...pools].flatMap(([pool, services]) => {
    const name = groupOf(pool);
    const head =
      name === undefined ? services.map(headOf).join(' ') : `virtual_server group ${name}`;
    const lines = ['', ...serverLines(head, services)];
    if (name === undefined || groups.has(name)) return lines;
    groups.add(name);
    return ['', ...block(`virtual_server_group ${name}`, services.map(entryOf)), ...lines];
  });
}

/** The name of the group that a pool is of, if any. */
const groupOf = (pool: string): string | undefined => /^virtual_server group (\S+)/.exec(pool)?.[1];

const protocolOf = (server: VirtualServerConfig): ServiceProtocol | undefined =>
  server.firewallMark === undefined ? server.protocol : undefined;

const headOf = (service: VirtualServerConfig): string =>
  service.firewallMark === undefined
    ? `virtual_server ${service.address} ${service.port}`
    : `virtual_server fwmark ${service.firewallMark}`;

const familyWord = (family: AddressFamily): string => (family === 'ipv6' ? 'inet6' : 'inet');

const entryOf = (service: VirtualServerConfig): string =>
  service.firewallMark === undefined
    ? `${service.address} ${service.port}`
    : `fwmark ${service.firewallMark} ${familyWord(service.family)}`;

/** The services of a block say the same, but for their addresses and the ports that they have from them. */
function serverLines(head: string, services: readonly VirtualServerConfig[]): readonly string[] {
  const [first] = services;
  if (first === undefined) return [];
  const { scheduler, schedulerFlags, isOnePacket, persistence, sorryServer, health } = first;
  const protocol = services.map(protocolOf).find((one) => one !== undefined);
  const ipFamily = first.firewallMark === undefined ? undefined : familyWord(first.family);
  const isShort = services.some((service) => familyOfService(service) === 'ipv4');
  const [server] = first.realServers;
  return block(head, [
    `lvs_sched ${scheduler}`,
    ...schedulerFlags,
    ...mark('ops', isOnePacket),
    `lvs_method ${methodText(server ?? { method: 'Masq' })}`,
    ...optional('protocol', protocol?.toUpperCase()),
    ...(services.length === 1 ? optional('ip_family', ipFamily) : []),
    ...(persistence === undefined
      ? []
      : [
          `persistence_timeout ${persistence.timeout}`,
          `persistence_granularity ${granularityText(persistence.prefixLength, isShort)}`,
        ]),
    ...healthLines(health),
    ...(sorryServer === undefined ? [] : sorryLines(sorryServer)),
    ...first.realServers.flatMap((_, index) => realServerLines(services, index)),
  ]);
}

const familyOfService = (service: VirtualServerConfig): AddressFamily =>
  service.firewallMark === undefined ? familyOf(service.address) : service.family;

const granularityText = (prefixLength: number, isShort: boolean): string => {
  if (!isShort) return String(prefixLength);
  const bits = '1'.repeat(prefixLength).padEnd(32, '0');
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)).join('.');
};

const healthLines = (health: ServiceHealthConfig): readonly string[] => [
  ...mark('omega', health.omega),
  // A quorum of 0 is that of servers without weight, and nothing that a file could say.
  ...(health.quorum === 0 ? [] : [`quorum ${health.quorum}`, `hysteresis ${health.hysteresis}`]),
  ...optional('quorum_up', health.quorumUp && commandText(health.quorumUp)),
  ...optional('quorum_down', health.quorumDown && commandText(health.quorumDown)),
  ...mark('ha_suspend', health.haSuspend),
];

const sorryLines = (server: SorryServerConfig): readonly string[] => [
  `sorry_server ${server.address} ${server.port}`,
  ...mark('sorry_server_inhibit', server.inhibit),
  `sorry_server_lvs_method ${methodText(server)}`,
];

/** In a group a port that differs between its services is one that the file does not say. */
function realServerLines(
  services: readonly VirtualServerConfig[],
  index: number,
): readonly string[] {
  const servers = services.flatMap(({ realServers }) => realServers.slice(index, index + 1));
  const [server] = servers;
  if (server === undefined) return [];
  const isOwnPort = servers.every(({ port }) => port === server.port);
  const head = `real_server ${server.address} ${isOwnPort ? server.port : 0}`;
  const { health } = server;
  return block(head, [
    `weight ${server.weight}`,
    `uthreshold ${server.upperThreshold}`,
    `lthreshold ${server.lowerThreshold}`,
    ...(isSameMethod(server, services) ? [] : [`lvs_method ${methodText(server)}`]),
    `inhibit_on_failure ${health.inhibitOnFailure ? 'on' : 'off'}`,
    ...optional('notify_up', health.notifyUp && commandText(health.notifyUp)),
    ...optional('notify_down', health.notifyDown && commandText(health.notifyDown)),
    ...health.checkers.flatMap(checkerLines),
  ]);
}

const isSameMethod = (
  server: RealServerConfig,
  [service]: readonly VirtualServerConfig[],
): boolean => {
  const [first] = service?.realServers ?? [];
  return first !== undefined && methodText(first) === methodText(server);
};

function methodText({ method, tunnel }: ForwardingConfig): string {
  if (tunnel === undefined) return Methods[method];
  const port = tunnel.port === 0 ? '' : ` port ${tunnel.port}`;
  return `${Methods[method]} type ${tunnel.type}${port} ${Checksums[tunnel.checksum]}`;
}

/** A `bfd_instance`. */
export const bfdLines = (bfd: BfdInstanceConfig): readonly string[] => [
  '',
  ...block(`bfd_instance ${bfd.name}`, [
    `neighbor_ip ${bfd.neighbour}`,
    ...optional('source_ip', bfd.source),
    `min_rx ${toMilliseconds(bfd.minimumReceive)}`,
    `min_tx ${toMilliseconds(bfd.minimumTransmit)}`,
    `idle_tx ${toMilliseconds(bfd.idleTransmit)}`,
    `multiplier ${bfd.multiplier}`,
    ...mark('passive', bfd.passive),
    `ttl ${bfd.hopLimit}`,
    `max_hops ${bfd.maximumHops}`,
    `weight ${weightText(bfd.weight, bfd.reverse)}`,
  ]),
];
