import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { type Duration, toSeconds } from '../../director/base/time.js';
import {
  type LabConfig,
  type LabDirector,
  type LabService,
  virtualAddressesOf,
} from './lab-config.js';
import type { ForwardingMethodName } from './node-config.js';

/** The one instance of a lab's director: all VIPs and the gateway move together. */
const InstanceName = 'VI_1';

/**
 * The keepalived.conf of a director of a lab: what `parseKeepalived` reads, and what real keepalived accepts, which skips
 * the `@baton` lines. `devices` names the director's interface to a network.
 */
export function writeKeepalived(
  lab: LabConfig,
  director: string,
  devices: (network: string) => string,
): string {
  const node = lab.nodes.find(({ name }) => name === director);
  assert(node?.kind === 'director', 'the configuration is written for a director of the lab');
  return [
    `! ${director} of the lab ${lab.name}. Lines with @baton are for baton; keepalived skips them.`,
    ...globalLines(lab, director, devices),
    ...batonLines(lab),
    ...instanceLines(lab, node, devices),
    ...lab.services.flatMap(serviceLines),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function globalLines(
  { cluster }: LabConfig,
  director: string,
  devices: (network: string) => string,
): string[] {
  const sync = `${devices(cluster.sync.network)} inst ${InstanceName}`;
  return [
    '',
    'global_defs {',
    `    router_id ${director}`,
    '    vrrp_version 3',
    `    lvs_sync_daemon ${sync}`,
    '}',
  ];
}

function batonLines({ cluster }: LabConfig): string[] {
  const { sync, dataPlane, localAddresses } = cluster;
  const { settings, connectionCapacity, unknownTcp } = dataPlane;
  const local = localAddresses.map(({ address }) => address);
  return [
    '',
    'baton {',
    `    sync_threshold ${sync.threshold} ${sync.period}`,
    `    sync_bulk_timeout ${secondsText(sync.bulkTimeout)}`,
    `    death_notice ${sync.deathNotice ? 'on' : 'off'}`,
    `    connection_table ${connectionCapacity}`,
    `    unknown_tcp ${unknownTcp}`,
    ...Object.entries(settings).map(([name, value]) => `    sysctl ${name} ${value}`),
    ...(local.length === 0 ? [] : [`    local_addresses ${local.join(' ')}`]),
    '}',
  ].map((line) => (line === '' ? '' : `@baton ${line}`));
}

function instanceLines(
  lab: LabConfig,
  director: LabDirector,
  devices: (network: string) => string,
): string[] {
  const { cluster, networks, services } = lab;
  const virtualLine = (address: IpAddress, network: string): string => {
    const length = networks.find(({ name }) => name === network)?.prefix.prefixLength;
    assert(length !== undefined, 'a resolved lab names existing networks only');
    return `        ${address}/${length} dev ${devices(network)}`;
  };
  const { gateway, virtualNetwork, addresses, localAddresses } = cluster;
  const virtualAddresses = new Set([...virtualAddressesOf(services), ...addresses]);
  return [
    '',
    `vrrp_instance ${InstanceName} {`,
    '    state BACKUP',
    `    interface ${devices(virtualNetwork)}`,
    `    virtual_router_id ${cluster.virtualRouterId}`,
    `    priority ${director.priority}`,
    `    advert_int ${secondsText(cluster.advertInterval)}`,
    ...(cluster.preempt ? [] : ['    nopreempt']),
    '    virtual_ipaddress {',
    ...Array.from(virtualAddresses, (address) => virtualLine(address, virtualNetwork)),
    ...(gateway === undefined ? [] : [virtualLine(gateway.address, gateway.network)]),
    '    }',
    ...(localAddresses.length === 0
      ? []
      : [
          '    virtual_ipaddress_excluded {',
          ...localAddresses.map(({ address, network }) => virtualLine(address, network)),
          '    }',
        ]),
    '}',
  ];
}

/** keepalived has no FNAT: its own line says NAT, which comes nearest. */
const MethodLines: Readonly<Record<ForwardingMethodName, readonly string[]>> = {
  Masq: ['    lvs_method NAT'],
  Route: ['    lvs_method DR'],
  Tunnel: ['    lvs_method TUN'],
  FullNat: ['@baton     lvs_method FNAT', '@^baton     lvs_method NAT'],
};

function serviceLines(service: LabService): string[] {
  const { address, port, protocol, scheduler, method, persistenceTimeout, realServers } = service;
  return [
    '',
    `virtual_server ${address} ${port} {`,
    `    lvs_sched ${scheduler}`,
    ...MethodLines[method],
    `    protocol ${protocol.toUpperCase()}`,
    ...(persistenceTimeout === undefined ? [] : [`    persistence_timeout ${persistenceTimeout}`]),
    ...realServers.flatMap((server) => [
      `    real_server ${server.address} ${server.port} {`,
      `        weight ${server.weight}`,
      '    }',
    ]),
    '}',
  ];
}

/** Seconds with as many decimals as they have; never an exponent, because the shortest is a hundredth. */
const secondsText = (duration: Duration): string => String(toSeconds(duration));
