import type { Prng } from '../../base/prng.js';
import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';

/**
 * Power of two choices: two picks at random by weight, of which the one with the smaller overhead for its weight is
 * taken, the first pick on a tie (ip_vs_twos.c).
 */
export class PowerOfTwo implements Scheduler {
  readonly name = 'twos';
  readonly flags: readonly SchedulerFlag[] = [];
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  choose({ servers }: VirtualService): RealServer | undefined {
    let total = 0;
    for (const server of servers) if (server.isUsable) total += server.weight;
    if (total === 0) return undefined;
    // The kernel draws from 0 to the total, both included: the first server gets one share more than its weight.
    const first = pick(servers, this.#prng.below(total + 1));
    const second = pick(servers, this.#prng.below(total + 1));
    if (first === undefined || second === undefined) return first;
    return first.overhead * second.weight > second.overhead * first.weight ? second : first;
  }

  handleChange(): void {}
}

/** The usable server up to which the weights add up to at least `share`. */
function pick(servers: readonly RealServer[], share: number): RealServer | undefined {
  let rest = share;
  for (const server of servers) {
    if (!server.isUsable) continue;
    rest -= server.weight;
    if (rest <= 0) return server;
  }
  return undefined;
}
