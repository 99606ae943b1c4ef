import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler, SchedulerFlag, ServerChange } from './scheduler.js';

/** Round robin: the next usable server after the one used last, weights aside (ip_vs_rr.c). */
export class RoundRobin implements Scheduler {
  readonly name = 'rr';
  readonly flags: readonly SchedulerFlag[] = [];
  /** Place of the server used last; -1 stands before the first. */
  #last = -1;

  choose({ servers }: VirtualService): RealServer | undefined {
    for (let step = 1; step <= servers.length; step += 1) {
      const index = (this.#last + step) % servers.length;
      const server = servers[index];
      if (server === undefined || !server.isUsable) continue;
      this.#last = index;
      return server;
    }
    return undefined;
  }

  /** Stays with the server used last; when that one is removed, steps back to the one before it. */
  handleChange(_service: VirtualService, { kind, index }: ServerChange): void {
    if (index > this.#last || kind === 'edited') return;
    this.#last += kind === 'added' ? 1 : -1;
  }
}
