import { Prng } from '../../../director/base/prng.js';
import type { SchedulerName } from '../../../director/core/schedulers/scheduler.js';
import { at } from '../../base/values.js';
import { nameOf, ServiceBench } from './service-bench.js';

/** These may have nobody for a connection although a server is usable. */
const MayRefuse = ['sh', 'dh', 'mh', 'ovf'];

/** A service whose up to six servers come, go, change and fill at random, and the connections in between. */
export class RandomRun {
  readonly bench: ServiceBench;
  readonly mustChoose: boolean;
  readonly #prng: Prng;
  #seconds = 0;

  constructor(name: SchedulerName, seed: number, withFallback = false) {
    const fallback = name === 'sh' ? 'sh-fallback' : 'mh-fallback';
    this.bench = new ServiceBench(name, [], withFallback ? [fallback] : []);
    this.mustChoose = withFallback || !MayRefuse.includes(name);
    this.#prng = new Prng(seed);
  }

  /** Changes something, opens a connection, and says what is wrong with the choice. */
  step(): string | undefined {
    this.#change();
    const { bench } = this;
    const { servers } = bench.service;
    const isAnyUsable = servers.some(({ isUsable }) => isUsable);
    this.#seconds += this.#prng.below(100);
    const server = bench.choose({
      from: `10.1.0.${this.#prng.below(256)}`,
      to: `10.0.0.${100 + this.#prng.below(3)}`,
      now: at(this.#seconds),
    });
    if (server === undefined) {
      return isAnyUsable && this.mustChoose ? 'nobody, though a server is usable' : undefined;
    }
    if (!servers.includes(server)) return `${nameOf(server)}, which is gone`;
    if (server.weight === 0) return `${nameOf(server)}, which is quiesced`;
    // lblc stays with a server over its threshold.
    if (server.isOverloaded && bench.service.scheduler.name !== 'lblc') {
      return `${nameOf(server)}, which is overloaded`;
    }
    server.active += 1;
    server.checkUpperThreshold();
    return undefined;
  }

  #change(): void {
    const { bench } = this;
    const number = 1 + this.#prng.below(6);
    const server = bench.service.servers.find((other) => nameOf(other) === `r${number}`);
    const settings = { weight: this.#prng.below(5), upperThreshold: this.#prng.below(2) * 4 };
    switch (this.#prng.below(6)) {
      case 0:
        if (server === undefined) bench.add(number, settings);
        break;
      case 1:
        if (server !== undefined) bench.remove(number);
        break;
      case 2:
        if (server !== undefined) bench.edit(number, settings);
        break;
      case 3:
        if (server !== undefined) server.active = 0;
        server?.checkLowerThreshold();
        break;
      default:
    }
  }
}

/** What goes wrong in 300 steps of a run, or undefined. */
export function faultOf(run: RandomRun): string | undefined {
  for (let step = 0; step < 300; step += 1) {
    const fault = run.step();
    if (fault !== undefined) return `step ${step}: ${fault}`;
  }
  return undefined;
}
