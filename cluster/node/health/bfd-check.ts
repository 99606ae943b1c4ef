import { Never, type Instant } from '../../../director/base/time.js';
import type { BfdCheckConfig, CheckerConfig } from '../../config/checker-config.js';
import { isSame } from '../../config/equality.js';
import type { Check, CheckListener, CheckSnapshot } from '../../member/health/check.js';
import type { Abandon } from '../../member/health/probe.js';
import { now } from '../clock.js';
import type { BfdPlane } from './bfd-plane.js';

/** What a BFD check needs besides its configuration. */
export interface BfdCheckPorts {
  readonly sessions: BfdPlane;
  readonly listener: CheckListener;
  /** See `Evidence.judge`. */
  judge(beganAt: Instant, decide: (isVoid: boolean) => void): Abandon;
}

/**
 * `BFD_CHECK`: a server is up while the session with its neighbour is. It is told, and never asks. When the session expires
 * while this node is cut off, the server keeps what it had until there is somebody who is heard.
 */
export class BfdCheck implements Check {
  readonly deadline = Never;
  readonly weightChange = 0;
  readonly config: BfdCheckConfig;
  readonly #ports: BfdCheckPorts;
  #stop: (() => void) | undefined;
  #abandon: Abandon | undefined;
  #isUp: boolean;
  #isSuspended = false;
  #changes = 0;
  #voids = 0;
  #reason: string | undefined;

  constructor(config: BfdCheckConfig, ports: BfdCheckPorts) {
    this.config = config;
    this.#ports = ports;
    this.#isUp = !config.alpha;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  start(_now: Instant): void {
    this.#stop = this.#ports.sessions.watch(this.config.instance, (isUp, reason) => {
      this.#abandon?.();
      if (isUp) this.#become(true, undefined);
      else this.#doubt(reason);
    });
  }

  serve(_now: Instant): void {}

  hurry(_now: Instant): void {}

  setSuspended(_now: Instant, isSuspended: boolean): void {
    this.#isSuspended = isSuspended;
  }

  canAdopt(config: CheckerConfig): boolean {
    return isSame(config, this.config);
  }

  adopt(_now: Instant, _config: CheckerConfig): void {}

  snapshot(): CheckSnapshot {
    return {
      isUp: this.#isUp,
      hasRun: this.#changes > 0,
      isSuspended: this.#isSuspended,
      reason: this.#reason,
      weightChange: 0,
      checks: this.#changes,
      voids: this.#voids,
    };
  }

  close(): void {
    this.#stop?.();
    this.#abandon?.();
  }

  /** The session is down; whether the server is shows when somebody is heard. */
  #doubt(reason: string): void {
    this.#reason = reason;
    this.#abandon = this.#ports.judge(now(), (isVoid) => {
      if (!isVoid) return this.#become(false, reason);
      this.#voids += 1;
      this.#ports.listener.failed(reason, true);
      const timer = setTimeout(() => this.#doubt(reason), RetryMs);
      this.#abandon = () => clearTimeout(timer);
    });
  }

  #become(isUp: boolean, reason: string | undefined): void {
    if (this.#isSuspended) return;
    const isNews = isUp !== this.#isUp || (this.#changes === 0 && !isUp);
    this.#changes += 1;
    this.#reason = reason;
    this.#isUp = isUp;
    if (!isNews) return;
    if (isUp) this.#ports.listener.up();
    else this.#ports.listener.down(reason ?? '');
    this.#ports.listener.changed();
  }
}

/** How often a node that is cut off looks whether it still is. */
const RetryMs = 1_000;
