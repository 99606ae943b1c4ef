import { milliseconds, seconds, type Duration } from '../../director/base/time.js';

/** Times and limits of session sync that have good defaults. Every limit has a counter in the snapshot. */
export interface SyncTuning {
  /** The longest that a change waits for others to share its datagram; after a quiet time it does not wait. */
  readonly flushBound: Duration;
  /** Longest datagram sent, in bytes of UDP payload: 576 to 8972. */
  readonly maxLength: number;
  /** Wait before Updates that ask for an Ack are sent again; doubles each time. */
  readonly ackRepeat: Duration;
  /** How often they are sent again at most. */
  readonly ackRepeats: number;
  /** Updates datagrams kept for retransmission. */
  readonly ringSize: number;
  /** Most Updates sent again for one Nack, and in 10 ms for all. */
  readonly nackBatch: number;
  readonly resendsAllowed: number;
  /** The most time between two Hellos; those after the last Updates come sooner, so that a lost tail is noticed. */
  readonly helloInterval: Duration;
  readonly helloAfterUpdates: Duration;
  readonly helloAgain: Duration;
  /** A hole is given this long to fill itself: datagrams overtake one another. */
  readonly nackDelay: Duration;
  /** Wait after the first Nack; doubles up to `nackRetryMax`. */
  readonly nackRetry: Duration;
  readonly nackRetryMax: Duration;
  /** Nacks for a hole that does not shrink before it is given up as a gap. */
  readonly nackAttempts: number;
  /** Datagrams of one peer held behind a hole. */
  readonly holdLimit: number;
  /** A peer not heard for so long may come back with another address, or give its place to another. */
  readonly peerSilence: Duration;
  /** A peer not heard for so long is nobody to wait for. */
  readonly aliveSilence: Duration;
  /** BulkRequest until somebody offers. */
  readonly requestInterval: Duration;
  /** How long offers are collected after the first. */
  readonly offerWindow: Duration;
  /** Without any peer that has a complete table, this node's is complete after so long. */
  readonly soloTimeout: Duration;
  /** Chunks asked for at once, at most 32, and those sent in 10 ms to all who ask. */
  readonly fetchWindow: number;
  readonly chunksAllowed: number;
  /** Wait for the chunks of a fetch; doubles up to `fetchTimeoutMax`. */
  readonly fetchTimeout: Duration;
  readonly fetchTimeoutMax: Duration;
  /** Wait before a chunk that came too late is fetched anew. */
  readonly refetchDelay: Duration;
  /** A donor that sends no chunk for so long is left for another that has offered its table. */
  readonly donorPatience: Duration;
  /** A donor that sends no chunk for so long is given up. */
  readonly donorSilence: Duration;
  /** Keys that a transfer remembers as touched by newer updates. */
  readonly journalLimit: number;
  /** A difference between a peer's digest and ours has to last so long before it is one. */
  readonly divergenceAge: Duration;
  /** Wait after a repair before the next one of the same peer; doubles while differences remain. */
  readonly repairPause: Duration;
  readonly repairPauseMax: Duration;
}

/** For a local network with round trips below 10 ms and up to a million entries. */
export const defaultTuning: SyncTuning = {
  flushBound: milliseconds(20),
  maxLength: 1400,
  ackRepeat: milliseconds(5),
  ackRepeats: 6,
  ringSize: 4096,
  nackBatch: 256,
  resendsAllowed: 1024,
  helloInterval: seconds(1),
  helloAfterUpdates: milliseconds(20),
  helloAgain: milliseconds(80),
  nackDelay: milliseconds(2),
  nackRetry: milliseconds(20),
  nackRetryMax: milliseconds(500),
  nackAttempts: 10,
  holdLimit: 1024,
  peerSilence: seconds(10),
  aliveSilence: milliseconds(2_500),
  requestInterval: milliseconds(200),
  offerWindow: milliseconds(100),
  soloTimeout: seconds(1),
  fetchWindow: 32,
  chunksAllowed: 256,
  fetchTimeout: milliseconds(50),
  fetchTimeoutMax: seconds(1),
  refetchDelay: milliseconds(10),
  donorPatience: milliseconds(200),
  donorSilence: seconds(2),
  journalLimit: 65_536,
  divergenceAge: milliseconds(900),
  repairPause: seconds(2),
  repairPauseMax: seconds(300),
};
