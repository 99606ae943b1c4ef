import { ChangeList } from '../../../cluster/sync/change-list.js';
import { decodeDatagram } from '../../../cluster/sync/codec.js';
import type { SyncEffect } from '../../../cluster/sync/effects.js';
import type { KeyRing } from '../../../cluster/sync/key-ring.js';
import type { Hello, MessageBody, Updates } from '../../../cluster/sync/message.js';
import type { SessionKey, SyncRecord, TableDigest } from '../../../cluster/sync/record.js';
import { SessionSync } from '../../../cluster/sync/session-sync.js';
import type { SyncTuning } from '../../../cluster/sync/tuning.js';
import type { IpAddress } from '../../../director/base/address.js';
import { Prng } from '../../../director/base/prng.js';
import {
  after,
  earliest,
  instant,
  microseconds,
  milliseconds,
  Never,
  seconds,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import { address, record, ToyTable } from './toy-table.js';

/** How bad the network is: chances in percent, delays uniform. */
export interface Weather {
  readonly loss: number;
  readonly duplication: number;
  readonly delayMin: Duration;
  readonly delayMax: Duration;
}

export const fairWeather: Weather = {
  loss: 0,
  duplication: 0,
  delayMin: microseconds(100),
  delayMax: microseconds(100),
};

/** What a test may set of a node's configuration. */
export type Overrides = Partial<SyncTuning> & {
  readonly bulkTimeout?: Duration;
  readonly isMasterHeard?: () => boolean;
  readonly keys?: KeyRing;
};

interface Delivery {
  readonly at: Instant;
  readonly order: number;
  readonly to: string;
  readonly bytes: Uint8Array;
  readonly source: IpAddress;
}

/** One life of a node: ends when it is killed. */
export class SimNode {
  readonly name: string;
  readonly address: IpAddress;
  readonly table = new ToyTable();
  readonly effects: SyncEffect[] = [];
  readonly sync: SessionSync;

  constructor(name: string, own: IpAddress, config: { epoch: number } & Overrides) {
    this.name = name;
    this.address = own;
    this.sync = new SessionSync(
      { node: name, syncId: 7, bulkTimeout: seconds(30), ...config },
      this.table,
    );
  }

  /** Creates or changes session `index` here. */
  update(now: Instant, index: number, version: number): void {
    this.table.put(record(index, version));
    this.sync.update(now, record(index, version));
  }

  remove(now: Instant, index: number): void {
    this.table.delete(record(index));
    this.sync.remove(now, record(index));
  }
}

/** A few nodes, a clock and a network that can be as bad as wanted: a run is a function of its seed. */
export class World {
  now = instant(0);
  weather: Weather;
  steps = 0;
  /** Says no to deliver a datagram from one node to another. */
  cut: (from: string, to: string) => boolean = () => false;
  /** Sees, and may replace or drop, what is about to be delivered. */
  tap: (bytes: Uint8Array, to: string, source: IpAddress) => boolean = () => true;

  readonly #random: Prng;
  readonly #tuning: Overrides;
  readonly #nodes = new Map<string, SimNode>();
  readonly #addresses = new Map<string, IpAddress>();
  #queue: Delivery[] = [];
  #order = 0;
  #epoch = 1000;

  constructor(seed: number, options: { weather?: Weather; tuning?: Overrides } = {}) {
    this.#random = new Prng(seed);
    this.weather = options.weather ?? fairWeather;
    this.#tuning = options.tuning ?? {};
  }

  /** Starts a node, with an epoch greater than all before unless its clock says otherwise. */
  start(name: string, overrides: Overrides & { readonly epoch?: number } = {}): SimNode {
    let own = this.#addresses.get(name);
    if (own === undefined) {
      own = address(`10.0.0.${this.#addresses.size + 1}`);
      this.#addresses.set(name, own);
    }
    this.#epoch += 1;
    const node = new SimNode(name, own, { ...this.#tuning, epoch: this.#epoch, ...overrides });
    this.#nodes.set(name, node);
    node.sync.start(this.now);
    this.drain(node);
    return node;
  }

  /** From one instant to the next it is silent. */
  kill(name: string): void {
    this.#nodes.delete(name);
  }

  get(name: string): SimNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`${name} is not up`);
    return node;
  }

  get nodes(): SimNode[] {
    return [...this.#nodes.values()];
  }

  /** Runs everything that is due in the next `duration`. */
  run(duration: Duration): void {
    const end = after(this.now, duration);
    for (;;) {
      const next = this.#nextEvent();
      if (next > end) break;
      this.now = next;
      this.#step();
      this.steps += 1;
      if (this.steps > 2_000_000) throw new Error('the run does not come to rest');
    }
    this.now = end;
  }

  runUntil(condition: () => boolean, limit: Duration): boolean {
    const end = after(this.now, limit);
    while (!condition() && this.now < end) this.run(milliseconds(1));
    return condition();
  }

  /** Carries out what a node wants done. */
  drain(node: SimNode): void {
    for (const effect of node.sync.effects.splice(0)) {
      node.table.apply(effect, this.now);
      if (effect.kind === 'send') this.#send(node, effect.bytes, effect.to);
      else node.effects.push(effect);
    }
  }

  #nextEvent(): Instant {
    let next: Instant = Never;
    for (const node of this.#nodes.values()) next = earliest(next, node.sync.deadline);
    for (const delivery of this.#queue) next = earliest(next, delivery.at);
    return next;
  }

  #step(): void {
    const due = this.#queue.filter((delivery) => delivery.at <= this.now);
    this.#queue = this.#queue.filter((delivery) => delivery.at > this.now);
    due.sort((a, b) => a.at - b.at || a.order - b.order);
    for (const { to, bytes, source } of due) {
      const node = this.#nodes.get(to);
      if (node === undefined || !this.tap(bytes, to, source)) continue;
      node.sync.handleDatagram(this.now, bytes, source);
      this.drain(node);
    }
    for (const node of this.#nodes.values()) {
      if (node.sync.deadline > this.now) continue;
      node.sync.handleDeadline(this.now);
      this.drain(node);
    }
  }

  #send(from: SimNode, bytes: Uint8Array, to: IpAddress | undefined): void {
    for (const [name, known] of this.#addresses) {
      if (name === from.name || (to !== undefined && to !== known)) continue;
      if (this.cut(from.name, name)) continue;
      if (this.#random.below(100) >= this.weather.loss) this.#deliver(from, name, bytes);
      if (this.#random.below(100) < this.weather.duplication) this.#deliver(from, name, bytes);
    }
  }

  #deliver(from: SimNode, to: string, bytes: Uint8Array): void {
    const { delayMin, delayMax } = this.weather;
    const delay = microseconds(delayMin + this.#random.below(delayMax - delayMin + 1));
    this.#order += 1;
    const at = after(this.now, delay);
    this.#queue.push({ at, order: this.#order, to, bytes, source: from.address });
  }
}

/** Two nodes that have been up for a while with empty tables. */
export function pair(tuning: Overrides = {}): World {
  const world = new World(1, { tuning });
  world.start('a');
  world.start('b');
  world.run(seconds(2));
  return world;
}

/** The message in a datagram, undefined when it is not well-formed. */
export function bodyOf(bytes: Uint8Array): MessageBody | undefined {
  const datagram = decodeDatagram(bytes);
  return datagram.kind === 'rejected' ? undefined : datagram.body;
}

/** The kind of message in a datagram. */
export const kindOf = (bytes: Uint8Array): string => bodyOf(bytes)?.kind ?? 'rejected';

/** The effect that says why and when the node's table was complete. */
export const completion = (node: SimNode): unknown =>
  node.effects.find((effect) => effect.kind === 'table-complete');

/** A world in which `name` is up alone and holds sessions 0 to `count`. */
export function worldWith(name: string, count: number, tuning: Overrides = {}): World {
  const world = new World(1, { tuning });
  const node = world.start(name);
  world.run(seconds(2));
  for (let index = 0; index < count; index += 1) node.update(world.now, index, 1);
  world.run(seconds(1));
  return world;
}

/** A Hello of a node that has sent nothing yet. */
export const hello = (
  entries = 0,
  tableComplete = false,
  digest: TableDigest = { entries: 0, high: 0, low: 0 },
): Hello => ({
  kind: 'hello',
  lastSequence: 0,
  entries,
  tableComplete,
  wasComplete: false,
  master: false,
  acknowledge: false,
  digest,
  heard: [],
});

/** Updates with these records, and behind them these removals. */
export const updatesOf = (
  sequence: number,
  records: readonly SyncRecord[],
  removals: readonly SessionKey[] = [],
): Updates => ({
  kind: 'updates',
  sequence,
  changes: ChangeList.of(records, removals),
  acknowledge: false,
});
