import type { AddressPrefix, IpAddress } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';
import type {
  BfdInstanceConfig,
  ServerHealthConfig,
  ServiceHealthConfig,
  TlsConfig,
} from './checker-config.js';
import type { SysctlSettings } from './sysctls.js';
import type {
  SecretKey,
  SyncGroupConfig,
  TrackFileConfig,
  TrackProcessConfig,
  TrackScriptConfig,
  VrrpInstanceConfig,
} from './vrrp-config.js';

/** `lvs_sched`: the schedulers by the names of ipvsadm. */
export const SchedulerNames = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'sed',
  'nq',
  'sh',
  'dh',
  'mh',
  'lblc',
  'lblcr',
  'fo',
  'ovf',
  'twos',
] as const;
export type SchedulerName = (typeof SchedulerNames)[number];

/** What a scheduler does beyond its name: `-port` hashes the client's port too, `-fallback` passes over dead servers. */
export type SchedulerFlag = 'sh-port' | 'sh-fallback' | 'mh-port' | 'mh-fallback';

/** `lvs_method` in the words of ipvsadm: NAT is Masq, DR is Route, TUN is Tunnel. FullNat is Alibaba LVS's. */
export type ForwardingMethodName = 'Masq' | 'Route' | 'Tunnel' | 'FullNat';

/** How Tunnel wraps packets: `lvs_method TUN [type ...]`. */
export interface TunnelConfig {
  readonly type: 'ipip' | 'gre' | 'gue';
  /** The UDP port of gue, 1 to 65535; 0 for the others. */
  readonly port: number;
  /** `nocsum`, `csum`, `remcsum`: ipip has none of them, and only gue the last (remote checksum offload). */
  readonly checksum: 'none' | 'full' | 'remote';
}

/** How packets reach a real server. `tunnel` is there for Tunnel and only for it. */
export interface ForwardingConfig {
  readonly method: ForwardingMethodName;
  readonly tunnel?: TunnelConfig;
}

export type ServiceProtocol = 'tcp' | 'udp' | 'sctp';

export type AddressFamily = 'ipv4' | 'ipv6';

/** Where packets of a service go, and how. */
interface ServerEndpoint extends ForwardingConfig {
  /** Of its virtual server's family; only Tunnel may cross. */
  readonly address: IpAddress;
  /**
   * 0 to 65535; 0 keeps the port that the client has asked for. Without a port it is the virtual port, and for Route and
   * Tunnel it cannot be another: they do not rewrite the packet.
   */
  readonly port: number;
}

/** A `real_server` block. What it leaves out of `lvs_method` it has from its virtual server. */
export interface RealServerConfig extends ServerEndpoint {
  /** 0 to 65535; 0 is quiesced: no new connections. */
  readonly weight: number;
  /** `uthreshold`: connections from which on it gets no new ones; 0 for no limit. */
  readonly upperThreshold: number;
  /** `lthreshold`: connections below which it gets new ones again, at most the upper; 0 for three quarters of that. */
  readonly lowerThreshold: number;
  readonly health: ServerHealthConfig;
}

/** `sorry_server`: what takes the place of all real servers while the service has no quorum. Its weight is 1. */
export interface SorryServerConfig extends ServerEndpoint {
  /** `sorry_server_inhibit`: it is there all the time, with weight 0 while it is not needed. */
  readonly inhibit: boolean;
}

/** Connections of one client, or of its network, go to one real server. */
export interface PersistenceConfig {
  /** `persistence_timeout`: seconds, 1 to 2678400, for which a choice is remembered after its last connection. */
  readonly timeout: number;
  /** `persistence_granularity`: the bits of the client's address that count; 32 or 128 for a single client. */
  readonly prefixLength: number;
}

/**
 * When the first packet of a new connection goes on: at once (`none`), once the peers have been told (`sent`), or once one
 * of them has confirmed that it knows the connection (`acked`).
 */
export type CommitMode = 'none' | 'sent' | 'acked';

/** What virtual servers of an address and of a firewall mark have in common. */
interface ServiceConfig {
  /**
   * The `virtual_server` block that the service comes from: no other has the same. The services of a group come from one;
   * they share quorum and checkers, and their real servers are the same ones in the same order.
   */
  readonly pool: string;
  readonly scheduler: SchedulerName;
  /** Only those of the scheduler. */
  readonly schedulerFlags: readonly SchedulerFlag[];
  /** Absent: every connection is scheduled for itself. */
  readonly persistence?: PersistenceConfig;
  /** `ops`: every datagram is scheduled for itself. */
  readonly isOnePacket: boolean;
  /** `commit` of the `baton` block. */
  readonly commit: CommitMode;
  /** In the order of the file. */
  readonly realServers: readonly RealServerConfig[];
  readonly sorryServer: SorryServerConfig | undefined;
  readonly health: ServiceHealthConfig;
}

/** `virtual_server ADDRESS PORT`, or an address of a group. */
export interface AddressServiceConfig extends ServiceConfig {
  readonly firewallMark?: undefined;
  readonly address: IpAddress;
  /** 0 to 65535; 0 is every port, and takes persistence. */
  readonly port: number;
  readonly protocol: ServiceProtocol;
}

/** `virtual_server fwmark N`, or a mark of a group: the service of the packets that carry a mark, whatever their port and protocol. */
export interface MarkServiceConfig extends ServiceConfig {
  /** 1 to 4294967295. */
  readonly firewallMark: number;
  readonly family: AddressFamily;
}

/** A `virtual_server` block: a virtual service with its real servers. */
export type VirtualServerConfig = AddressServiceConfig | MarkServiceConfig;

/**
 * `firewall_mark` of the `baton` block: which packets carry a mark. It stands for the nftables rule in front of IPVS,
 * because packets do not pass the kernel's firewall here.
 */
export interface FirewallMarkConfig {
  /** 1 to 4294967295. */
  readonly mark: number;
  readonly protocol: ServiceProtocol;
  /** The destination of the packets. */
  readonly address: IpAddress;
  /** Their destination ports, both included: 0 to 65535. */
  readonly firstPort: number;
  readonly lastPort: number;
}

/** `lvs_sync_daemon` and the sync keywords of the `baton` block. */
export interface SyncConfig {
  /** The interface that carries sync messages. */
  readonly device: string;
  /** `id`, 0 to 255: nodes with another one are another cluster. */
  readonly syncId: number;
  /** Where messages go when there are no `peers`. */
  readonly group: IpAddress;
  readonly port: number;
  /** `ttl`, 1 to 255: the hop limit of multicast messages. */
  readonly ttl: number;
  /** `maxlen`: the longest message, in bytes of UDP payload. */
  readonly maxLength: number;
  /** `sync_format`: our own messages, or those of the kernel's IPVS. */
  readonly format: 'baton' | 'ipvs-v1' | 'ipvs-v0';
  /** `sync_key`: of different ids; empty for messages without a signature. */
  readonly keys: readonly SecretKey[];
  /** `sync_active_key`: the id of the key that signs; undefined without keys. */
  readonly activeKey: number | undefined;
  /** `sync_peer`: the other nodes, by unicast instead of multicast. */
  readonly peers: readonly IpAddress[];
  /** `sync_flush`: the longest that an update waits for others to share its message. */
  readonly flushBound: Duration;
  /** The client packet of a connection from which on it is synced; 1 syncs from the first. */
  readonly threshold: number;
  /** After the threshold, every so many packets the entry is sent again; 0 for never. */
  readonly period: number;
  /** How long a node that starts waits for the table before it may preempt without it. */
  readonly bulkTimeout: Duration;
  /** True: take over as soon as the master's kernel proves that its process is dead, without waiting for the timers. */
  readonly deathNotice: boolean;
}

/** The words of `driver`. */
export const DriverChoices = ['auto', 'offload', 'ring', 'pcap', 'xdp'] as const;
export type DriverChoice = (typeof DriverChoices)[number];

/** The threads that carry connections besides the main one, with the driver `ring`. */
export interface CarrierThreads {
  /** The most, 0 to 15. */
  readonly most: number;
  /** Whether they do so all the time, or while the main thread has more frames than it can serve. */
  readonly isAlways: boolean;
}

/** What the `baton` block says about the data plane. */
export interface DataPlaneConfig {
  /** `sysctl`: the settings that differ from the kernel's defaults. */
  readonly settings: Readonly<SysctlSettings>;
  /** `connection_table`: the most connections, 1024 to 16777216. */
  readonly connectionCapacity: number;
  /**
   * `offload_table`: the most connections that the kernel, or the driver `ring`, carries, 1024 to 1048576; an eighth of the table when
   * absent. Their table has a power of two of places, in the same limits: the next one above.
   */
  readonly offloadCapacity?: number;
  /** `carrier_threads`: none when absent. */
  readonly carrierThreads?: CarrierThreads;
  /** `unknown_tcp`: a TCP segment of no known connection is dropped, or goes where a consistent hash says. */
  readonly unknownTcp: 'drop' | 'hash';
  /** `local_addresses`: from which FullNat talks to real servers; each is an address of an instance. */
  readonly localAddresses: readonly IpAddress[];
  /** `firewall_mark`: the first that fits a packet decides. */
  readonly firewallMarks: readonly FirewallMarkConfig[];
  /** `driver`: how frames come in and go out; `auto` is the first of `offload`, `ring` and `pcap` that works, never `xdp`. */
  readonly driver: DriverChoice;
  /** `active_active`: the node schedules and forwards for all its services, master of their addresses or not. */
  readonly activeActive: boolean;
}

/** One cluster member, as its keepalived.conf describes it. */
export interface NodeConfig {
  /** `router_id` of `global_defs`: the node's name among its peers. */
  readonly routerId: string;
  readonly vrrpInstances: readonly VrrpInstanceConfig[];
  readonly syncGroups: readonly SyncGroupConfig[];
  readonly scripts: readonly TrackScriptConfig[];
  readonly trackFiles: readonly TrackFileConfig[];
  readonly trackProcesses: readonly TrackProcessConfig[];
  /** `enable_script_security`: root runs no program that somebody else could have written. */
  readonly scriptSecurity: boolean;
  /** `vrrp_notify_fifo`, `notify_fifo`: a path to which each change is written as a line. */
  readonly notifyFifo: string | undefined;
  readonly virtualServers: readonly VirtualServerConfig[];
  /** `bfd_instance`. */
  readonly bfdInstances: readonly BfdInstanceConfig[];
  /** `SSL`; undefined for a context of its own that verifies nothing. */
  readonly tls: TlsConfig | undefined;
  /** `rs_init_notifies`: the scripts of servers are run for the first result, too. */
  readonly initialNotifies: boolean;
  /** `lvs_notify_fifo`, `notify_fifo`: a path to which each change of a server or quorum is written as a line. */
  readonly serverFifo: string | undefined;
  /** Absent when the file has no `lvs_sync_daemon`: the node does not sync. */
  readonly sync: SyncConfig | undefined;
  /** `lvs_timeouts`, in seconds: absent means the kernel's defaults. */
  readonly timeouts: { readonly tcp?: number; readonly tcpFin?: number; readonly udp?: number };
  readonly dataPlane: DataPlaneConfig;
}

/** An interface of the machine as the checks of a configuration need it. */
export interface ConfigInterface {
  readonly name: string;
  readonly addresses: readonly AddressPrefix[];
}
