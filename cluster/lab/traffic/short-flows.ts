import { wallClockMs } from './clock.js';
import { endpoint, FlowRecorder, type FlowRecord } from './flow-record.js';
import type { Flow, FlowListener } from './flow.js';
import { MaxFlows, type TrafficPlan, type TrafficTarget } from './plan.js';
import { TcpFlow } from './tcp-flow.js';
import { UdpFlow } from './udp-flow.js';

/** The fewest exchanges of a short flow, and how many different numbers of them there are. */
const FewestExchanges = 2;
const Variety = 8;
/** A number without a common divisor with `Variety`: lengths follow each other unevenly. */
const Stride = 5;

/**
 * Flows that end after a few exchanges, each of which makes way for another to the same target, broken ones too. One that is
 * never answered again stays where it is.
 */
export class ShortFlows implements FlowListener {
  readonly #plan: TrafficPlan;
  /** The first flows have numbers from here on. */
  readonly #firstNumber: number;
  readonly #onBreak: (record: FlowRecord) => void;
  readonly #recorders: FlowRecorder[] = [];
  readonly #underWay = new Map<FlowRecorder, { readonly flow: Flow; readonly slot: number }>();
  readonly #slots: readonly TrafficTarget[];
  #isStopped = false;

  constructor(plan: TrafficPlan, firstNumber: number, onBreak: (record: FlowRecord) => void) {
    this.#plan = plan;
    this.#firstNumber = firstNumber;
    this.#onBreak = onBreak;
    this.#slots = plan.short.flatMap((target) =>
      Array.from({ length: target.count }, () => target),
    );
  }

  start(): void {
    for (const slot of this.#slots.keys()) this.#open(slot);
  }

  /** Names this instant in the records of those under way. */
  mark(at: number, name: string): void {
    for (const recorder of this.#underWay.keys()) recorder.mark(at, name);
  }

  /** Ends all of them. Those that wait for an answer for longer than the limits are broken. */
  stop(at: number, silenceLimitMs: Readonly<Record<'TCP' | 'UDP', number>>): readonly FlowRecord[] {
    this.#isStopped = true;
    for (const [recorder, { flow }] of this.#underWay) {
      flow.close();
      recorder.finish(at, silenceLimitMs[recorder.record.protocol]);
    }
    return this.#recorders.map(({ record }) => record);
  }

  settled(): void {}

  resumed(): void {}

  broke(recorder: FlowRecorder): void {
    this.#onBreak(recorder.record);
    const slot = this.#underWay.get(recorder)?.slot;
    this.#underWay.delete(recorder);
    if (slot === undefined) return;
    // Where connections are refused, the next one would be refused at once.
    setTimeout(() => this.#open(slot), this.#plan.intervalMs);
  }

  ended(recorder: FlowRecorder): void {
    const ended = this.#underWay.get(recorder);
    this.#underWay.delete(recorder);
    if (ended !== undefined) this.#open(ended.slot);
  }

  #open(slot: number): void {
    const target = this.#slots[slot];
    const number = this.#firstNumber + this.#recorders.length;
    if (target === undefined || this.#isStopped || number >= MaxFlows) return;
    const { protocol, address, port } = target;
    const { seed, connectTimeoutMs } = this.#plan;
    const intervalMs = protocol === 'TCP' ? this.#plan.intervalMs : this.#plan.udpIntervalMs;
    const virtual = endpoint(address, port);
    const subject = { flow: number, protocol, virtual, isShort: true };
    const recorder = new FlowRecorder(subject, intervalMs, wallClockMs());
    const options = {
      address,
      port,
      intervalMs,
      connectTimeoutMs,
      exchanges: FewestExchanges + ((number * Stride) % Variety),
      key: { seed, flow: number },
      recorder,
      listener: this,
    };
    const flow = protocol === 'TCP' ? new TcpFlow(options) : new UdpFlow(options);
    this.#recorders.push(recorder);
    this.#underWay.set(recorder, { flow, slot });
    flow.open();
  }
}
