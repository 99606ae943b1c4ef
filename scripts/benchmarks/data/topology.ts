import { FloodSink } from './flood-sink.js';
import { Namespace } from './namespace.js';

/*
 * The topology of the bench: one client, one forwarder, one server, joined by two links.
 *
 *     client 10.91.0.2 ── 10.91.0.1 forwarder 10.92.0.1 ── 10.92.0.2 server
 *                                   10.93.0.1 ── 10.93.0.2 rival
 *
 * The rival is there to see whether the forwarder's adverts are late while it is busy.
 */

export const Address = {
  client: '10.91.0.2',
  near: '10.91.0.1',
  vip: '10.91.0.100',
  far: '10.92.0.1',
  gateway: '10.92.0.254',
  server: '10.92.0.2',
  aside: '10.93.0.1',
  rival: '10.93.0.2',
  contested: '10.93.0.100',
} as const;

export const Mac = {
  client: '02:91:00:00:00:02',
  near: '02:91:00:00:00:01',
  far: '02:92:00:00:00:01',
  server: '02:92:00:00:00:02',
  aside: '02:93:00:00:00:01',
  rival: '02:93:00:00:00:02',
} as const;

/** Ports of the services, the same at the virtual service and at the server. */
export const Port = { flood: 53, ping: 54, web: 80, bulk: 5_201 } as const;

export interface Topology {
  readonly client: Namespace;
  readonly forwarder: Namespace;
  readonly server: Namespace;
  readonly rival: Namespace;
  readonly sink: FloodSink;
  close(): Promise<void>;
}

/** The flood as it has to arrive: datagrams of 22 bytes. */
const Flood = {
  destination: Address.server.split('.').reduce((word, part) => word * 256 + Number(part), 0),
  port: Port.flood,
  udpLength: 30,
} as const;

export async function buildTopology(): Promise<Topology> {
  const client = await Namespace.make('client');
  const forwarder = await Namespace.make('forwarder');
  const server = await Namespace.make('server');
  const rival = await Namespace.make('rival');
  const close = async (): Promise<void> => {
    for (const namespace of [client, forwarder, server, rival]) await namespace.close();
  };
  try {
    forwarder.shell(
      'printf 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6',
      link('near', Mac.near, Mac.client, client),
      link('far', Mac.far, Mac.server, server),
      link('aside', Mac.aside, Mac.rival, rival),
      ...['near', 'far', 'aside'].map((name) => `ip link set ${name} up`),
      `ip address add ${Address.near}/24 dev near`,
      `ip address add ${Address.far}/24 dev far`,
      `ip address add ${Address.aside}/24 dev aside`,
      ...Quiet,
    );
    const ends = [
      [client, Address.client, Address.near],
      [server, Address.server, Address.gateway],
    ] as const;
    for (const [namespace, address, gateway] of ends) {
      namespace.shell(
        ...Quiet,
        'ip link set lo up',
        'ip link set eth0 up',
        `ip address add ${address}/24 dev eth0`,
        `ip route add default via ${gateway}`,
        'printf "1024 65535" > /proc/sys/net/ipv4/ip_local_port_range',
        'printf 1 > /proc/sys/net/ipv4/tcp_tw_reuse',
        'printf 16384 > /proc/sys/net/core/somaxconn',
      );
    }
    rival.shell('ip link set eth0 up', `ip address add ${Address.rival}/24 dev eth0`);
    const sink = await FloodSink.make(server, Flood);
    return { client, forwarder, server, rival, sink, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const link = (name: string, mac: string, peer: string, { holder }: Namespace): string =>
  `ip link add ${name} address ${mac} type veth peer name eth0 address ${peer} netns ${holder}`;

const Quiet = ['all', 'default'].map(
  (name) => `printf 0 > /proc/sys/net/ipv4/conf/${name}/rp_filter`,
);
