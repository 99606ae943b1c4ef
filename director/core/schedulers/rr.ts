import type { RealServer, VirtualService } from '../services.js';
import type { Scheduler } from './scheduler.js';

/** Round robin: the next usable server after the one used last (net/netfilter/ipvs/ip_vs_rr.c). */
export class RoundRobin implements Scheduler {
  readonly name = 'rr';
  #last: RealServer | undefined = undefined;

  choose(service: VirtualService): RealServer | undefined {
    const { servers } = service;
    const start = this.#last === undefined ? -1 : servers.indexOf(this.#last);
    for (let step = 1; step <= servers.length; step += 1) {
      const server = servers[(start + step) % servers.length];
      if (server === undefined || server.weight === 0) continue;
      this.#last = server;
      return server;
    }
    return undefined;
  }
}
