import { assert } from '../../director/base/invariant.js';
import { seconds, after, type Instant } from '../../director/base/time.js';
import { DropReasonNames, Verdict, type DropReason } from '../../director/core/counters.js';
import { Director } from '../../director/core/director.js';
import { processFrame } from '../../director/core/input.js';
import type { Interface } from '../../director/core/interfaces.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import type { SchedulerName } from '../../director/core/schedulers/scheduler.js';
import { Method, type RealServer, type VirtualService } from '../../director/core/services.js';
import { describeMac, parseMac, type MacAddress } from '../../director/wire/ethernet.js';
import { Packet } from '../../director/wire/packet.js';
import { at, ip, prefix } from '../base/values.js';
import { buildArp } from './packet-builder.js';

/** The hosts on the bench by the names that tests use, with their MAC addresses. */
export const Mac = {
  director: '02:00:00:00:01:0b',
  directorServers: '02:00:00:00:02:0b',
  client: '02:00:00:00:01:02',
  router: '02:00:00:00:01:01',
  server1: '02:00:00:00:02:15',
  server2: '02:00:00:00:02:16',
  server3: '02:00:00:00:02:17',
  stranger: '02:00:00:00:09:09',
  broadcast: 'ff:ff:ff:ff:ff:ff',
} as const;

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
  readonly scheduler?: SchedulerName;
  readonly sync?: { readonly threshold: number; readonly period: number };
  readonly isMaster?: boolean;
  /** Hosts whose MAC addresses the director has yet to learn. */
  readonly isUnresolved?: boolean;
}

/**
 * A director on a bench: two links, memory instead of drivers, and a clock that the test turns. Its services are those
 * of the default lab: Masq on 10.1.0.100, Route on 10.1.0.101, TCP port 80 and UDP port 53 on both, each with the real
 * servers 10.2.0.21, .22 and .23; 10.2.0.254 is the servers' gateway and moves with the VIPs.
 */
export class BenchDirector {
  readonly director: Director;
  readonly sent: Sent[] = [];
  now: Instant = at(1_000);
  readonly #interfaces: Readonly<Record<Link, Interface>>;
  readonly #packet = new Packet();

  constructor(options: BenchOptions = {}) {
    const clients = bridge(0, 'clients', Mac.director, '10.1.0.11/24');
    const servers = bridge(1, 'servers', Mac.directorServers, '10.2.0.11/24');
    this.#interfaces = { clients, servers };
    this.director = new Director({
      interfaces: [clients, servers],
      gateway: { address: ip('10.1.0.1'), interface: clients },
      capacity: options.capacity ?? 64,
      seed: 1,
      sync: options.sync ?? { threshold: 3, period: 50 },
      output: {
        send: (index, packet) =>
          this.sent.push({ link: index === 0 ? 'clients' : 'servers', frame: packet.copy() }),
      },
    });
    for (const vip of ['10.1.0.100', '10.1.0.101']) this.director.addFloating(ip(vip), clients);
    this.director.addFloating(ip('10.2.0.254'), servers);
    const scheduler = options.scheduler ?? 'rr';
    for (const [port, realPort, protocol] of [
      [80, 8_080, 6],
      [53, 5_353, 17],
    ] as const) {
      this.#addService({ vip: '10.1.0.100', port, protocol, scheduler }, Method.masq, realPort);
      this.#addService({ vip: '10.1.0.101', port, protocol, scheduler }, Method.route, port);
    }
    if (options.isMaster !== false) this.setMaster(true);
    if (options.isUnresolved !== true) this.resolveAll();
  }

  /** Takes or gives up all three addresses that move. */
  setMaster(isMaster: boolean): void {
    for (const address of ['10.1.0.100', '10.1.0.101', '10.2.0.254']) {
      this.director.setLive(ip(address), isMaster);
    }
  }

  /** Gives the director the MAC addresses of all hosts, as if they had just answered. */
  resolveAll(): void {
    for (const [link, address, mac] of [
      ['clients', '10.1.0.2', Mac.client],
      ['clients', '10.1.0.1', Mac.router],
      ['servers', '10.2.0.21', Mac.server1],
      ['servers', '10.2.0.22', Mac.server2],
      ['servers', '10.2.0.23', Mac.server3],
    ] as const) {
      const { neighbours } = this.director;
      const neighbour = neighbours.obtain(this.#interfaces[link], wordOf(address), this.now);
      assert(neighbour !== undefined, 'the bench has room for its neighbours');
      const { high, low } = macOf(mac);
      neighbours.confirm(neighbour, high, low, this.now);
    }
  }

  /** Gives the director a frame and says what became of it. */
  receive(link: Link, frame: Uint8Array): Outcome {
    const { dropped } = this.director.counters;
    const before = dropped.slice();
    this.#packet.load(frame);
    const arrival = this.#interfaces[link];
    const verdict = processFrame(this.director, this.#packet, arrival, this.now);
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

  /** Gives the director the answer of a host to its ARP request. */
  answerArp(link: Link, mac: string, address: string): Outcome {
    const own = link === 'clients' ? '10.1.0.11' : '10.2.0.11';
    const ownMac = link === 'clients' ? Mac.director : Mac.directorServers;
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
  }

  /** The frames that left since the last call. */
  takeSent(): Sent[] {
    return this.sent.splice(0);
  }

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

  dropped(reason: DropReason): number {
    return this.director.counters.dropped[reason] ?? 0;
  }

  /** True when every frame received has been counted exactly once. */
  get isBalanced(): boolean {
    const { received, forwarded, answered, held, dropped } = this.director.counters;
    const sum = dropped.reduce((total, count) => total + count, 0);
    return held >= 0 && received === forwarded + answered + held + sum;
  }

  #addService(spec: ServiceSpec, method: Method, realPort: number): void {
    const { services } = this.director;
    const { vip, port, protocol, scheduler } = spec;
    const service = services.addService(
      { address: ip(vip), port, protocol },
      createScheduler(scheduler),
    );
    for (const address of ['10.2.0.21', '10.2.0.22', '10.2.0.23']) {
      services.addServer(service, { address: ip(address), port: realPort, method, weight: 1 });
    }
  }
}

interface ServiceSpec {
  readonly vip: string;
  readonly port: number;
  readonly protocol: number;
  readonly scheduler: SchedulerName;
}

const bridge = (index: number, name: string, mac: string, address: string): Interface => ({
  index,
  name,
  mac: macOf(mac),
  mtu: 1_500,
  addresses: [prefix(address)],
});

function macOf(text: string): MacAddress {
  const mac = parseMac(text);
  assert(mac !== undefined, 'the test names a valid MAC address');
  return mac;
}

/** The 32-bit word of an IPv4 address. */
export function wordOf(address: string): number {
  return address.split('.').reduce((word, part) => word * 256 + Number(part), 0);
}

/** A neighbour's MAC address as text. */
export const macText = (mac: { readonly macHigh: number; readonly macLow: number }): string =>
  describeMac({ high: mac.macHigh, low: mac.macLow });
