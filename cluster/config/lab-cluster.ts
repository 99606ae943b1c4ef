import { type IpAddress, isIpv6 } from '../../director/base/address.js';
import { seconds } from '../../director/base/time.js';
import type { AddressPlan } from './address-plan.js';
import type { LabCluster, LabLink, LabNetwork, LabNode } from './lab-config.js';
import type { ReportLabProblem } from './lab-report.js';
import type { LabText } from './lab-schema.js';
import type { YamlPath } from './lab-yaml.js';
import type { AddressFamily } from './node-config.js';
import { describeFamily, familyOf } from './service-values.js';

/** The networks that the parts of a cluster are in; one is undefined when the file does not lead to it. */
export interface ClusterNetworks {
  readonly virtual: LabNetwork | undefined;
  readonly gateway: LabNetwork | undefined;
  readonly sync: LabNetwork | undefined;
  readonly local: LabNetwork | undefined;
}

/** An address that moves with a master, and where the file says so. */
export interface VirtualPlace {
  readonly address: IpAddress;
  readonly path: YamlPath;
}

/** The VIPs of a file: of its services, of its virtual routers, and those that nothing has yet. */
export const virtualPlaces = ({ cluster, services }: LabText): readonly VirtualPlace[] => [
  ...services.map(({ address }, index) => ({ address, path: ['services', index, 'address'] })),
  ...cluster.addresses.map((address, index) => ({
    address,
    path: ['cluster', 'addresses', index],
  })),
  ...cluster['virtual-routers'].flatMap(({ addresses }, index) =>
    addresses.map((address, position) => ({
      address,
      path: ['cluster', 'virtual-routers', index, 'addresses', position],
    })),
  ),
];

/** Finds the network of the gateway, which is the same for both of its addresses. */
export function findGateway(
  { cluster: { gateway }, services }: LabText,
  plan: AddressPlan,
  report: ReportLabProblem,
): LabNetwork | undefined {
  const path = ['cluster', 'gateway'];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const isNeeded = services.some(
      ({ method, address }) => method === 'Masq' && familyOf(address) === family,
    );
    if (!isNeeded || gateway?.[family] !== undefined) continue;
    const lack = gateway === undefined ? 'is missing' : `has no ${describeFamily(family)} address`;
    report(path, 'missing', `${lack}: NAT real servers need it as their default route`);
    if (gateway === undefined) return undefined;
  }
  if (gateway === undefined) return undefined;
  const network = plan.place(path, gateway.ipv4, 'the gateway');
  if (gateway.ipv6 !== undefined && network !== undefined) {
    plan.assign([...path, 1], gateway.ipv6, network, 'the gateway');
  }
  return network;
}

/** FullNat's real servers are found in the network of the local addresses, so there is one. */
export function findLocalNetwork(
  { cluster, services }: LabText,
  plan: AddressPlan,
  report: ReportLabProblem,
): LabNetwork | undefined {
  const addresses = cluster['local-addresses'];
  const families = new Set(addresses.map(familyOf));
  const lacking = services.find(
    ({ method, address }) => method === 'FullNat' && !families.has(familyOf(address)),
  );
  if (lacking !== undefined) {
    const family = describeFamily(familyOf(lacking.address));
    const lack = addresses.length === 0 ? 'is missing' : `has no ${family} address`;
    const message = `${lack}: the directors talk to FULLNAT real servers from these addresses`;
    report(['cluster', 'local-addresses'], 'missing', message);
  }
  let common: LabNetwork | undefined;
  for (const [index, address] of addresses.entries()) {
    const path = ['cluster', 'local-addresses', index];
    const network = plan.place(path, address, `local-addresses[${index}]`);
    common ??= network;
    if (network === undefined || network === common) continue;
    const message = `is ${address} in ${network.name}, but others are in ${common?.name}`;
    report(path, 'conflict', message);
  }
  return common;
}

/** Each virtual router orders all directors, and has its id and its addresses for itself. */
export function checkVirtualRouters(
  { cluster }: LabText,
  nodes: readonly LabNode[],
  report: ReportLabProblem,
): void {
  const directors = nodes.filter(({ kind }) => kind === 'director').map(({ name }) => name);
  const ids = new Map([[cluster['virtual-router-id'], 'cluster.virtual-router-id']]);
  const owners = new Map<IpAddress, number>();
  for (const [index, { id, order, addresses }] of cluster['virtual-routers'].entries()) {
    const path = ['cluster', 'virtual-routers', index];
    const earlier = ids.get(id);
    if (earlier !== undefined) report([...path, 'id'], 'duplicate', `is ${id}, as ${earlier} is`);
    ids.set(id, `cluster.virtual-routers[${index}].id`);
    if (order.toSorted().join() !== directors.toSorted().join()) {
      const message = `has to name every director once: ${directors.join(', ')}`;
      report([...path, 'order'], 'wrong-value', message);
    }
    for (const [position, address] of addresses.entries()) {
      const owner = owners.get(address);
      owners.set(address, index);
      if (owner === undefined) continue;
      const message = `is ${address}, which virtual-routers[${owner}] has already`;
      report([...path, 'addresses', position], 'duplicate', message);
    }
  }
}

/**
 * Real servers of NAT and FULLNAT answer to addresses of the first virtual router: its master has to know connections that
 * another director has opened, from their first packet on.
 */
export function checkReplies({ cluster, services }: LabText, report: ReportLabProblem): void {
  const elsewhere = new Set(cluster['virtual-routers'].flatMap(({ addresses }) => addresses));
  for (const [index, { address, method, commit = cluster.commit }] of services.entries()) {
    const isAnswered = method === 'Masq' || method === 'FullNat';
    if (!isAnswered || commit !== 'none' || !elsewhere.has(address)) continue;
    const message = `has to be sent or acked: ${address} is on a virtual router of its own, and replies go to the first one`;
    report(['services', index, 'commit'], 'conflict', message);
  }
}

/** Refuses settings that have no effect because of another one. */
export function checkSettings({ cluster, services }: LabText, report: ReportLabProblem): void {
  const { sync, version, advert } = cluster;
  if (sync.period !== 0 && sync.period <= sync.threshold) {
    const message = `has to be above the threshold ${sync.threshold}, or 0, not ${sync.period}`;
    report(['cluster', 'sync', 'period'], 'wrong-value', message);
  }
  if (version === 2 && advert % seconds(1) !== 0) {
    report(['cluster', 'advert'], 'conflict', 'has to be whole seconds with version 2');
  }
  if (sync.format === 'baton') return;
  const reason = `has no effect with the format ${sync.format}`;
  if (sync.key !== undefined) report(['cluster', 'sync', 'key'], 'conflict', reason);
  if (sync.unicast) report(['cluster', 'sync', 'unicast'], 'conflict', reason);
  const acknowledgement = `cannot be acked with the format ${sync.format}: nobody acknowledges`;
  if (cluster.commit === 'acked') report(['cluster', 'commit'], 'conflict', acknowledgement);
  for (const [index, { commit }] of services.entries()) {
    if (commit === 'acked') report(['services', index, 'commit'], 'conflict', acknowledgement);
  }
}

/** Directors are linked to every network of the cluster, with an address of each family that is used there. */
export function checkDirectors(
  text: LabText,
  nodes: readonly LabNode[],
  { virtual, gateway, sync, local }: ClusterNetworks,
  report: ReportLabProblem,
): void {
  const directors = nodes.filter((node) => node.kind === 'director');
  if (directors.length === 0) report(['nodes'], 'missing', 'has no director');
  const { cluster } = text;
  const needs = [
    {
      network: virtual,
      use: 'the network of the virtual services',
      needsIpv6: virtualPlaces(text).some(({ address }) => isIpv6(address)),
    },
    {
      network: gateway,
      use: 'the network of the gateway',
      needsIpv6: cluster.gateway?.ipv6 !== undefined,
    },
    { network: sync, use: 'the network of sync', needsIpv6: false },
    {
      network: local,
      use: 'the network of the local addresses',
      needsIpv6: cluster['local-addresses'].some(isIpv6),
    },
  ];
  for (const { name, links } of directors) {
    for (const { network, use, needsIpv6 } of needs) {
      if (network === undefined) continue;
      const link = links.find((candidate) => candidate.network === network.name);
      if (link !== undefined && (!needsIpv6 || link.address6 !== undefined)) continue;
      const lack = link === undefined ? 'no link to' : 'no IPv6 address in';
      report(['nodes', name, 'links'], 'missing', `has ${lack} ${network.name}, ${use}`);
    }
  }
}

/** The cluster of a file whose parts have been checked. */
export function resolveCluster(
  text: LabText['cluster'],
  found: ClusterNetworks,
  virtualNetwork: string,
): LabCluster {
  const { gateway, sync, 'local-addresses': locals, 'carrier-threads': threads } = text;
  const { local } = found;
  return {
    version: text.version,
    virtualRouterId: text['virtual-router-id'],
    virtualRouters: text['virtual-routers'],
    advertInterval: text.advert,
    preempt: text.preempt,
    commit: text.commit,
    addresses: text.addresses,
    virtualNetwork,
    gateway: gateway && found.gateway && linkOf(found.gateway.name, gateway),
    sync: {
      network: sync.network,
      threshold: sync.threshold,
      period: sync.period,
      bulkTimeout: sync['bulk-timeout'],
      deathNotice: sync['death-notice'],
      format: sync.format,
      flushBound: sync.flush,
      isUnicast: sync.unicast,
      ...(sync.key === undefined ? {} : { key: sync.key }),
    },
    localAddresses:
      local === undefined ? [] : locals.map((address) => ({ network: local.name, address })),
    dataPlane: {
      settings: text.settings,
      connectionCapacity: text['connection-table'],
      ...(threads === undefined
        ? {}
        : { carrierThreads: { most: threads.most, isAlways: threads.always } }),
      unknownTcp: text['unknown-tcp'],
      activeActive: text['active-active'],
      driver: text.driver,
    },
  };
}

/** A link with the addresses that a file gives it. */
export const linkOf = (
  network: string,
  { ipv4, ipv6 }: Readonly<Record<'ipv4', IpAddress>> & Partial<Record<AddressFamily, IpAddress>>,
): LabLink => ({ network, address: ipv4, ...(ipv6 === undefined ? {} : { address6: ipv6 }) });
