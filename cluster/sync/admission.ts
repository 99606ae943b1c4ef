import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { between, milliseconds, type Instant } from '../../director/base/time.js';
import type { Datagram, Response } from './message.js';
import type { Outbox } from './outbox.js';
import { ReplayWindow } from './replay-window.js';

/** Why a datagram with a good signature is not admitted. */
export type AdmissionReject = 'replayed' | 'unproven';

/** Lives that are being asked at one time; beyond, the one asked longest ago is forgotten. */
const MostQuestions = 64;
/** A life that does not answer is asked again, when something comes from it after so long. */
const AskAgain = milliseconds(50);
/** Proven lives remembered; beyond, the one proven longest ago has to prove itself again. */
const MostProven = 64;

interface Question {
  /** Counters of the Challenges sent, latest last: the answer to an earlier one may still be on its way. */
  readonly counters: number[];
  readonly askedAt: Instant;
}

/**
 * Who may speak, when messages are signed. A signature proves that a datagram was made by a node with the key, not that
 * it was made now: what was recorded yesterday is signed as well. So the first datagram of each life of a peer (its name
 * and epoch) is answered by a Challenge, and the life may speak only after it has signed a Response to it:
 *
 *     b                                          a, which has just started
 *     Hello, epoch 9, counter 1  ───────────────▶ never heard of epoch 9 of b: dropped
 *                                ◀─────────────── Challenge, epoch 4, counter 7
 *     Response to (a, 4, 7), counter 2 ─────────▶ epoch 9 of b runs now; its counters from 3 on are good, each once
 *
 * No two Challenges are alike, because no two datagrams of a life have the same counter, so no recorded Response fits. A
 * recorded life of a peer, however late and after however many restarts of both, never gets beyond the Challenge; and a
 * peer whose clock was set back, so that its new epoch is the lesser one, is admitted at once.
 */
export class Admission {
  /** Challenges sent, and lives that have proven themselves. */
  challenges = 0;
  proofs = 0;

  readonly #outbox: Outbox;
  readonly #questions = new Map<string, Question>();
  readonly #proven = new Map<string, { readonly epoch: number; readonly window: ReplayWindow }>();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Whether the life that speaks has proven itself, and says this for the first time; else it is asked to. */
  admit(
    now: Instant,
    datagram: Datagram,
    counter: number,
    source: IpAddress,
  ): AdmissionReject | undefined {
    const known = this.#proven.get(datagram.node);
    if (known?.epoch === datagram.epoch) {
      return known.window.accept(counter) ? undefined : 'replayed';
    }
    this.#challenge(now, datagram, source);
    return 'unproven';
  }

  /** Answers a Challenge, of whomever: the answer is of no use to anyone but the one who asked. */
  answer(datagram: Datagram, counter: number, source: IpAddress): void {
    const { node, epoch } = datagram;
    this.#outbox.send({ kind: 'response', node, epoch, counter }, source);
  }

  /** True when the datagram, a Response, proves the life that sent it. */
  prove(datagram: Datagram, response: Response, counter: number): boolean {
    const { node, epoch } = this.#outbox.envelope;
    const life = lifeOf(datagram);
    const question = this.#questions.get(life);
    if (response.node !== node || response.epoch !== epoch) return false;
    if (question?.counters.includes(response.counter) !== true) return false;
    this.#questions.delete(life);
    this.#proven.delete(datagram.node);
    if (this.#proven.size >= MostProven) deleteOldest(this.#proven);
    this.#proven.set(datagram.node, { epoch: datagram.epoch, window: new ReplayWindow(counter) });
    this.proofs += 1;
    return true;
  }

  #challenge(now: Instant, datagram: Datagram, source: IpAddress): void {
    const life = lifeOf(datagram);
    const before = this.#questions.get(life);
    if (before !== undefined && between(before.askedAt, now) < AskAgain) return;
    this.#outbox.send({ kind: 'challenge' }, source);
    this.challenges += 1;
    if (before === undefined && this.#questions.size >= MostQuestions) {
      deleteOldest(this.#questions);
    }
    this.#questions.delete(life);
    const counters = [...(before?.counters ?? []), this.#outbox.counter].slice(-4);
    this.#questions.set(life, { counters, askedAt: now });
  }
}

const lifeOf = ({ node, epoch }: Datagram): string => `${node} ${epoch}`;

/** Maps keep the order of insertion. */
function deleteOldest<Value>(map: Map<string, Value>): void {
  const [oldest] = map.keys();
  assert(oldest !== undefined, 'what is full has an oldest');
  map.delete(oldest);
}
