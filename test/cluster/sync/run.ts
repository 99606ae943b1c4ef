import { Prng } from '../../../director/base/prng.js';
import {
  between,
  microseconds,
  milliseconds,
  seconds,
  type Instant,
} from '../../../director/base/time.js';
import { keyText, record } from './toy-table.js';
import { fairWeather, World, type Overrides } from './world.js';

/** What the owner of a session last did to it, and whether it can be held to it. */
interface Truth {
  readonly version: number;
  readonly exists: boolean;
  readonly at: Instant;
  readonly owner: string;
}

/** Sessions of each node: node i of n owns those with index % n == i. */
const sessionsOfEach = 60;

/**
 * One run: nodes change their sessions while the network is bad and nodes die and come back; then the weather clears,
 * and what every table must hold is known from what the owners did.
 */
export class Run {
  readonly world: World;
  readonly #random: Prng;
  readonly #names: readonly string[];
  readonly #truth = new Map<number, Truth>();
  readonly #lives = new Map<string, number>();
  #version = 0;

  constructor(seed: number, names: readonly string[], tuning: Overrides = {}) {
    this.#random = new Prng(seed * 7919 + 1);
    this.#names = names;
    // A dead node's lost tail cannot be had from anyone, so Nacks must not give up on a living one.
    this.world = new World(seed, {
      tuning: { flushBound: milliseconds(2), nackAttempts: 40, ...tuning },
    });
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
      this.#truth.set(index, { version: this.#version, exists, at: now, owner: name });
    }
    this.world.drain(node);
  }
}

/** The seeds of every randomised test. */
export const seeds: readonly number[] = Array.from({ length: 80 }, (_, index) => index + 1);
