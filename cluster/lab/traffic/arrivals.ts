import { wallClockMs } from './clock.js';
import { endpoint, FlowRecorder, type BreakReason, type FlowRecord } from './flow-record.js';
import type { Flow, FlowListener } from './flow.js';
import type { ArrivalPlan, TrafficTarget } from './plan.js';
import { TcpFlow } from './tcp-flow.js';

/** A connection that broke: how old it was, and what it had done. */
export interface ArrivalBreak {
  readonly client: string;
  readonly virtual: string;
  readonly openedAt: number;
  readonly at: number;
  readonly isConnected: boolean;
  readonly exchanges: number;
  readonly reason: BreakReason;
  readonly text: string;
}

/** How long connecting took, in milliseconds; all 0 before the first. */
export interface ConnectTimes {
  readonly median: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What has become of the connections of an open loop. */
export interface ArrivalReport {
  readonly opened: number;
  readonly connected: number;
  /** Closed after their time, with every request answered. */
  readonly completed: number;
  readonly underWay: number;
  readonly broken: number;
  /** The first of those that broke. */
  readonly breaks: readonly ArrivalBreak[];
  readonly exchanges: number;
  readonly bytesChecked: number;
  readonly connectMs: ConnectTimes;
  /** The same for each target, in the order of the plan. */
  readonly connectMsByTarget: readonly ConnectTimes[];
  /** Connections whose SYN had to be sent again, as their time to connect shows. They are slow, not broken. */
  readonly resent: number;
}

const MostBreaks = 100;
/** The kernel's first retransmission of a SYN comes after a second (RFC 6298). */
const SynTimeoutMs = 950;
/** Without an answer for so long a connection is broken: see `TrafficClient`. */
const SilenceLimitMs = 7_000;
/** How often connections are opened, and looked at. */
const TurnMs = 5;
/** Connections under way at most; more are not opened, and the rate is not kept. */
const MostUnderWay = 10_000;
/** Spreads ages and pauses evenly: the golden ratio's share of a cycle. */
const GoldenShare = 0.618_033_988_75;

interface Arrival {
  readonly flow: Flow;
  readonly recorder: FlowRecorder;
  /** When it has lived long enough. */
  readonly until: number;
}

/**
 * An open loop: connections arrive at a rate whatever becomes of them, as those of real clients do. Each connects, says
 * nothing for a while, exchanges checked bytes now and then, and is closed after its time. So at every moment there are
 * connections of every age, those that have only finished the handshake among them.
 */
export class Arrivals implements FlowListener {
  readonly #plan: ArrivalPlan;
  readonly #seed: number;
  readonly #underWay = new Set<Arrival>();
  readonly #breaks: ArrivalBreak[] = [];
  /** By target. */
  readonly #connectMs: number[][];
  readonly #onBreak: (record: FlowRecord) => void;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #opened = 0;
  #completed = 0;
  #broken = 0;
  #exchanges = 0;
  #bytesChecked = 0;

  constructor(plan: ArrivalPlan, seed: number, onBreak: (record: FlowRecord) => void) {
    this.#plan = plan;
    this.#connectMs = plan.targets.map(() => []);
    this.#seed = seed;
    this.#onBreak = onBreak;
  }

  start(): void {
    this.#startedAt = wallClockMs();
    this.#timer = setInterval(() => this.#turn(), TurnMs);
  }

  /** Opens no more; what is under way goes on. */
  pause(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#closeDue(), TurnMs);
  }

  /** Ends everything. */
  stop(): ArrivalReport {
    clearInterval(this.#timer);
    const report = this.report();
    for (const { flow } of this.#underWay) flow.close();
    return report;
  }

  report(): ArrivalReport {
    const live = [...this.#underWay].map(({ recorder }) => recorder.record);
    const sum = (of: (record: FlowRecord) => number): number =>
      live.reduce((total, record) => total + of(record), 0);
    const times = this.#connectMs.flat();
    return {
      opened: this.#opened,
      connected: times.length,
      completed: this.#completed,
      underWay: this.#underWay.size,
      broken: this.#broken,
      breaks: this.#breaks,
      exchanges: this.#exchanges + sum((record) => record.exchanges),
      bytesChecked: this.#bytesChecked + sum((record) => record.bytesChecked),
      connectMs: timesOf(times),
      connectMsByTarget: this.#connectMs.map(timesOf),
      resent: times.filter((time) => time >= SynTimeoutMs).length,
    };
  }

  settled(recorder: FlowRecorder): void {
    const { flow, openedAt, connectedAt = openedAt } = recorder.record;
    this.#connectMs[flow % this.#connectMs.length]?.push(connectedAt - openedAt);
  }

  broke(recorder: FlowRecorder): void {
    const { record } = recorder;
    for (const arrival of this.#underWay) {
      if (arrival.recorder === recorder) this.#forget(arrival);
    }
    this.#broken += 1;
    this.#onBreak(record);
    if (record.broken === undefined || this.#breaks.length >= MostBreaks) return;
    const { client, virtual, openedAt, exchanges } = record;
    const { isConnected } = recorder;
    this.#breaks.push({ client, virtual, openedAt, isConnected, exchanges, ...record.broken });
  }

  resumed(): void {}

  #turn(): void {
    const elapsed = (wallClockMs() - this.#startedAt) / 1_000;
    const due = Math.floor(elapsed * this.#plan.perSecond);
    while (this.#opened < due && this.#underWay.size < MostUnderWay) this.#open();
    this.#closeDue();
  }

  #open(): void {
    const { targets, holdMs, pauseMs, intervalMs, connectTimeoutMs } = this.#plan;
    const number = this.#opened;
    this.#opened += 1;
    const target: TrafficTarget | undefined = targets[number % targets.length];
    if (target === undefined) return;
    const { address, port } = target;
    const now = wallClockMs();
    const share = (number * GoldenShare) % 1;
    const subject = { flow: number, protocol: 'TCP' as const, virtual: endpoint(address, port) };
    const recorder = new FlowRecorder(subject, intervalMs, now);
    const flow = new TcpFlow({
      address,
      port,
      intervalMs,
      connectTimeoutMs,
      pauseMs: share * pauseMs,
      key: { seed: this.#seed, flow: number },
      recorder,
      listener: this,
    });
    this.#underWay.add({ flow, recorder, until: now + ((share * 7) % 1) * holdMs });
    flow.open();
  }

  /** Closes what has lived long enough and waits for no answer. */
  #closeDue(): void {
    const now = wallClockMs();
    for (const arrival of this.#underWay) {
      const { flow, recorder, until } = arrival;
      const { exchanges, sent, connectedAt, lastAnswerAt } = recorder.record;
      const isAnswered = exchanges > 0 && exchanges === sent;
      if (isAnswered && until <= now) {
        flow.close();
        this.#completed += 1;
        this.#forget(arrival);
      } else if (!isAnswered && connectedAt !== undefined) {
        const since = Math.max(connectedAt, lastAnswerAt ?? 0) + this.#plan.intervalMs;
        if (now - since > SilenceLimitMs + this.#plan.pauseMs) this.#silence(arrival, now);
      }
    }
  }

  #silence({ flow, recorder }: Arrival, now: number): void {
    flow.close();
    if (recorder.broke(now, 'timeout', 'no answer any more')) this.broke(recorder);
  }

  #forget(arrival: Arrival): void {
    if (!this.#underWay.delete(arrival)) return;
    this.#exchanges += arrival.recorder.record.exchanges;
    this.#bytesChecked += arrival.recorder.record.bytesChecked;
  }
}

function timesOf(times: readonly number[]): ConnectTimes {
  const sorted = Float64Array.from(times).toSorted();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { median: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
