import type { AddressPrefix, IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import {
  addressIn,
  virtualAddressesOf,
  type LabConfig,
  type LabNode,
} from '../config/lab-config.js';

/**
 * The wiring of a lab, as shell scripts that run inside its network namespaces: one for the switch, which makes the
 * links, then one for each node.
 *
 * ```
 *   client ── clients ── port_0 ┐            the switch holds a bridge for each network
 *   d1 ────── clients ── port_1 ┤ clients    and a port for each link; in a node the
 *       ───── servers ── port_2 ┤ servers    interface is called like the network
 * ```
 */
export interface Link {
  readonly node: string;
  readonly network: string;
  readonly address: IpAddress;
  /** The name of the far end, in the switch; with its underscore it is never that of a network. */
  readonly port: string;
}

/** The routing table of a real server for packets that it sends from an address of the clients' network. */
const directTable = '100';

/**
 * With offloads on, frames arrive with unfinished checksums and as super-frames of up to 64 KiB, which a director
 * cannot send on as they are.
 */
const offloads = 'tx off rx off tso off gso off gro off';

/** All links of the lab, in the order of the file. */
export function labLinks(lab: LabConfig): Link[] {
  return lab.nodes
    .flatMap((node) => node.links.map((link) => ({ ...link, node: node.name })))
    .map((link, index) => ({ ...link, port: `port_${String(index)}` }));
}

/**
 * Makes the networks and the links, run in the switch. `holders` are the processes that hold the nodes' namespaces: the
 * far end of a link comes into being there and never passes through another namespace.
 */
export function switchScript(lab: LabConfig, holders: ReadonlyMap<string, number>): string {
  const links = labLinks(lab);
  const bridges = lab.networks.flatMap(({ name }) => [
    `link add name ${name} type bridge stp_state 0 mcast_snooping 0`,
    `link set dev ${name} up`,
  ]);
  const ports = links.flatMap(({ node, network, port }) => [
    `link add name ${port} type veth peer name ${network} netns ${String(holders.get(node))}`,
    `link set dev ${port} alias ${node}:${network}`,
    `link set dev ${port} master ${network} up`,
  ]);
  return script({
    // The names of bridges and ports are not known to the kernel yet: the default is theirs.
    settings: [setting('ipv6/conf/default/disable_ipv6', 1)],
    commands: [...bridges, ...ports],
    interfaces: links.map(({ port }) => port),
  });
}

/** Gives a node its kernel settings, addresses and routes, run in the node once its links exist. */
export function nodeScript(lab: LabConfig, node: LabNode): string {
  const interfaces = node.links.map(({ network }) => network);
  const isRealServer = node.kind === 'real-server';
  const settings = ['all', 'default', 'lo', ...interfaces].flatMap((name) => [
    setting(`ipv6/conf/${name}/disable_ipv6`, 1),
    // Replies may leave another way than requests come, and a director's kernel sees half of everything.
    setting(`ipv4/conf/${name}/rp_filter`, 0),
    ...(isRealServer ? silentAddressSettings(name) : []),
  ]);
  const commands = [
    'link set dev lo up',
    ...interfaces.map((name) => `link set dev ${name} up`),
    ...(isRealServer ? realServerCommands(lab, node) : addressCommands(lab, node)),
  ];
  return script({
    settings: [setting('ipv4/ip_forward', 0), ...settings],
    commands,
    interfaces,
  });
}

/** Keeps a VIP on lo unseen: no answer to ARP requests for it, and no ARP request from it. */
const silentAddressSettings = (name: string): string[] => [
  setting(`ipv4/conf/${name}/arp_ignore`, 1),
  setting(`ipv4/conf/${name}/arp_announce`, 2),
];

/** `offLink` is a network that is not to become a route of the main table. */
const addressCommands = (lab: LabConfig, node: LabNode, offLink?: string): string[] =>
  node.links.map(({ network, address }) => {
    const { prefixLength } = networkPrefix(lab, network);
    const command = `address add ${address}/${String(prefixLength)} dev ${network}`;
    return network === offLink ? `${command} noprefixroute` : command;
  });

/**
 * A real server answers the same client in two ways. With NAT the reply, from its address in the servers' network,
 * must pass the director, although the client's network is on a link of its own: hence the default route, and
 * no on-link route for that network in the main table. With direct routing the reply, from the VIP, leaves directly:
 * hence the rule for packets from that network.
 */
function realServerCommands(lab: LabConfig, node: LabNode): string[] {
  const { gateway, virtualNetwork } = lab.cluster;
  const direct = virtualAddressesOf(
    lab.services.filter(
      ({ method, realServers }) =>
        method === 'Route' && realServers.some((realServer) => realServer.node === node.name),
    ),
  ).map((address) => `address add ${address}/32 dev lo`);
  if (gateway === undefined || addressIn(node, gateway.network) === undefined) {
    return [...addressCommands(lab, node), ...direct];
  }
  const toGateway = `route add default via ${gateway.address}`;
  if (addressIn(node, virtualNetwork) === undefined) {
    return [...addressCommands(lab, node), toGateway];
  }
  const { address, prefixLength } = networkPrefix(lab, virtualNetwork);
  const clients = `${address}/${String(prefixLength)}`;
  return [
    ...addressCommands(lab, node, virtualNetwork),
    ...direct,
    `route add ${clients} dev ${virtualNetwork} table ${directTable}`,
    `rule add from ${clients} lookup ${directTable}`,
    toGateway,
  ];
}

function networkPrefix(lab: LabConfig, network: string): AddressPrefix {
  const found = lab.networks.find(({ name }) => name === network);
  assert(found !== undefined, 'a link of a checked lab file names a network of the file');
  return found.prefix;
}

const setting = (key: string, value: number): string =>
  `printf ${String(value)} > /proc/sys/net/${key}`;

interface ScriptParts {
  readonly settings: readonly string[];
  /** Commands of ip(8), which one `ip` reads and runs together. */
  readonly commands: readonly string[];
  readonly interfaces: readonly string[];
}

/** Offloads go last: only then do both the interface and its far end exist for certain. */
const script = ({ settings, commands, interfaces }: ScriptParts): string =>
  [
    'set -eu',
    ...settings,
    "ip -batch - << 'END'",
    ...commands,
    'END',
    ...interfaces.map((name) => `ethtool -K ${name} ${offloads}`),
    '',
  ].join('\n');
