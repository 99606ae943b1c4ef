import type { RealServer, VirtualService } from '../services.js';
import { gcd } from './integers.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';

/** Before the first server of the list, and after the last. */
const Head = -1;

/**
 * Weighted round robin (ip_vs_wrr.c). It goes round the list again and again with a threshold that falls from the
 * greatest weight to 1 in steps of the weights' greatest common divisor, and takes each server that reaches it.
 */
export class WeightedRoundRobin implements Scheduler {
  readonly name = 'wrr';
  readonly flags: readonly SchedulerFlag[] = [];
  /** Place of the server chosen last. */
  #last = Head;
  /** The weight that a server must have now. */
  #threshold = 0;
  /** The threshold of a first round: less than the greatest weight, so that the last round's is exactly 1. */
  #highest = 0;
  #step = 1;

  choose({ servers }: VirtualService): RealServer | undefined {
    if (this.#highest === 0) return undefined;
    const start = this.#last;
    let stop = Head;
    let isLastRound = false;
    let hasRestarted = false;
    for (;;) {
      if (this.#scan(servers, stop)) return servers[this.#last];
      if (this.#last !== Head) return undefined;
      this.#threshold -= this.#step;
      if (this.#threshold <= 0) {
        this.#threshold = this.#highest;
        if (isLastRound || start === Head) return undefined;
        hasRestarted = true;
      }
      this.#skipRounds(servers);
      isLastRound = this.#threshold <= this.#step;
      if (isLastRound && hasRestarted) stop = start;
    }
  }

  /** Starts again at the head with the new weights, at the threshold reached so far as nearly as they allow. */
  handleChange({ servers }: VirtualService): void {
    let greatest = 0;
    let divisor = 0;
    for (const { weight } of servers) {
      greatest = Math.max(greatest, weight);
      divisor = gcd(divisor, weight);
    }
    this.#last = Head;
    this.#step = Math.max(divisor, 1);
    this.#highest = greatest - (this.#step - 1);
    if (this.#threshold > this.#highest || this.#threshold === 0) this.#threshold = this.#highest;
    else if (this.#step > 1) {
      this.#threshold = Math.floor(this.#threshold / this.#step) * this.#step + 1;
    }
  }

  /** Passes over rounds before the last whose threshold no server reaches: with great weights there are many. */
  #skipRounds(servers: readonly RealServer[]): void {
    let reached = this.#step;
    for (const { weight, isOverloaded } of servers) {
      if (!isOverloaded && weight > reached) reached = weight;
    }
    if (this.#threshold <= reached) return;
    this.#threshold -= Math.ceil((this.#threshold - reached) / this.#step) * this.#step;
  }

  /** Goes on to the next server that reaches the threshold; false at the end of the list, or at `stop` in vain. */
  #scan(servers: readonly RealServer[], stop: number): boolean {
    for (let index = this.#last + 1; index < servers.length; index += 1) {
      this.#last = index;
      const server = servers[index];
      if (server === undefined) return false;
      if (!server.isOverloaded && server.weight >= this.#threshold) return true;
      if (index === stop) return false;
    }
    this.#last = Head;
    return false;
  }
}
