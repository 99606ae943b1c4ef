import { seconds, type Duration, type Instant } from '../../../director/base/time.js';
import { Isolation } from '../../health/isolation.js';
import type { Abandon } from './probe.js';

/** How long hosts on the link have to answer. */
export const AnswerTime = seconds(1);

/** What evidence needs of its node. */
export interface EvidencePorts {
  /** Calls back once, after so long, unless the answer is called before. */
  wait(length: Duration, act: () => void): Abandon;
  /** Sends questions that every living host on the links answers. */
  askAround(): void;
}

/** Tells a server that is silent from a node that is cut off. See `Isolation` for the rule. */
export class Evidence {
  readonly #isolation = new Isolation();
  readonly #ports: EvidencePorts;
  /** Those who wait for anybody to be heard. */
  readonly #waiting = new Set<() => void>();

  constructor(ports: EvidencePorts) {
    this.#ports = ports;
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
      giveUp();
      this.#waiting.delete(heard);
      decide(isVoid);
    };
    // While others were asked the interface may have lost its carrier: then it says nothing all the same.
    const heard = (): void => settle(this.#isolation.judge(device, beganAt) === 'cut-off');
    const giveUp = this.#ports.wait(AnswerTime, () => settle(true));
    const isAsking = this.#waiting.size > 0;
    this.#waiting.add(heard);
    if (!isAsking) this.#ports.askAround();
    return () => {
      giveUp();
      this.#waiting.delete(heard);
    };
  }
}
