import { assert } from '../../director/base/invariant.js';

/** How many results in a row it takes to change what is believed of a `vrrp_script`. */
export interface ScriptRules {
  /** Successes that make it up, at least 1. */
  readonly rise: number;
  /** Failures that make it down, at least 1. */
  readonly fall: number;
  /** True: down until it has risen. False: nothing is known before the first result, which then decides alone. */
  readonly initFail: boolean;
}

/** From the results of a `vrrp_script`'s runs to up or down, as in keepalived. A run that took too long has failed. */
export class ScriptHealth {
  readonly #rules: ScriptRules;
  #isUp: boolean | undefined;
  /** Results in a row that speak against what is believed. */
  #against = 0;

  constructor(rules: ScriptRules) {
    assert(rules.rise >= 1 && rules.fall >= 1, 'a script rises and falls by at least one result');
    this.#rules = rules;
    this.#isUp = rules.initFail ? false : undefined;
  }

  /** Undefined before the first result. */
  get isUp(): boolean | undefined {
    return this.#isUp;
  }

  /** A run is over. True when it changes what is believed. */
  handleResult(hasSucceeded: boolean): boolean {
    if (this.#isUp === undefined) return this.#become(hasSucceeded);
    if (hasSucceeded === this.#isUp) {
      this.#against = 0;
      return false;
    }
    this.#against += 1;
    const { rise, fall } = this.#rules;
    return this.#against >= (hasSucceeded ? rise : fall) && this.#become(hasSucceeded);
  }

  #become(isUp: boolean): boolean {
    this.#isUp = isUp;
    this.#against = 0;
    return true;
  }
}
