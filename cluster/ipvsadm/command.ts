import type { AddressPrefix, IpAddress } from '../../director/base/address.js';

export type ServiceProtocol = 'tcp' | 'udp' | 'sctp';

/** A virtual service by address, protocol and port. Port 0 is every port. */
export interface AddressService {
  readonly kind: 'address';
  readonly protocol: ServiceProtocol;
  readonly address: IpAddress;
  readonly port: number;
}

/** A virtual service by firewall mark, which holds for one address family. */
export interface MarkService {
  readonly kind: 'mark';
  /** 1 to 4294967295. */
  readonly mark: number;
  readonly family: 4 | 6;
}

/** What a virtual service is known by. */
export type ServiceName = AddressService | MarkService;

/** A persistent service: connections of one client, or of its network, go to one real server. */
export interface PersistenceOptions {
  /** Seconds. */
  readonly timeout: number;
  /** Bits of the client's address that count; 32 or 128 for the whole of it. */
  readonly prefixLength: number;
}

/** What `-A` and `-E` say of a service. */
export interface ServiceOptions {
  /** Any name: who carries the command out knows which there are. */
  readonly scheduler: string;
  /** `sh-fallback` and its kin, in the order of ipvsadm's listings. */
  readonly flags: readonly string[];
  readonly persistence: PersistenceOptions | undefined;
  /** `--pe`, the persistence engine. */
  readonly engine: string | undefined;
  /** `-o`: every datagram is scheduled anew. */
  readonly isOnePacket: boolean;
}

/** Where a real server is. Port 0 keeps the virtual port. */
export interface ServerAddress {
  readonly address: IpAddress;
  readonly port: number;
}

/** The forwarding methods that can be asked for; FullNat is not the kernel's. */
export type ForwardingMethod = 'Route' | 'Tunnel' | 'Masq' | 'FullNat';

/** `--tun-type`, `--tun-port` and `--tun-nocsum`, `--tun-csum` or `--tun-remcsum`. */
export interface TunnelOptions {
  readonly type: 'ipip' | 'gue' | 'gre';
  /** UDP port of GUE, otherwise 0. */
  readonly port: number;
  readonly checksum: 'none' | 'full' | 'remote';
}

/** What `-a` and `-e` say of a real server. */
export interface ServerOptions {
  readonly method: ForwardingMethod;
  readonly tunnel: TunnelOptions;
  /** 0 is quiesced. */
  readonly weight: number;
  /** Connections; 0 for no limit. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
}

/** The kernel's two sync daemons: the master sends what its connections do, the backup listens. */
export type DaemonRole = 'master' | 'backup';

/** What `--start-daemon` says of a sync daemon. */
export interface DaemonOptions {
  /** `--mcast-interface`. */
  readonly device: string;
  /** 0 to 255; a backup with 0 listens to every id. */
  readonly syncId: number;
  /** Bytes of the longest message. What is undefined here and below has the kernel's default. */
  readonly maxLength: number | undefined;
  readonly group: IpAddress | undefined;
  readonly port: number | undefined;
  readonly ttl: number | undefined;
}

/** Which connections `-L -c` lists: those that fit all that is given. */
export interface ConnectionFilter {
  /** `--client ADDRESS[/LENGTH][:PORT]`. */
  readonly client: ClientFilter | undefined;
  /** `-t`, `-u`, `--sctp-service`: of one virtual service; port 0 is every port. `-f`: templates of a mark. */
  readonly service: ServiceName | undefined;
  /** `-r ADDRESS[:PORT]`; port 0 is every port. */
  readonly server: ServerAddress | undefined;
  /** `--state`, as listings write it. */
  readonly state: string | undefined;
}

/** Clients of a network; port 0 is every port. */
export interface ClientFilter {
  readonly network: AddressPrefix;
  readonly port: number;
}

/** What a listing of services shows of them. */
export type Columns = 'plain' | 'stats' | 'rate' | 'thresholds' | 'persistent-conn' | 'tun-info';

/** How services are listed. */
export interface ListingFormat {
  readonly columns: Columns;
  /** `-n`: ports as numbers, not by name. */
  readonly isNumeric: boolean;
  /** `--exact`: large numbers in full. */
  readonly isExact: boolean;
  readonly isSorted: boolean;
}

/** One ipvsadm command line, read and found legal. */
export type IpvsadmCommand =
  | {
      readonly kind: 'add-service' | 'edit-service';
      readonly service: ServiceName;
      readonly options: ServiceOptions;
    }
  | { readonly kind: 'delete-service'; readonly service: ServiceName }
  | {
      readonly kind: 'add-server' | 'edit-server';
      readonly service: ServiceName;
      readonly server: ServerAddress;
      readonly options: ServerOptions;
    }
  | {
      readonly kind: 'delete-server';
      readonly service: ServiceName;
      readonly server: ServerAddress;
    }
  | { readonly kind: 'flush' }
  /** Zeroes the statistics of one service, or of all. */
  | { readonly kind: 'zero'; readonly service: ServiceName | undefined }
  | {
      readonly kind: 'list';
      readonly service: ServiceName | undefined;
      readonly format: ListingFormat;
      /** `--json`: not ipvsadm's. */
      readonly isJson: boolean;
    }
  | {
      readonly kind: 'list-connections';
      readonly isNumeric: boolean;
      /** True shows the columns of the persistence engine. */
      readonly withEngine: boolean;
      /** `--owner`: who answers for each connection. Not ipvsadm's, like the filter and JSON. */
      readonly withOwner: boolean;
      readonly filter: ConnectionFilter;
      readonly isJson: boolean;
    }
  | { readonly kind: 'list-timeouts'; readonly isJson: boolean }
  | { readonly kind: 'list-daemons'; readonly isJson: boolean }
  | {
      readonly kind: 'start-daemon';
      readonly role: DaemonRole;
      readonly options: DaemonOptions;
    }
  | { readonly kind: 'stop-daemon'; readonly role: DaemonRole }
  | { readonly kind: 'save'; readonly isNumeric: boolean }
  /** Command lines follow on the standard input. */
  | { readonly kind: 'restore' }
  /** Seconds; 0 leaves a timeout as it is. */
  | {
      readonly kind: 'set-timeouts';
      readonly tcp: number;
      readonly tcpFin: number;
      readonly udp: number;
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

/** What ipvsadm prints, and its exit status: 0, 1 for a listing of nothing, 2 for a mistake, 255 for a refusal. */
export interface IpvsadmAnswer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}
