import { Deadlines } from '../../director/base/deadlines.js';
import {
  after,
  instant,
  latest,
  longest,
  microseconds,
  seconds,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import type { TakeOverReason } from './state.js';
import { masterDownInterval, skewTime, type TimerRules } from './timers.js';

/** How often in one silence a backup that did not run may ask for more time, so that a busy node takes over in the end. */
export const relistenLimit = 3;

const Timer = { takeOver: 0, vigil: 1 } as const;
const timerCount = 2;

/**
 * How late a timer of a router with this advertisement interval may be served before it says more about this node than
 * about the others: half an interval. Together with the vigil, a pause that goes unnoticed lets at most two
 * advertisements pass by, and a master counts as down after three.
 */
export const lateBound = (interval: Duration): Duration => microseconds(interval / 2);

/**
 * A backup's ear: when does the silence of the master, or its resignation, make this node the master?
 *
 * Silence proves something only to who has listened. A node that did not run for a while (stopped by a signal, its virtual
 * machine paused, its CPU taken away) finds its timer due when it wakes, though the master is well. What waits in its
 * sockets tells, but a virtual machine that was paused has nothing waiting. So the vigil, a timer that every
 * advertisement pushes back by one interval, makes a pause show wherever in the silence it happens; and after a pause the
 * take-over waits at least for one interval, in which a living master speaks, and for the skew time, which keeps
 * the order among nodes that were paused together. The price is that much more blackout, after a pause only.
 */
export class MasterWatch {
  readonly #rules: TimerRules;
  readonly #timers = new Deadlines(timerCount);
  #interval: Duration;
  #silentSince = instant(0);
  #reason: TakeOverReason = 'master-silent';
  #relistenUntil = instant(0);
  #relistens = 0;
  #doubtfulUntil = instant(0);

  /** `interval` stands for the master's until one is known. */
  constructor(rules: TimerRules, interval: Duration) {
    this.#rules = rules;
    this.#interval = interval;
  }

  /** The interval that the master advertises at. */
  get interval(): Duration {
    return this.#interval;
  }

  /** When this node takes over if nothing happens before, or `Never`. */
  get takeOverAt(): Instant {
    return this.#timers.at(Timer.takeOver);
  }

  /** A sign of life: the silence counts from `now`, in intervals of the master. */
  listen(now: Instant, priority: number, interval: Duration): void {
    this.#interval = interval;
    this.#silentSince = now;
    this.#relistenUntil = now;
    this.#relistens = 0;
    this.#timers.arm(Timer.vigil, after(now, interval));
    this.awaitSilence(priority);
  }

  /** A sign of life from a master that shall be preempted: what is planned stays. */
  notice(now: Instant): void {
    this.#silentSince = now;
    this.#timers.arm(Timer.vigil, after(now, this.#interval));
  }

  /** Takes over after the skew time, or earlier if that is due earlier anyway. */
  hasten(now: Instant, priority: number, reason: TakeOverReason): void {
    const skew = skewTime(priority, this.#interval, this.#rules.version);
    const at = latest(after(now, skew), this.#relistenUntil);
    if (at >= this.takeOverAt) return;
    this.#timers.arm(Timer.takeOver, at);
    this.#reason = reason;
  }

  /** Nothing but the master's silence counts from now on; `priority` decides how long it has to be. */
  awaitSilence(priority: number): void {
    const silence = masterDownInterval(priority, this.#interval, this.#rules);
    const at = latest(after(this.#silentSince, silence), this.#relistenUntil);
    this.#timers.arm(Timer.takeOver, at);
    this.#reason = 'master-silent';
  }

  /** The priority has changed, and with it the length of the silence that is waited for. */
  setPriority(priority: number): void {
    if (this.#reason === 'master-silent' && this.#timers.isArmed(Timer.takeOver)) {
      this.awaitSilence(priority);
    }
  }

  /** The take-over is due, but others shall have their turn before: it comes one interval later. */
  giveWay(now: Instant, reason: TakeOverReason): void {
    // The skew time of version 2 is a part of a second, however short the interval.
    const wait = longest(this.#interval, this.#rules.version === 2 ? seconds(1) : this.#interval);
    this.#timers.arm(Timer.takeOver, after(now, wait));
    this.#reason = reason;
  }

  /** The take-over is due, but somebody else decides when. */
  hold(): void {
    this.#timers.disarm(Timer.takeOver);
  }

  /** True for a while after a pause: what this node is told of the others may be of long ago, in whatever order it comes. */
  isDoubtful(now: Instant): boolean {
    return now < this.#doubtfulUntil;
  }

  /** This node did not run: grants the others time to be heard. The last one of `relistenLimit` is final. */
  relisten(now: Instant, priority: number): void {
    this.#timers.arm(Timer.vigil, after(now, this.#interval));
    const skew = skewTime(priority, this.#interval, this.#rules.version);
    this.#doubtfulUntil = after(after(now, this.#interval), skew);
    if (this.#relistens >= relistenLimit) return;
    this.#relistens += 1;
    this.#relistenUntil = this.#doubtfulUntil;
    if (this.#reason === 'preempted-lower-priority') this.awaitSilence(priority);
    else if (this.takeOverAt < this.#relistenUntil || !this.#timers.isArmed(Timer.takeOver)) {
      this.#timers.arm(Timer.takeOver, this.#relistenUntil);
    }
  }

  /** After a pause as master: nothing is known of the others, and nobody waits for a whole master-down interval. */
  listenBriefly(now: Instant, priority: number, interval: Duration): void {
    this.listen(now, priority, interval);
    this.relisten(now, priority);
    this.#timers.arm(Timer.takeOver, this.#relistenUntil);
  }

  stop(): void {
    this.#timers.disarmAll();
  }

  get deadline(): Instant {
    return this.#timers.next;
  }

  /** Why this node takes over now, undefined if it does not. */
  handleDeadline(now: Instant): TakeOverReason | undefined {
    if (this.#timers.takeDue(Timer.vigil, now)) {
      this.#timers.arm(Timer.vigil, after(now, this.#interval));
    }
    return this.#timers.takeDue(Timer.takeOver, now) ? this.#reason : undefined;
  }
}
