import type { HmacSha256 } from '../../director/base/hmac.js';
import { assert } from '../../director/base/invariant.js';
import { toSeconds, type Duration } from '../../director/base/time.js';
import {
  cutHmac,
  readTrailer,
  signedBytes,
  writeTrailer,
  type Trailer,
  type TrailerOrigin,
} from './auth-trailer.js';
import { isAfter, ReplayMarks } from './replay-marks.js';

/** A secret that routers share, and the number by which messages name it. */
export interface AuthenticationKey {
  /** 0 to 255. */
  readonly id: number;
  /** keepalived takes 32 to 64 bytes. */
  readonly key: Uint8Array;
}

/** An `auth_hmac` block. */
export interface AuthenticatorConfig {
  /** All are accepted from others; ids differ. */
  readonly keys: readonly AuthenticationKey[];
  /** The id of the one to sign with. */
  readonly activeKey: number;
  /**
   * `time`: a message must be of now, give or take the window, and newer than the last one of its sender. `monotonic`:
   * only the latter, for routers without a common clock.
   */
  readonly antiReplay: 'time' | 'monotonic';
  /** Whole seconds. */
  readonly timeWindow: Duration;
  /**
   * The steps by which a running cluster gets authentication. `receive-only` sends no trailer; `permissive` sends one; both
   * accept messages without. `enforce` sends and demands one. A trailer that is there must always be right.
   */
  readonly mode: 'enforce' | 'permissive' | 'receive-only';
}

/**
 * Why a message did not pass: it has no trailer, one that is not of the form (`auth-malformed`), one of a key that we do
 * not have (`auth-key`), of a wrong HMAC, of a time outside the window, or of a message that we have had already.
 */
export type TrailerReason =
  | 'auth-missing'
  | 'auth-malformed'
  | 'auth-key'
  | 'auth-hmac'
  | 'auth-stale'
  | 'auth-replay';

/** More than the directors of a cluster: senders whose last sequence number is remembered. keepalived has 4. */
export const mostReplayMarks = 32;

/**
 * Signs the advertisements of one virtual router and checks those of others, as keepalived's `auth_hmac` does. Over
 * unicast and multicast alike every sender has a mark of its own.
 *
 * The sequence is the wall clock, or the last number and one more when the clock has not moved. Nothing is stored: a
 * sender that restarts goes on where the clock is. In `time` mode a clock that was set back by more than the window starts
 * the sequence anew, and receivers drop a mark that lies outside the window, because the window guards against everything
 * that the mark did.
 *
 * The checks that cost nothing come before the HMAC, and marks move after it: a flood of forgeries neither costs much nor
 * moves anything.
 */
export class Authenticator {
  #config: AuthenticatorConfig;
  readonly #hmac: HmacSha256;
  readonly #marks = new ReplayMarks(mostReplayMarks);
  #sequence = 0n;

  constructor(config: AuthenticatorConfig, hmac: HmacSha256) {
    checkConfig(config);
    this.#config = config;
    this.#hmac = hmac;
  }

  /** Other keys, modes or windows from now on; sequence and marks stay, so that nothing old becomes new again. */
  configure(config: AuthenticatorConfig): void {
    checkConfig(config);
    this.#config = config;
  }

  /** The trailer of a message of ours; empty when the mode sends none. `wallClock` counts from 1970. */
  sign(body: Uint8Array, origin: TrailerOrigin, wallClock: Duration): Uint8Array {
    const { mode, activeKey } = this.#config;
    if (mode === 'receive-only') return new Uint8Array();
    this.#sequence = this.#nextSequence(wallClock);
    const unsigned = { keyId: activeKey, sequence: this.#sequence };
    const hmac = this.#hmacOf(body, origin, unsigned);
    assert(hmac !== undefined, 'the active key is one of the keys');
    return writeTrailer({ ...unsigned, hmac });
  }

  /** Judges the trailer of a message; undefined when it may pass, and then its sender's mark has moved. */
  verify(
    body: Uint8Array,
    bytes: Uint8Array,
    origin: TrailerOrigin,
    wallClock: Duration,
  ): TrailerReason | undefined {
    if (bytes.length === 0) return this.#config.mode === 'enforce' ? 'auth-missing' : undefined;
    const trailer = readTrailer(bytes);
    if (trailer === undefined) return 'auth-malformed';
    if (this.#isOutsideWindow(trailer.sequence, wallClock)) return 'auth-stale';
    const hmac = this.#hmacOf(body, origin, trailer);
    if (hmac === undefined) return 'auth-key';
    if (!areEqual(hmac, trailer.hmac)) return 'auth-hmac';

    const mark = this.#marks.get(origin.source);
    const isMarkValid = mark !== undefined && !this.#isOutsideWindow(mark, wallClock);
    if (isMarkValid && !isAfter(trailer.sequence, mark)) return 'auth-replay';
    this.#marks.set(origin.source, trailer.sequence);
    return undefined;
  }

  #hmacOf(
    body: Uint8Array,
    origin: TrailerOrigin,
    trailer: Pick<Trailer, 'keyId' | 'sequence'>,
  ): Uint8Array | undefined {
    const key = this.#config.keys.find(({ id }) => id === trailer.keyId);
    if (key === undefined) return undefined;
    return cutHmac(this.#hmac(key.key, signedBytes(origin, body, trailer)));
  }

  #nextSequence(wallClock: Duration): bigint {
    const clock = sequenceOf(wallClock);
    const isClockBehind = !isAfter(clock, this.#sequence);
    if (!isClockBehind || this.#isOutsideWindow(this.#sequence, wallClock)) return clock;
    return BigInt.asUintN(64, this.#sequence + 1n);
  }

  /** In `time` mode: whether the second of a sequence number is too far from the clock's, either way. */
  #isOutsideWindow(sequence: bigint, wallClock: Duration): boolean {
    if (this.#config.antiReplay === 'monotonic') return false;
    const age = secondOf(sequenceOf(wallClock)) - secondOf(sequence);
    return Math.abs(age | 0) > toSeconds(this.#config.timeWindow);
  }
}

function checkConfig({ keys, activeKey, timeWindow }: AuthenticatorConfig): void {
  assert(new Set(keys.map(({ id }) => id)).size === keys.length, 'every key has its own id');
  assert(
    keys.some(({ id }) => id === activeKey),
    'the active key is one of the keys',
  );
  assert(timeWindow > 0, 'the time window is not empty');
}

/** A sequence number of which the counter is zero. */
function sequenceOf(wallClock: Duration): bigint {
  const second = Math.floor(toSeconds(wallClock));
  const fraction = Math.floor(((wallClock % 1_000_000) * 0x1_0000) / 1_000_000);
  return BigInt.asUintN(64, (BigInt(second) << 32n) | (BigInt(fraction) << 16n));
}

const secondOf = (sequence: bigint): number => Number(sequence >> 32n);

/** Looks at all bytes, so that the time it takes says nothing about where they differ. */
function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}
