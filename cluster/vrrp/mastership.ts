import {
  after,
  earliest,
  instant,
  milliseconds,
  Never,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import { resignPriority } from './advertisement.js';
import { Announcements } from './announcements.js';
import type { ElectionConfig } from './election-config.js';
import type { ElectionEffect } from './election-effects.js';

/**
 * The shortest time between two advertisements of a master, whatever it is that it answers: the shortest interval that
 * VRRP knows. A rival that floods the link gets the rest of its answers in one.
 */
export const answerGap = milliseconds(10);

/**
 * What a master does from its first moment to its last: it holds the addresses, advertises every interval, and announces
 * the addresses. The advertisement goes out before the gratuitous ARP, so that an old master lets go of the addresses
 * before hosts learn the new way to them; keepalived does so too.
 */
export class Mastership {
  readonly #interval: Duration;
  readonly #effects: ElectionEffect[];
  readonly #announcements: Announcements;
  #advertiseAt: Instant = Never;
  #sentAt = instant(0);
  #sent = 0;

  /** Pushes to `effects`, which are its owner's. */
  constructor(
    config: Pick<ElectionConfig, 'advertInterval' | 'announce'>,
    effects: ElectionEffect[],
  ) {
    this.#interval = config.advertInterval;
    this.#effects = effects;
    this.#announcements = new Announcements(config.announce, effects);
  }

  start(now: Instant, priority: number): void {
    this.#effects.push({ kind: 'acquire-addresses' });
    this.advertise(now, priority);
    this.#announcements.start(now);
  }

  /** Gives the addresses up; who `resigns` says so by priority 0. `isStale` is that of `release-addresses`. */
  stop({ resigns, isStale }: { readonly resigns: boolean; readonly isStale: boolean }): void {
    if (resigns) this.#send(resignPriority);
    this.#effects.push({ kind: 'release-addresses', isStale });
    this.#announcements.stop();
    this.#advertiseAt = Never;
  }

  /** Advertises now; the next time is an interval later. */
  advertise(now: Instant, priority: number): void {
    this.#send(priority);
    this.#sentAt = now;
    this.#advertiseAt = after(now, this.#interval);
  }

  /** Advertises out of turn: now, or as soon as the gap after the last advertisement is over. */
  advertiseSoon(now: Instant, priority: number): void {
    const soonest = after(this.#sentAt, answerGap);
    if (soonest <= now) this.advertise(now, priority);
    else this.#advertiseAt = earliest(this.#advertiseAt, soonest);
  }

  /** The addresses of this master have been announced by another, which advertises at `interval`. */
  handleRival(now: Instant, interval: Duration): void {
    this.#announcements.handleRival(now, interval);
  }

  /** When the next advertisement is due; `Never` for whom is not master. */
  get advertiseAt(): Instant {
    return this.#advertiseAt;
  }

  /** When the others have last heard of this master, if they heard. */
  get sentAt(): Instant {
    return this.#sentAt;
  }

  /** Advertisements sent, resignations among them. */
  get sent(): number {
    return this.#sent;
  }

  get deadline(): Instant {
    return earliest(this.#advertiseAt, this.#announcements.deadline);
  }

  handleDeadline(now: Instant, priority: number): void {
    if (this.#advertiseAt <= now) this.advertise(now, priority);
    if (this.#announcements.deadline <= now) this.#announcements.handleDeadline(now);
  }

  #send(priority: number): void {
    this.#sent += 1;
    this.#effects.push({ kind: 'advertise', priority });
  }
}
