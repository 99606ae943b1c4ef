import { after, between, seconds, type Duration, type Instant } from '../../base/time.js';
import { foldAddress, hash32 } from './hash32.js';

/** What is remembered of one destination address. */
export interface CacheEntry<T> {
  readonly words: Uint32Array;
  value: T;
  usedAt: Instant;
}

const BucketBits = 10;
const Buckets = 1_024;
/** Above this many entries, ones that are not in use go before their time, as in the kernel. */
const ComfortableEntries = 16_384;
/** And at this many no more are added; the kernel stops only when its memory does. */
const MostEntries = 65_536;
const CheckInterval = seconds(60);
/** What is not in use when there are too many entries. */
const IdleTime = seconds(360);
/** Every so many checks are for the entries' proper expiration. */
const ChecksToExpiration = 30;
/** After a longer pause than so many checks, the earlier ones would have found nothing that the later ones do not. */
const MostMissedChecks = 60;

/**
 * What the locality-based schedulers remember for each destination address, with the kernel's limits (ip_vs_lblc.c,
 * ip_vs_lblcr.c). It has no timer: the checks that the kernel does once a minute are made up for at the next look-up.
 */
export class DestinationCache<T> {
  readonly #buckets: CacheEntry<T>[][] = Array.from({ length: Buckets }, () => []);
  readonly #expiration: () => Duration;
  #size = 0;
  /** The bucket after which the next check starts. */
  #rover = 0;
  #checks = 1;
  #nextCheck: Instant | undefined = undefined;
  /** Addresses that were not remembered because the cache was full. */
  refused = 0;

  /** `expiration` answers how long an entry that is not used is kept: a setting that may change. */
  constructor(expiration: () => Duration) {
    this.#expiration = expiration;
  }

  get size(): number {
    return this.#size;
  }

  /** The entry of an address, from now on the one used last. */
  find(words: Uint32Array, now: Instant): CacheEntry<T> | undefined {
    this.#catchUp(now);
    for (const entry of this.#bucket(words)) {
      if (!sameAddress(entry.words, words)) continue;
      entry.usedAt = now;
      return entry;
    }
    return undefined;
  }

  /** Remembers an address that has no entry yet, or counts that there is no room for it. */
  add(words: Uint32Array, value: T, now: Instant): void {
    if (this.#size >= MostEntries) {
      this.refused += 1;
      return;
    }
    this.#bucket(words).push({ words: words.slice(), value, usedAt: now });
    this.#size += 1;
  }

  #bucket(words: Uint32Array): CacheEntry<T>[] {
    return this.#buckets[hash32(foldAddress(words), BucketBits)] ?? [];
  }

  /** Does the checks that were due up to now. */
  #catchUp(now: Instant): void {
    let due = this.#nextCheck ?? after(now, CheckInterval);
    const missed = Math.floor(between(due, now) / CheckInterval);
    if (missed > MostMissedChecks) {
      due = after(due, seconds(60 * (missed - MostMissedChecks)));
    }
    for (; due <= now; due = after(due, CheckInterval)) this.#check(due);
    this.#nextCheck = due;
  }

  #check(now: Instant): void {
    if (this.#checks % ChecksToExpiration === 0) {
      this.#checks = 1;
      this.#drop(now, this.#expiration(), MostEntries);
    } else if (this.#size <= ComfortableEntries) {
      this.#checks += 1;
    } else {
      const excess = Math.floor(((this.#size - ComfortableEntries) * 4) / 3);
      this.#drop(now, IdleTime, Math.min(excess, ComfortableEntries / 2));
    }
  }

  /** Drops entries that have not been used for `idleTime`, bucket after bucket, until there are `goal` of them. */
  #drop(now: Instant, idleTime: Duration, goal: number): void {
    const oldest = now - idleTime;
    let dropped = 0;
    for (let step = 0; step < Buckets && dropped < goal; step += 1) {
      this.#rover = (this.#rover + 1) % Buckets;
      const bucket = this.#buckets[this.#rover] ?? [];
      const kept = bucket.filter(({ usedAt }) => usedAt > oldest);
      dropped += bucket.length - kept.length;
      this.#buckets[this.#rover] = kept;
    }
    this.#size -= dropped;
  }
}

const sameAddress = (left: Uint32Array, right: Uint32Array): boolean =>
  left[3] === right[3] && left[2] === right[2] && left[1] === right[1] && left[0] === right[0];
