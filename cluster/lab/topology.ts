import { isIpv6, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import {
  addressIn,
  prefixOf,
  virtualAddressesOf,
  type LabConfig,
  type LabNetwork,
  type LabNode,
} from '../config/lab-config.js';
import type { AddressFamily } from '../config/node-config.js';

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
 * With offloads on, frames arrive with unfinished checksums and as super-frames of up to 64 KiB. The drivers `ring` and `offload` pass
 * them on as they are, but for SCTP's, of which the kernel does not tell; `pcap` cannot. With `xdp` checksums have to be finished
 * when frames come to a director, and the far ends of its links need NAPI, which comes with GRO. Its own links segment what it
 * sends: a packet socket does not.
 */
const Offloads = {
  ring: 'tx-sctp-segmentation off',
  pcap: 'tx off rx off tso off gso off gro off',
  xdp: 'tx off gro on',
} as const;

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
    ipv6Commands: [],
    interfaces: links.map(({ port }) => port),
    offloads: offloadsOf(lab),
  });
}

/** Gives a node its kernel settings, addresses and routes, run in the node once its links exist. */
export function nodeScript(lab: LabConfig, node: LabNode): string {
  const interfaces = node.links.map(({ network }) => network);
  const isRealServer = node.kind === 'real-server';
  const settings = ['all', 'default', 'lo', ...interfaces].flatMap((name) => [
    ...ipv6Settings(lab, name),
    // Replies may leave another way than requests come, and a director's kernel sees half of everything.
    setting(`ipv4/conf/${name}/rp_filter`, 0),
    ...(isRealServer ? silentAddressSettings(name) : []),
  ]);
  const ups = ['lo', ...interfaces].map((name) => `link set dev ${name} up`);
  const commands = isRealServer ? realServerCommands : addressCommands;
  return script({
    settings: [setting('ipv4/ip_forward', 0), ...settings],
    commands: [...ups, ...commands(lab, node, 'ipv4')],
    ipv6Commands: commands(lab, node, 'ipv6'),
    interfaces,
    offloads: sendsThroughTunnel(lab, node) ? Offloads.pcap : offloadsOf(lab, node),
  });
}

/** Of a node's links, or of their ends in the switch. */
function offloadsOf({ cluster }: LabConfig, node?: LabNode): string {
  const { driver } = cluster.dataPlane;
  if (driver === 'pcap') return Offloads.pcap;
  return driver === 'xdp' && node?.kind !== 'director' ? Offloads.xdp : Offloads.ring;
}

/** The far ends of a lab's tunnels read what is inside as bytes, so a client has to finish its checksums. */
const sendsThroughTunnel = ({ services }: LabConfig, { kind }: LabNode): boolean =>
  kind === 'client' && services.some(({ method }) => method === 'Tunnel');

/**
 * IPv6 is on where the lab has a prefix for it. Addresses are usable at once, without the search for duplicates, and come
 * from the lab alone.
 */
function ipv6Settings({ networks }: LabConfig, name: string): string[] {
  const network = networks.find((candidate) => candidate.name === name);
  // The settings of `all` and `lo` are for every address of the node.
  const isUsed =
    network === undefined
      ? name !== 'default' && networks.some(({ prefix6 }) => prefix6 !== undefined)
      : network.prefix6 !== undefined;
  if (!isUsed) return [setting(`ipv6/conf/${name}/disable_ipv6`, 1)];
  return ['disable_ipv6', 'accept_dad', 'accept_ra', 'autoconf'].map((key) =>
    setting(`ipv6/conf/${name}/${key}`, 0),
  );
}

/** Keeps a VIP on lo unseen: no answer to ARP requests for it, and no ARP request from it. IPv6 does so by itself. */
const silentAddressSettings = (name: string): string[] => [
  setting(`ipv4/conf/${name}/arp_ignore`, 1),
  setting(`ipv4/conf/${name}/arp_announce`, 2),
];

/** `offLink` is a network that is not to become a route of the main table. */
const addressCommands = (
  lab: LabConfig,
  node: LabNode,
  family: AddressFamily,
  offLink?: string,
): string[] =>
  node.links.flatMap(({ network: name }) => {
    const address = addressIn(node, name, family);
    const prefix = prefixOf(networkNamed(lab, name), family);
    if (address === undefined || prefix === undefined) return [];
    const route = name === offLink ? ' noprefixroute' : '';
    const command = `address add ${address}/${String(prefix.prefixLength)} dev ${name}`;
    return [`${command}${WithoutSearch[family]}${route}`];
  });

/**
 * A real server answers the same client in two ways. With NAT the reply, from its address in the servers' network,
 * must pass the director, although the client's network is on a link of its own: hence the default route, and
 * no on-link route for that network in the main table. With direct routing and tunnels the reply, from the VIP, leaves
 * directly: hence the rule for packets from that network.
 */
function realServerCommands(lab: LabConfig, node: LabNode, family: AddressFamily): string[] {
  const { gateway, virtualNetwork } = lab.cluster;
  const direct = directCommands(lab, node, family);
  const gatewayAddress = family === 'ipv6' ? gateway?.address6 : gateway?.address;
  if (gateway === undefined || addressIn(node, gateway.network, family) === undefined) {
    return [...addressCommands(lab, node, family), ...direct];
  }
  const toGateway = gatewayAddress === undefined ? [] : [`route add default via ${gatewayAddress}`];
  const prefix = prefixOf(networkNamed(lab, virtualNetwork), family);
  if (prefix === undefined || addressIn(node, virtualNetwork, family) === undefined) {
    return [...addressCommands(lab, node, family), ...toGateway];
  }
  const clients = `${prefix.address}/${String(prefix.prefixLength)}`;
  return [
    ...addressCommands(lab, node, family, virtualNetwork),
    ...direct,
    `route add ${clients} dev ${virtualNetwork} table ${directTable}`,
    `rule add from ${clients} lookup ${directTable}`,
    ...toGateway,
  ];
}

/** Puts the VIPs of the services whose real servers answer clients themselves on lo. */
const directCommands = (lab: LabConfig, node: LabNode, family: AddressFamily): string[] =>
  virtualAddressesOf(
    lab.services.filter(
      ({ address, method, realServers }) =>
        isIpv6(address) === (family === 'ipv6') &&
        (method === 'Route' || method === 'Tunnel') &&
        realServers.some((realServer) => realServer.node === node.name),
    ),
  ).map(
    (address) =>
      `address add ${address}/${family === 'ipv6' ? '128' : '32'} dev lo${WithoutSearch[family]}`,
  );

/** IPv6 would not use an address before it has searched for duplicates. */
const WithoutSearch: Readonly<Record<AddressFamily, string>> = { ipv4: '', ipv6: ' nodad' };

function networkNamed(lab: LabConfig, name: string): LabNetwork {
  const found = lab.networks.find((network) => network.name === name);
  assert(found !== undefined, 'a link of a checked lab file names a network of the file');
  return found;
}

const setting = (key: string, value: number): string =>
  `printf ${String(value)} > /proc/sys/net/${key}`;

interface ScriptParts {
  readonly settings: readonly string[];
  /** Commands of ip(8), which one `ip` reads and runs together. */
  readonly commands: readonly string[];
  /** Those of another `ip -6`, which does not guess the family. */
  readonly ipv6Commands: readonly string[];
  readonly interfaces: readonly string[];
  /** Settings of ethtool(8). */
  readonly offloads: string;
}

/** Offloads go last: only then do both the interface and its far end exist for certain. */
const script = ({ settings, commands, ipv6Commands, interfaces, offloads }: ScriptParts): string =>
  [
    'set -eu',
    ...settings,
    ...batch('ip', commands),
    ...batch('ip -6', ipv6Commands),
    ...interfaces.map((name) => `ethtool -K ${name} ${offloads}`),
    '',
  ].join('\n');

const batch = (program: string, commands: readonly string[]): readonly string[] =>
  commands.length === 0 ? [] : [`${program} -batch - << 'END'`, ...commands, 'END'];
