import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { type Duration, toSeconds } from '../../director/base/time.js';
import { SyncDefaults } from './keepalived-globals.js';
import {
  type LabConfig,
  type LabDirector,
  type LabService,
  virtualAddressesOf,
} from './lab-config.js';

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
  const { syncId, port, group } = SyncDefaults;
  const sync = `${devices(cluster.sync.network)} inst ${InstanceName}`;
  return [
    '',
    'global_defs {',
    `    router_id ${director}`,
    '    vrrp_version 3',
    `    lvs_sync_daemon ${sync} id ${syncId} port ${port} group ${group}`,
    '}',
  ];
}

function batonLines({ cluster: { sync } }: LabConfig): string[] {
  return [
    '',
    '@baton baton {',
    `@baton     sync_threshold ${sync.threshold} ${sync.period}`,
    `@baton     sync_bulk_timeout ${secondsText(sync.bulkTimeout)}`,
    `@baton     death_notice ${sync.deathNotice ? 'on' : 'off'}`,
    '@baton }',
  ];
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
  const { gateway, virtualNetwork, addresses } = cluster;
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
    '}',
  ];
}

function serviceLines(service: LabService): string[] {
  const { address, port, protocol, scheduler, method, realServers } = service;
  return [
    '',
    `virtual_server ${address} ${port} {`,
    `    lvs_sched ${scheduler}`,
    `    lvs_method ${method === 'Masq' ? 'NAT' : 'DR'}`,
    `    protocol ${protocol.toUpperCase()}`,
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
