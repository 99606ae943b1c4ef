import { parseAddress, parsePrefix, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { after, instant, microseconds, seconds, type Instant } from '../../director/base/time.js';
import type { Verdict } from '../../director/core/counters.js';
import { Director } from '../../director/core/director.js';
import { processFrame } from '../../director/core/input.js';
import type { Interface } from '../../director/core/interfaces.js';
import { closeConnection } from '../../director/core/lifecycle.js';
import type { Neighbour } from '../../director/core/neighbours.js';
import { RoundRobin } from '../../director/core/schedulers/rr.js';
import { addressKey } from '../../director/core/service-table.js';
import { Method } from '../../director/core/services.js';
import { toWords } from '../../director/wire/address-words.js';
import { Family } from '../../director/wire/flow.js';
import * as ipv4 from '../../director/wire/ipv4.js';
import { Packet } from '../../director/wire/packet.js';
import { ethernetLength, ServerCount, wordOfServer, type Load } from './frames.js';

/**
 * New connections that the bench has room for beside those that are there from the start. With a million of these the
 * table stays below 2^20 entries, and its hash is the size that goes with them.
 */
export const NewConnections = 40_000;

export const NatVip = '10.1.0.100';
export const RouteVip = '10.1.0.101';
const ServiceGateway = '10.2.0.254';
const Protocol = 6;
/** Time moves on by this much with every packet: a million packets a second. */
const Pace = microseconds(1);
const TickPeriod = seconds(0.25);

/**
 * A director between two links, with a memory for a driver, one Masq and one Route service with 16 real servers each,
 * and established connections.
 */
export class Workbench {
  readonly director: Director;
  readonly packet = new Packet();
  /** Real server of each client's connection, as an address word. */
  readonly serverOf: Uint32Array;
  /** Packets that left, and their bytes: what keeps the engine from leaving work out. */
  sent = 0;
  sentBytes = 0;
  #now: Instant = instant(1_000_000_000);
  #nextTick: Instant = after(this.#now, TickPeriod);
  readonly #clients: Interface;
  readonly #servers: Interface;
  readonly #connections: number;
  readonly #neighbours: Neighbour[] = [];

  constructor(connections: number) {
    this.#connections = connections;
    this.serverOf = new Uint32Array(connections);
    this.#clients = link(0, 'clients', 0x010b, '10.1.0.11/24');
    this.#servers = link(1, 'servers', 0x020b, '10.2.0.11/24');
    this.director = new Director({
      interfaces: [this.#clients, this.#servers],
      gateways: [{ address: address('10.1.0.1'), interface: this.#clients }],
      capacity: connections + NewConnections,
      seed: 1,
      output: {
        send: (_index, packet) => {
          this.sent += 1;
          this.sentBytes += packet.length;
        },
      },
    });
    for (const vip of [NatVip, RouteVip]) this.director.addFloating(address(vip), this.#clients);
    this.director.addFloating(address(ServiceGateway), this.#servers);
    this.#addService(NatVip, Method.masq, 8_080);
    this.#addService(RouteVip, Method.route, 80);
    for (const vip of [NatVip, RouteVip, ServiceGateway]) {
      this.director.setLive(address(vip), true);
    }
    this.#resolve(this.#clients, wordOf('10.1.0.1'));
    for (let server = 0; server < ServerCount; server += 1) {
      this.#resolve(this.#servers, wordOfServer(server));
    }
  }

  /** Opens a connection of each client, with so many packets that peers would know it, and notes its real server. */
  establish(clients: Uint32Array, syn: Load, ack: Load): void {
    const { view } = this.packet;
    for (const client of clients) {
      this.process(syn, client);
      this.serverOf[client] = ipv4.destination(view, this.packet.start + ethernetLength);
      this.process(ack, client);
      this.process(ack, client);
    }
  }

  /** Gives the director one packet, and time its due. */
  process(load: Load, client: number): Verdict {
    const arrival = load(this.packet, client) ? this.#clients : this.#servers;
    this.#now = after(this.#now, Pace);
    if (this.#now >= this.#nextTick) this.#tick();
    return processFrame(this.director, this.packet, arrival, this.#now);
  }

  /** Ends the connections that were opened after the first ones. */
  closeNew(): void {
    const { connections } = this.director;
    for (let index = this.#connections; index < connections.end; index += 1) {
      if (connections.isInUse(index)) closeConnection(this.director, index);
    }
  }

  #tick(): void {
    const { connections, sync } = this.director;
    this.#nextTick = after(this.#now, TickPeriod);
    // The hosts answer whenever they are asked.
    for (const neighbour of this.#neighbours) this.#confirm(neighbour);
    this.director.tick(this.#now);
    sync.drain(connections, (index) => connections.markSynced(index, this.#now));
  }

  #confirm(neighbour: Neighbour): void {
    const macLow = neighbour.words[3] ?? 0;
    this.director.neighbours.confirm(neighbour, 0x0200, macLow, this.#now);
  }

  #addService(vip: string, method: Method, realPort: number): void {
    const { director } = this;
    const key = addressKey(address(vip), 80, Protocol);
    const service = director.addService(key, address(vip), new RoundRobin());
    assert(service !== undefined, 'each service is added once');
    for (let server = 0; server < ServerCount; server += 1) {
      const real = address(`10.2.0.${wordOfServer(server) & 255}`);
      director.services.addServer(service, { address: real, port: realPort, method, weight: 1 });
    }
  }

  #resolve(owner: Interface, word: number): void {
    const words = Uint32Array.of(0, 0, 0, word);
    const neighbour = this.director.neighbours.add(owner, Family.ipv4, words, this.#now);
    assert(neighbour !== undefined, 'there is room for the neighbours');
    this.#neighbours.push(neighbour);
    this.#confirm(neighbour);
  }
}

const link = (index: number, name: string, macLow: number, text: string): Interface => {
  const prefix = parsePrefix(text);
  assert(prefix !== undefined, 'a link has a valid address');
  return { index, name, mac: { high: 0x0200, low: macLow }, mtu: 1_500, addresses: [prefix] };
};

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  assert(parsed !== undefined, 'the bench names valid addresses');
  return parsed;
}

/** The last word of an address. */
export const wordOf = (text: string): number => toWords(address(text)).words[3] ?? 0;
