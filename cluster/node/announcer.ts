import { toMilliseconds, type Duration } from '../../director/base/time.js';
import type { Director, FloatingAddress } from '../../director/core/director.js';
import { announce } from '../../director/core/solicit.js';

/**
 * Sends the gratuitous ARP packets and unsolicited neighbour advertisements of one virtual router: round by round, each
 * address once a round. Packets are `interval` apart (keepalived's `garp_interval`), because some switches drop what comes
 * faster; without an interval a round goes out at once, and the next after the event loop has had its turn.
 */
export class Announcer {
  readonly #director: Director;
  readonly #interval: Duration;
  #addresses: readonly FloatingAddress[] = [];
  #rounds = 0;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(director: Director, interval: Duration) {
    this.#director = director;
    this.#interval = interval;
  }

  /** Announces every address `rounds` times from now on; what is left of an earlier burst is dropped. */
  burst(addresses: readonly FloatingAddress[], rounds: number): void {
    this.stop();
    this.#addresses = addresses;
    this.#rounds = rounds;
    this.#next = 0;
    this.#goOn();
  }

  /** Says no more: the addresses are another's. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#rounds = 0;
  }

  #goOn(): void {
    if (this.#rounds === 0 || this.#addresses.length === 0) return;
    const last = this.#interval > 0 ? this.#next + 1 : this.#addresses.length;
    for (const floating of this.#addresses.slice(this.#next, last)) {
      announce(this.#director, floating);
    }
    this.#next = last % this.#addresses.length;
    if (this.#next === 0) this.#rounds -= 1;
    if (this.#rounds > 0) {
      this.#timer = setTimeout(() => this.#goOn(), toMilliseconds(this.#interval));
    }
  }
}
