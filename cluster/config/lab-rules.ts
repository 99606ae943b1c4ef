import { prefixContains } from '../../director/base/address.js';
import { AddressPlan, describePrefix, hasHostBits } from './address-plan.js';
import { type LabCluster, type LabConfig, type LabNetwork, type LabNode } from './lab-config.js';
import type { ReportLabProblem } from './lab-report.js';
import type { LabText } from './lab-schema.js';
import { resolveServices } from './lab-services.js';

/** The networks that the parts of a cluster are in; one is undefined when the file does not lead to it. */
export interface ClusterNetworks {
  readonly virtual: LabNetwork | undefined;
  readonly gateway: LabNetwork | undefined;
  readonly sync: LabNetwork | undefined;
  readonly local: LabNetwork | undefined;
}

/**
 * Ties the parts of a lab file together and reports every reference that leads nowhere and every address that cannot
 * work. Undefined only after a report; what is returned is a lab only when nothing was reported.
 */
export function resolveLab(text: LabText, report: ReportLabProblem): LabConfig | undefined {
  const networks = Object.entries(text.networks).map(([name, prefix]) => ({ name, prefix }));
  const nodes = Object.entries(text.nodes).map(([name, node]) => {
    const links = Object.entries(node.links).map(([network, address]) => ({ network, address }));
    return { name, ...node, links };
  });
  const plan = new AddressPlan(networks, report);
  checkNetworks(networks, report);
  checkLinks(nodes, plan, report);
  const found = findClusterNetworks(text, plan, report);
  checkDirectors(nodes, found, report);
  const services = resolveServices(text.services, nodes, found, report);
  if (found.virtual === undefined) return undefined;
  const cluster = resolveCluster(text.cluster, found, found.virtual.name);
  return { name: text.name, networks, nodes, cluster, services };
}

function checkNetworks(networks: readonly LabNetwork[], report: ReportLabProblem): void {
  for (const [index, { name, prefix }] of networks.entries()) {
    const path = ['networks', name];
    if (hasHostBits(prefix)) {
      const message = `is ${describePrefix(prefix)}, which has bits set beyond its length`;
      report(path, 'wrong-value', message);
    }
    for (const earlier of networks.slice(0, index)) {
      const overlaps =
        prefixContains(earlier.prefix, prefix.address) ||
        prefixContains(prefix, earlier.prefix.address);
      if (overlaps) report(path, 'conflict', `overlaps ${earlier.name}`);
    }
  }
}

function checkLinks(nodes: readonly LabNode[], plan: AddressPlan, report: ReportLabProblem): void {
  for (const node of nodes) {
    for (const { network: name, address } of node.links) {
      const path = ['nodes', node.name, 'links', name];
      const network = plan.network(name);
      if (network === undefined) report(path, 'unknown-reference', 'names no network of this file');
      else plan.assign(path, address, network, `the node ${node.name}`);
    }
  }
}

function findClusterNetworks(
  { cluster, services }: LabText,
  plan: AddressPlan,
  report: ReportLabProblem,
): ClusterNetworks {
  const { gateway, sync } = cluster;
  const needsGateway = services.some(({ method }) => method === 'Masq');
  if (gateway === undefined && needsGateway) {
    const message = 'is missing: NAT real servers need it as their default route';
    report(['cluster', 'gateway'], 'missing', message);
  }
  const syncNetwork = plan.network(sync.network);
  if (syncNetwork === undefined) {
    const message = `is ${sync.network}, which is no network of this file`;
    report(['cluster', 'sync', 'network'], 'unknown-reference', message);
  }
  if (sync.period !== 0 && sync.period <= sync.threshold) {
    const message = `has to be above the threshold ${sync.threshold}, or 0, not ${sync.period}`;
    report(['cluster', 'sync', 'period'], 'wrong-value', message);
  }
  return {
    virtual: findVirtualNetwork(services, cluster.addresses, plan, report),
    gateway: gateway && plan.place(['cluster', 'gateway'], gateway, 'the gateway'),
    sync: syncNetwork,
    local: findLocalNetwork(cluster['local-addresses'], services, plan, report),
  };
}

/** FullNat's real servers are found in the network of the local addresses, so there is one. */
function findLocalNetwork(
  addresses: LabText['cluster']['local-addresses'],
  services: LabText['services'],
  plan: AddressPlan,
  report: ReportLabProblem,
): LabNetwork | undefined {
  if (addresses.length === 0 && services.some(({ method }) => method === 'FullNat')) {
    const message = 'is missing: the directors talk to FULLNAT real servers from these addresses';
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

/** One VRRP instance moves all VIPs, so they share the network in which it elects. */
function findVirtualNetwork(
  services: LabText['services'],
  addresses: LabText['cluster']['addresses'],
  plan: AddressPlan,
  report: ReportLabProblem,
): LabNetwork | undefined {
  const places = [
    ...services.map(({ address }, index) => ({ address, path: ['services', index, 'address'] })),
    ...addresses.map((address, index) => ({ address, path: ['cluster', 'addresses', index] })),
  ];
  if (places.length === 0) {
    const message = 'has to hold at least one service, or cluster.addresses an address for one';
    report(['services'], 'wrong-value', message);
  }
  let common: LabNetwork | undefined;
  for (const { address, path } of places) {
    const network = plan.place(path, address, 'a virtual service');
    common ??= network;
    if (network === undefined || network === common) continue;
    const message = `is ${address} in ${network.name}, but other services are in ${common?.name}`;
    report(path, 'conflict', message);
  }
  return common;
}

function checkDirectors(
  nodes: readonly LabNode[],
  { virtual, gateway, sync, local }: ClusterNetworks,
  report: ReportLabProblem,
): void {
  const directors = nodes.filter((node) => node.kind === 'director');
  if (directors.length === 0) report(['nodes'], 'missing', 'has no director');
  const needs = [
    { network: virtual, use: 'the network of the virtual services' },
    { network: gateway, use: 'the network of the gateway' },
    { network: sync, use: 'the network of sync' },
    { network: local, use: 'the network of the local addresses' },
  ];
  for (const { name, links } of directors) {
    for (const { network, use } of needs) {
      if (network === undefined || links.some((link) => link.network === network.name)) continue;
      report(['nodes', name, 'links'], 'missing', `has no link to ${network.name}, ${use}`);
    }
  }
}

function resolveCluster(
  text: LabText['cluster'],
  found: ClusterNetworks,
  virtualNetwork: string,
): LabCluster {
  const { gateway, sync, 'local-addresses': locals } = text;
  const { local } = found;
  return {
    virtualRouterId: text['virtual-router-id'],
    advertInterval: text.advert,
    preempt: text.preempt,
    addresses: text.addresses,
    virtualNetwork,
    gateway: gateway && found.gateway && { network: found.gateway.name, address: gateway },
    sync: {
      network: sync.network,
      threshold: sync.threshold,
      period: sync.period,
      bulkTimeout: sync['bulk-timeout'],
      deathNotice: sync['death-notice'],
    },
    localAddresses:
      local === undefined ? [] : locals.map((address) => ({ network: local.name, address })),
    dataPlane: {
      settings: text.settings,
      connectionCapacity: text['connection-table'],
      unknownTcp: text['unknown-tcp'],
    },
  };
}
