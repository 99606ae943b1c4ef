import { type AddressPrefix, prefixContains } from '../../director/base/address.js';
import { AddressPlan, describePrefix, hasHostBits } from './address-plan.js';
import {
  checkDirectors,
  checkReplies,
  checkSettings,
  checkVirtualRouters,
  type ClusterNetworks,
  findGateway,
  findLocalNetwork,
  linkOf,
  resolveCluster,
  virtualPlaces,
} from './lab-cluster.js';
import type { LabConfig, LabNetwork, LabNode } from './lab-config.js';
import type { ReportLabProblem } from './lab-report.js';
import type { LabText } from './lab-schema.js';
import { resolveServices } from './lab-services.js';
import type { YamlPath } from './lab-yaml.js';

/**
 * Ties the parts of a lab file together and reports every reference that leads nowhere and every address that cannot
 * work. Undefined only after a report; what is returned is a lab only when nothing was reported.
 */
export function resolveLab(text: LabText, report: ReportLabProblem): LabConfig | undefined {
  const networks = Object.entries(text.networks).map(([name, { ipv4, ipv6 }]) => ({
    name,
    prefix: ipv4,
    ...(ipv6 === undefined ? {} : { prefix6: ipv6 }),
  }));
  const nodes = Object.entries(text.nodes).map(([name, node]) => {
    const links = Object.entries(node.links).map(([network, dual]) => linkOf(network, dual));
    return { name, ...node, links };
  });
  const plan = new AddressPlan(networks, report);
  checkNetworks(networks, report);
  checkLinks(nodes, plan, report);
  const found = findClusterNetworks(text, plan, report);
  checkSettings(text, report);
  checkVirtualRouters(text, nodes, report);
  checkReplies(text, report);
  checkDirectors(text, nodes, found, report);
  const services = resolveServices(text.services, nodes, found, report);
  if (found.virtual === undefined) return undefined;
  const cluster = resolveCluster(text.cluster, found, found.virtual.name);
  return { name: text.name, networks, nodes, cluster, services };
}

function checkNetworks(networks: readonly LabNetwork[], report: ReportLabProblem): void {
  const earlier: { readonly name: string; readonly prefix: AddressPrefix }[] = [];
  const check = (name: string, prefix: AddressPrefix, path: YamlPath): void => {
    if (hasHostBits(prefix)) {
      const message = `is ${describePrefix(prefix)}, which has bits set beyond its length`;
      report(path, 'wrong-value', message);
    }
    for (const other of earlier) {
      const overlaps =
        prefixContains(other.prefix, prefix.address) ||
        prefixContains(prefix, other.prefix.address);
      if (overlaps) report(path, 'conflict', `overlaps ${other.name}`);
    }
    earlier.push({ name, prefix });
  };
  for (const { name, prefix, prefix6 } of networks) {
    check(name, prefix, ['networks', name]);
    if (prefix6 !== undefined) check(name, prefix6, ['networks', name, 1]);
  }
}

function checkLinks(nodes: readonly LabNode[], plan: AddressPlan, report: ReportLabProblem): void {
  for (const node of nodes) {
    for (const { network: name, address, address6 } of node.links) {
      const path = ['nodes', node.name, 'links', name];
      const network = plan.network(name);
      if (network === undefined) {
        report(path, 'unknown-reference', 'names no network of this file');
        continue;
      }
      plan.assign(path, address, network, `the node ${node.name}`);
      if (address6 === undefined) continue;
      plan.assign([...path, 1], address6, network, `the node ${node.name}`);
    }
  }
}

function findClusterNetworks(
  text: LabText,
  plan: AddressPlan,
  report: ReportLabProblem,
): ClusterNetworks {
  const { sync } = text.cluster;
  const virtual = findVirtualNetwork(text, plan, report);
  const gateway = findGateway(text, plan, report);
  const syncNetwork = plan.network(sync.network);
  if (syncNetwork === undefined) {
    const message = `is ${sync.network}, which is no network of this file`;
    report(['cluster', 'sync', 'network'], 'unknown-reference', message);
  }
  return {
    virtual,
    gateway,
    sync: syncNetwork,
    local: findLocalNetwork(text, plan, report),
  };
}

/** The elections take place in the network of the VIPs, so there is one. */
function findVirtualNetwork(
  text: LabText,
  plan: AddressPlan,
  report: ReportLabProblem,
): LabNetwork | undefined {
  const places = virtualPlaces(text);
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
