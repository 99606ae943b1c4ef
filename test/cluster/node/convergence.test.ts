import { test } from 'tap';

import { Prng } from '../../../director/base/prng.js';
import { microseconds, milliseconds, seconds } from '../../../director/base/time.js';
import { Flag } from '../../../director/core/connections.js';
import { endpoint } from '../../packets/packet-builder.js';
import { fromClient } from '../../packets/packet-case.js';
import { BenchCluster, type BenchNode } from './bench-cluster.js';

const masq = '10.1.0.100:80';
const route = '10.1.0.101:80';

/** Every entry that peers know, by key, as real server and state. */
function tableOf({ bench, replication }: BenchNode): Map<string, string> {
  const { connections } = bench.director;
  const table = new Map<string, string>();
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index) || !connections.hasFlag(index, Flag.synced)) continue;
    const { client, clientPort, virtual, real, realPort, state } = replication.entry(index);
    table.set(`${endpoint(client, clientPort)} ${virtual}`, `${endpoint(real, realPort)} ${state}`);
  }
  return table;
}

/** What a node has that another lacks or has otherwise. */
function difference(node: BenchNode, other: BenchNode): string[] {
  const held = tableOf(other);
  return [...tableOf(node)].flatMap(([key, value]) =>
    held.get(key) === value
      ? []
      : [`${key}: ${value} at ${node.name}, ${held.get(key)} at ${other.name}`],
  );
}

/** Nodes that take over from one another, and clients that go on, while the sync network is bad. */
class Trouble {
  readonly cluster: BenchCluster;
  readonly #random: Prng;
  readonly #names: readonly string[];
  /** Packets sent for each connection. */
  readonly #packets = new Map<string, number>();
  #masters: readonly string[];

  constructor(seed: number, names: readonly string[]) {
    this.#random = new Prng(seed);
    this.#names = names;
    this.cluster = new BenchCluster(names, { capacity: 512, seed });
    this.#masters = [names[0] ?? ''];
    const loss = this.#random.below(25);
    this.cluster.weather = {
      loss,
      duplication: this.#random.below(20),
      delayMin: microseconds(100),
      delayMax: microseconds(100 + this.#random.below(30_000)),
    };
  }

  work(rounds: number): void {
    for (let round = 0; round < rounds; round += 1) {
      for (const name of this.#masters) this.#sendSome(name);
      this.cluster.run(milliseconds(this.#random.below(20)));
    }
  }

  /** Another master, without a word to the old one's sync: it hands over what it has not told. */
  passOn(): void {
    this.elect(this.#names[this.#random.below(this.#names.length)] ?? '');
  }

  /** These nodes all believe to be master. */
  elect(...names: readonly string[]): void {
    for (const node of this.cluster.nodes) {
      if (this.#masters.includes(node.name) && !names.includes(node.name)) {
        node.link.handOver(this.cluster.now);
      }
      node.setMaster(names.includes(node.name));
    }
    this.#masters = names;
  }

  /** Clears the weather, elects one master and lets the nodes repair what they can. */
  settle(): void {
    this.cluster.weather = {
      loss: 0,
      duplication: 0,
      delayMin: microseconds(200),
      delayMax: microseconds(200),
    };
    this.cluster.cut = () => false;
    this.elect(this.#names[0] ?? '');
    this.cluster.run(seconds(20));
  }

  get faults(): string[] {
    const [master, ...others] = this.cluster.nodes;
    if (master === undefined) return ['nobody is up'];
    return others.flatMap((other) => [...difference(master, other), ...difference(other, master)]);
  }

  #sendSome(name: string): void {
    const { bench, link } = this.cluster.node(name);
    for (let count = this.#random.below(4); count > 0; count -= 1) {
      const from = `10.1.0.2:${2_000 + this.#random.below(60)}`;
      const to = this.#random.below(2) === 0 ? masq : route;
      const sent = this.#packets.get(`${from} ${to}`) ?? 0;
      this.#packets.set(`${from} ${to}`, sent + 1);
      const tcp = sent === 0 ? 'S' : this.#flags(sent);
      bench.receive('clients', fromClient({ from, to, tcp }));
    }
    link.turn(this.cluster.now);
  }

  #flags(sent: number): string {
    if (sent < 4) return 'A';
    const choice = this.#random.below(40);
    if (choice === 0) return 'FA';
    if (choice === 1) return 'R';
    return choice === 2 ? 'S' : 'A';
  }
}

for (const count of [2, 3, 4]) {
  const names = ['d1', 'd2', 'd3', 'd4'].slice(0, count);

  test(`${count} nodes agree after one took over from the other over a bad network`, (t) => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const trouble = new Trouble(seed, names);
      for (let change = 0; change < 4; change += 1) {
        trouble.work(60);
        trouble.passOn();
      }
      trouble.settle();
      t.same(trouble.faults, [], `seed ${seed}`);
      t.ok(tableOf(trouble.cluster.node('d1')).size > 30, `seed ${seed}`);
    }
    t.end();
  });

  test(`${count} nodes agree after two of them were master at once`, (t) => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const trouble = new Trouble(seed * 31, names);
      trouble.work(60);
      const [first = '', second = ''] = names;
      const isPartition = seed % 2 === 0;
      if (isPartition) trouble.cluster.cut = (from, to) => from === first || to === first;
      trouble.elect(first, second);
      trouble.work(80);
      if (seed % 3 === 0) trouble.cluster.run(seconds(8));
      trouble.settle();
      t.same(trouble.faults, [], `seed ${seed}`);
    }
    t.end();
  });

  test(`${count} nodes agree after some have died and come back`, (t) => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const trouble = new Trouble(seed * 77, names);
      trouble.work(80);
      trouble.cluster.run(seconds(2));
      trouble.cluster.kill('d1');
      trouble.elect('d2');
      trouble.work(60);
      trouble.cluster.start('d1');
      trouble.work(60);
      trouble.cluster.run(seconds(3));
      trouble.settle();
      t.same(trouble.faults, [], `seed ${seed}`);
    }
    t.end();
  });
}
