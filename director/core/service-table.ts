import type { IpAddress } from '../base/address.js';
import { after, Never, seconds, type Instant } from '../base/time.js';
import { toWords } from '../wire/address-words.js';
import { Family, type Flow } from '../wire/flow.js';
import { Protocol } from '../wire/ipv4.js';
import type { Scheduler, ServerChange } from './schedulers/scheduler.js';
import {
  NoServer,
  RealServer,
  VirtualService,
  type RealServerSettings,
  type ServiceKey,
  type ServiceOptions,
  type TunnelSettings,
} from './services.js';

/** Ports of FTP (RFC 959), and the first that is not reserved. */
export const Ftp = { port: 21, dataPort: 20, firstFreePort: 1_024 } as const;

/** How long a removed server without connections is remembered. */
const TrashPeriod = seconds(120);

/** Words of no address. */
const NoAddress = new Uint32Array(4);

/** A service by address, port and protocol. */
export function addressKey(address: IpAddress, port: number, protocol: number): ServiceKey {
  return { ...toWords(address), port, protocol, firewallMark: 0 };
}

/** A service by firewall mark. */
export function markKey(firewallMark: number, family: Family = Family.ipv4): ServiceKey {
  return { family, words: NoAddress, port: 0, protocol: 0, firewallMark };
}

/**
 * The virtual services and real servers of a director, in the words and with the rules of ip_vs_ctl.c. Few and changed
 * rarely, so: objects. A real server that is removed waits in the trash: its connections find it there, and adding it
 * again revives it with its counts.
 */
export class ServiceTable {
  /** How often a real server has been removed, or its tunnel has become another: connections may go another way since. */
  wayChanges = 0;
  readonly #services = new Map<number, VirtualService[]>();
  readonly #servers: (RealServer | undefined)[] = [];
  readonly #trash: RealServer[] = [];

  /** Adds a service, or answers undefined when there is one with this key. */
  addService(
    key: ServiceKey,
    address: IpAddress | undefined,
    scheduler: Scheduler,
    options: ServiceOptions = {},
  ): VirtualService | undefined {
    if (this.find(key) !== undefined) return undefined;
    const service = new VirtualService(key, address, scheduler, options);
    const bucket = this.#services.get(hashKey(key));
    if (bucket === undefined) this.#services.set(hashKey(key), [service]);
    else bucket.push(service);
    return service;
  }

  /** Gives a service another scheduler, or the same one anew. */
  setScheduler(service: VirtualService, scheduler: Scheduler): void {
    service.scheduler = scheduler;
    for (const [index, server] of service.servers.entries()) {
      scheduler.handleChange(service, { kind: 'added', server, index });
    }
  }

  /** Removes a service with its servers; its connections stay until they end, without a way to go on. */
  removeService(service: VirtualService): void {
    while (service.servers[0] !== undefined) this.removeServer(service.servers[0]);
    const bucket = this.#services.get(hashKey(service)) ?? [];
    const others = bucket.filter((other) => other !== service);
    if (others.length === 0) this.#services.delete(hashKey(service));
    else this.#services.set(hashKey(service), others);
  }

  /** Adds a real server at the head of the service's list, as the kernel does; undefined when it has it already. */
  addServer(service: VirtualService, settings: RealServerSettings): RealServer | undefined {
    if (findServer(service, settings) !== undefined) return undefined;
    const server = this.#revive(service, settings) ?? this.#create(service, settings);
    service.servers.unshift(server);
    notify(service, { kind: 'added', server, index: 0 });
    return server;
  }

  editServer(server: RealServer, settings: Omit<RealServerSettings, 'address' | 'port'>): void {
    const { tunnel } = server;
    server.edit(settings);
    if (!isSameTunnel(tunnel, server.tunnel)) this.wayChanges += 1;
    const index = server.service.servers.indexOf(server);
    notify(server.service, { kind: 'edited', server, index });
  }

  /** Takes a real server out of its service. It stays known in the trash. */
  removeServer(server: RealServer): void {
    const { servers } = server.service;
    const index = servers.indexOf(server);
    if (index < 0) return;
    servers.splice(index, 1);
    server.isAvailable = false;
    this.wayChanges += 1;
    notify(server.service, { kind: 'removed', server, index });
    this.#trash.push(server);
  }

  /** Forgets servers that no connection has referred to for a while (IP_VS_DEST_TRASH_PERIOD). */
  emptyTrash(now: Instant): void {
    for (let index = this.#trash.length - 1; index >= 0; index -= 1) {
      const server = this.#trash[index];
      if (server === undefined) continue;
      if (server.total + server.persistent > 0) server.idleSince = Never;
      else if (server.idleSince === Never) server.idleSince = now;
      if (after(server.idleSince, TrashPeriod) > now) continue;
      this.#trash.splice(index, 1);
      this.#servers[server.id] = undefined;
    }
  }

  /** The server with a number from a connection entry, or undefined when the entry is bound to none. */
  server(id: number): RealServer | undefined {
    return id === NoServer ? undefined : this.#servers[id];
  }

  /**
   * The service that a packet to this destination is for, in the kernel's order: by firewall mark, by address and port,
   * as a data connection of a persistent FTP service, by address alone.
   */
  lookup(flow: Flow, firewallMark: number): VirtualService | undefined {
    if (firewallMark !== 0) {
      const marked = this.find(markKey(firewallMark, flow.family));
      if (marked !== undefined) return marked;
    }
    const { family, protocol, destination, destinationPort } = flow;
    return (
      this.#find(family, protocol, destination, destinationPort, 0) ??
      this.#findFtp(flow) ??
      this.#find(family, protocol, destination, 0, 0)
    );
  }

  /** Data connections of FTP go to any port that needs no privilege; without persistence nobody knows where to. */
  #findFtp(flow: Flow): VirtualService | undefined {
    const { family, protocol, destination, destinationPort } = flow;
    const isData = destinationPort === Ftp.dataPort || destinationPort >= Ftp.firstFreePort;
    if (protocol !== Protocol.tcp || !isData) return undefined;
    const service = this.#find(family, protocol, destination, Ftp.port, 0);
    return service?.persistence === undefined ? undefined : service;
  }

  find(key: ServiceKey): VirtualService | undefined {
    return this.#find(key.family, key.protocol, key.words, key.port, key.firewallMark);
  }

  *services(): Generator<VirtualService> {
    for (const bucket of this.#services.values()) yield* bucket;
  }

  #find(
    family: Family,
    protocol: number,
    words: Uint32Array,
    port: number,
    firewallMark: number,
  ): VirtualService | undefined {
    const bucket = this.#services.get(hashOf(protocol, words, port, firewallMark));
    if (bucket === undefined) return undefined;
    for (const service of bucket) {
      const matches =
        service.family === family &&
        service.protocol === protocol &&
        service.port === port &&
        service.firewallMark === firewallMark &&
        sameWords(service.words, words);
      if (matches) return service;
    }
    return undefined;
  }

  #create(service: VirtualService, settings: RealServerSettings): RealServer {
    const server = new RealServer(this.#servers.length, service, settings);
    this.#servers.push(server);
    return server;
  }

  #revive(service: VirtualService, settings: RealServerSettings): RealServer | undefined {
    const index = this.#trash.findIndex(
      (server) =>
        isSameService(server.service, service) &&
        server.address === settings.address &&
        server.port === settings.port,
    );
    const server = this.#trash[index];
    if (server === undefined) return undefined;
    this.#trash.splice(index, 1);
    server.service = service;
    server.isAvailable = true;
    server.idleSince = Never;
    server.edit(settings);
    server.lastWeight = settings.weight;
    return server;
  }
}

/** The real server of a service at an address and port. */
export function findServer(
  service: VirtualService,
  at: Pick<RealServerSettings, 'address' | 'port'>,
): RealServer | undefined {
  return service.servers.find(({ address, port }) => address === at.address && port === at.port);
}

function notify(service: VirtualService, change: ServerChange): void {
  service.scheduler.handleChange(service, change);
  service.consistent?.handleChange(service, change);
}

/** True for the same key, also when the service has been removed and added again in between. */
const isSameTunnel = (left: TunnelSettings, right: TunnelSettings): boolean =>
  left.type === right.type && left.port === right.port && left.checksum === right.checksum;

const isSameService = (left: ServiceKey, right: ServiceKey): boolean =>
  left.family === right.family &&
  left.protocol === right.protocol &&
  left.port === right.port &&
  left.firewallMark === right.firewallMark &&
  sameWords(left.words, right.words);

export const sameWords = (left: Uint32Array, right: Uint32Array): boolean =>
  left[3] === right[3] && left[2] === right[2] && left[1] === right[1] && left[0] === right[0];

const hashKey = (key: ServiceKey): number =>
  hashOf(key.protocol, key.words, key.port, key.firewallMark);

/** Spreads services over a map with number keys; different services may share a key. Below 2^53. */
function hashOf(protocol: number, words: Uint32Array, port: number, firewallMark: number): number {
  const folded = (words[0] ?? 0) ^ (words[1] ?? 0) ^ (words[2] ?? 0) ^ (words[3] ?? 0);
  return ((folded ^ firewallMark) >>> 0) * 0x20_0000 + port * 0x20 + (protocol & 0x1f);
}
