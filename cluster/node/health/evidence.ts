import type { Instant } from '../../../director/base/time.js';
import { Isolation } from '../../health/isolation.js';
import type { Abandon } from './probe.js';

/** How long hosts on the link have to answer. */
const AnswerMs = 1_000;

/** Tells a server that is silent from a node that is cut off. See `Isolation` for the rule. */
export class Evidence {
  readonly #isolation = new Isolation();
  readonly #askAround: () => void;
  /** Those who wait for anybody to be heard. */
  readonly #waiting = new Set<() => void>();

  /** `askAround` sends questions that every living host on the links answers. */
  constructor(askAround: () => void) {
    this.#askAround = askAround;
  }

  /** Something was received from another machine. Called for every frame. */
  hear(now: Instant): void {
    this.#isolation.hear(now);
    if (this.#waiting.size === 0) return;
    for (const settle of this.#waiting) settle();
    this.#waiting.clear();
  }

  /** See `Isolation.setLink`. */
  setLink(now: Instant, device: string, isUp: boolean): boolean {
    return this.#isolation.setLink(now, device, isUp);
  }

  /**
   * Finds out whether a check without an answer is void, asking around when nobody was heard meanwhile. Calls `decide` once,
   * at once or later, unless the answer is called before.
   */
  judge(device: string | undefined, beganAt: Instant, decide: (isVoid: boolean) => void): Abandon {
    const connection = this.#isolation.judge(device, beganAt);
    if (connection !== 'silent') {
      decide(connection === 'cut-off');
      return () => {};
    }
    const settle = (isVoid: boolean): void => {
      clearTimeout(timer);
      this.#waiting.delete(heard);
      decide(isVoid);
    };
    const heard = (): void => settle(false);
    const timer = setTimeout(() => settle(true), AnswerMs);
    const isAsking = this.#waiting.size > 0;
    this.#waiting.add(heard);
    if (!isAsking) this.#askAround();
    return () => {
      clearTimeout(timer);
      this.#waiting.delete(heard);
    };
  }
}
