import type { Log, LogFields } from '../../director/base/log.js';
import type { Instant } from '../../director/base/time.js';
import type { Packet } from '../../director/wire/packet.js';
import type { EventQueue } from './event-queue.js';

/** Something worth reading that has happened at a node, or to the whole. */
export interface TraceLine {
  readonly at: Instant;
  readonly who: string;
  readonly text: string;
}

/** Lines kept; a longer run goes on in the hash alone. */
const MostLines = 100_000;

/**
 * What happened, in two forms: lines for people, and a hash over every frame that was delivered and every line. Two runs
 * with the same hash are the same run.
 */
export class Trace {
  readonly lines: TraceLine[] = [];
  /** How many frames were delivered. */
  frames = 0;
  readonly #queue: EventQueue;
  readonly #isVerbose: boolean;
  #first = 0x243f_6a88;
  #second = 0x85a3_08d3;

  /** With `isVerbose` what machines log for debugging is kept, too. */
  constructor(queue: EventQueue, isVerbose: boolean) {
    this.#queue = queue;
    this.#isVerbose = isVerbose;
  }

  /** 16 digits. */
  get hash(): string {
    return hexOf(this.#first) + hexOf(this.#second);
  }

  /** A frame has come out of a channel. */
  delivered(channel: number, { view, start, end }: Packet): void {
    this.frames += 1;
    const { now } = this.#queue;
    this.#mix(now >>> 0);
    this.#mix(Math.floor(now / 0x1_0000_0000));
    // One chain for the bytes, because there are many of them.
    let hash = channel;
    let offset = start;
    for (; offset + 4 <= end; offset += 4) {
      hash = Math.imul(hash ^ view.getInt32(offset), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    for (; offset < end; offset += 1) {
      hash = Math.imul(hash ^ view.getUint8(offset), 0x85eb_ca77);
      hash ^= hash >>> 13;
    }
    this.#mix(hash);
  }

  note(who: string, text: string): void {
    const { now } = this.#queue;
    this.#mix(now >>> 0);
    for (let index = 0; index < text.length; index += 1) this.#mix(text.charCodeAt(index));
    if (this.lines.length < MostLines) this.lines.push({ at: now, who, text });
  }

  log(who: string): Log {
    const note = (message: string, fields: LogFields = {}): void => {
      const facts = Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}=${String(value)}`],
      );
      this.note(who, [message, ...facts].join(' '));
    };
    const debug = this.#isVerbose ? note : (): void => {};
    return { debug, info: debug, warn: note };
  }

  #mix(word: number): void {
    const first = Math.imul(this.#first ^ word, 0x9e37_79b1);
    this.#first = first ^ (first >>> 15);
    const second = Math.imul((this.#second + word) | 0, 0x85eb_ca77);
    this.#second = (second ^ (second >>> 13)) + this.#first;
  }
}

const hexOf = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** A moment of a run as `12.345678`: seconds. */
export const clockText = (at: number): string => (at / 1_000_000).toFixed(6);
