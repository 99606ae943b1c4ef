/** Why a flow is broken, as its client saw it. */
export type BreakReason =
  | 'refused'
  | 'reset'
  | 'closed'
  | 'timeout'
  | 'mismatch'
  | 'another-server'
  | 'unreachable';

/** The end of a flow: `text` is a phrase for people. */
export interface FlowBreak {
  readonly reason: BreakReason;
  readonly at: number;
  readonly text: string;
}

/** A time without an answer: wall clock milliseconds of the answers before and after it. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** What happened to a flow from one mark to the next. */
export interface FlowPhase {
  readonly name: string;
  readonly at: number;
  readonly firstAnswerAt?: number;
  /** The longest time between two consecutive answers that overlaps the phase. */
  readonly longestGap?: Gap;
}

/** Everything a client knows of one of its flows. Times are wall clock milliseconds since the epoch. */
export interface FlowRecord {
  readonly flow: number;
  readonly protocol: 'TCP' | 'UDP';
  /** `address:port`, IPv6 in brackets; a dash while no socket is bound. */
  readonly client: string;
  readonly virtual: string;
  /** It is closed after a few exchanges, and another takes its place. */
  readonly isShort?: boolean;
  readonly server?: string;
  readonly openedAt: number;
  /** TCP: the handshake; UDP: the first answer. */
  readonly connectedAt?: number;
  readonly lastAnswerAt?: number;
  readonly sent: number;
  readonly exchanges: number;
  /** Bytes of answers that were compared with the pattern; the server has checked the requests. */
  readonly bytesChecked: number;
  /** Gaps that a person would notice, the first `MaxStalls` of them. */
  readonly stalls: readonly Gap[];
  readonly stallsNotKept: number;
  readonly phases: readonly FlowPhase[];
  readonly broken?: FlowBreak;
}

/** What a flow is named by. */
export interface FlowEnds {
  readonly protocol: string;
  readonly client: string;
  readonly virtual: string;
}

/** The name of a flow, equal to the name of its connection entry on a director. */
export const flowKey = (record: FlowEnds): string =>
  `${record.protocol} ${record.client} ${record.virtual}`;

/** `address:port`, IPv6 in brackets. */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

export const MaxStalls = 64;
export const MaxPhases = 64;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Keeps the record of one flow while it runs. Knows no socket and no clock: every input carries its time. */
export class FlowRecorder {
  readonly #record: Mutable<FlowRecord>;
  readonly #stalls: Gap[] = [];
  readonly #phases: Mutable<FlowPhase>[] = [];
  readonly #stallLimitMs: number;

  constructor(
    subject: Pick<FlowRecord, 'flow' | 'protocol' | 'virtual' | 'isShort'>,
    intervalMs: number,
    now: number,
  ) {
    // One lost packet and the kernel's first retransmission (RTO 200 ms at 100 ms intervals) are not yet a stall.
    this.#stallLimitMs = 4 * intervalMs + 100;
    this.#record = {
      ...subject,
      client: '-',
      openedAt: now,
      sent: 0,
      exchanges: 0,
      bytesChecked: 0,
      stalls: this.#stalls,
      stallsNotKept: 0,
      phases: this.#phases,
    };
  }

  /** The record as it is now: a view, not a copy. */
  get record(): FlowRecord {
    return this.#record;
  }

  get isConnected(): boolean {
    return this.#record.connectedAt !== undefined;
  }

  get isBroken(): boolean {
    return this.#record.broken !== undefined;
  }

  /** True when an answer came after the last mark, or at all when there is no mark. */
  get answeredSinceMark(): boolean {
    const phase = this.#phases.at(-1);
    return phase === undefined ? this.#record.exchanges > 0 : phase.firstAnswerAt !== undefined;
  }

  bound(client: string): void {
    this.#record.client = client;
  }

  connected(now: number): void {
    this.#record.connectedAt ??= now;
  }

  requestSent(): void {
    this.#record.sent += 1;
  }

  /** Notes a right answer and returns the length of the stall that it ends, 0 when there was none. */
  answered(now: number, server: string, bytes: number): number {
    const previous = this.#record.lastAnswerAt;
    this.#record.server = server;
    this.#record.exchanges += 1;
    this.#record.bytesChecked += bytes;
    this.#record.lastAnswerAt = now;
    const phase = this.#phases.at(-1);
    if (phase !== undefined) phase.firstAnswerAt ??= now;
    return previous === undefined ? 0 : this.#noteGap({ from: previous, to: now });
  }

  /** The first break is the one that counts; says whether this was it. */
  broke(now: number, reason: BreakReason, text: string): boolean {
    if (this.#record.broken !== undefined) return false;
    this.#record.broken = { reason, at: now, text };
    return true;
  }

  /** Starts a phase. Beyond `MaxPhases` marks are ignored. */
  mark(now: number, name: string): void {
    if (this.#phases.length < MaxPhases) this.#phases.push({ name, at: now });
  }

  /** The end of the run: a flow that has been silent for longer than `silenceLimitMs` is broken, and since when. */
  finish(now: number, silenceLimitMs: number): void {
    const { lastAnswerAt, connectedAt } = this.#record;
    const since = lastAnswerAt ?? connectedAt;
    if (since === undefined || this.isBroken) return;
    if (lastAnswerAt !== undefined) this.#noteGap({ from: lastAnswerAt, to: now });
    if (now - since <= silenceLimitMs) return;
    this.broke(now, 'timeout', `no answer in the last ${((now - since) / 1_000).toFixed(1)} s`);
  }

  #noteGap(gap: Gap): number {
    for (let index = this.#phases.length - 1; index >= 0; index -= 1) {
      const phase = this.#phases[index];
      if (phase === undefined) break;
      if (isLonger(gap, phase.longestGap)) phase.longestGap = gap;
      // The gap began in this phase: earlier phases do not know it.
      if (phase.at <= gap.from) break;
    }
    const length = gap.to - gap.from;
    if (length <= this.#stallLimitMs) return 0;
    if (this.#stalls.length < MaxStalls) this.#stalls.push(gap);
    else this.#record.stallsNotKept += 1;
    return length;
  }
}

const isLonger = (gap: Gap, other: Gap | undefined): boolean =>
  other === undefined || gap.to - gap.from > other.to - other.from;
