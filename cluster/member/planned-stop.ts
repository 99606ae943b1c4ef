import { assert, unreachable } from '../../director/base/invariant.js';
import {
  after,
  microseconds,
  milliseconds,
  Never,
  seconds,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import type { Elections } from './elections.js';
import type { SessionLink } from './session-link.js';

/** How long a node that stops waits for a peer to acknowledge its table. */
const AckWait = milliseconds(500);
/** The longest it waits for a successor, and what it adds to the longest skew time, which is one interval. */
const LongestSuccession = seconds(3);
const SuccessionMargin = milliseconds(250);
/** How long it forwards what still arrives, and answers for lost sync messages. */
const Retirement = milliseconds(300);
const Linger = milliseconds(100);
/** How much longer it deals with what has arrived before, where that has come faster than it could, and how often it looks. */
const LongestRest = seconds(3);
const Look = milliseconds(5);

/** What a planned stop ends. */
export interface StopParts {
  readonly elections: Pick<Elections, 'advertInterval' | 'isLeaving' | 'leave' | 'giveUp'>;
  readonly link: Pick<SessionLink, 'handOver' | 'isAcknowledged' | 'peersAlive'>;
  readonly wasMaster: boolean;
  /** Frames have arrived that nobody has dealt with. */
  readonly hasWaiting: () => boolean;
}

/**
 * A planned end without a gap. Peers are told every connection, also those below the sync threshold, and acknowledge it;
 * only then the addresses are offered with priority 0. The node serves them until a successor has been heard, forwards
 * what still arrives for a moment and what has arrived before, and tells peers what that has changed. Every wait has an
 * end.
 *
 *     telling ──acknowledged──▶ leaving ──successor heard──▶ retiring ──300 ms, nothing waits──▶ ended
 */
export class PlannedStop {
  readonly #parts: StopParts;
  #phase: 'telling' | 'leaving' | 'retiring' | 'ended' = 'telling';
  readonly #told: number;
  #until: Instant;
  /** When it ends whatever waits. */
  #latest: Instant = Never;

  constructor(now: Instant, parts: StopParts) {
    this.#parts = parts;
    this.#until = parts.wasMaster ? after(now, AckWait) : now;
    this.#told = parts.wasMaster ? parts.link.handOver(now) : 0;
  }

  /** When the phase that it is in ends at the latest. */
  get deadline(): Instant {
    return this.#until;
  }

  get isEnded(): boolean {
    return this.#phase === 'ended';
  }

  /** Goes on to the next phase when it is time. To be called in every turn, at its beginning. */
  advance(now: Instant): void {
    while (!this.isEnded && (this.#until <= now || this.#isDone)) this.#goOn(now);
  }

  get #isDone(): boolean {
    const { elections, link, wasMaster } = this.#parts;
    switch (this.#phase) {
      case 'telling':
        return !wasMaster || link.isAcknowledged(this.#told) || link.peersAlive === 0;
      case 'leaving':
        return !elections.isLeaving;
      default:
        return false;
    }
  }

  #goOn(now: Instant): void {
    const { elections, link, wasMaster, hasWaiting } = this.#parts;
    switch (this.#phase) {
      case 'telling':
        elections.leave(now);
        this.#phase = 'leaving';
        this.#until = after(now, this.#succession);
        return;
      case 'leaving':
        elections.giveUp(now);
        this.#phase = 'retiring';
        this.#until = after(now, wasMaster ? Retirement : Linger);
        this.#latest = after(this.#until, LongestRest);
        return;
      case 'retiring':
        if (hasWaiting() && now < this.#latest) {
          this.#until = after(now, Look);
          return;
        }
        if (wasMaster) link.handOver(now);
        this.#phase = 'ended';
        this.#until = Never;
        return;
      case 'ended':
        return assert(false, 'what has ended does not go on');
      default:
        unreachable(this.#phase);
    }
  }

  get #succession(): Duration {
    const wait = microseconds(this.#parts.elections.advertInterval + SuccessionMargin);
    return wait < LongestSuccession ? wait : LongestSuccession;
  }
}
