import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { seconds, after, type Instant } from '../../director/base/time.js';
import { ConnectionTable, NoConnection } from '../../director/core/connections.js';
import { Flow } from '../../director/wire/flow.js';
import { at } from '../base/values.js';

const Operations = 240_000;
const Capacity = 200;

/** A connection in the plainest form: what a `Map` can hold. */
interface Entry {
  readonly index: number;
  readonly client: number;
  readonly port: number;
  readonly virtual: number;
  expiresAt: number;
}

/** Few clients, ports and VIPs, so that buckets and even whole endpoints are shared. */
interface Endpoint {
  readonly client: number;
  readonly port: number;
  readonly virtual: number;
}

/** The table and a `Map` beside it, which do the same. */
class Pair {
  readonly table = new ConnectionTable({ capacity: Capacity, seed: 77 });
  readonly model = new Map<string, Entry>();
  readonly #random = new Prng(78);
  readonly #flow = new Flow();
  #now: Instant = at(5_000);

  /** One random operation on both. Says how they differ, if they do. */
  step(): string | undefined {
    const endpoint = this.#endpoint();
    switch (this.#random.below(8)) {
      case 0:
      case 1:
      case 2:
        return this.#insert(endpoint);
      case 3:
        return this.#find(endpoint);
      case 4:
        return this.#findReply(endpoint);
      case 5:
        return this.#extend(endpoint);
      case 6:
        return this.#random.below(4) === 0 ? this.#release(endpoint) : this.#find(endpoint);
      default:
        return this.#random.below(8) === 0 ? this.#expire() : this.#find(endpoint);
    }
  }

  #endpoint(): Endpoint {
    const random = this.#random;
    return { client: random.below(8), port: random.below(40), virtual: random.below(3) };
  }

  #insert(endpoint: Endpoint): string | undefined {
    const name = nameOf(endpoint);
    if (this.model.has(name)) return undefined;
    const index = this.table.insert(
      {
        family: 4,
        protocol: 6,
        clientWords: Uint32Array.of(0, 0, 0, endpoint.client),
        clientPort: endpoint.port,
        virtualWords: Uint32Array.of(0, 0, 0, endpoint.virtual),
        virtualPort: 80,
        realWords: Uint32Array.of(0, 0, 0, endpoint.virtual + 100),
        realPort: 8_080,
      },
      this.#now,
    );
    if (index === NoConnection) {
      return this.model.size === Capacity ? undefined : 'not full and yet refused';
    }
    if (this.model.size === Capacity) return 'full and yet taken';
    for (const entry of this.model.values()) {
      if (entry.index === index) return `index ${index} is given twice`;
    }
    const entry = { ...endpoint, index, expiresAt: 0 };
    this.model.set(name, entry);
    this.#extendEntry(entry);
    return undefined;
  }

  #find(endpoint: Endpoint): string | undefined {
    const flow = this.#flow;
    flow.protocol = 6;
    flow.source[3] = endpoint.client;
    flow.sourcePort = endpoint.port;
    flow.destination[3] = endpoint.virtual;
    flow.destinationPort = 80;
    const expected = this.model.get(nameOf(endpoint))?.index ?? NoConnection;
    const index = this.table.find(flow);
    return index === expected ? undefined : `find ${index}, not ${expected}`;
  }

  #findReply(endpoint: Endpoint): string | undefined {
    const flow = this.#flow;
    flow.protocol = 6;
    flow.source[3] = endpoint.virtual + 100;
    flow.sourcePort = 8_080;
    flow.destination[3] = endpoint.client;
    flow.destinationPort = endpoint.port;
    const expected = this.model.get(nameOf(endpoint))?.index ?? NoConnection;
    const index = this.table.findReply(flow);
    return index === expected ? undefined : `find reply ${index}, not ${expected}`;
  }

  #extend(endpoint: Endpoint): string | undefined {
    const entry = this.model.get(nameOf(endpoint));
    if (entry !== undefined) this.#extendEntry(entry);
    return undefined;
  }

  /** Gives an entry some time, longer or shorter than what it has; in whole ticks of 10 ms. */
  #extendEntry(entry: Entry): void {
    const random = this.#random;
    const ticks = random.below(20) === 0 ? random.below(300_000) : random.below(3_000);
    this.table.expireAfter(entry.index, ticks / 100, this.#now);
    entry.expiresAt = this.#now / 10_000 + ticks;
  }

  #release(endpoint: Endpoint): string | undefined {
    const entry = this.model.get(nameOf(endpoint));
    if (entry === undefined) return undefined;
    this.table.release(entry.index);
    this.model.delete(nameOf(endpoint));
    return this.table.isInUse(entry.index) ? 'released and yet in use' : undefined;
  }

  /** Time passes, seldom for long; what has expired a quarter of a second ago is gone, what has not is there. */
  #expire(): string | undefined {
    const random = this.#random;
    const ticks = random.below(200) === 0 ? random.below(500_000) : random.below(100);
    this.#now = after(this.#now, seconds(ticks / 100));
    const tick = this.#now / 10_000;
    const gone = new Set<number>();
    let failure: string | undefined;
    this.table.expire(this.#now, (index) => {
      gone.add(index);
      this.table.release(index);
    });
    for (const [name, entry] of this.model) {
      const isGone = gone.delete(entry.index);
      if (isGone && entry.expiresAt > tick) failure = 'expired too early';
      if (!isGone && entry.expiresAt + 25 <= tick) failure = 'expired too late';
      if (isGone) this.model.delete(name);
    }
    if (gone.size > 0) failure = 'expired what is not there';
    return failure;
  }
}

const nameOf = ({ client, port, virtual }: Endpoint): string => `${client}:${port}>${virtual}`;

test('random traffic leaves the table as it leaves a plain map', (t) => {
  const pair = new Pair();
  let failure: string | undefined;
  let wasFull = false;
  for (let operation = 0; operation < Operations && failure === undefined; operation += 1) {
    failure = pair.step();
    if (pair.table.size !== pair.model.size) failure = 'sizes differ';
    if (failure !== undefined) failure += ` at operation ${operation}`;
    wasFull ||= pair.table.size === Capacity;
  }
  t.equal(failure, undefined);
  t.ok(wasFull, 'the limit was met');
  t.equal(pair.table.end, Capacity);
  t.end();
});
