import { assert } from '../../director/base/invariant.js';
import type { Prng } from '../../director/base/prng.js';
import {
  after,
  latest,
  longest,
  microseconds,
  Never,
  seconds,
  type Duration,
  type Instant,
} from '../../director/base/time.js';

/** keepalived's BOOTSTRAP_DELAY: from the start of the node to its first check, warm-up aside. */
export const BootstrapDelay = seconds(1);

/** When a checker asks, and what it takes to change its mind. */
export interface CheckerRules {
  /** From one check to the next, while nothing is wrong or everything is. */
  readonly delayLoop: Duration;
  /** Failures in a row, beyond the first, before a server that is up counts as down. */
  readonly retry: number;
  /** Before such a further check. */
  readonly delayBeforeRetry: Duration;
  /** The first check waits a random part of this. */
  readonly warmup: Duration;
  /** Down until the first success, instead of up until the first failure. */
  readonly alpha: boolean;
  /** What `delayLoop` is counted from: the end of a check, or for programs its start. */
  readonly paced: 'from-end' | 'from-start';
  /** How many questions there are, one a check, and each has to be answered well: the URLs of HTTP_GET. */
  readonly steps: number;
  /**
   * HTTP_GET's way back: the step that failed has to succeed, and then every step once more, before the server is up.
   */
  readonly confirmsRecovery: boolean;
  /** `fast_recovery`: on the way up there is no delay between the steps. */
  readonly fastRecovery: boolean;
}

/** What came of a check. */
export type ProbeResult =
  | {
      readonly kind: 'success';
      /** By how much it moves the server's weight; absent for checkers that have no part in it. */
      readonly weightChange?: number;
    }
  | { readonly kind: 'failure'; readonly reason: string }
  /** No answer, but this node is cut off: it says nothing about the server. */
  | { readonly kind: 'void'; readonly reason: string };

/** What a checker wants done, or has found. */
export type CheckerEffect =
  /** Ask question number `step`, from 0, and hand the answer to `handleResult`. */
  | { readonly kind: 'probe'; readonly step: number }
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly reason: string }
  /** A failure that changes nothing, for `log_all_failures`. */
  | { readonly kind: 'failed'; readonly reason: string; readonly isVoid: boolean }
  | { readonly kind: 'weight'; readonly change: number };

/** How a checker is, for people. */
export interface CheckerSnapshot {
  readonly isUp: boolean;
  /** False before the first result. */
  readonly hasRun: boolean;
  readonly isSuspended: boolean;
  /** Failures in a row that have not yet made it down. */
  readonly failures: number;
  readonly weightChange: number;
  /** Why the last check failed; undefined after a success. */
  readonly reason: string | undefined;
  /** Since when it is up or down. */
  readonly since: Instant;
  readonly checks: number;
  /** Failures that said nothing because the node was cut off. */
  readonly voids: number;
}

/**
 * One health checker of a real server, as keepalived's work: it asks again and again, believes one success, and believes
 * failures when there were `retry` more of them. The first result decides alone.
 *
 *     waiting ──deadline: probe──▶ asking ──result──▶ waiting: delayLoop, or delayBeforeRetry while in doubt
 *        └────────suspend────▶ suspended ◀────suspend────┘   (a result that comes then is not counted)
 *
 * A result that is `void` counts neither way: the check is repeated after `delayBeforeRetry`.
 */
export class Checker {
  readonly effects: CheckerEffect[] = [];
  #rules: CheckerRules;
  readonly #prng: Prng;
  #deadline: Instant = Never;
  #isAsking = false;
  #isSuspended = false;
  #askedAt: Instant = Never;
  #isUp: boolean;
  #hasRun = false;
  #failures: number;
  #step = 0;
  /** The step that made it down, until that succeeds. */
  #failedStep: number | undefined;
  #weightChange = 0;
  #reason: string | undefined;
  #since: Instant = Never;
  #checks = 0;
  #voids = 0;

  constructor(rules: CheckerRules, prng: Prng) {
    assert(rules.steps >= 1, 'a checker asks at least one question');
    assert(rules.retry >= 0, 'retries are counted from 0');
    this.#rules = rules;
    this.#prng = prng;
    this.#isUp = !rules.alpha;
    this.#failures = rules.retry;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get hasRun(): boolean {
    return this.#hasRun;
  }

  get weightChange(): number {
    return this.#weightChange;
  }

  /** When `handleDeadline` has something to do, or `Never`. */
  get deadline(): Instant {
    return this.#deadline;
  }

  snapshot(): CheckerSnapshot {
    return {
      isUp: this.#isUp,
      hasRun: this.#hasRun,
      isSuspended: this.#isSuspended,
      failures: this.#hasRun ? this.#failures : 0,
      weightChange: this.#weightChange,
      reason: this.#reason,
      since: this.#since,
      checks: this.#checks,
      voids: this.#voids,
    };
  }

  /** Begins: the first check comes after the bootstrap delay and the warm-up. */
  start(now: Instant): void {
    assert(this.#since === Never, 'a checker starts once');
    this.#since = now;
    const part = this.#prng.uint32() / 0x1_0000_0000;
    const warmup = microseconds(this.#rules.warmup * part);
    if (!this.#isSuspended) this.#deadline = after(after(now, BootstrapDelay), warmup);
  }

  /** The time for a check has come. */
  handleDeadline(now: Instant): void {
    assert(this.#deadline <= now, 'a check is due');
    this.#isAsking = true;
    this.#deadline = Never;
    this.#askedAt = now;
    this.#checks += 1;
    this.effects.push({ kind: 'probe', step: this.#step });
  }

  /** The answer to the last `probe`. One that was not asked for, or comes while it is suspended, is not counted. */
  handleResult(now: Instant, result: ProbeResult): void {
    if (!this.#isAsking) return;
    this.#isAsking = false;
    if (this.#isSuspended) return;
    switch (result.kind) {
      case 'success':
        return this.#succeed(now, result.weightChange);
      case 'failure':
        return this.#fail(now, result.reason);
      default:
        return this.#learnNothing(now, result.reason);
    }
  }

  /** The node has its way to the network back: what is in doubt is asked at once. */
  hurry(now: Instant): void {
    const isInDoubt = !this.#isUp || this.#reason !== undefined;
    if (this.#deadline !== Never && isInDoubt) this.#deadline = now;
  }

  /** `ha_suspend`: asks nothing and keeps what it believes. */
  suspend(): void {
    this.#isSuspended = true;
    this.#deadline = Never;
  }

  /** Goes on, with a check at once. */
  resume(now: Instant): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    // Before the start, and while an answer is still awaited, there is nothing to hurry.
    if (this.#since === Never) return;
    this.#isAsking = false;
    this.#deadline = now;
  }

  /**
   * Takes other rules for the same questions, in the middle of its work: what it believes stays, as over a reload of
   * keepalived, and a failure more decides when the new rules allow no more retries than there have been.
   */
  adopt(now: Instant, rules: CheckerRules): void {
    assert(rules.steps === this.#rules.steps, 'other questions take another checker');
    const wasFresh = !this.#hasRun;
    this.#rules = rules;
    this.#failures = wasFresh ? rules.retry : Math.min(this.#failures, rules.retry);
    if (this.#deadline === Never) return;
    const soonest = after(now, rules.delayLoop);
    if (this.#deadline > soonest) this.#deadline = soonest;
  }

  #succeed(now: Instant, weightChange: number | undefined): void {
    this.#reason = undefined;
    const wasFresh = !this.#hasRun;
    if (weightChange !== undefined) this.#setWeightChange(weightChange);
    this.#failures = wasFresh && this.#step < this.#rules.steps - 1 ? this.#rules.retry : 0;
    if (this.#failedStep !== undefined && this.#rules.confirmsRecovery) {
      // The step that failed succeeds: now all of them are asked.
      this.#failedStep = undefined;
      this.#step = 0;
    } else if (this.#step < this.#rules.steps - 1) {
      this.#step += 1;
    } else {
      this.#step = 0;
      this.#hasRun = true;
      if (!this.#isUp) this.#become(now, true);
    }
    const isOnTheWayUp = (!this.#isUp || !this.#hasRun) && this.#rules.fastRecovery;
    this.#wait(now, isOnTheWayUp ? microseconds(0) : this.#rules.delayLoop);
  }

  #fail(now: Instant, reason: string): void {
    this.#reason = reason;
    const { retry, delayLoop, delayBeforeRetry } = this.#rules;
    const isDecided = this.#hasRun && !this.#isUp;
    if (!isDecided && this.#failures < retry) {
      this.#failures += 1;
      this.effects.push({ kind: 'failed', reason, isVoid: false });
      this.#wait(now, delayBeforeRetry);
      return;
    }
    if (!isDecided) {
      this.#hasRun = true;
      this.#setWeightChange(0);
      this.#become(now, false, reason);
    }
    this.#failures = 0;
    this.#failedStep = this.#step;
    const isSlow = this.#rules.confirmsRecovery;
    this.#wait(now, isSlow ? longest(delayLoop, delayBeforeRetry) : delayLoop);
  }

  #learnNothing(now: Instant, reason: string): void {
    this.#reason = reason;
    this.#voids += 1;
    this.effects.push({ kind: 'failed', reason, isVoid: true });
    this.#wait(now, this.#rules.delayBeforeRetry);
  }

  /** One that starts as down says so with its first failure, which changes nothing but has to be told. */
  #become(now: Instant, isUp: boolean, reason = ''): void {
    if (this.#isUp !== isUp) this.#since = now;
    this.#isUp = isUp;
    this.effects.push(isUp ? { kind: 'up' } : { kind: 'down', reason });
  }

  #setWeightChange(change: number): void {
    if (change === this.#weightChange) return;
    this.#weightChange = change;
    this.effects.push({ kind: 'weight', change });
  }

  #wait(now: Instant, delay: Duration): void {
    const start = this.#rules.paced === 'from-start' ? this.#askedAt : now;
    this.#deadline = latest(now, after(start, delay));
  }
}
