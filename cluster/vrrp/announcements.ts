import { Deadlines } from '../../director/base/deadlines.js';
import { after, milliseconds, type Duration, type Instant } from '../../director/base/time.js';
import type { ElectionEffect } from './election-effects.js';

/** When a master announces its addresses, and how often each time: keepalived's `garp_*`, for IPv6 too. */
export interface AnnounceConfig {
  /** Rounds in each of the two bursts of a new master (`garp_master_repeat`). */
  readonly repeat: number;
  /** From the first burst to the second; 0 for no second one (`garp_master_delay`). */
  readonly delay: Duration;
  /** How often a master announces the addresses anyway; 0 for never (`garp_master_refresh`). */
  readonly refresh: Duration;
  /** Rounds each time (`garp_master_refresh_repeat`). */
  readonly refreshRepeat: number;
  /** Rounds in each burst because of a rival; 0 for none (`garp_lower_prio_repeat`). */
  readonly lowerPriorityRepeat: number;
  /** From a rival to the last of these bursts; 0 for no such one (`garp_lower_prio_delay`). */
  readonly lowerPriorityDelay: Duration;
}

/**
 * The shortest time from a burst to one because of a rival: a burst is many packets to everybody, and whoever sends forged
 * advertisements shall not get many for one.
 */
export const rivalBurstGap = milliseconds(100);

const Timer = { second: 0, refresh: 1, rival: 2, settled: 3, rivalSecond: 4 } as const;
const timerCount = 5;

/**
 * The announcements of one master. Its addresses are announced when it becomes master, a while later, and, if so
 * configured, from time to time.
 *
 * While there are two masters, hosts and switches believe whoever spoke last. So a master that hears a rival of lower rank
 * announces the addresses at once, again when the rival has been silent for one of its intervals, which is when the
 * rival is over, and once more after the configured delay, for what the rival had still queued.
 */
export class Announcements {
  readonly #config: AnnounceConfig;
  readonly #effects: ElectionEffect[];
  readonly #timers = new Deadlines(timerCount);
  #burstAt: Instant | undefined;

  /** Pushes `announce-addresses` to `effects`, which are its owner's. */
  constructor(config: AnnounceConfig, effects: ElectionEffect[]) {
    this.#config = config;
    this.#effects = effects;
  }

  /** This node has become master. */
  start(now: Instant): void {
    const { repeat, delay, refresh } = this.#config;
    this.#burst(now, repeat);
    if (delay > 0) this.#timers.arm(Timer.second, after(now, delay));
    if (refresh > 0) this.#timers.arm(Timer.refresh, after(after(now, delay), refresh));
  }

  /** Another router, of lower rank, has advertised as a master does; `interval` is its own. */
  handleRival(now: Instant, interval: Duration): void {
    const { lowerPriorityRepeat, lowerPriorityDelay } = this.#config;
    if (lowerPriorityRepeat === 0) return;
    this.#burstForRival(now);
    this.#timers.arm(Timer.settled, after(now, interval));
    if (lowerPriorityDelay > 0) {
      this.#timers.arm(Timer.rivalSecond, after(now, lowerPriorityDelay));
    }
  }

  /** This node is not master any more. */
  stop(): void {
    this.#timers.disarmAll();
  }

  get deadline(): Instant {
    return this.#timers.next;
  }

  handleDeadline(now: Instant): void {
    const { repeat, refresh, refreshRepeat } = this.#config;
    if (this.#timers.takeDue(Timer.second, now)) this.#burst(now, repeat);
    if (this.#timers.takeDue(Timer.rival, now)) this.#burstForRival(now);
    if (this.#timers.takeDue(Timer.settled, now)) this.#burstForRival(now);
    if (this.#timers.takeDue(Timer.rivalSecond, now)) this.#burstForRival(now);
    if (this.#timers.takeDue(Timer.refresh, now)) {
      this.#burst(now, refreshRepeat);
      this.#timers.arm(Timer.refresh, after(now, refresh));
    }
  }

  /** Now, or as soon as the gap after the last one is over. */
  #burstForRival(now: Instant): void {
    const soonest = this.#burstAt === undefined ? now : after(this.#burstAt, rivalBurstGap);
    if (soonest > now) return this.#timers.arm(Timer.rival, soonest);
    this.#burst(now, this.#config.lowerPriorityRepeat);
  }

  #burst(now: Instant, repeat: number): void {
    if (repeat === 0) return;
    this.#burstAt = now;
    this.#effects.push({ kind: 'announce-addresses', repeat });
  }
}
