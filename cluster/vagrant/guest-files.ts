import { assert } from '../../director/base/invariant.js';
import { writeKeepalived } from '../config/keepalived-writer.js';
import { virtualAddressesOf, type LabConfig, type LabNode } from '../config/lab-config.js';
import { webPort, type VagrantLabPlan } from '../config/vagrant-lab.js';
import { directorUnit, networkUnit, serverUnit } from './guest-units.js';

/** A machine as provisioning finds it. */
export interface Guest {
  /** The interface at each network of the lab. */
  readonly interfaces: ReadonlyMap<string, string>;
  /** The Node.js that programs run with. */
  readonly nodeProgram: string;
  /** Where the project is installed. */
  readonly root: string;
}

/** What a machine is to hold: files by their paths, and the units that run. */
export interface GuestSetup {
  readonly files: Readonly<Record<string, string>>;
  readonly units: readonly GuestUnit[];
}

/** A unit that is to run, and what it has to be started again for when that has changed. */
export interface GuestUnit {
  readonly name: string;
  readonly files: readonly string[];
  /** True when it runs code of the project. */
  readonly isOurs: boolean;
}

/** Where the network script is; run again whenever interfaces may have been configured anew. */
export const networkScript = '/etc/baton/network';
export const directorConfig = '/etc/baton/keepalived.conf';

/** What the kernel director's files are for. */
const keepalivedConfig = '/etc/keepalived/keepalived.conf';

const paths = {
  modules: '/etc/modules-load.d/baton.conf',
  hostname: '/etc/hostname',
  hosts: '/etc/hosts',
  sysctl: '/etc/sysctl.d/60-baton.conf',
  networkd: '/etc/systemd/networkd.conf.d/baton.conf',
  network: '/etc/systemd/system/baton-network.service',
  director: '/etc/systemd/system/baton-director.service',
  server: '/etc/systemd/system/baton-server.service',
  nginx: '/etc/nginx/conf.d/baton.conf',
};

const network: GuestUnit = {
  name: 'baton-network',
  files: [networkScript, paths.network],
  isOurs: false,
};

/** The routing table of a real server for answers that go through the director. */
const gatewayTable = '100';

/** The priority of its rule: before the main table, which knows a direct way to clients. */
const gatewayRule = '100';

/** The files and units of a node of a lab on VMs. */
export function guestSetup(plan: VagrantLabPlan, node: LabNode, guest: Guest): GuestSetup {
  const common = {
    [paths.hostname]: text([node.name]),
    [paths.hosts]: hostsFile(plan.lab, node),
    [paths.sysctl]: sysctls(node, plan.ipvsDirectors.includes(node.name)),
    [paths.networkd]: networkdConfig,
    [networkScript]: networkCommands(plan.lab, node, guest),
    [paths.network]: networkUnit(networkScript),
  };
  switch (node.kind) {
    case 'client':
      return { files: common, units: [network] };
    case 'director':
      if (plan.ipvsDirectors.includes(node.name)) return ipvsSetup(plan, node.name, guest, common);
      return {
        files: {
          ...common,
          [directorConfig]: directorText(plan, node.name, guest),
          [paths.director]: directorUnit(node.name, guest, directorConfig),
        },
        units: [
          network,
          { name: 'baton-director', files: [directorConfig, paths.director], isOurs: true },
        ],
      };
    default:
      return {
        files: {
          ...common,
          [paths.server]: serverUnit(node.name, guest, portsOf(plan.lab)),
          [paths.nginx]: nginxSite(node.name),
        },
        units: [
          network,
          { name: 'baton-server', files: [paths.server, networkScript], isOurs: true },
          { name: 'nginx', files: [paths.nginx], isOurs: false },
        ],
      };
  }
}

/** IPVS is the kernel's: it forwards, and keepalived configures it. */
const ipvsSetup = (
  plan: VagrantLabPlan,
  name: string,
  guest: Guest,
  common: Readonly<Record<string, string>>,
): GuestSetup => ({
  files: {
    ...common,
    [paths.modules]: text(['ip_vs', 'ip_vs_rr', 'ip_vs_wlc']),
    [keepalivedConfig]: directorText(plan, name, guest),
  },
  units: [
    network,
    { name: 'systemd-modules-load', files: [paths.modules], isOurs: false },
    { name: 'keepalived', files: [keepalivedConfig], isOurs: false },
  ],
});

function directorText({ lab, webServices }: VagrantLabPlan, name: string, guest: Guest): string {
  const whole = { ...lab, services: [...lab.services, ...webServices] };
  return writeKeepalived(whole, name, (network) => interfaceAt(guest, network));
}

function interfaceAt({ interfaces }: Guest, network: string): string {
  const found = interfaces.get(network);
  assert(found !== undefined, 'provisioning has found the interfaces of all networks');
  return found;
}

/** The names of the lab; a machine that cannot find its own name makes sudo wait for a name server. */
const hostsFile = ({ nodes }: LabConfig, { name }: LabNode): string =>
  text([
    '127.0.0.1 localhost',
    `127.0.1.1 ${name}`,
    '::1 localhost ip6-localhost ip6-loopback',
    ...nodes
      .filter((node) => node.name !== name)
      .flatMap((node) => node.links.slice(0, 1).map(({ address }) => `${address} ${node.name}`)),
  ]);

/**
 * Replies may leave another way than requests come, and a director's kernel must not forward what the director
 * does, unless it is the director. A
 * real server keeps the VIP on its lo to itself: no answer to ARP requests for it, and none from it.
 */
function sysctls({ kind }: LabNode, isForwarding: boolean): string {
  const perInterface: Readonly<Record<string, number>> = {
    rp_filter: 0,
    ...(kind === 'real-server' ? { arp_ignore: 1, arp_announce: 2 } : {}),
  };
  const lines = Object.entries(perInterface).flatMap(([key, value]) =>
    ['all', 'default', '*'].map((name) => `net.ipv4.conf.${name}.${key} = ${String(value)}`),
  );
  // Whoever logs in may ping.
  return text([
    `net.ipv4.ip_forward = ${isForwarding ? '1' : '0'}`,
    'net.ipv4.ping_group_range = 0 2147483647',
    ...lines,
  ]);
}

/** Otherwise systemd-networkd removes rules and routes that it has not made itself. */
const networkdConfig = text([
  '[Network]',
  'ManageForeignRoutes=no',
  'ManageForeignRoutingPolicyRules=no',
]);

/**
 * What the provider's network configuration leaves out, as a script that may run any number of times. With offloads on,
 * frames arrive with unfinished checksums and as super-frames, which a director cannot send on as they are.
 */
function networkCommands(lab: LabConfig, node: LabNode, guest: Guest): string {
  const addresses = node.links.map(({ network, address }) => ({
    address,
    device: interfaceAt(guest, network),
  }));
  return text([
    '#!/bin/sh',
    '# Written by baton’s provisioning.',
    'set -eu',
    'turns=0',
    ...addresses.map(
      ({ address, device }) =>
        `until ip -4 -o address show dev ${device} | grep -q ' ${address}/'; do ${giveUp(device, address)}; sleep 0.1; done`,
    ),
    ...addresses.map(
      ({ device }) =>
        `for feature in tx rx tso gso gro; do ethtool -K ${device} $feature off > /dev/null 2>&1 || :; done`,
    ),
    ...(node.kind === 'real-server' ? realServerCommands(lab, guest) : []),
  ]);
}

const giveUp = (device: string, address: string): string =>
  `turns=$((turns + 1)); [ $turns -lt 300 ] || { echo '${device} has no address ${address}' >&2; exit 1; }`;

/**
 * With NAT the reply, from an address in the servers' network, must pass the director, although there is a link to the
 * client's network: hence the rule. With direct routing it leaves directly, from the VIP on lo.
 */
function realServerCommands(lab: LabConfig, guest: Guest): string[] {
  const { gateway, virtualNetwork } = lab.cluster;
  assert(gateway !== undefined, 'a lab on VMs has a gateway');
  const rule = `from ${subnet(lab, gateway.network)} to ${subnet(lab, virtualNetwork)}`;
  const vips = virtualAddressesOf(lab.services.filter(({ method }) => method === 'Route'));
  return [
    `ip rule delete priority ${gatewayRule} 2> /dev/null || :`,
    `ip rule add priority ${gatewayRule} ${rule} lookup ${gatewayTable}`,
    `ip route replace default via ${gateway.address} dev ${interfaceAt(guest, gateway.network)} table ${gatewayTable}`,
    ...vips.map((address) => `ip address replace ${address}/32 dev lo`),
  ];
}

function subnet({ networks }: LabConfig, name: string): string {
  const prefix = networks.find((network) => network.name === name)?.prefix;
  assert(prefix !== undefined, 'a link names a network of the lab');
  return `${prefix.address}/${String(prefix.prefixLength)}`;
}

const portsOf = ({ services }: LabConfig): string[] => [
  ...new Set(
    services.flatMap(({ protocol, realServers }) =>
      realServers.map(({ port }) => `--${protocol}=${String(port)}`),
    ),
  ),
];

const nginxSite = (name: string): string =>
  text([
    'server {',
    `    listen ${String(webPort)};`,
    '    default_type text/plain;',
    `    location / { return 200 "${name}\\n"; }`,
    '}',
  ]);

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
