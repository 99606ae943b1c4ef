import type { AddressPrefix, IpAddress } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';

/** One address of a VRRP instance: an entry of `virtual_ipaddress`. `device` defaults to the instance's interface. */
export interface VirtualAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly device: string;
}

/** A `vrrp_instance` block. */
export interface VrrpInstanceConfig {
  readonly name: string;
  readonly device: string;
  /** 1 to 255. */
  readonly virtualRouterId: number;
  /** 1 to 254; 255 is the address owner's and refused, because a director never owns its VIPs. */
  readonly priority: number;
  /** `advert_int`: 10 ms to 40.95 s in steps of 10 ms (RFC 9568 counts in centiseconds). */
  readonly advertInterval: Duration;
  readonly preempt: boolean;
  /** `preempt_delay`: how long a node that could preempt waits after it has become able to. */
  readonly preemptDelay: Duration;
  readonly virtualAddresses: readonly VirtualAddress[];
}

/** `lvs_sched` as far as this version schedules. */
export type SchedulerName = 'rr' | 'wlc';

/** `lvs_method`: NAT is Masq and DR is Route in the words of ipvsadm. */
export type ForwardingMethodName = 'Masq' | 'Route';

export type ServiceProtocol = 'tcp' | 'udp';

/** A `real_server` block. */
export interface RealServerConfig {
  readonly address: IpAddress;
  /** 1 to 65535. For Route it equals the virtual port: the frame is not rewritten. */
  readonly port: number;
  /** 0 to 65535; 0 is quiesced: no new connections. */
  readonly weight: number;
}

/** A `virtual_server` block: a virtual service with its real servers, in the order of the file. */
export interface VirtualServerConfig {
  readonly address: IpAddress;
  readonly port: number;
  readonly protocol: ServiceProtocol;
  readonly scheduler: SchedulerName;
  readonly method: ForwardingMethodName;
  readonly realServers: readonly RealServerConfig[];
}

/** `lvs_sync_daemon` and the sync keywords of the `baton` block. */
export interface SyncConfig {
  /** The interface that carries sync messages. */
  readonly device: string;
  /** `id`, 0 to 255: nodes with another one are another cluster. */
  readonly syncId: number;
  readonly group: IpAddress;
  readonly port: number;
  /** The client packet of a connection from which on it is synced; 1 syncs from the first. */
  readonly threshold: number;
  /** After the threshold, every so many packets the entry is sent again; 0 for never. */
  readonly period: number;
  /** How long a node that starts waits for the table before it may preempt without it. */
  readonly bulkTimeout: Duration;
  /** True: take over as soon as the master's kernel proves that its process is dead, without waiting for the timers. */
  readonly deathNotice: boolean;
}

/** One cluster member, as its keepalived.conf describes it. */
export interface NodeConfig {
  /** `router_id` of `global_defs`: the node's name among its peers. */
  readonly routerId: string;
  readonly vrrpInstances: readonly VrrpInstanceConfig[];
  readonly virtualServers: readonly VirtualServerConfig[];
  /** Absent when the file has no `lvs_sync_daemon`: the node does not sync. */
  readonly sync: SyncConfig | undefined;
  /** `lvs_timeouts`, in seconds: absent means the kernel's defaults. */
  readonly timeouts: { readonly tcp?: number; readonly tcpFin?: number; readonly udp?: number };
}

/** An interface of the machine as the checks of a configuration need it. */
export interface ConfigInterface {
  readonly name: string;
  readonly addresses: readonly AddressPrefix[];
}
