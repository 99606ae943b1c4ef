import { test } from 'tap';

import { keyText } from '../../../cluster/sync/record.js';
import type { SyncTuning } from '../../../cluster/sync/tuning.js';
import { Prng } from '../../../director/base/prng.js';
import {
  after,
  between,
  microseconds,
  milliseconds,
  seconds,
  type Instant,
} from '../../../director/base/time.js';
import { record } from './toy-table.js';
import { fairWeather, World } from './world.js';

/** What the owner of a session last did to it, and whether it can be held to it. */
interface Truth {
  readonly version: number;
  readonly exists: boolean;
  readonly at: Instant;
  readonly owner: string;
  readonly epoch: number;
}

/** Sessions of each node: node i of n owns those with index % n == i. */
const sessionsOfEach = 60;

/**
 * One run: nodes change their sessions while the network is bad and nodes die and come back; then the weather clears,
 * and what every table must hold is known from what the owners did.
 */
class Run {
  readonly world: World;
  readonly #random: Prng;
  readonly #names: readonly string[];
  readonly #truth = new Map<number, Truth>();
  readonly #lives = new Map<string, number>();
  #version = 0;

  constructor(seed: number, names: readonly string[], tuning: Partial<SyncTuning> = {}) {
    this.#random = new Prng(seed * 7919 + 1);
    this.#names = names;
    // A dead node's lost tail cannot be had from anyone, so Nacks must not give up on a living one.
    this.world = new World(seed, { tuning: { nackAttempts: 40, ...tuning } });
    const loss = this.#random.below(31);
    this.world.weather = {
      loss,
      duplication: this.#random.below(20),
      delayMin: microseconds(100),
      delayMax: microseconds(100 + this.#random.below(20_000)),
    };
  }

  start(name: string): void {
    this.#lives.set(name, (this.#lives.get(name) ?? 0) + 1);
    this.world.start(name);
  }

  /** Each node that is up changes a few of its sessions; then a little time passes. */
  work(rounds: number): void {
    for (let round = 0; round < rounds; round += 1) {
      for (const [owner, name] of this.#names.entries()) {
        if (this.#isUp(name)) this.#change(owner, name);
      }
      this.world.run(microseconds(this.#random.below(3_000)));
    }
  }

  /** Kills a node; what it did shortly before may not have reached anybody. */
  kill(name: string): void {
    for (const [index, truth] of this.#truth) {
      const age = between(truth.at, this.world.now);
      if (truth.owner === name && age < seconds(5)) this.#truth.delete(index);
    }
    this.world.kill(name);
  }

  settle(): void {
    this.world.weather = fairWeather;
    this.world.cut = () => false;
    this.world.run(seconds(12));
  }

  /** What is wrong with the tables, in words; empty when all is well. */
  faults(): string[] {
    const faults: string[] = [];
    const nodes = this.world.nodes;
    for (const node of nodes) {
      if (!node.sync.tableComplete) faults.push(`${node.name} is not complete`);
      const { owed } = node.sync.snapshot().bulk;
      if (owed > 0) faults.push(`${node.name} still owes itself ${owed} transfers`);
      for (const [index, truth] of this.#truth) {
        const held = node.table.find(record(index));
        const wanted = truth.exists ? truth.version : undefined;
        if (held?.packets === wanted) continue;
        faults.push(
          `${node.name} has v${held?.packets} of ${keyText(record(index))}, not v${wanted}`,
        );
      }
    }
    return faults;
  }

  /** Entries of which nothing certain is known count too: the tables must agree. */
  agree(): boolean {
    const [first, ...others] = this.world.nodes.map((node) => node.table.summary().join('\n'));
    return others.every((other) => other === first);
  }

  get gaps(): number {
    const counts = this.world.nodes.map((node) => node.sync.snapshot().reliability.gaps);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  #isUp(name: string): boolean {
    return this.world.nodes.some((node) => node.name === name);
  }

  #change(owner: number, name: string): void {
    const node = this.world.get(name);
    // A node that starts anew does not touch what it may still have to fetch.
    if (!node.sync.tableComplete && (this.#lives.get(name) ?? 0) > 1) return;
    const { now } = this.world;
    for (let count = this.#random.below(4); count > 0; count -= 1) {
      const index = owner + this.#names.length * this.#random.below(sessionsOfEach);
      const exists = this.#random.below(3) > 0;
      this.#version += 1;
      if (exists) node.update(now, index, this.#version);
      else node.remove(now, index);
      const epoch = this.#lives.get(name) ?? 0;
      this.#truth.set(index, { version: this.#version, exists, at: now, owner: name, epoch });
    }
    this.world.drain(node);
  }
}

const seeds = Array.from({ length: 80 }, (_, index) => index + 1);

test('two nodes agree after updates and removals over a bad network', (t) => {
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b']);
    run.start('a');
    run.start('b');
    run.work(250);
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
  }
  t.end();
});

test('a joiner that fetches during heavy updates agrees in the end', (t) => {
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b', 'c']);
    run.start('a');
    run.start('b');
    run.work(400);
    run.start('c');
    run.work(400);
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
  }
  t.end();
});

test('nodes that die and come back under load get everything back', (t) => {
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b', 'c']);
    for (const name of ['a', 'b', 'c']) run.start(name);
    run.work(600);
    // Long enough for every tail to have been repaired before its sender dies.
    run.world.run(seconds(6));
    for (const victim of ['a', 'b']) {
      run.kill(victim);
      run.work(100);
      run.start(victim);
      run.work(600);
      run.world.run(seconds(6));
    }
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
  }
  t.end();
});

test('a donor that dies while it is asked leaves the joiner with the table of the others', (t) => {
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b', 'c'], { fetchWindow: 1 });
    run.start('a');
    run.start('b');
    run.work(400);
    run.world.run(seconds(6));
    run.world.get('a').sync.setMaster(run.world.now, true);
    run.start('c');
    run.world.run(milliseconds(120 + (seed % 20)));
    run.kill('a');
    run.work(300);
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
  }
  t.end();
});

test('links that break and heal, with a ring too short for the break, end in agreement', (t) => {
  let gaps = 0;
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b'], { ringSize: 32, holdLimit: 64 });
    run.start('a');
    run.start('b');
    run.work(200);
    run.world.run(seconds(2));
    run.world.cut = (from) => seed % 3 === 0 || from === (seed % 3 === 1 ? 'a' : 'b');
    run.work(300);
    run.world.cut = () => false;
    run.work(100);
    run.settle();
    t.same(run.faults(), [], `seed ${seed}`);
    t.ok(run.agree(), `seed ${seed}: tables agree`);
    gaps += run.gaps;
  }
  t.ok(gaps > 80, `${gaps} gaps`);
  t.end();
});

test('the same seed gives the same run', (t) => {
  const trace = (): string => {
    const run = new Run(11, ['a', 'b', 'c']);
    for (const name of ['a', 'b', 'c']) run.start(name);
    run.work(100);
    run.settle();
    return JSON.stringify(run.world.nodes.map((node) => node.sync.snapshot()));
  };
  t.equal(trace(), trace());
  t.end();
});

test('no joiner waits for ever, however bad the network', (t) => {
  for (const seed of seeds) {
    const run = new Run(seed, ['a', 'b']);
    run.start('a');
    run.work(100);
    run.world.weather = { ...run.world.weather, loss: 90 };
    run.start('b');
    run.world.run(seconds(31));
    t.ok(run.world.get('b').sync.tableComplete, `seed ${seed}`);
    t.ok(run.world.get('b').sync.deadline > after(run.world.now, microseconds(0)));
  }
  t.end();
});
