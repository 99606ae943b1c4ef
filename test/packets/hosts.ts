/** The hosts on the bench, with their MAC addresses. */
export const Mac = {
  director: '02:00:00:00:01:0b',
  directorServers: '02:00:00:00:02:0b',
  client: '02:00:00:00:01:02',
  router: '02:00:00:00:01:01',
  server1: '02:00:00:00:02:15',
  server2: '02:00:00:00:02:16',
  server3: '02:00:00:00:02:17',
  stranger: '02:00:00:00:09:09',
  broadcast: 'ff:ff:ff:ff:ff:ff',
} as const;

/** The addresses of one family on the bench, by what they are for. */
export interface Hosts {
  readonly family: 'IPv4' | 'IPv6';
  readonly client: string;
  readonly router: string;
  /** A client behind the router. */
  readonly farClient: string;
  /** The VIPs of the Masq and of the Route services. */
  readonly masqVip: string;
  readonly routeVip: string;
  /** The servers' gateway, which moves with the VIPs. */
  readonly gateway: string;
  readonly servers: readonly [string, string, string];
  /** The kernel's own addresses of the director. */
  readonly director: string;
  readonly directorServers: string;
}

export const Ipv4Hosts: Hosts = {
  family: 'IPv4',
  client: '10.1.0.2',
  router: '10.1.0.1',
  farClient: '172.16.9.9',
  masqVip: '10.1.0.100',
  routeVip: '10.1.0.101',
  gateway: '10.2.0.254',
  servers: ['10.2.0.21', '10.2.0.22', '10.2.0.23'],
  director: '10.1.0.11',
  directorServers: '10.2.0.11',
};

export const Ipv6Hosts: Hosts = {
  family: 'IPv6',
  client: 'fd01::2',
  router: 'fd01::1',
  farClient: 'fd77::9',
  masqVip: 'fd01::100',
  routeVip: 'fd01::101',
  gateway: 'fd02::fe',
  servers: ['fd02::21', 'fd02::22', 'fd02::23'],
  director: 'fd01::11',
  directorServers: 'fd02::11',
};

export const BothFamilies: readonly Hosts[] = [Ipv4Hosts, Ipv6Hosts];
