import { after, milliseconds, Never, seconds, type Instant } from '../../director/base/time.js';
import { Flag, LocalOrigin } from '../../director/core/connections.js';
import type { Director } from '../../director/core/director.js';
import { isServed } from '../../director/core/lifecycle.js';
import { Rank } from '../../director/core/precedence.js';
import type { LifeNumbers } from './life-numbers.js';

/** How often a part of the table is looked at, how many slots, and how many entries become this node's own. */
const Interval = milliseconds(100);
/** How long after a walk through the table that found nothing, as it does on a backup. */
const Pause = seconds(1);
const SlotsAtOnce = 8_192;
const EntriesAtOnce = 1_000;

/**
 * A connection whose packets keep coming becomes its new master's own with the first of them. One that is quiet would
 * stay the word of a node that is dead, or of its life before a restart, and nobody could tell whether all peers have it.
 * So who serves such entries tells them anew, a few thousand a second, until all are its own: the next death then finds
 * every peer with the whole table.
 */
export class Inheritance {
  readonly #director: Director;
  readonly #lives: LifeNumbers;
  #cursor = 0;
  /** Entries queued since the table was looked at from its beginning. */
  #queued = 0;
  #nextAt: Instant | undefined;
  #isPending = false;

  constructor(director: Director, lives: LifeNumbers) {
    this.#director = director;
    this.#lives = lives;
  }

  /** When there is more to do; `Never` while no ended life has left anything. */
  get deadline(): Instant {
    return this.#isPending ? (this.#nextAt ?? Never) : Never;
  }

  /** Queues some of what ended lives have left, when it is time for that. */
  turn(now: Instant): void {
    if (this.#nextAt !== undefined && now < this.#nextAt) return;
    const { connections, sync } = this.#director;
    this.#isPending = sync.hasOwners && this.#lives.hasEnded(connections.digests);
    this.#nextAt = this.#isPending ? after(now, this.#walk() ? Interval : Pause) : undefined;
  }

  /** Looks at some slots; false when the table has been walked through without finding anything to queue. */
  #walk(): boolean {
    const { connections, sync } = this.#director;
    const end = Math.min(connections.end, this.#cursor + SlotsAtOnce);
    const most = this.#queued + EntriesAtOnce;
    let index = this.#cursor;
    for (; index < end && this.#queued < most; index += 1) {
      if (!this.#isLeft(index) || !isServed(this.#director, index)) continue;
      sync.add(connections, index);
      this.#queued += 1;
    }
    const hasFound = this.#queued > 0;
    const isAtEnd = index >= connections.end;
    this.#cursor = isAtEnd ? 0 : index;
    if (isAtEnd) this.#queued = 0;
    return !isAtEnd || hasFound;
  }

  #isLeft(index: number): boolean {
    const { connections } = this.#director;
    if (!connections.isInUse(index) || !connections.hasFlag(index, Flag.synced)) return false;
    const origin = connections.origin[index] ?? LocalOrigin;
    return origin !== LocalOrigin && this.#lives.rank(origin) === Rank.gone;
  }
}
