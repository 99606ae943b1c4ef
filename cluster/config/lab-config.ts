import { type AddressPrefix, type IpAddress, prefixContains } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';
import type {
  DataPlaneConfig,
  ForwardingMethodName,
  SchedulerName,
  ServiceProtocol,
} from './node-config.js';

/** A lab: networks, the nodes on them, and the cluster that its directors form. Every reference in it resolves. */
export interface LabConfig {
  readonly name: string;
  readonly networks: readonly LabNetwork[];
  readonly nodes: readonly LabNode[];
  readonly cluster: LabCluster;
  readonly services: readonly LabService[];
}

/** An Ethernet segment with one IPv4 subnet; no two overlap. */
export interface LabNetwork {
  readonly name: string;
  readonly prefix: AddressPrefix;
}

/** Where a node is attached, and its address there. */
export interface LabLink {
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
  /** VRRP priority, 1 to 254: the highest that is up is master. */
  readonly priority: number;
  readonly links: readonly LabLink[];
}

/** What the directors have in common. */
export interface LabCluster {
  readonly virtualRouterId: number;
  readonly advertInterval: Duration;
  readonly preempt: boolean;
  /** VIPs besides those of the services: for services that are added at run time. */
  readonly addresses: readonly IpAddress[];
  /** The network of all virtual services, where the election takes place. */
  readonly virtualNetwork: string;
  /** The default route of NAT real servers: an address that only the master answers for. */
  readonly gateway: LabLink | undefined;
  readonly sync: LabSync;
  /** FullNat's own addresses, all in the network of its real servers; only the master answers for them. */
  readonly localAddresses: readonly LabLink[];
  readonly dataPlane: Pick<DataPlaneConfig, 'settings' | 'connectionCapacity' | 'unknownTcp'>;
}

/** How the directors keep their connection tables equal. */
export interface LabSync {
  readonly network: string;
  readonly threshold: number;
  readonly period: number;
  readonly bulkTimeout: Duration;
  readonly deathNotice: boolean;
}

/** A virtual service with its real servers. */
export interface LabService {
  readonly protocol: Exclude<ServiceProtocol, 'sctp'>;
  readonly address: IpAddress;
  readonly port: number;
  readonly method: ForwardingMethodName;
  readonly scheduler: SchedulerName;
  /** Seconds for which a client keeps its real server; absent: every connection is scheduled for itself. */
  readonly persistenceTimeout?: number;
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

/** The address of a node in a network, or undefined when it has no link to it. */
export const addressIn = (node: LabNode, network: string): IpAddress | undefined =>
  node.links.find((link) => link.network === network)?.address;

/** The network that an address lies in. */
export const networkOf = (
  networks: readonly LabNetwork[],
  address: IpAddress,
): LabNetwork | undefined => networks.find(({ prefix }) => prefixContains(prefix, address));

/** Every virtual address once, in the order of the services. */
export const virtualAddressesOf = (services: LabConfig['services']): readonly IpAddress[] => [
  ...new Set(services.map(({ address }) => address)),
];
