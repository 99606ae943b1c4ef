import type { Instant } from '../../../director/base/time.js';
import type { CheckerConfig } from '../../config/checker-config.js';

/** What a check tells of its server when that changes. */
export interface CheckListener {
  up(): void;
  down(reason: string): void;
  weight(change: number): void;
  /** A failure that changes nothing; void when it says nothing about the server. */
  failed(reason: string, isVoid: boolean): void;
  /** Its deadline has changed, or it has told something. */
  changed(): void;
}

/** How a check is, for people. */
export interface CheckSnapshot {
  readonly isUp: boolean;
  /** False before the first result: until then `isUp` is what the configuration assumes. */
  readonly hasRun: boolean;
  /** True while `ha_suspend` lets it rest. */
  readonly isSuspended: boolean;
  /** Why the last check failed; undefined after a success. */
  readonly reason: string | undefined;
  readonly weightChange: number;
  readonly checks: number;
  /** Checks without an answer while this node was cut off, which say nothing. */
  readonly voids: number;
}

/** One health checker of one real server, at work. */
export interface Check {
  readonly config: CheckerConfig;
  readonly isUp: boolean;
  readonly weightChange: number;
  readonly deadline: Instant;
  start(now: Instant): void;
  /** Does what is due. */
  serve(now: Instant): void;
  /** The way to the network is back. */
  hurry(now: Instant): void;
  setSuspended(now: Instant, isSuspended: boolean): void;
  /** True when a configuration asks the same question as this check's, so that it may go on with it. */
  canAdopt(config: CheckerConfig): boolean;
  /** Goes on by another configuration that asks the same question. */
  adopt(now: Instant, config: CheckerConfig): void;
  snapshot(): CheckSnapshot;
  /** Ends it; nothing is told afterwards. */
  close(): void;
}
