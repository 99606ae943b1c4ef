import { type AddressPrefix, type IpAddress, prefixContains } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';
import type {
  AddressFamily,
  CommitMode,
  DataPlaneConfig,
  ForwardingMethodName,
  SchedulerFlag,
  SchedulerName,
  ServiceProtocol,
  SyncConfig,
} from './node-config.js';
import { familyOf } from './service-values.js';

/** A lab: networks, the nodes on them, and the cluster that its directors form. Every reference in it resolves. */
export interface LabConfig {
  readonly name: string;
  readonly networks: readonly LabNetwork[];
  readonly nodes: readonly LabNode[];
  readonly cluster: LabCluster;
  readonly services: readonly LabService[];
  /** How directors check real servers; absent: they take all for granted. */
  readonly health?: LabHealth;
}

/** An Ethernet segment with one IPv4 subnet, and perhaps one of IPv6; no two overlap. */
export interface LabNetwork {
  readonly name: string;
  readonly prefix: AddressPrefix;
  readonly prefix6?: AddressPrefix;
}

/** Where a node is attached, and its addresses there. */
export interface LabLink {
  readonly network: string;
  readonly address: IpAddress;
  readonly address6?: IpAddress;
}

/** An address of either family, and the network that it is in. */
export interface LabAddress {
  readonly network: string;
  readonly address: IpAddress;
}

/** A machine of the lab. */
export type LabNode = LabHost | LabDirector;

/** A machine that sends requests, or one that answers them. */
export interface LabHost {
  readonly name: string;
  readonly kind: 'client' | 'real-server';
  readonly links: readonly LabLink[];
}

/** A cluster member. It has a link to the network of the VIPs, and to those of the gateway and of sync. */
export interface LabDirector {
  readonly name: string;
  readonly kind: 'director';
  /** VRRP priority of the cluster's first virtual router, 1 to 254: the highest that is up is master. */
  readonly priority: number;
  readonly links: readonly LabLink[];
}

/** What the directors have in common. */
export interface LabCluster {
  /** VRRP's, for IPv4; IPv6 is always of version 3. */
  readonly version: 2 | 3;
  /** Of the first virtual router: it has the gateway, the local addresses, and all VIPs that no other one has. */
  readonly virtualRouterId: number;
  readonly virtualRouters: readonly LabVirtualRouter[];
  /** All virtual routers have the same master: a sync group. */
  readonly isGroup?: boolean;
  readonly advertInterval: Duration;
  readonly preempt: boolean;
  /** When the first packet of a connection goes on; a service may have its own mode. */
  readonly commit: CommitMode;
  /** VIPs besides those of the services: for services that are added at run time. */
  readonly addresses: readonly IpAddress[];
  /** The network of all virtual services, where the election takes place. */
  readonly virtualNetwork: string;
  /** The default route of NAT real servers, of each family: addresses that only the master answers for. */
  readonly gateway: LabLink | undefined;
  readonly sync: LabSync;
  /** FullNat's own addresses, all in the network of its real servers; only the master answers for them. */
  readonly localAddresses: readonly LabAddress[];
  readonly dataPlane: Pick<
    DataPlaneConfig,
    'settings' | 'connectionCapacity' | 'carrierThreads' | 'unknownTcp' | 'activeActive' | 'driver'
  >;
}

/** A further virtual router, so that another director may be master of some of the addresses. */
export interface LabVirtualRouter {
  /** VRID, unlike those of the others. */
  readonly id: number;
  /** All directors, the one that is preferred first. */
  readonly order: readonly string[];
  readonly addresses: readonly IpAddress[];
}

/** How the directors keep their connection tables equal. */
export interface LabSync {
  readonly network: string;
  readonly threshold: number;
  readonly period: number;
  readonly bulkTimeout: Duration;
  readonly deathNotice: boolean;
  readonly format: SyncConfig['format'];
  /** The longest that an update waits for others. */
  readonly flushBound: Duration;
  /** True: directors send to each other's addresses instead of the group. */
  readonly isUnicast: boolean;
  /** The secret that signs messages, as `sync_key` takes it. */
  readonly key?: string;
}

/**
 * A TCP_CHECK of every real server, on a port of its own, so that a server can be unwell while its connections go on. One that
 * is down keeps its place with weight 0.
 */
export interface LabHealth {
  readonly port: number;
  readonly delayLoop: Duration;
  readonly timeout: Duration;
  readonly retry: number;
  readonly delayBeforeRetry: Duration;
}

/** A virtual service with its real servers. */
export interface LabService {
  readonly protocol: Exclude<ServiceProtocol, 'sctp'>;
  readonly address: IpAddress;
  readonly port: number;
  readonly method: ForwardingMethodName;
  readonly scheduler: SchedulerName;
  /** None when absent. */
  readonly schedulerFlags?: readonly SchedulerFlag[];
  /** Seconds for which a client keeps its real server; absent: every connection is scheduled for itself. */
  readonly persistenceTimeout?: number;
  /** Absent: that of the cluster. */
  readonly commit?: CommitMode;
  readonly realServers: readonly LabRealServer[];
}

/**
 * A real server with the address that its service reaches it at: in the gateway's network for NAT, in that of the local
 * addresses for FullNat, and in the VIP's for the methods whose real servers answer clients themselves.
 */
export interface LabRealServer {
  readonly node: string;
  readonly address: IpAddress;
  readonly port: number;
  readonly weight: number;
}

/** The directors, in the order of the file. */
export const directorsOf = (lab: LabConfig): readonly LabDirector[] =>
  lab.nodes.filter((node) => node.kind === 'director');

/** The address of a node in a network, or undefined when it has no link to it, or no address of the family there. */
export function addressIn(
  node: LabNode,
  network: string,
  family: AddressFamily = 'ipv4',
): IpAddress | undefined {
  const link = node.links.find((candidate) => candidate.network === network);
  return family === 'ipv6' ? link?.address6 : link?.address;
}

/** The prefix of a network for a family. */
export const prefixOf = (network: LabNetwork, family: AddressFamily): AddressPrefix | undefined =>
  family === 'ipv6' ? network.prefix6 : network.prefix;

/** The network that an address lies in. */
export const networkOf = (
  networks: readonly LabNetwork[],
  address: IpAddress,
): LabNetwork | undefined =>
  networks.find((network) => {
    const prefix = prefixOf(network, familyOf(address));
    return prefix !== undefined && prefixContains(prefix, address);
  });

/** Every virtual address once, in the order of the services. */
export const virtualAddressesOf = (services: LabConfig['services']): readonly IpAddress[] => [
  ...new Set(services.map(({ address }) => address)),
];
