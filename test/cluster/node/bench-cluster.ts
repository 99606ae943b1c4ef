import { Replication } from '../../../cluster/member/replication.js';
import { SessionLink } from '../../../cluster/member/session-link.js';
import { IpvsSync } from '../../../cluster/sync/ipvs/ipvs-sync.js';
import { SessionSync } from '../../../cluster/sync/session-sync.js';
import type { SyncMachine } from '../../../cluster/sync/sync-machine.js';
import type { IpAddress } from '../../../director/base/address.js';
import { Prng } from '../../../director/base/prng.js';
import {
  after,
  earliest,
  microseconds,
  milliseconds,
  seconds,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import { NoConnection } from '../../../director/core/connections.js';
import { DefaultTimeouts } from '../../../director/core/states.js';
import { beginDoubt } from '../../../director/core/take-over.js';
import { fromWords } from '../../../director/wire/address-words.js';
import { at, ip } from '../../base/values.js';
import { flowOf } from '../../core/flows.js';
import {
  BenchDirector,
  type BenchOptions,
  type Link,
  type Outcome,
  type Sent,
} from '../../packets/bench-director.js';
import { endpoint } from '../../packets/packet-builder.js';
import type { Weather } from '../sync/world.js';

/** Every datagram arrives, 200 us later. */
const fairWeather: Weather = {
  loss: 0,
  duplication: 0,
  delayMin: microseconds(200),
  delayMax: microseconds(200),
};
const TickInterval = milliseconds(250);

/** With `ipvs` the nodes speak that version of the kernel's format instead of our own. */
export interface BenchClusterOptions extends BenchOptions {
  readonly ipvs?: 0 | 1;
  /** Seed of the weather. */
  readonly seed?: number;
}

interface Delivery {
  readonly at: Instant;
  readonly to: BenchNode;
  readonly bytes: Uint8Array;
  readonly source: IpAddress;
}

/** One director with its session sync, as a member wires them. */
export class BenchNode {
  readonly name: string;
  readonly address: IpAddress;
  readonly bench: BenchDirector;
  readonly sync: SyncMachine;
  readonly link: SessionLink;
  /** Sync messages sent. */
  messages = 0;
  readonly replication: Replication;

  constructor(
    name: string,
    address: IpAddress,
    options: BenchClusterOptions & { readonly epoch: number },
    send: (from: BenchNode, bytes: Uint8Array, to: IpAddress | undefined) => void,
  ) {
    this.name = name;
    this.address = address;
    this.bench = new BenchDirector(options);
    const { director } = this.bench;
    const { epoch, ipvs } = options;
    this.replication = new Replication(director, () => this.bench.now, { node: name, epoch });
    const { replication } = this;
    const bulkTimeout = seconds(10);
    this.sync =
      ipvs === undefined
        ? new SessionSync({ node: name, syncId: 7, epoch, bulkTimeout }, replication)
        : ipvsSync(ipvs, address);
    this.link = new SessionLink(director, replication, this.sync, {
      send: (bytes, to) => {
        this.messages += 1;
        send(this, bytes, to);
      },
      other: () => {},
    });
    director.sync.onRemove = (index) => this.link.tellRemoval(index, this.bench.now);
  }

  /** Takes or gives up all addresses, as the election says, and tells peers of it. */
  setMaster(isMaster: boolean): void {
    this.bench.setMaster(isMaster);
    if (isMaster) beginDoubt(this.bench.director, this.bench.now);
    this.sync.setMaster(this.bench.now, isMaster);
    this.link.turn(this.bench.now);
  }

  /** The node that carries a client's connection, as this one knows, or `none`. */
  ownerOf(from: string, to: string): string {
    const index = this.bench.director.connections.find(flowOf(from, to));
    return index === NoConnection ? 'none' : (this.replication.originName(index) ?? this.name);
  }

  /** The real server that this node knows for a client's connection, or `none`. */
  serverOf(from: string, to: string, protocol = 6): string {
    const { connections } = this.bench.director;
    const index = connections.find(flowOf(from, to, protocol));
    if (index === NoConnection) return 'none';
    const family = connections.familyOf(index);
    const address = fromWords(family, connections.rows, connections.realAt(index));
    return endpoint(address, connections.realPort(index));
  }
}

const ipvsSync = (version: 0 | 1, address: IpAddress): IpvsSync =>
  new IpvsSync({
    version,
    syncId: 7,
    maxLength: 1472,
    flushBound: milliseconds(20),
    threshold: 3,
    address,
    timeoutOf: (_, state) => seconds(DefaultTimeouts[state] ?? 0),
  });

/**
 * Directors that tell each other of their connections, with a clock and a sync network in memory: what a member does with
 * its machines, without sockets. Who is master is the test's to say.
 */
export class BenchCluster {
  now: Instant = at(1_000);
  /** Says no to deliver a datagram. */
  cut: (from: string, to: string) => boolean = () => false;
  /** The sync network; may be made worse. */
  weather: Weather = fairWeather;
  readonly #random: Prng;
  readonly #nodes: BenchNode[] = [];
  readonly #options: BenchClusterOptions;
  #queue: Delivery[] = [];
  #nextTick: Instant = this.now;
  #started = 0;

  /** Nodes that have been up for a while; the first is master, unless all are to be active. */
  constructor(names: readonly string[], options: BenchClusterOptions = {}) {
    this.#options = options;
    this.#random = new Prng(options.seed ?? 1);
    for (const name of names) this.start(name);
    this.run(seconds(3));
    if (options.isActiveActive !== true) this.#nodes[0]?.setMaster(true);
  }

  /** Starts a node as a backup, again if it was killed. */
  start(name: string): BenchNode {
    this.#started += 1;
    const address = ip(`10.3.0.${10 + this.#started}`);
    const options = { ...this.#options, isMaster: false, epoch: this.#started };
    const node = new BenchNode(name, address, options, (from, bytes, to) =>
      this.#send(from, bytes, to),
    );
    node.bench.now = this.now;
    this.#nodes.push(node);
    node.sync.start(this.now);
    node.link.turn(this.now);
    return node;
  }

  /** From one instant to the next a node is silent, and its peers know it: their death notice has come. */
  kill(name: string): void {
    const position = this.#nodes.findIndex((node) => node.name === name);
    this.#nodes.splice(position, 1);
    for (const { sync, link } of this.#nodes) {
      sync.handlePeerDeath(this.now, name);
      link.turn(this.now);
    }
  }

  node(name: string): BenchNode {
    const node = this.#nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error(`${name} is not up`);
    return node;
  }

  /** Gives a node frames that arrive together, and then its turn. */
  receive(name: string, link: Link, ...frames: readonly Uint8Array[]): Outcome[] {
    const { bench, link: session } = this.node(name);
    const outcomes = frames.map((frame) => bench.receive(link, frame));
    session.turn(this.now);
    return outcomes;
  }

  /** Lets time pass. */
  run(duration: Duration): void {
    const end = after(this.now, duration);
    for (;;) {
      const next = this.#nextEvent();
      if (next > end) break;
      this.#moveTo(next);
      this.#step();
    }
    this.#moveTo(end);
  }

  /** The nodes that are up. */
  get nodes(): readonly BenchNode[] {
    return this.#nodes;
  }

  /** What a node has sent since it was asked last. */
  takeSent(name: string): Sent[] {
    return this.node(name).bench.takeSent();
  }

  #moveTo(now: Instant): void {
    this.now = now;
    for (const { bench } of this.#nodes) bench.now = now;
  }

  #nextEvent(): Instant {
    let next = this.#nextTick;
    for (const { link } of this.#nodes) next = earliest(next, link.deadline);
    for (const delivery of this.#queue) next = earliest(next, delivery.at);
    return next > this.now ? next : this.now;
  }

  #step(): void {
    const due = this.#queue
      .filter((delivery) => delivery.at <= this.now)
      .toSorted((left, right) => left.at - right.at);
    this.#queue = this.#queue.filter((delivery) => delivery.at > this.now);
    for (const { to, bytes, source } of due) {
      if (!this.#nodes.includes(to)) continue;
      to.sync.handleDatagram(this.now, bytes, source);
      to.link.turn(this.now);
    }
    if (this.#nextTick <= this.now) {
      this.#nextTick = after(this.now, TickInterval);
      for (const { bench } of this.#nodes) bench.director.tick(this.now);
    }
    for (const { link } of this.#nodes) if (link.deadline <= this.now) link.turn(this.now);
  }

  /** How often a datagram arrives. */
  #copies(): number {
    if (this.#random.below(100) < this.weather.loss) return 0;
    return this.#random.below(100) < this.weather.duplication ? 2 : 1;
  }

  #delay(): Duration {
    const { delayMin, delayMax } = this.weather;
    return microseconds(delayMin + this.#random.below(delayMax - delayMin + 1));
  }

  #send(from: BenchNode, bytes: Uint8Array, to: IpAddress | undefined): void {
    for (const node of this.#nodes) {
      const isMeant = to === undefined || to === node.address;
      if (node === from || !isMeant || this.cut(from.name, node.name)) continue;
      for (let copies = this.#copies(); copies > 0; copies -= 1) {
        const at = after(this.now, this.#delay());
        this.#queue.push({ at, to: node, bytes, source: from.address });
      }
    }
  }
}
