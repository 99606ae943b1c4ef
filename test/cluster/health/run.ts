import { Checker, type CheckerRules, type ProbeResult } from '../../../cluster/health/checker.js';
import { Prng } from '../../../director/base/prng.js';
import {
  after,
  instant,
  milliseconds,
  seconds,
  type Instant,
} from '../../../director/base/time.js';

/** keepalived's defaults with round numbers, and nothing left to chance. */
export const plainRules: CheckerRules = {
  delayLoop: seconds(10),
  retry: 2,
  delayBeforeRetry: seconds(3),
  warmup: seconds(0),
  alpha: false,
  paced: 'from-end',
  steps: 1,
  confirmsRecovery: false,
  fastRecovery: false,
};

/** What happened, as `SECONDS WHAT`. */
export type Trace = string[];

/** A server, as a checker sees it: what the check that begins then finds. */
export type Server = (second: number, step: number) => ProbeResult['kind'] | ProbeResult;

/** Drives a checker in virtual time. */
export class CheckerRun {
  readonly checker: Checker;
  readonly trace: Trace = [];
  readonly #server: Server;
  readonly #durationMs: number;
  #now: Instant = instant(0);

  constructor(rules: Partial<CheckerRules>, server: Server, durationMs = 0) {
    this.checker = new Checker({ ...plainRules, ...rules }, new Prng(1));
    this.#server = server;
    this.#durationMs = durationMs;
  }

  get now(): Instant {
    return this.#now;
  }

  get second(): number {
    return this.#now / 1_000_000;
  }

  /** Starts the checker so that, without warm-up, its first check begins at second 1. */
  start(): this {
    this.checker.start(this.#now);
    this.#drain();
    return this;
  }

  /** Lets everything happen that is due until then. */
  until(second: number): this {
    const end = instant(second * 1_000_000);
    while (this.checker.deadline <= end) {
      this.#now = this.checker.deadline;
      this.checker.handleDeadline(this.#now);
      this.#drain();
    }
    this.#now = end;
    return this;
  }

  #drain(): void {
    for (;;) {
      const effect = this.checker.effects.shift();
      if (effect === undefined) return;
      if (effect.kind === 'probe') this.#answer(effect.step);
      else if (effect.kind === 'weight') this.trace.push(`${this.second} weight ${effect.change}`);
      else if (effect.kind === 'failed') {
        this.trace.push(`${this.second} ${effect.isVoid ? 'void' : 'failed'}`);
      } else this.trace.push(`${this.second} ${effect.kind}`);
    }
  }

  #answer(step: number): void {
    this.trace.push(`${this.second} ask${step === 0 ? '' : ` ${step}`}`);
    const found = this.#server(this.second, step);
    this.#now = after(this.#now, milliseconds(this.#durationMs));
    this.checker.handleResult(this.#now, resultOf(found));
  }
}

const resultOf = (found: ProbeResult['kind'] | ProbeResult): ProbeResult => {
  if (typeof found !== 'string') return found;
  return found === 'success' ? { kind: found } : { kind: found, reason: 'as the test says' };
};

/** A server that is dead in these seconds. */
export const deadBetween =
  (first: number, last: number): Server =>
  (second) =>
    second >= first && second < last ? 'failure' : 'success';
