import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { fetchDocument } from '../../../cluster/lab/control-client.js';
import { until } from '../../../cluster/lab/wait.js';
import { contest, startRival } from './rival.js';
import { Address, Port, type Topology } from './topology.js';

/** What the bench needs of a forwarder that runs. */
export interface Running {
  /** Where clients connect to. */
  readonly address: string;
  /** The process whose processor time and memory are the forwarder's; the kernel has none. */
  readonly pid: number | undefined;
  /** Where its flood ends at the server, if not at the ingress of traffic control. */
  readonly sink?: 'traffic' | 'xdp';
  /** Where a director of ours answers questions. */
  readonly control?: string;
  /** How often its rival has taken over because its adverts were late. */
  readonly falseElections?: () => Promise<number>;
  close(): Promise<void>;
}

/** A way from the client to the server. */
export interface Forwarder {
  readonly name: string;
  /** What it can carry. */
  readonly carries: { readonly udp: boolean; readonly flood: boolean };
  start(topology: Topology): Promise<Running>;
}

const directorProgram = fileURLToPath(new URL('../../../cluster/node/main.js', import.meta.url));

const Everything = { udp: true, flood: true };

/** The kernel as a router: addresses of the hosts in between, nothing else. */
const routing: Forwarder = {
  name: 'kernel routing',
  carries: Everything,
  start: async (topology) => {
    beHost(topology, true);
    return running(Address.server, topology);
  },
};

/** DNAT by nftables and conntrack. */
const nft: Forwarder = {
  name: 'nft DNAT',
  carries: Everything,
  start: async (topology) => {
    beHost(topology, true);
    const rules = `table ip nat {
  chain arrivals {
    type nat hook prerouting priority dstnat;
    ip daddr ${Address.vip} dnat to numgen inc mod 2 map { 0 : ${Address.server}, 1 : ${Address.server} }
  }
}`;
    topology.forwarder.shell(`nft '${rules}'`);
    return running(Address.vip, topology);
  },
};

/** The drivers of our director, in the order of the table. */
export const DriverNames = ['pcap', 'ring', 'offload', 'xdp'] as const;

const Names: Partial<Record<string, string>> = { offload: 'offload (tc)', xdp: 'offload (XDP)' };

/** Our director, NAT in both directions, with further text for its configuration. */
export const director = (driver: string, further = ''): Forwarder => ({
  name: Names[driver] ?? driver,
  carries: Everything,
  start: async (topology) => {
    const { forwarder, client, server } = topology;
    forwarder.shell('printf 0 > /proc/sys/net/ipv4/ip_forward');
    const links = LinksOf[driver] ?? LinksOf.others;
    links.prepare(topology);
    const folder = mkdtempSync(path.join(tmpdir(), 'baton-bench-'));
    const [config, control] = [path.join(folder, 'conf'), path.join(folder, 'control')];
    writeFileSync(config, configuration() + further);
    const options = [`--config=${config}`, `--control=${control}`, `--driver=${driver}`];
    const child = forwarder.start(process.execPath, directorProgram, ...options);
    const close = async (): Promise<void> => {
      await forwarder.end(child);
      rmSync(folder, { recursive: true });
      links.restore(topology);
      forgetNeighbours(topology);
    };
    const isMaster = async (): Promise<true | undefined> => {
      if (child.exitCode !== null) throw new Error(`the director has ended: ${forwarder.said}`);
      const status = await fetchDocument(control, '/status').catch(() => undefined);
      return status?.state === 'master' || undefined;
    };
    if ((await until(isMaster, { timeoutMs: 30_000, everyMs: 50 })) === undefined) {
      await close();
      throw new Error('the director does not become master');
    }
    client.run('ping', '-qc', '1', '-W', '5', Address.vip);
    server.run('ping', '-qc', '1', '-W', '5', Address.gateway);
    const rival = await startRival(topology).catch(async (error: unknown) => {
      await close();
      throw error;
    });
    const closeBoth = async (): Promise<void> => {
      await rival.close();
      await close();
    };
    const falseElections = async (): Promise<number> => rival.takeOvers();
    const sink = driver === 'xdp' ? 'xdp' : 'traffic';
    const { pid } = child;
    return { address: Address.vip, pid, sink, control, falseElections, close: closeBoth };
  },
});

const haproxy: Forwarder = {
  name: 'HAProxy TCP',
  carries: { udp: false, flood: false },
  start: async (topology) =>
    startProxy(topology, haproxyConfiguration(), (file) => ['haproxy', '-db', '-f', file]),
};

const nginx: Forwarder = {
  name: 'nginx stream',
  carries: { udp: true, flood: false },
  start: async (topology) =>
    startProxy(topology, nginxConfiguration(), (file) => [
      'nginx',
      '-g',
      'daemon off;',
      '-c',
      file,
    ]),
};

/** In the order of the table. */
export const Forwarders: readonly Forwarder[] = [
  routing,
  nft,
  ...DriverNames.map((name) => director(name)),
  haproxy,
  nginx,
];

/** The node has its addresses, as a router or as a host. */
function beHost({ forwarder }: Topology, isRouter: boolean): void {
  forwarder.shell(
    `printf ${isRouter ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`,
    `ip address add ${Address.vip}/24 dev near`,
    `ip address add ${Address.gateway}/24 dev far`,
  );
}

function running(address: string, topology: Topology, child?: ChildProcess): Running {
  const close = async (): Promise<void> => {
    if (child !== undefined) await topology.forwarder.end(child, 'SIGTERM');
    topology.forwarder.shell(
      'nft flush ruleset',
      'printf 0 > /proc/sys/net/ipv4/ip_forward',
      `ip address del ${Address.vip}/24 dev near`,
      `ip address del ${Address.gateway}/24 dev far`,
    );
    forgetNeighbours(topology);
  };
  return { address, pid: child?.pid, close };
}

async function startProxy(
  topology: Topology,
  text: string,
  command: (file: string) => readonly [string, ...string[]],
): Promise<Running> {
  beHost(topology, false);
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-bench-'));
  const file = path.join(folder, 'conf');
  writeFileSync(file, text.replaceAll('FOLDER', folder));
  const child = topology.forwarder.start(...command(file));
  const isOpen = (): true | undefined =>
    topology.forwarder.run('ss', '-Hltn').includes(`:${Port.bulk} `) || undefined;
  const isReady = await until(isOpen, { timeoutMs: 10_000, everyMs: 50 });
  const proxy = running(Address.vip, topology, child);
  const close = async (): Promise<void> => {
    await proxy.close();
    rmSync(folder, { recursive: true });
  };
  if (isReady !== undefined) return { ...proxy, close };
  await close();
  throw new Error(`the proxy does not listen: ${topology.forwarder.said}`);
}

/** Another forwarder has the addresses now, at another MAC address perhaps. */
function forgetNeighbours({ client, server }: Topology): void {
  for (const namespace of [client, server]) namespace.run('ip', 'neigh', 'flush', 'all');
}

/** What a driver wants of the links, and how they were before. */
interface Links {
  prepare(topology: Topology): void;
  restore(topology: Topology): void;
}

const LinksOf: { readonly others: Links } & Partial<Record<string, Links>> = {
  pcap: {
    prepare: (topology) => setOffloads(topology, 'off'),
    restore: (topology) => setOffloads(topology, 'on'),
  },
  // XDP sees no unfinished checksums, and hosts take frames from it where GRO brings NAPI.
  xdp: {
    prepare: (topology) => setHosts(topology, 'tx', 'off', 'gro', 'on'),
    restore: (topology) => setHosts(topology, 'tx', 'on', 'gro', 'off', 'tso', 'on'),
  },
  others: { prepare: () => {}, restore: () => {} },
};

function setHosts({ client, server }: Topology, ...features: readonly string[]): void {
  for (const host of [client, server]) host.run('ethtool', '-K', 'eth0', ...features);
}

/** On both ends of both links. */
function setOffloads({ client, forwarder, server }: Topology, state: 'on' | 'off'): void {
  const features = ['tx', 'rx', 'tso', 'gso'].flatMap((name) => [name, state]);
  client.run('ethtool', '-K', 'eth0', ...features);
  server.run('ethtool', '-K', 'eth0', ...features);
  for (const device of ['near', 'far']) forwarder.run('ethtool', '-K', device, ...features);
}

function configuration(): string {
  const services = [
    [Port.flood, 'UDP'],
    [Port.ping, 'UDP'],
    [Port.web, 'TCP'],
    [Port.bulk, 'TCP'],
  ] as const;
  const servers = services.map(
    ([port, protocol]) => `
virtual_server ${Address.vip} ${port} {
  protocol ${protocol}
  lvs_method NAT
  lvs_sched rr
  real_server ${Address.server} ${port} {
    weight 1
  }
}`,
  );
  return `
global_defs {
  router_id bench
  vrrp_version 3
}
vrrp_instance VI_1 {
  state BACKUP
  interface near
  virtual_router_id 51
  priority 100
  advert_int 0.1
  virtual_ipaddress {
    ${Address.vip}/24
  }
  virtual_ipaddress_excluded {
    ${Address.gateway}/24 dev far
  }
}
${contest('aside', 100)}
${servers.join('')}
`;
}

const haproxyConfiguration = (): string => `
global
  maxconn 4000
  nbthread 2
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${[Port.web, Port.bulk]
  .map(
    (port) => `listen port${port}
  bind ${Address.vip}:${port}
  server one ${Address.server}:${port}
`,
  )
  .join('')}`;

const nginxConfiguration = (): string => `
${stream()}
pid FOLDER/pid;
error_log FOLDER/log;
worker_processes 2;
worker_rlimit_nofile 65536;
events { worker_connections 16384; }
stream {
  server { listen ${Address.vip}:${Port.web} backlog=16384; proxy_pass ${Address.server}:${Port.web}; }
  server { listen ${Address.vip}:${Port.bulk} backlog=16384; proxy_pass ${Address.server}:${Port.bulk}; }
  server { listen ${Address.vip}:${Port.ping} udp; proxy_pass ${Address.server}:${Port.ping}; }
}
`;

/** Debian has the part of nginx for streams in a file of its own. */
function stream(): string {
  const module = '/usr/lib/nginx/modules/ngx_stream_module.so';
  try {
    readFileSync(module);
    return `load_module ${module};`;
  } catch {
    return '';
  }
}
