import { after, microseconds, Never, type Instant } from '../../director/base/time.js';
import type { SyncEffect } from './effects.js';
import type { PeerStream } from './peer-stream.js';
import type { SyncTuning } from './tuning.js';

/**
 * What peers have acknowledged of this node's Updates, and the question that is still open.
 *
 *     flush(acknowledge) ─▶ Updates 7, "acknowledge" ══▶ applied … 6, 7 ─▶ Ack 7 ══▶ `acknowledged` 7
 *                       5 ms without an Ack of anyone ─▶ Updates 7 once more; 10 ms, 20 ms … six times
 *
 * One peer is enough: what a second node knows survives the death of this one. The latest question covers all earlier
 * ones, because an Ack speaks for everything up to its sequence; and a hole before it is repaired by Nacks. So only the
 * latest is repeated.
 */
export class Acknowledgements {
  /** Questions asked again. */
  repeats = 0;
  /** Questions given up without an answer. */
  unanswered = 0;

  readonly #effects: SyncEffect[];
  readonly #tuning: SyncTuning;
  #acknowledged = 0;
  #asked = 0;
  #attempts = 0;
  #repeatAt: Instant = Never;

  constructor(effects: SyncEffect[], tuning: SyncTuning) {
    this.#effects = effects;
    this.#tuning = tuning;
  }

  get deadline(): Instant {
    return this.#repeatAt;
  }

  /** Everything up to here is in the table of at least one peer. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The sequence that peers were asked about last. */
  get asked(): number {
    return this.#asked;
  }

  /** Peers have just been asked about everything up to `sequence`. */
  ask(now: Instant, sequence: number): void {
    this.#asked = sequence;
    this.#attempts = 0;
    // While earlier questions are open, later ones do not put the repetition off.
    if (this.#repeatAt === Never) this.#repeatAt = after(now, this.#tuning.ackRepeat);
  }

  /** A peer has all of this node's Updates up to `sequence`. */
  handle(now: Instant, peer: PeerStream, sequence: number): void {
    peer.acknowledged = Math.max(peer.acknowledged, sequence);
    if (sequence <= this.#acknowledged) return;
    this.#acknowledged = sequence;
    this.#attempts = 0;
    this.#repeatAt = sequence < this.#asked ? after(now, this.#tuning.ackRepeat) : Never;
    this.#effects.push({ kind: 'acknowledged', sequence });
  }

  stop(): void {
    this.#repeatAt = Never;
  }

  /** True when the open question is to be asked once more. */
  takeDue(now: Instant): boolean {
    if (this.#repeatAt > now) return false;
    if (this.#attempts >= this.#tuning.ackRepeats) {
      this.unanswered += 1;
      this.#repeatAt = Never;
      return false;
    }
    this.#attempts += 1;
    this.repeats += 1;
    const wait = this.#tuning.ackRepeat * 2 ** this.#attempts;
    this.#repeatAt = after(now, microseconds(wait));
    return true;
  }
}
