import type { Flow } from '../../wire/flow.js';
import type { RealServer, VirtualService } from '../services.js';
import { foldAddress, hash32 } from './hash32.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';

const BucketBits = 8;
const Buckets = 256;

/**
 * Source hashing: a client's address, with `sh-port` its port too, names one of 256 buckets, and a bucket one server
 * (ip_vs_sh.c). A client whose server is not usable gets none, or with `sh-fallback` the next bucket in an order of its
 * own.
 */
export class SourceHashing implements Scheduler {
  readonly name = 'sh';
  readonly flags: readonly SchedulerFlag[];
  readonly #usesPort: boolean;
  readonly #fallsBack: boolean;
  /** The place of each bucket's server in the list. */
  readonly #buckets = new Int32Array(Buckets);

  constructor(flags: readonly SchedulerFlag[]) {
    this.flags = flags;
    this.#usesPort = flags.includes('sh-port');
    this.#fallsBack = flags.includes('sh-fallback');
  }

  choose({ servers }: VirtualService, flow: Flow): RealServer | undefined {
    if (servers.length === 0) return undefined;
    const port = this.#usesPort ? flow.sourcePort : 0;
    const hash = hash32(foldAddress(flow.source) + port, BucketBits);
    const first = this.#serverAt(servers, hash);
    if (first?.isUsable === true) return first;
    return this.#fallsBack ? this.#chooseOther(servers, hash) : undefined;
  }

  /** Deals the buckets out anew in the order of the list, to each server as many in a row as its weight, at least one. */
  handleChange({ servers }: VirtualService): void {
    let index = 0;
    let dealt = 0;
    for (let bucket = 0; bucket < Buckets; bucket += 1) {
      this.#buckets[bucket] = index;
      dealt += 1;
      if (dealt < (servers[index]?.weight ?? 0)) continue;
      dealt = 0;
      index = index + 1 < servers.length ? index + 1 : 0;
    }
  }

  #chooseOther(servers: readonly RealServer[], hash: number): RealServer | undefined {
    for (let step = 0; step < Buckets; step += 1) {
      const offset = (step + hash) % Buckets;
      const server = this.#serverAt(servers, (offset + hash) % Buckets);
      if (server?.isUsable === true) return server;
    }
    return undefined;
  }

  #serverAt(servers: readonly RealServer[], bucket: number): RealServer | undefined {
    return servers[this.#buckets[bucket] ?? 0];
  }
}
