import { assert } from '../../director/base/invariant.js';
import { seconds, after, type Instant } from '../../director/base/time.js';
import { DropReasonNames, Verdict, type DropReason } from '../../director/core/counters.js';
import { Director, type FloatingAddress } from '../../director/core/director.js';
import { processFrame } from '../../director/core/input.js';
import type { Interface } from '../../director/core/interfaces.js';
import type { Neighbour } from '../../director/core/neighbours.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import type { SchedulerName } from '../../director/core/schedulers/scheduler.js';
import { addressKey, markKey } from '../../director/core/service-table.js';
import {
  Method,
  type RealServer,
  type RealServerSettings,
  type ServiceOptions,
  type VirtualService,
} from '../../director/core/services.js';
import type { Settings } from '../../director/core/settings.js';
import { toWords } from '../../director/wire/address-words.js';
import { describeMac, parseMac, type MacAddress } from '../../director/wire/ethernet.js';
import { Family } from '../../director/wire/flow.js';
import { Packet } from '../../director/wire/packet.js';
import { at, ip, prefix } from '../base/values.js';
import { BothFamilies, Ipv4Hosts, Mac } from './hosts.js';
import { buildArp, buildNeighbour } from './packet-builder.js';

export type Link = 'clients' | 'servers';

/** A frame that left the director. */
export interface Sent {
  readonly link: Link;
  readonly frame: Uint8Array;
}

/** What became of a frame, in words: a verdict, or `drop:` and the reason. */
export type Outcome = 'forward' | 'answer' | 'hold' | `drop: ${string}`;

export interface BenchOptions {
  readonly capacity?: number;
  /** The most connections of one client address and port. */
  readonly mostOfClient?: number;
  readonly scheduler?: SchedulerName;
  readonly settings?: Partial<Settings>;
  readonly isMaster?: boolean;
  /** Hosts whose MAC addresses the director has yet to learn. */
  readonly isUnresolved?: boolean;
  /** The largest IP packet on each link, 1500 when absent. */
  readonly mtu?: Partial<Record<Link, number>>;
  /** True when every node schedules and forwards for all services. */
  readonly isActiveActive?: boolean;
  /** True when there is no stack of its own for the Local method. */
  readonly isWithoutStack?: boolean;
}

/** A service for `addService`: of an address and port, or of a firewall mark. */
export interface ServiceSpec extends ServiceOptions {
  readonly vip?: string;
  readonly port?: number;
  /** TCP when absent. */
  readonly protocol?: number;
  readonly mark?: number;
  readonly family?: Family;
  readonly scheduler?: SchedulerName;
}

/** A real server for `addServer`: Masq, weight 1, and the virtual port when absent. */
export type ServerSpec = Partial<Omit<RealServerSettings, 'address'>> & {
  readonly address: string;
};

/**
 * A director on a bench: two links, memory instead of drivers, and a clock that the test turns. Its services are those
 * of the default lab, in both families: Masq on 10.1.0.100 and fd01::100, Route on 10.1.0.101 and fd01::101, TCP port 80
 * and UDP port 53 on each, each with the real servers 10.2.0.21, .22 and .23 or fd02::21, ::22 and ::23; 10.2.0.254 and
 * fd02::fe are the servers' gateways and move with the VIPs.
 *
 * After every frame and every tick the bench checks that each frame is counted exactly once.
 */
export class BenchDirector {
  readonly director: Director;
  readonly sent: Sent[] = [];
  /** IP packets handed to the node's own stack, by the Local method. */
  readonly delivered: Uint8Array[] = [];
  now: Instant = at(1_000);
  readonly #interfaces: Readonly<Record<Link, Interface>>;
  readonly #packet = new Packet();
  readonly #scheduler: SchedulerName;

  constructor(options: BenchOptions = {}) {
    const { mtu = {} } = options;
    const clients = bridge(0, 'clients', Mac.director, ['10.1.0.11/24', 'fd01::11/64'], mtu);
    const servers = bridge(1, 'servers', Mac.directorServers, ['10.2.0.11/24', 'fd02::11/64'], mtu);
    this.#interfaces = { clients, servers };
    this.#scheduler = options.scheduler ?? 'rr';
    const deliver = (packet: Packet): void => {
      this.delivered.push(packet.copy().subarray(14));
    };
    this.director = new Director({
      interfaces: [clients, servers],
      gateways: BothFamilies.map(({ router }) => ({ address: ip(router), interface: clients })),
      capacity: options.capacity ?? 64,
      ...(options.mostOfClient === undefined ? {} : { mostOfClient: options.mostOfClient }),
      seed: 1,
      settings: options.settings ?? {},
      isActiveActive: options.isActiveActive ?? false,
      output: {
        send: (index, packet) =>
          this.sent.push({ link: index === 0 ? 'clients' : 'servers', frame: packet.copy() }),
        ...(options.isWithoutStack === true ? {} : { deliver }),
      },
    });
    for (const hosts of BothFamilies) {
      this.director.addFloating(ip(hosts.masqVip), clients);
      this.director.addFloating(ip(hosts.routeVip), clients);
      this.director.addFloating(ip(hosts.gateway), servers);
      this.#addDefaultServices(hosts.masqVip, hosts.routeVip, hosts.servers);
    }
    if (options.isMaster !== false) this.setMaster(true);
    if (options.isUnresolved !== true) this.resolveAll();
  }

  /** Takes or gives up all the addresses that move. */
  setMaster(isMaster: boolean): void {
    const moving = [...this.director.floating.values()];
    for (const { address } of moving) this.director.setLive(address, isMaster);
  }

  /** Gives the director the MAC addresses of all hosts, as if they had just answered. */
  resolveAll(): void {
    const { neighbours } = this.director;
    for (const { client, router, servers } of BothFamilies) {
      for (const [link, address, mac] of [
        ['clients', client, Mac.client],
        ['clients', router, Mac.router],
        ['servers', servers[0], Mac.server1],
        ['servers', servers[1], Mac.server2],
        ['servers', servers[2], Mac.server3],
      ] as const) {
        const { family, words } = toWords(ip(address));
        const owner = this.#interfaces[link];
        const known = neighbours.find(family, words);
        const neighbour = known ?? neighbours.add(owner, family, words, this.now);
        assert(neighbour !== undefined, 'the bench has room for its neighbours');
        const { high, low } = macOf(mac);
        neighbours.confirm(neighbour, high, low, this.now);
      }
    }
  }

  /** Gives the director a frame and says what became of it. */
  receive(link: Link, frame: Uint8Array): Outcome {
    const { dropped } = this.director.counters;
    const before = dropped.slice();
    this.#packet.load(frame);
    const arrival = this.#interfaces[link];
    const verdict = processFrame(this.director, this.#packet, arrival, this.now);
    assert(this.isBalanced, 'after a frame every frame has been counted exactly once');
    switch (verdict) {
      case Verdict.forward:
        return 'forward';
      case Verdict.answer:
        return 'answer';
      case Verdict.hold:
        return 'hold';
      default: {
        const reason = dropped.findIndex((count, index) => count !== before[index]);
        return `drop: ${DropReasonNames[reason] ?? 'not counted'}`;
      }
    }
  }

  /** Gives the director the answer of a host to its question for a MAC address, by ARP or neighbour discovery. */
  answerNeighbour(link: Link, mac: string, address: string): Outcome {
    const ownMac = link === 'clients' ? Mac.director : Mac.directorServers;
    if (address.includes(':')) {
      const to = link === 'clients' ? 'fd01::11' : 'fd02::11';
      const frame = buildNeighbour({
        ethernet: { source: mac, destination: ownMac },
        kind: 'advertisement',
        from: address,
        to,
        target: address,
        flags: 'SO',
        mac,
      });
      return this.receive(link, frame);
    }
    const own = link === 'clients' ? Ipv4Hosts.director : Ipv4Hosts.directorServers;
    const frame = buildArp({
      ethernet: { destination: ownMac },
      operation: 'reply',
      sender: [mac, address],
      target: [ownMac, own],
    });
    return this.receive(link, frame);
  }

  /** Lets time pass, with the director's ticks as often as a node makes them. */
  wait(duration: number): void {
    const steps = Math.round(duration * 4);
    for (let step = 0; step < steps; step += 1) {
      this.now = after(this.now, seconds(0.25));
      this.director.tick(this.now);
    }
    assert(this.isBalanced, 'after a tick every frame has been counted exactly once');
  }

  /** The frames that left since the last call. */
  takeSent(): Sent[] {
    return this.sent.splice(0);
  }

  /** Adds a service without servers; an address of its own is made to float and live. */
  addService(spec: ServiceSpec): VirtualService {
    const { vip, port = 0, protocol = 6, mark = 0, family = Family.ipv4 } = spec;
    const { settings, prng } = this.director;
    const scheduler = createScheduler(spec.scheduler ?? this.#scheduler, { settings, prng });
    const address = vip === undefined ? undefined : ip(vip);
    if (address !== undefined && this.director.findFloating(address) === undefined) {
      this.director.addFloating(address, this.#interfaces.clients);
      this.director.setLive(address, true);
    }
    const key = address === undefined ? markKey(mark, family) : addressKey(address, port, protocol);
    const service = this.director.addService(key, address, scheduler, spec);
    assert(service !== undefined, 'the bench has no such service yet');
    return service;
  }

  addServer(service: VirtualService, spec: ServerSpec): RealServer {
    const server = this.director.services.addServer(service, {
      method: Method.masq,
      port: 0,
      weight: 1,
      ...spec,
      address: ip(spec.address),
    });
    assert(server !== undefined, 'the service has no such server yet');
    return server;
  }

  /** The service of a VIP and port; of TCP and UDP services with the same port, the TCP one. */
  service(vip: string, port: number): VirtualService {
    for (const service of this.director.services.services()) {
      if (service.address === vip && service.port === port) return service;
    }
    throw new Error(`no service ${vip}:${port} on the bench`);
  }

  server(vip: string, port: number, address: string): RealServer {
    const server = this.service(vip, port).servers.find((one) => one.address === address);
    assert(server !== undefined, 'the server is on the bench');
    return server;
  }

  neighbour(address: string): Neighbour | undefined {
    const { family, words } = toWords(ip(address));
    return this.director.neighbours.find(family, words);
  }

  floating(address: string): FloatingAddress {
    const floating = this.director.findFloating(ip(address));
    assert(floating !== undefined, 'the address floats on the bench');
    return floating;
  }

  dropped(reason: DropReason): number {
    return this.director.counters.dropped[reason] ?? 0;
  }

  /** True when every frame received has been counted exactly once. */
  get isBalanced(): boolean {
    const { received, forwarded, answered, held, dropped } = this.director.counters;
    const sum = dropped.reduce((total, count) => total + count, 0);
    return held >= 0 && received === forwarded + answered + held + sum;
  }

  #addDefaultServices(masqVip: string, routeVip: string, servers: readonly string[]): void {
    for (const [port, realPort, protocol] of [
      [80, 8_080, 6],
      [53, 5_353, 17],
    ] as const) {
      const masq = this.addService({ vip: masqVip, port, protocol });
      const route = this.addService({ vip: routeVip, port, protocol });
      for (const address of servers) {
        this.addServer(masq, { address, port: realPort });
        this.addServer(route, { address, port, method: Method.route });
      }
    }
  }
}

function bridge(
  index: number,
  name: Link,
  mac: string,
  addresses: readonly string[],
  mtu: Partial<Record<Link, number>>,
): Interface {
  return {
    index,
    name,
    mac: macOf(mac),
    mtu: mtu[name] ?? 1_500,
    addresses: addresses.map(prefix),
  };
}

function macOf(text: string): MacAddress {
  const mac = parseMac(text);
  assert(mac !== undefined, 'the test names a valid MAC address');
  return mac;
}

/** A neighbour's MAC address as text. */
export const macText = (mac: { readonly macHigh: number; readonly macLow: number }): string =>
  describeMac({ high: mac.macHigh, low: mac.macLow });
