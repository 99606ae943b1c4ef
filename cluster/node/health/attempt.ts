import { toMilliseconds, type Duration } from '../../../director/base/time.js';
import type { ProbeAnswer } from '../../member/health/probe.js';

/** One check under way: it has one end, in time, and then lets go of all that it holds. */
export class Attempt {
  readonly #report: (answer: ProbeAnswer) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #holds: (() => void)[] = [];
  #isOver = false;

  /** Fails with `lateReason` after the timeout, which is how long the server has for its whole answer. */
  constructor(
    timeout: Duration,
    report: (answer: ProbeAnswer) => void,
    lateReason = 'no answer in time',
  ) {
    this.#report = report;
    const late = (): void => this.fail(lateReason, false);
    this.#timer = setTimeout(late, Math.max(1, toMilliseconds(timeout)));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Something to be let go of at the end, or at once when that has come already. */
  holds(release: () => void): void {
    if (this.#isOver) release();
    else this.#holds.push(release);
  }

  succeed(): void {
    this.#end({ kind: 'success' });
  }

  fail(reason: string, isAnswered: boolean): void {
    this.#end({ kind: 'failure', reason, isAnswered });
  }

  /** The end by an error of a socket. */
  failBy(error: NodeJS.ErrnoException): void {
    const code = error.code ?? '';
    this.fail(Reasons[code] ?? error.message, !Silent.has(code));
  }

  /** Ends it without a report. */
  readonly abandon = (): void => this.#end(undefined);

  #end(answer: ProbeAnswer | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const release of this.#holds) release();
    if (answer !== undefined) this.#report(answer);
  }
}

/** Errors without anybody at the other end: what does not leave this node, or finds nobody. */
const Silent = new Set([
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'ENODEV',
  'EPERM',
  'EMFILE',
  'ENOBUFS',
]);

const Reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENETDOWN: 'network down',
  ETIMEDOUT: 'no answer in time',
  EADDRNOTAVAIL: 'the address to bind to is not on this node',
  EADDRINUSE: 'the port to bind to is in use',
};
