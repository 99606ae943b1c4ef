import type { IpAddress } from '../base/address.js';
import { Never, type Instant } from '../base/time.js';
import { toWords } from '../wire/address-words.js';
import type { Family } from '../wire/flow.js';
import { RateEstimator } from './estimator.js';
import type { CommitMode } from './held-connections.js';
import type { Neighbour } from './neighbours.js';
import type { Scheduler } from './schedulers/scheduler.js';
import { TrafficStats } from './stats.js';

/** Forwarding methods with the numbers that IPVS uses in flags and sync messages; FullNat's is Alibaba's. */
export const Method = { masq: 0, local: 1, tunnel: 2, route: 3, fullNat: 5 } as const;
export type Method = (typeof Method)[keyof typeof Method];

export type MethodName = 'Masq' | 'Local' | 'Tunnel' | 'Route' | 'FullNat';

const MethodNames: Readonly<Record<Method, MethodName>> = {
  [Method.masq]: 'Masq',
  [Method.local]: 'Local',
  [Method.tunnel]: 'Tunnel',
  [Method.route]: 'Route',
  [Method.fullNat]: 'FullNat',
};

export const methodName = (method: Method): MethodName => MethodNames[method];

/** The method of a name, or of nothing else. */
export function methodFromName(name: MethodName): Method {
  const methods: readonly Method[] = Object.values(Method);
  return methods.find((method) => MethodNames[method] === name) ?? Method.masq;
}

/** By number; what no method has is Masq. */
const Methods: readonly Method[] = [
  Method.masq,
  Method.local,
  Method.tunnel,
  Method.route,
  Method.masq,
  Method.fullNat,
];

/** The method of a number in a column of the connection table. */
export const methodOfNumber = (number: number): Method => Methods[number] ?? Method.masq;

/** The number of a real server that a connection is not bound to. */
export const NoServer = -1;

/** How the Tunnel method wraps packets (ipvsadm's --tun-type, --tun-port and --tun-csum and their kin). */
export interface TunnelSettings {
  readonly type: 'ipip' | 'gre' | 'gue';
  /** UDP port of GUE. */
  readonly port: number;
  /** Checksum of the outer header: none, a full one, or remote checksum offload (GUE only). */
  readonly checksum: 'none' | 'full' | 'remote';
}

export const PlainTunnel: TunnelSettings = { type: 'ipip', port: 0, checksum: 'none' };

export interface RealServerSettings {
  readonly address: IpAddress;
  /** 0 keeps the virtual port. */
  readonly port: number;
  readonly method: Method;
  /** 0 is quiesced: no new connections, existing ones go on. */
  readonly weight: number;
  readonly tunnel?: TunnelSettings;
  /** Connections at which the server counts as overloaded, and below which not any more; 0 for no limit. */
  readonly upperThreshold?: number;
  readonly lowerThreshold?: number;
}

/** A destination of a virtual service. */
export class RealServer {
  /** Number by which connection entries refer to this server; used once in the life of a director. */
  readonly id: number;
  /** The service it belongs to, or belonged to before it was removed. */
  service: VirtualService;
  readonly address: IpAddress;
  readonly family: Family;
  readonly words: Uint32Array;
  readonly port: number;
  method: Method;
  tunnel: TunnelSettings;
  weight: number;
  /** The last weight that was not 0: Maglev hashing keeps a quiesced server's slots. */
  lastWeight: number;
  upperThreshold: number;
  lowerThreshold: number;
  isOverloaded = false;
  /** False once it has been removed from its service. */
  isAvailable = true;
  /** In the trash: since when no connection refers to it. */
  idleSince: Instant = Never;
  active = 0;
  inactive = 0;
  /** Persistence templates. */
  persistent = 0;
  readonly stats = new TrafficStats();
  readonly rates = new RateEstimator();
  /** Where frames for this server go, once it has been resolved. */
  neighbour: Neighbour | undefined = undefined;

  constructor(id: number, service: VirtualService, settings: RealServerSettings) {
    const { family, words } = toWords(settings.address);
    this.id = id;
    this.service = service;
    this.address = settings.address;
    this.family = family;
    this.words = words;
    this.port = settings.port;
    this.method = settings.method;
    this.tunnel = settings.tunnel ?? PlainTunnel;
    this.weight = settings.weight;
    this.lastWeight = settings.weight;
    this.upperThreshold = settings.upperThreshold ?? 0;
    this.lowerThreshold = settings.lowerThreshold ?? 0;
  }

  get total(): number {
    return this.active + this.inactive;
  }

  /** The load as the kernel's least-connection family counts it: an active connection weighs 256 others. */
  get overhead(): number {
    return this.active * 256 + this.total;
  }

  /** True when a scheduler may choose it. */
  get isUsable(): boolean {
    return this.weight > 0 && !this.isOverloaded;
  }

  /** Changes what an `ipvsadm -e` changes. */
  edit(settings: Omit<RealServerSettings, 'address' | 'port'>): void {
    this.method = settings.method;
    this.tunnel = settings.tunnel ?? PlainTunnel;
    this.weight = settings.weight;
    if (settings.weight > 0) this.lastWeight = settings.weight;
    const upper = settings.upperThreshold ?? 0;
    if (upper === 0 || upper > this.upperThreshold) this.isOverloaded = false;
    this.upperThreshold = upper;
    this.lowerThreshold = settings.lowerThreshold ?? 0;
  }

  /** A connection has come: from the upper threshold on the server is overloaded (ip_vs_bind_dest). */
  checkUpperThreshold(): void {
    if (this.upperThreshold > 0 && this.total >= this.upperThreshold) this.isOverloaded = true;
  }

  /** A connection has gone: below the lower threshold, or three quarters of the upper one, it is not any more. */
  checkLowerThreshold(): void {
    const isBelow =
      this.lowerThreshold > 0
        ? this.total < this.lowerThreshold
        : this.total * 4 < this.upperThreshold * 3 || this.upperThreshold === 0;
    if (isBelow) this.isOverloaded = false;
  }
}

/** Persistence: connections of one client, or of its network, go to one real server. */
export interface Persistence {
  /** Seconds after which a template without connections ends. */
  readonly timeout: number;
  /** Bits of the client's address that count: 32 or 128 for a single client. */
  readonly prefixLength: number;
}

/** What a service is known by: an address, port and protocol, or a firewall mark. */
export interface ServiceKey {
  readonly family: Family;
  /** IP protocol number; 0 for a firewall mark. */
  readonly protocol: number;
  readonly words: Uint32Array;
  /** 0 for every port; only a persistent service may have it. */
  readonly port: number;
  /** 0 for none. */
  readonly firewallMark: number;
}

export interface ServiceOptions {
  readonly persistence?: Persistence | undefined;
  /** One-packet scheduling: every datagram is scheduled anew; UDP only. */
  readonly isOnePacket?: boolean;
  /** What has to have happened before the first packet of a connection leaves; nothing when absent. */
  readonly commit?: CommitMode;
}

/** A virtual service: what clients connect to. */
export class VirtualService implements ServiceKey {
  /** Undefined for a firewall mark. */
  readonly address: IpAddress | undefined;
  readonly family: Family;
  readonly words: Uint32Array;
  readonly port: number;
  readonly protocol: number;
  readonly firewallMark: number;
  scheduler: Scheduler;
  /** Where TCP segments from the middle of unknown connections go; undefined: they are dropped. */
  consistent: Scheduler | undefined = undefined;
  persistence: Persistence | undefined;
  isOnePacket: boolean;
  commit: CommitMode;
  /** Real servers in the kernel's order: the one added last comes first. */
  readonly servers: RealServer[] = [];
  readonly stats = new TrafficStats();
  readonly rates = new RateEstimator();
  /** True while this node answers for the service's address, or all nodes are active. */
  isLive = false;
  /** True while it takes new connections: as long as it is live, and a moment longer. */
  isServing = false;

  constructor(
    key: ServiceKey,
    address: IpAddress | undefined,
    scheduler: Scheduler,
    options: ServiceOptions = {},
  ) {
    this.address = address;
    this.family = key.family;
    this.words = key.words;
    this.port = key.port;
    this.protocol = key.protocol;
    this.firewallMark = key.firewallMark;
    this.scheduler = scheduler;
    this.persistence = options.persistence;
    this.isOnePacket = options.isOnePacket ?? false;
    this.commit = options.commit ?? 'none';
  }
}
