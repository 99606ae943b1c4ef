import { after, Never, type Duration, type Instant } from '../../director/base/time.js';
import type { Director, FloatingAddress } from '../../director/core/director.js';
import { announce } from '../../director/core/solicit.js';

/**
 * Sends the gratuitous ARP packets and unsolicited neighbour advertisements of one virtual router: round by round, each
 * address once a round. Packets are `interval` apart (keepalived's `garp_interval`), because some switches drop what comes
 * faster; without an interval a round goes out at once, and the next in the node's next turn.
 */
export class Announcer {
  readonly #director: Director;
  readonly #interval: Duration;
  #addresses: readonly FloatingAddress[] = [];
  #rounds = 0;
  #next = 0;
  #goesOnAt: Instant = Never;

  constructor(director: Director, interval: Duration) {
    this.#director = director;
    this.#interval = interval;
  }

  /** When there is more to say, or `Never`. */
  get deadline(): Instant {
    return this.#goesOnAt;
  }

  /** Announces every address `rounds` times from now on; what is left of an earlier burst is dropped. */
  burst(now: Instant, addresses: readonly FloatingAddress[], rounds: number): void {
    this.#addresses = addresses;
    this.#rounds = addresses.length === 0 ? 0 : rounds;
    this.#next = 0;
    this.#goOn(now);
  }

  /** Goes on with a burst when it is time for that. */
  handleDeadline(now: Instant): void {
    if (this.#goesOnAt <= now) this.#goOn(now);
  }

  /** Says no more: the addresses are another's. */
  stop(): void {
    this.#rounds = 0;
    this.#goesOnAt = Never;
  }

  #goOn(now: Instant): void {
    if (this.#rounds === 0) return this.stop();
    const last = this.#interval > 0 ? this.#next + 1 : this.#addresses.length;
    for (const floating of this.#addresses.slice(this.#next, last)) {
      announce(this.#director, floating);
    }
    this.#next = last % this.#addresses.length;
    if (this.#next === 0) this.#rounds -= 1;
    this.#goesOnAt = this.#rounds > 0 ? after(now, this.#interval) : Never;
  }
}
