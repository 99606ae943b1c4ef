import { Arrivals, type ArrivalReport } from './arrivals.js';
import { wallClockMs } from './clock.js';
import { endpoint, flowKey, FlowRecorder, type FlowRecord } from './flow-record.js';
import type { Flow, FlowListener } from './flow.js';
import type { TrafficPlan, TrafficTarget } from './plan.js';
import { ShortFlows } from './short-flows.js';
import { TcpFlow } from './tcp-flow.js';
import { UdpFlow } from './udp-flow.js';

/** All lasting flows in numbers. */
export interface FlowSummary {
  readonly total: number;
  readonly established: number;
  /** Established and not broken. */
  readonly alive: number;
  /** Never established, or broken afterwards. */
  readonly broken: number;
  /** Alive, with an answer since the last mark. */
  readonly answered: number;
  /** The fewest exchanges that any alive flow has made. */
  readonly leastExchanges: number;
  readonly exchanges: number;
  readonly bytesChecked: number;
}

/** What a run of traffic leaves behind. */
export interface TrafficReport {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly flows: readonly FlowRecord[];
  /** Of a plan with arrivals. */
  readonly arrivals?: ArrivalReport | undefined;
}

/** What a client says while it runs; one JSON line each in machine mode. Times are wall clock milliseconds. */
export type TrafficEvent =
  /** Every flow is established or has failed to be. */
  | { readonly kind: 'ready'; readonly at: number; readonly flows: FlowSummary }
  | { readonly kind: 'progress'; readonly at: number; readonly flows: FlowSummary }
  | {
      readonly kind: 'broken';
      readonly at: number;
      readonly flow: string;
      readonly reason: string;
      readonly text: string;
    }
  /** The first answer after a stall since the last mark. */
  | {
      readonly kind: 'answer-after-gap';
      readonly at: number;
      readonly flow: string;
      readonly gapMs: number;
    }
  /** The answers to the commands `mark`, `count` and `stop`. */
  | {
      readonly kind: 'mark';
      readonly name: string;
      readonly at: number;
      readonly flows: FlowSummary;
    }
  | {
      readonly kind: 'count';
      readonly at: number;
      readonly flows: FlowSummary;
      readonly arrivals?: ArrivalReport | undefined;
    }
  | ({ readonly kind: 'report' } & TrafficReport);

/**
 * At the end of a run, a flow silent for longer than this is broken. TCP may be waiting for a retransmission: after a
 * blackout of 3.7 s (the longest that a default election takes) the kernel tries again 6.2 s after the first loss (RTO
 * 200 ms, doubled each time).
 */
const SilenceLimitMs = { TCP: 7_000, UDP: 3_000 } as const;

/** Opens the flows of a plan, keeps them going, and records what each one sees. */
export class TrafficClient implements FlowListener {
  readonly #plan: TrafficPlan;
  readonly #emit: (event: TrafficEvent) => void;
  readonly #flows: Flow[] = [];
  readonly #recorders: FlowRecorder[] = [];
  readonly #targets: readonly TrafficTarget[];
  readonly #arrivals: Arrivals | undefined;
  readonly #short: ShortFlows;
  #startedAt = 0;
  #openTimer: NodeJS.Timeout | undefined;
  #progressTimer: NodeJS.Timeout | undefined;
  #unsettled: number;
  #resumedSinceMark = false;

  constructor(plan: TrafficPlan, emit: (event: TrafficEvent) => void) {
    this.#plan = plan;
    this.#emit = emit;
    this.#targets = plan.targets.flatMap((target) =>
      Array.from({ length: target.count }, () => target),
    );
    this.#unsettled = this.#targets.length;
    this.#short = new ShortFlows(plan, this.#targets.length, (record) => this.#tellBreak(record));
    this.#arrivals =
      plan.arrivals && new Arrivals(plan.arrivals, plan.seed, (record) => this.#tellBreak(record));
  }

  start(): void {
    this.#startedAt = wallClockMs();
    this.#openTimer = setInterval(() => this.#openDue(), 5);
    this.#progressTimer = setInterval(
      () => this.#emit({ kind: 'progress', at: wallClockMs(), flows: this.summary() }),
      1_000,
    );
    this.#openDue();
    this.#arrivals?.start();
  }

  /** Opens no more connections; those under way go on. */
  pauseArrivals(): void {
    this.#arrivals?.pause();
  }

  /** Names this instant, from which on `answered` counts. */
  mark(name: string): void {
    const at = wallClockMs();
    const flows = this.summary();
    for (const recorder of this.#recorders) recorder.mark(at, name);
    this.#short.mark(at, name);
    this.#resumedSinceMark = false;
    this.#emit({ kind: 'mark', name, at, flows });
  }

  count(): void {
    const arrivals = this.#arrivals?.report();
    this.#emit({ kind: 'count', at: wallClockMs(), flows: this.summary(), arrivals });
  }

  /** Ends all flows. To be called once. */
  stop(): TrafficReport {
    clearInterval(this.#openTimer);
    clearInterval(this.#progressTimer);
    const endedAt = wallClockMs();
    for (const flow of this.#flows) flow.close();
    for (const recorder of this.#recorders) {
      recorder.finish(endedAt, SilenceLimitMs[recorder.record.protocol]);
    }
    const short = this.#short.stop(endedAt, SilenceLimitMs);
    const flows = [...this.#recorders.map((recorder) => recorder.record), ...short];
    return { startedAt: this.#startedAt, endedAt, flows, arrivals: this.#arrivals?.stop() };
  }

  summary(): FlowSummary {
    const all = this.#recorders;
    const alive = all.filter((recorder) => recorder.isConnected && !recorder.isBroken);
    const exchanges = all.map((recorder) => recorder.record.exchanges);
    return {
      total: this.#targets.length,
      established: all.filter((recorder) => recorder.isConnected).length,
      alive: alive.length,
      broken: all.filter((recorder) => recorder.isBroken).length,
      answered: alive.filter((recorder) => recorder.answeredSinceMark).length,
      leastExchanges: alive.reduce(
        (least, recorder) => Math.min(least, recorder.record.exchanges),
        alive.length === 0 ? 0 : Number.MAX_SAFE_INTEGER,
      ),
      exchanges: exchanges.reduce((sum, count) => sum + count, 0),
      bytesChecked: all.reduce((sum, recorder) => sum + recorder.record.bytesChecked, 0),
    };
  }

  settled(): void {
    this.#unsettled -= 1;
    if (this.#unsettled > 0) return;
    this.#emit({ kind: 'ready', at: wallClockMs(), flows: this.summary() });
  }

  broke(recorder: FlowRecorder): void {
    this.#tellBreak(recorder.record);
    if (!recorder.isConnected) this.settled();
  }

  resumed(recorder: FlowRecorder, at: number, gapMs: number): void {
    if (this.#resumedSinceMark) return;
    this.#resumedSinceMark = true;
    this.#emit({ kind: 'answer-after-gap', at, flow: flowKey(recorder.record), gapMs });
  }

  #tellBreak(record: FlowRecord): void {
    if (record.broken === undefined) return;
    const { at, reason, text } = record.broken;
    this.#emit({ kind: 'broken', at, flow: flowKey(record), reason, text });
  }

  /** Opens as many flows as the plan's rate allows up to now. */
  #openDue(): void {
    const elapsedMs = wallClockMs() - this.#startedAt;
    const allowed = 1 + Math.floor((elapsedMs * this.#plan.opensPerSecond) / 1_000);
    while (this.#flows.length < Math.min(allowed, this.#targets.length)) {
      const target = this.#targets[this.#flows.length];
      if (target !== undefined) this.#open(target, this.#flows.length);
    }
    if (this.#flows.length < this.#targets.length) return;
    clearInterval(this.#openTimer);
    this.#short.start();
  }

  #open(target: TrafficTarget, flow: number): void {
    const { protocol, address, port } = target;
    const { seed, connectTimeoutMs } = this.#plan;
    const intervalMs = protocol === 'TCP' ? this.#plan.intervalMs : this.#plan.udpIntervalMs;
    const subject = { flow, protocol, virtual: endpoint(address, port) };
    const recorder = new FlowRecorder(subject, intervalMs, wallClockMs());
    const options = {
      address,
      port,
      intervalMs,
      connectTimeoutMs,
      key: { seed, flow },
      recorder,
      listener: this,
    };
    const opened = protocol === 'TCP' ? new TcpFlow(options) : new UdpFlow(options);
    this.#recorders.push(recorder);
    this.#flows.push(opened);
    opened.open();
  }
}
