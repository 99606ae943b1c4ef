import { assert } from '../../../director/base/invariant.js';
import type { Prng } from '../../../director/base/prng.js';
import type { Instant } from '../../../director/base/time.js';
import type {
  BfdCheckConfig,
  CheckerConfig,
  CheckTiming,
  FileCheckConfig,
} from '../../config/checker-config.js';
import { isSame } from '../../config/equality.js';
import {
  Checker,
  type CheckerEffect,
  type CheckerRules,
  type ProbeResult,
} from '../../health/checker.js';
import type { Check, CheckListener, CheckSnapshot } from './check.js';
import type { Abandon, Probe } from './probe.js';

/** The checkers that ask. */
export type ActiveConfig = Exclude<CheckerConfig, FileCheckConfig | BfdCheckConfig>;

/** What an active check needs besides its configuration. */
export interface ActivePorts {
  readonly probe: Probe;
  now(): Instant;
  readonly prng: Prng;
  readonly listener: CheckListener;
  /**
   * Finds out whether a check that began then and has had no answer says anything about the server. Calls `decide` once, at
   * once or later, unless the answer is called before.
   */
  judge(beganAt: Instant, decide: (isVoid: boolean) => void): Abandon;
}

/** A check that asks: the pure machine with a probe and the clock. */
export class ActiveCheck implements Check {
  #config: ActiveConfig;
  readonly #machine: Checker;
  readonly #ports: ActivePorts;
  #abandon: Abandon | undefined;
  #isClosed = false;

  constructor(config: ActiveConfig, ports: ActivePorts) {
    this.#config = config;
    this.#machine = new Checker(rulesOf(config), ports.prng);
    this.#ports = ports;
  }

  get config(): ActiveConfig {
    return this.#config;
  }

  get isUp(): boolean {
    return this.#machine.isUp;
  }

  get weightChange(): number {
    return this.#machine.weightChange;
  }

  get deadline(): Instant {
    return this.#machine.deadline;
  }

  start(at: Instant): void {
    this.#machine.start(at);
  }

  serve(at: Instant): void {
    if (this.#machine.deadline <= at) this.#machine.handleDeadline(at);
    this.#applyEffects();
  }

  hurry(at: Instant): void {
    this.#machine.hurry(at);
  }

  setSuspended(at: Instant, isSuspended: boolean): void {
    if (isSuspended) this.#machine.suspend();
    else this.#machine.resume(at);
  }

  canAdopt(config: CheckerConfig): boolean {
    return isSame(questionOf(config), questionOf(this.#config));
  }

  adopt(at: Instant, config: CheckerConfig): void {
    assert(isActive(config) && this.canAdopt(config), 'a check goes on with its question');
    this.#config = config;
    this.#machine.adopt(at, rulesOf(config));
  }

  snapshot(): CheckSnapshot {
    return this.#machine.snapshot();
  }

  close(): void {
    this.#isClosed = true;
    this.#abandon?.();
  }

  #applyEffects(): void {
    for (;;) {
      const effect = this.#machine.effects.shift();
      if (effect === undefined) return;
      this.#apply(effect);
    }
  }

  #apply(effect: CheckerEffect): void {
    const { listener } = this.#ports;
    switch (effect.kind) {
      case 'probe':
        return this.#ask(effect.step);
      case 'up':
        return listener.up();
      case 'down':
        return listener.down(effect.reason);
      case 'weight':
        return listener.weight(effect.change);
      default:
        return listener.failed(effect.reason, effect.isVoid);
    }
  }

  #ask(step: number): void {
    this.#abandon?.();
    const beganAt = this.#ports.now();
    this.#abandon = this.#ports.probe(step, (answer) => {
      if (this.#isClosed) return;
      if (answer.kind === 'success') return this.#conclude(answer);
      const { reason, isAnswered } = answer;
      if (isAnswered) return this.#conclude({ kind: 'failure', reason });
      this.#abandon = this.#ports.judge(beganAt, (isVoid) =>
        this.#conclude({ kind: isVoid ? 'void' : 'failure', reason }),
      );
    });
  }

  #conclude(result: ProbeResult): void {
    this.#machine.handleResult(this.#ports.now(), result);
    this.#applyEffects();
    this.#ports.listener.changed();
  }
}

const isActive = (config: CheckerConfig): config is ActiveConfig =>
  config.kind !== 'FILE_CHECK' && config.kind !== 'BFD_CHECK';

/** What a checker asks, without when. */
function questionOf(config: CheckerConfig): object {
  if (!isActive(config)) return config;
  return { ...config, ...AnyTime };
}

/** Instead of the timing of a checker. */
const AnyTime: Readonly<Record<keyof CheckTiming, undefined>> = {
  delayLoop: undefined,
  retry: undefined,
  delayBeforeRetry: undefined,
  warmup: undefined,
  alpha: undefined,
  logAllFailures: undefined,
};

/** A checker's rules in the machine's words. */
function rulesOf(config: ActiveConfig): CheckerRules {
  const { delayLoop, retry, delayBeforeRetry, warmup, alpha, kind } = config;
  const isHttp = kind === 'HTTP_GET' || kind === 'SSL_GET';
  return {
    delayLoop,
    retry,
    delayBeforeRetry,
    warmup,
    alpha,
    paced: kind === 'MISC_CHECK' ? 'from-start' : 'from-end',
    steps: isHttp ? config.urls.length : 1,
    confirmsRecovery: isHttp,
    fastRecovery: isHttp && config.fastRecovery,
  };
}
