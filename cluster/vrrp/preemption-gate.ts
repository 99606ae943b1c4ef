import { after, Never, type Duration, type Instant } from '../../director/base/time.js';

/** When this node takes over from a living master of lower priority. */
export interface PreemptionConfig {
  readonly preempt: boolean;
  readonly preemptDelay: Duration;
}

/**
 * Whether this node may take over from a living master of lower priority.
 *
 * A node that starts has an empty connection table: if it took over from a living master, it would break every
 * connection that it does not know. The same goes for one that has been cut off, or has not run, for a while. So the
 * gate is closed until the table is complete. A master of lower priority is then treated like an equal, as with
 * `nopreempt`; when it falls silent this node takes over regardless, though after all others,
 * because a cold director is better than none.
 *
 * `preempt_delay` is keepalived's: it counts from the moment when both are there, the complete table and a living
 * master of lower priority, and starts anew when that master was outranked in between.
 */
export class PreemptionGate {
  readonly #config: PreemptionConfig;
  #tableComplete = false;
  #masterIsLower = false;
  /** When the delay is over; undefined while it does not run. */
  #opensAt: Instant | undefined;
  #isDelayOver = false;

  constructor(config: PreemptionConfig) {
    this.#config = config;
  }

  get isOpen(): boolean {
    const { preempt, preemptDelay } = this.#config;
    return preempt && this.#tableComplete && (preemptDelay === 0 || this.#isDelayOver);
  }

  get isTableComplete(): boolean {
    return this.#tableComplete;
  }

  /** Nothing is missing from the connection table. */
  allow(now: Instant): void {
    this.#tableComplete = true;
    this.#countDown(now);
  }

  /** Something may be missing from the connection table. */
  close(): void {
    this.#tableComplete = false;
    this.#stopCounting();
  }

  /** This node begins to listen: it has seen no master yet. */
  forgetMaster(): void {
    this.#masterIsLower = false;
    this.#stopCounting();
  }

  /** A living master has been heard, or its rank or ours has changed. */
  seeMaster(now: Instant, isLower: boolean): void {
    this.#masterIsLower = isLower;
    if (isLower) this.#countDown(now);
    else this.#stopCounting();
  }

  get deadline(): Instant {
    return this.#isDelayOver ? Never : (this.#opensAt ?? Never);
  }

  /** True when the delay is over just now. */
  handleDeadline(now: Instant): boolean {
    if (this.deadline > now) return false;
    this.#isDelayOver = true;
    return true;
  }

  #countDown(now: Instant): void {
    const { preempt, preemptDelay } = this.#config;
    if (!preempt || preemptDelay === 0 || this.#opensAt !== undefined) return;
    if (this.#tableComplete && this.#masterIsLower) this.#opensAt = after(now, preemptDelay);
  }

  #stopCounting(): void {
    this.#opensAt = undefined;
    this.#isDelayOver = false;
  }
}
