import type { Flow } from '../../wire/flow.js';
import type { RealServer, VirtualService } from '../services.js';
import { foldAddress } from './hash32.js';
import { bitLength, gcd } from './integers.js';
import { fillMaglev, NoPlace } from './maglev.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';
import { sipHash13, type SipKey } from './siphash.js';

/** The prime of the kernel's CONFIG_IP_VS_MH_TAB_INDEX=12, its default. */
const TableSize = 4_093;
/** Weights are scaled down to so many bits: half of that index. */
const TurnBits = 6;

const repeatedKey = (word: number): SipKey => ({ low0: word, high0: 0, low1: word, high1: 0 });
const OffsetKey = repeatedKey(2_654_435_761);
const SkipKey = repeatedKey(2_654_446_892);

/**
 * Maglev hashing: a client's address, with `mh-port` its port too, names a place of a table that changes little when
 * servers come and go (ip_vs_mh.c). A server edited to weight 0 keeps its places, so that its clients come back to it;
 * until then they get none, or with `mh-fallback` the server of another place.
 */
export class MaglevHashing implements Scheduler {
  readonly name = 'mh';
  readonly flags: readonly SchedulerFlag[];
  readonly #usesPort: boolean;
  readonly #fallsBack: boolean;
  /** The place of each entry's server in the list. */
  #table: Int32Array = new Int32Array(TableSize).fill(NoPlace);

  constructor(flags: readonly SchedulerFlag[]) {
    this.flags = flags;
    this.#usesPort = flags.includes('mh-port');
    this.#fallsBack = flags.includes('mh-fallback');
  }

  choose({ servers }: VirtualService, flow: Flow): RealServer | undefined {
    const word = foldAddress(flow.source) + (this.#usesPort ? flow.sourcePort : 0);
    const place = sipHash13(word, OffsetKey) % TableSize;
    const first = this.#serverAt(servers, place);
    if (first === undefined || first.isUsable) return first;
    return this.#fallsBack ? this.#chooseOther(servers, word, place) : undefined;
  }

  handleChange({ servers }: VirtualService): void {
    let divisor = 0;
    let greatest = 0;
    for (const { lastWeight } of servers) {
      divisor = gcd(divisor, lastWeight);
      greatest = Math.max(greatest, lastWeight);
    }
    const unit = Math.max(divisor, 1);
    const shift = Math.max(bitLength(greatest / unit) - TurnBits, 0);
    const permutations = servers.map((server) => {
      const word = foldAddress(server.words) + server.port;
      return {
        offset: sipHash13(word, OffsetKey) % TableSize,
        skip: (sipHash13(word, SkipKey) % (TableSize - 1)) + 1,
        turns: turnsOf(server.lastWeight / unit, shift),
      };
    });
    this.#table = fillMaglev(permutations, TableSize);
  }

  #chooseOther(
    servers: readonly RealServer[],
    word: number,
    place: number,
  ): RealServer | undefined {
    for (let step = 0; step < TableSize; step += 1) {
      const offset = (step + place) % TableSize;
      const server = this.#serverAt(servers, sipHash13(word + offset, OffsetKey) % TableSize);
      if (server?.isUsable === true) return server;
    }
    return undefined;
  }

  #serverAt(servers: readonly RealServer[], place: number): RealServer | undefined {
    const index = this.#table[place] ?? NoPlace;
    return index === NoPlace ? undefined : servers[index];
  }
}

/** A server with any weight at all has a turn, however small its share. */
const turnsOf = (weight: number, shift: number): number =>
  Math.max(weight >> shift, Math.min(weight, 1));
