import { assert } from '../../director/base/invariant.js';
import { type Duration, toSeconds } from '../../director/base/time.js';
import { isLinkLocal } from './address-kinds.js';
import { carrierLine } from './effective-config.js';
import { BatonDefaults } from './keepalived-baton.js';
import {
  addressIn,
  directorsOf,
  type LabAddress,
  type LabConfig,
  type LabHealth,
  type LabService,
  prefixOf,
} from './lab-config.js';
import { instancesOf, type LabInstance } from './lab-instances.js';
import type { ForwardingMethodName } from './node-config.js';
import { familyOf } from './service-values.js';

/** Names a director's interface to a network. */
type DeviceNames = (network: string) => string;

/**
 * The keepalived.conf of a director of a lab: what `parseKeepalived` reads, and what real keepalived accepts, which skips
 * the `@baton` lines.
 */
export function writeKeepalived(lab: LabConfig, director: string, devices: DeviceNames): string {
  const node = directorsOf(lab).find(({ name }) => name === director);
  assert(node !== undefined, 'the configuration is written for a director of the lab');
  const instances = instancesOf(lab, node);
  return [
    `! ${director} of the lab ${lab.name}. Lines with @baton are for baton; keepalived skips them.`,
    ...globalLines(lab, director, instances, devices),
    ...batonLines(lab, director),
    ...instances.flatMap((instance) => instanceLines(lab, instance, devices)),
    ...groupLines(lab, instances),
    ...lab.services.flatMap((service) => serviceLines(service, lab.health)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function globalLines(
  { cluster }: LabConfig,
  director: string,
  [first]: readonly LabInstance[],
  devices: DeviceNames,
): string[] {
  assert(first !== undefined, 'a director has an instance');
  return [
    '',
    'global_defs {',
    `    router_id ${director}`,
    `    vrrp_version ${cluster.version}`,
    `    lvs_sync_daemon ${devices(cluster.sync.network)} inst ${first.name}`,
    '}',
  ];
}

function batonLines(lab: LabConfig, director: string): string[] {
  const { dataPlane, localAddresses } = lab.cluster;
  const { settings, connectionCapacity, carrierThreads, unknownTcp, activeActive, driver } =
    dataPlane;
  const local = localAddresses.map(({ address }) => address);
  return [
    '',
    'baton {',
    ...syncLines(lab, director),
    ...commitLines(lab),
    `    connection_table ${connectionCapacity}`,
    ...(carrierThreads === undefined ? [] : [`    ${carrierLine(carrierThreads)}`]),
    `    unknown_tcp ${unknownTcp}`,
    ...(driver === BatonDefaults.driver ? [] : [`    driver ${driver}`]),
    ...(activeActive ? ['    active_active on'] : []),
    ...Object.entries(settings).map(([name, value]) => `    sysctl ${name} ${value}`),
    ...(local.length === 0 ? [] : [`    local_addresses ${local.join(' ')}`]),
    '}',
  ].map((line) => (line === '' ? '' : `@baton ${line}`));
}

function syncLines(lab: LabConfig, director: string): string[] {
  const { sync } = lab.cluster;
  const isOwn = sync.format === 'baton';
  const peers = directorsOf(lab)
    .filter(({ name }) => sync.isUnicast && name !== director)
    .map((peer) => addressIn(peer, sync.network));
  return [
    `    sync_format ${sync.format}`,
    `    sync_threshold ${sync.threshold} ${sync.period}`,
    `    sync_flush ${secondsText(sync.flushBound)}`,
    // In IPVS's formats there is no bulk transfer.
    ...(isOwn ? [`    sync_bulk_timeout ${secondsText(sync.bulkTimeout)}`] : []),
    `    death_notice ${sync.deathNotice ? 'on' : 'off'}`,
    ...peers.map((address) => `    sync_peer ${address}`),
    ...(sync.key === undefined ? [] : [`    sync_key 1 "${sync.key}"`]),
  ];
}

function commitLines({ cluster, services }: LabConfig): string[] {
  const own = services.flatMap(({ commit, address, port, protocol }) =>
    commit === undefined ? [] : [`    commit ${address} ${port} ${protocol} ${commit}`],
  );
  return [...(cluster.commit === 'none' ? [] : [`    commit ${cluster.commit}`]), ...own];
}

function instanceLines(lab: LabConfig, instance: LabInstance, devices: DeviceNames): string[] {
  const { cluster } = lab;
  const { virtualAddresses, excludedAddresses } = instance;
  return [
    '',
    `vrrp_instance ${instance.name} {`,
    '    state BACKUP',
    `    interface ${devices(cluster.virtualNetwork)}`,
    `    version ${instance.version}`,
    `    virtual_router_id ${instance.virtualRouterId}`,
    `    priority ${instance.priority}`,
    `    advert_int ${secondsText(cluster.advertInterval)}`,
    ...(cluster.preempt ? [] : ['    nopreempt']),
    ...addressLines('virtual_ipaddress', virtualAddresses, lab, devices),
    ...addressLines('virtual_ipaddress_excluded', excludedAddresses, lab, devices),
    '}',
  ];
}

function groupLines({ cluster }: LabConfig, instances: readonly LabInstance[]): string[] {
  if (cluster.isGroup !== true) return [];
  const names = instances.map(({ name }) => `        ${name}`);
  return ['', 'vrrp_sync_group G1 {', '    group {', ...names, '    }', '}'];
}

function addressLines(
  keyword: string,
  addresses: readonly LabAddress[],
  { networks }: LabConfig,
  devices: DeviceNames,
): string[] {
  if (addresses.length === 0) return [];
  const lines = addresses.map(({ network: name, address }) => {
    const network = networks.find((candidate) => candidate.name === name);
    const prefix = network && prefixOf(network, familyOf(address));
    assert(prefix !== undefined, 'a checked lab has a prefix for each of its addresses');
    const length = isLinkLocal(address) ? LinkLocalLength : prefix.prefixLength;
    return `        ${address}/${length} dev ${devices(name)}`;
  });
  return [`    ${keyword} {`, ...lines, '    }'];
}

/** RFC 4291 §2.5.6. */
const LinkLocalLength = 64;

/** keepalived has no FNAT: its own line says NAT, which comes nearest. */
const MethodLines: Readonly<Record<ForwardingMethodName, readonly string[]>> = {
  Masq: ['    lvs_method NAT'],
  Route: ['    lvs_method DR'],
  Tunnel: ['    lvs_method TUN'],
  FullNat: ['@baton     lvs_method FNAT', '@^baton     lvs_method NAT'],
};

function serviceLines(service: LabService, health: LabHealth | undefined): string[] {
  const { address, port, protocol, scheduler, method, persistenceTimeout, realServers } = service;
  const { schedulerFlags = [] } = service;
  return [
    '',
    `virtual_server ${address} ${port} {`,
    `    lvs_sched ${scheduler}`,
    ...schedulerFlags.map((flag) => `    ${flag}`),
    ...MethodLines[method],
    `    protocol ${protocol.toUpperCase()}`,
    ...(health === undefined ? [] : [`    delay_loop ${secondsText(health.delayLoop)}`]),
    ...(persistenceTimeout === undefined ? [] : [`    persistence_timeout ${persistenceTimeout}`]),
    ...realServers.flatMap((server) => [
      `    real_server ${server.address} ${server.port} {`,
      `        weight ${server.weight}`,
      ...(health === undefined ? [] : checkLines(health)),
      '    }',
    ]),
    '}',
  ];
}

const checkLines = ({ port, timeout, retry, delayBeforeRetry }: LabHealth): string[] => [
  '        inhibit_on_failure',
  '        TCP_CHECK {',
  `            connect_port ${port}`,
  `            connect_timeout ${secondsText(timeout)}`,
  `            retry ${retry}`,
  `            delay_before_retry ${secondsText(delayBeforeRetry)}`,
  '        }',
];

/** Seconds with as many decimals as they have; never an exponent, because the shortest is a thousandth. */
const secondsText = (duration: Duration): string => String(toSeconds(duration));
