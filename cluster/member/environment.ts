import type { HmacSha256 } from '../../director/base/hmac.js';
import type { Log } from '../../director/base/log.js';
import type { Duration, Instant } from '../../director/base/time.js';
import type { EventSink } from './events.js';

/** What the machines of a node have from outside: the process of a director, or the simulator. */
export interface Environment {
  /** The monotonic clock. It moves between two calls, and never goes back. */
  now(): Instant;
  /** The wall clock, since the epoch; people and their programs may set it at any moment. */
  wallClock(): Duration;
  readonly hmac: HmacSha256;
  /** Bytes that nobody can foresee. */
  nonce(length: number): Uint8Array;
  readonly log: Log;
  readonly timeline: EventSink;
}
