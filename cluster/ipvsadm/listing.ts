import { compareAddresses, type IpAddress } from '../../director/base/address.js';
import type {
  DaemonRole,
  PersistenceOptions,
  ServiceName,
  ServiceProtocol,
  TunnelOptions,
} from './command.js';
import { familyOf } from './draft.js';

/** Numbers since the service or the real server was added, or since they were zeroed. */
export interface Statistics {
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A real server as listings show it. */
export interface ServerListing {
  readonly address: IpAddress;
  readonly port: number;
  readonly method: 'Masq' | 'Local' | 'Tunnel' | 'Route' | 'FullNat';
  readonly tunnel: TunnelOptions;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
  /** Persistence templates. */
  readonly persistent: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly statistics: Statistics;
  /** The same per second. */
  readonly rates: Statistics;
}

/** A virtual service as listings show it. */
export interface ServiceListing {
  readonly service: ServiceName;
  readonly scheduler: string;
  readonly flags: readonly string[];
  readonly persistence: PersistenceOptions | undefined;
  readonly isOnePacket: boolean;
  readonly statistics: Statistics;
  readonly rates: Statistics;
  readonly servers: readonly ServerListing[];
}

/** A connection or a persistence template as listings show it. */
export interface ConnectionListing {
  /** `ip` for the template of a firewall mark. */
  readonly protocol: ServiceProtocol | 'ip';
  /** Seconds until it expires when no packet comes. */
  readonly expires: number;
  readonly state: string;
  readonly client: IpAddress;
  readonly clientPort: number;
  readonly virtual: IpAddress;
  readonly virtualPort: number;
  readonly real: IpAddress;
  readonly realPort: number;
  /** The firewall mark of its service, 0 for none. */
  readonly mark: number;
  /** The node that answers for it. */
  readonly owner: string;
}

/** A sync daemon as listings show it, and as it was asked for. */
export interface DaemonListing {
  readonly role: DaemonRole;
  readonly device: string;
  readonly syncId: number;
  readonly maxLength: number;
  readonly group: IpAddress;
  readonly port: number;
  readonly ttl: number;
}

/** The three timeouts that ipvsadm knows, in seconds. */
export interface Timeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

const protocolNumbers: Readonly<Record<ServiceProtocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** ipvsadm's order of services: firewall marks last, IPv4 first, then protocol, address and port, each as a number. */
export function compareServices(left: ServiceListing, right: ServiceListing): number {
  const first = left.service;
  const second = right.service;
  const firstMark = first.kind === 'mark' ? first.mark : 0;
  const secondMark = second.kind === 'mark' ? second.mark : 0;
  const order = firstMark - secondMark || familyOf(first) - familyOf(second);
  if (order !== 0 || first.kind === 'mark' || second.kind === 'mark') return order;
  return (
    protocolNumbers[first.protocol] - protocolNumbers[second.protocol] ||
    compareHosts(first, second)
  );
}

/** By address and port, as numbers. */
export const compareHosts = (
  left: { readonly address: IpAddress; readonly port: number },
  right: { readonly address: IpAddress; readonly port: number },
): number => compareAddresses(left.address, right.address) || left.port - right.port;
