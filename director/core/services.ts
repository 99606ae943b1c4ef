import type { IpAddress } from '../base/address.js';
import { assert } from '../base/invariant.js';
import { toWords } from '../wire/address-words.js';
import type { Family, Flow } from '../wire/flow.js';
import type { Neighbour } from './neighbours.js';
import type { Scheduler } from './schedulers/scheduler.js';

/** Forwarding methods with the numbers that IPVS uses in flags and sync messages. */
export const Method = { masq: 0, route: 3 } as const;
export type Method = (typeof Method)[keyof typeof Method];

export type MethodName = 'Masq' | 'Route';

export const methodName = (method: Method): MethodName =>
  method === Method.masq ? 'Masq' : 'Route';
export const methodFromName = (name: MethodName): Method =>
  name === 'Masq' ? Method.masq : Method.route;

/** The number of a real server that a connection is not bound to. */
export const NoServer = -1;

/** A destination of a virtual service. */
export class RealServer {
  /** Number by which connection entries refer to this server; given by the table and used once. */
  readonly id: number;
  readonly service: VirtualService;
  readonly address: IpAddress;
  readonly words: Uint32Array;
  readonly port: number;
  readonly method: Method;
  /** 0 is quiesced: no new connections, existing ones go on. */
  weight: number;
  active = 0;
  inactive = 0;
  /** Where frames for this server go, once it has been resolved. */
  neighbour: Neighbour | undefined = undefined;

  constructor(id: number, service: VirtualService, settings: RealServerSettings) {
    this.id = id;
    this.service = service;
    this.address = settings.address;
    this.words = toWords(settings.address).words;
    this.port = settings.port;
    this.method = settings.method;
    this.weight = settings.weight;
  }

  /** The load as the kernel's least-connection family counts it: an active connection weighs 256 inactive ones. */
  get overhead(): number {
    return this.active * 256 + this.active + this.inactive;
  }
}

export interface RealServerSettings {
  readonly address: IpAddress;
  readonly port: number;
  readonly method: Method;
  readonly weight: number;
}

export interface ServiceSettings {
  readonly address: IpAddress;
  readonly port: number;
  /** IP protocol number. */
  readonly protocol: number;
}

/** A virtual service: what clients connect to. */
export class VirtualService {
  readonly address: IpAddress;
  readonly family: Family;
  readonly words: Uint32Array;
  readonly port: number;
  readonly protocol: number;
  readonly scheduler: Scheduler;
  /** Real servers in the kernel's order: the one added last comes first. */
  readonly servers: RealServer[] = [];
  /** True while this node answers for the service's address. */
  isLive = false;

  constructor(settings: ServiceSettings, scheduler: Scheduler) {
    const { family, words } = toWords(settings.address);
    this.address = settings.address;
    this.family = family;
    this.words = words;
    this.port = settings.port;
    this.protocol = settings.protocol;
    this.scheduler = scheduler;
  }
}

/** The virtual services and real servers of a director. Few and changed rarely, so: objects. */
export class ServiceTable {
  readonly #services = new Map<number, VirtualService[]>();
  readonly #servers: (RealServer | undefined)[] = [];

  /** Adds a service. Its address, port and protocol are free: the configuration has been checked. */
  addService(settings: ServiceSettings, scheduler: Scheduler): VirtualService {
    const service = new VirtualService(settings, scheduler);
    assert(
      this.find(service.family, service.protocol, service.words, service.port) === undefined,
      'a virtual service is added once',
    );
    const key = serviceKey(service.protocol, service.words, service.port);
    const bucket = this.#services.get(key);
    if (bucket === undefined) this.#services.set(key, [service]);
    else bucket.push(service);
    return service;
  }

  /** Adds a real server at the head of the service's list, as the kernel does. */
  addServer(service: VirtualService, settings: RealServerSettings): RealServer {
    const server = new RealServer(this.#servers.length, service, settings);
    this.#servers.push(server);
    service.servers.unshift(server);
    return server;
  }

  /** The server with a number from a connection entry, or undefined when the entry is bound to none. */
  server(id: number): RealServer | undefined {
    return id === NoServer ? undefined : this.#servers[id];
  }

  /** The service a flow's destination belongs to. */
  lookup(flow: Flow): VirtualService | undefined {
    return this.find(flow.family, flow.protocol, flow.destination, flow.destinationPort);
  }

  find(
    family: Family,
    protocol: number,
    words: Uint32Array,
    port: number,
  ): VirtualService | undefined {
    const bucket = this.#services.get(serviceKey(protocol, words, port));
    if (bucket === undefined) return undefined;
    for (const service of bucket) {
      const matches =
        service.family === family &&
        service.protocol === protocol &&
        service.port === port &&
        sameWords(service.words, words);
      if (matches) return service;
    }
    return undefined;
  }

  *services(): Generator<VirtualService> {
    for (const bucket of this.#services.values()) yield* bucket;
  }
}

const sameWords = (left: Uint32Array, right: Uint32Array): boolean =>
  left[3] === right[3] && left[2] === right[2] && left[1] === right[1] && left[0] === right[0];

/** Spreads services over a map with number keys; different services may share a key. Below 2^53. */
function serviceKey(protocol: number, words: Uint32Array, port: number): number {
  const folded = ((words[0] ?? 0) ^ (words[1] ?? 0) ^ (words[2] ?? 0) ^ (words[3] ?? 0)) >>> 0;
  return (folded * 0x1_0000 + port) * 2 + (protocol & 1);
}
