import type { IpAddress } from '../base/address.js';
import type { Instant } from '../base/time.js';
import { toWords } from '../wire/address-words.js';
import { Flow } from '../wire/flow.js';
import { Packet } from '../wire/packet.js';
import { ConnectionTable } from './connections.js';
import { Counters } from './counters.js';
import { RoutingTable, type Gateway, type Interface } from './interfaces.js';
import { closeConnection } from './lifecycle.js';
import { NeighbourTable } from './neighbours.js';
import { ServiceTable } from './services.js';
import { DefaultTimeouts } from './states.js';
import { SyncQueue, type SyncPolicy } from './sync-queue.js';
import { neighbourWork } from './transmit.js';

/** Where frames leave: a driver, or memory in tests. The packet is the sender's again when the call returns. */
export interface FrameSink {
  send(interfaceIndex: number, packet: Packet): void;
}

/** An address that moves between nodes: a VIP, or the gateway of NAT real servers. */
export interface FloatingAddress {
  readonly address: IpAddress;
  /** IPv4 address word. */
  readonly word: number;
  readonly interface: Interface;
  /** True while this node is its master and answers for it. */
  isLive: boolean;
}

export interface DirectorOptions {
  readonly interfaces: readonly Interface[];
  readonly gateway?: Gateway | undefined;
  /** The most connections; see `ConnectionTable`. */
  readonly capacity?: number;
  /** Seed of the connection hash. */
  readonly seed: number;
  /** Timeouts in seconds by state number, the kernel's when absent. */
  readonly timeouts?: readonly number[];
  readonly sync: SyncPolicy;
  readonly output: FrameSink;
}

/** Everything one node's data plane knows. `processFrame` in input.ts is what happens to it. */
export class Director {
  readonly interfaces: readonly Interface[];
  readonly routes: RoutingTable;
  readonly neighbours = new NeighbourTable();
  readonly services = new ServiceTable();
  readonly connections: ConnectionTable;
  readonly counters = new Counters();
  readonly timeouts: readonly number[];
  readonly sync: SyncQueue;
  readonly output: FrameSink;
  /** Addresses that move, by address word. */
  readonly floating = new Map<number, FloatingAddress>();
  /** What the frame in hand says. */
  readonly flow = new Flow();
  /** For frames that the director makes itself. */
  readonly scratch = new Packet();

  constructor(options: DirectorOptions) {
    this.interfaces = options.interfaces;
    this.routes = new RoutingTable(options.interfaces, options.gateway);
    this.connections = new ConnectionTable({
      seed: options.seed,
      ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
    });
    this.timeouts = options.timeouts ?? DefaultTimeouts;
    this.sync = new SyncQueue(options.sync);
    this.output = options.output;
  }

  /** Makes an address known that this node may come to hold. */
  addFloating(address: IpAddress, owner: Interface): void {
    const word = toWords(address).words[3] ?? 0;
    this.floating.set(word, { address, word, interface: owner, isLive: false });
  }

  findFloating(address: IpAddress): FloatingAddress | undefined {
    return this.floating.get(toWords(address).words[3] ?? 0);
  }

  /** Starts or stops answering for an address and forwarding for its services. */
  setLive(address: IpAddress, isLive: boolean): void {
    const floating = this.findFloating(address);
    if (floating !== undefined) floating.isLive = isLive;
    for (const service of this.services.services()) {
      if (service.address === address) service.isLive = isLive;
    }
  }

  /** The work of time: expired connections go, silent neighbours are asked again. Called about four times a second. */
  tick(now: Instant): void {
    this.connections.expire(now, (index) => closeConnection(this, index));
    this.neighbours.tick(now, neighbourWork(this));
  }
}
