import { setTimeout as sleep } from 'node:timers/promises';

import { IoError } from '../../../director/base/errors.js';
import { toMilliseconds } from '../../../director/base/time.js';
import type { LabConfig } from '../../config/lab-config.js';
import type { FlowOutcome } from '../../sim/scenario/flow-groups.js';
import type { Scenario } from '../../sim/scenario/scenario-file.js';
import {
  reportScenario,
  type ScenarioPlace,
  type ScenarioReport,
  type TimelineEntry,
} from '../../sim/scenario/scenario-report.js';
import { slotsOf } from '../../sim/traffic/slots.js';
import type { LabControl } from '../lab-control.js';
import { TrafficProcess } from '../traffic/client-process.js';
import { wallClockMs } from '../traffic/clock.js';
import type { FlowRecord } from '../traffic/flow-record.js';
import type { TrafficTarget } from '../traffic/plan.js';
import { longestGapWithin } from '../traffic/verdict.js';
import { until } from '../wait.js';
import { Knowledge } from './knowledge.js';
import { stepsOf } from './steps.js';

/** How long traffic runs before the first fault, as in the simulator. */
const RestMs = 3_000;
/** How long the flows may take to be established. */
const SettleMs = 30_000;
/** How long an election and a table transfer may take at the end, besides what the configuration asks to wait for. */
const ConvergenceMs = 20_000;
/** How long flows are waited for at least when everything is over: TCP asks again at growing intervals. */
const LeastPatienceMs = 10_000;
/** A flow may be opened while nobody answers, and as in the simulator it is in no hurry. */
const ConnectTimeoutMs = 60_000;
/** The client ends by itself after so long, whatever happens to this process. */
const TrafficLimitMs = 900_000;

export interface LabRunOptions {
  readonly on: ScenarioPlace;
  /** Aborting it ends the run, which then throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Receives a line for each thing that is done to the lab. */
  readonly progress: (text: string) => void;
}

/**
 * Runs a scenario in a lab that is up and has the scenario's configuration. Afterwards everything is healed. Throws a
 * `UsageError` before anything is done for a fault that this lab cannot have.
 */
export async function runScenarioOn(
  lab: LabControl,
  scenario: Scenario,
  options: LabRunOptions,
): Promise<ScenarioReport> {
  const knowledge = new Knowledge(lab, scenario.cluster.threshold);
  const steps = stepsOf(lab, scenario, knowledge);
  const client = lab.config.nodes.find(({ kind }) => kind === 'client')?.name ?? '';
  const intervalMs = toMilliseconds(scenario.traffic.interval);
  const traffic = new TrafficProcess(
    lab.execArgs(client, []),
    {
      ...targetsOf(lab.config, scenario),
      durationMs: TrafficLimitMs,
      intervalMs,
      udpIntervalMs: intervalMs,
      connectTimeoutMs: ConnectTimeoutMs,
    },
    lab.trafficProgram,
  );
  try {
    return await new LabRun({ lab, scenario, traffic, knowledge, options }).run(steps);
  } finally {
    traffic.kill();
    await lab.heal();
  }
}

/** How many flows of each kind go to each service, in the order of `slotsOf`. */
function targetsOf(
  { services }: LabConfig,
  { traffic }: Scenario,
): { readonly targets: TrafficTarget[]; readonly short: TrafficTarget[] } {
  const slots = slotsOf(traffic.flows, traffic.short, services.length);
  const ofKind = (isShort: boolean): TrafficTarget[] =>
    services.flatMap(({ protocol, address, port }, index): TrafficTarget[] => {
      const count = slots.filter(
        (slot) => slot.service === index && slot.isShort === isShort,
      ).length;
      if (count === 0) return [];
      return [{ protocol: protocol === 'tcp' ? 'TCP' : 'UDP', address, port, count }];
    });
  return { targets: ofKind(false), short: ofKind(true) };
}

/** Something that is done to a lab, and when, in milliseconds from the first moment for faults. */
export interface Step {
  readonly at: number;
  readonly text: string;
  act(): Promise<void>;
}

interface RunParts {
  readonly lab: LabControl;
  readonly scenario: Scenario;
  readonly traffic: TrafficProcess;
  readonly knowledge: Knowledge;
  readonly options: LabRunOptions;
}

/** One run, with a client that has just been started. */
class LabRun {
  readonly #parts: RunParts;
  readonly #timeline: TimelineEntry[] = [];
  readonly #masters: { readonly at: number; readonly who: string }[] = [];
  readonly #events = new Set<string>();
  /** The first moment for faults. */
  #start = 0;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  async run(steps: readonly Step[]): Promise<ScenarioReport> {
    const begun = wallClockMs();
    const { scenario, traffic, lab, knowledge } = this.#parts;
    await this.#untilSettled();
    await this.#sleep(begun + RestMs - wallClockMs());
    await traffic.mark('faults');
    this.#start = wallClockMs();
    for (const step of steps) {
      await this.#sleepUntil(step.at);
      await this.#readEvents();
      await knowledge.keep(wallClockMs());
      this.#note('world', step.text);
      await step.act();
    }
    await this.#sleepUntil(toMilliseconds(scenario.length));
    await lab.heal();
    this.#note('world', 'everything is healed');
    await traffic.mark('healed');
    const master = await this.#untilConverged();
    await this.#untilAnswered();
    const { flows, endedAt } = await traffic.stop();
    return this.#report(flows, endedAt, master);
  }

  async #untilSettled(): Promise<void> {
    const { traffic, options } = this.#parts;
    const settled = await until(
      async () => {
        const { alive, total, leastExchanges } = await traffic.count();
        return (alive === total && (total === 0 || leastExchanges > 0)) || undefined;
      },
      { timeoutMs: SettleMs, everyMs: 100, signal: options.signal },
    );
    if (settled !== undefined) return;
    const { established, total } = await traffic.count();
    throw new IoError(
      { code: 'flows-stuck' },
      `only ${established} of ${total} flows were established within ${SettleMs / 1_000} s`,
    );
  }

  /** The master, once there is one and only one, and all have the whole table; undefined when that never comes. */
  async #untilConverged(): Promise<string | undefined> {
    const { lab, scenario, options } = this.#parts;
    const { master: wanted } = scenario.expect;
    let master: string | undefined;
    await until(
      async () => {
        await this.#readEvents();
        const states = await Promise.all(
          lab.directors.map((node) => lab.request(node, '/status').catch(() => undefined)),
        );
        const masters = lab.directors.filter((_, index) => states[index]?.state === 'master');
        master = masters.length === 1 ? masters[0] : undefined;
        const isComplete = states.every((state) => state?.tableComplete !== false);
        return (isComplete && master !== undefined && master === (wanted ?? master)) || undefined;
      },
      {
        timeoutMs: ConvergenceMs + toMilliseconds(scenario.cluster['bulk-timeout']),
        everyMs: 200,
        signal: options.signal,
      },
    );
    return master;
  }

  /** A flow that was silent for a while is asked again after up to twice that time. */
  async #untilAnswered(): Promise<void> {
    const { traffic, scenario, options } = this.#parts;
    await until(
      async () => {
        const { alive, answered } = await traffic.count();
        return answered === alive || undefined;
      },
      {
        timeoutMs: Math.max(LeastPatienceMs, toMilliseconds(scenario.length)),
        everyMs: 200,
        signal: options.signal,
      },
    );
    await this.#sleep(1_000);
  }

  #report(
    flows: readonly FlowRecord[],
    endedAt: number,
    master: string | undefined,
  ): ScenarioReport {
    const { scenario, options } = this.#parts;
    return reportScenario(scenario, {
      on: options.on,
      outcomes: flows.map((flow) => this.#outcomeOf(flow, endedAt)),
      timeline: this.#timeline.toSorted((left, right) => left.at - right.at),
      masters: this.#masters,
      master,
      violations: [],
    });
  }

  #outcomeOf(flow: FlowRecord, endedAt: number): FlowOutcome {
    const { protocol, virtual, server, isShort = false, lastAnswerAt } = flow;
    const isBroken = flow.broken !== undefined || lastAnswerAt === undefined;
    return {
      protocol,
      virtual,
      server,
      isShort,
      broken:
        isBroken && !this.#isYoung(flow, endedAt) ? this.#parts.knowledge.explain(flow) : undefined,
      waitMs: this.#waitOf(flow, endedAt),
    };
  }

  /** A short flow that had no time for an answer before the end. */
  #isYoung({ broken, openedAt, isShort = false }: FlowRecord, endedAt: number): boolean {
    return isShort && broken === undefined && openedAt > endedAt - LeastPatienceMs;
  }

  /** From the moment at which a flow asked, or wanted to, to the answer. */
  #waitOf(flow: FlowRecord, endedAt: number): number {
    const { openedAt, connectedAt = openedAt } = flow;
    const interval = toMilliseconds(this.#parts.scenario.traffic.interval);
    const gap = longestGapWithin(flow, this.#start, endedAt);
    const wait = gap === undefined ? 0 : gap.to - gap.from - interval;
    return Math.max(0, wait, openedAt > this.#start ? connectedAt - openedAt : 0);
  }

  /** What directors say of themselves: one that dies takes the rest of it along. */
  async #readEvents(): Promise<void> {
    const { lab } = this.#parts;
    for (const node of lab.directors) {
      const asked = await lab.request(node, '/events').catch(() => undefined);
      for (const { at, kind, text } of asked?.events ?? []) {
        const entry = { at: (at - this.#start) / 1_000, who: node, text: `${kind}: ${text}` };
        const key = `${at} ${node} ${entry.text}`;
        if (this.#events.has(key)) continue;
        this.#events.add(key);
        this.#timeline.push(entry);
        if (kind === 'master') this.#masters.push({ at: entry.at, who: node });
      }
    }
  }

  #note(who: string, text: string): void {
    const at = (wallClockMs() - this.#start) / 1_000;
    this.#timeline.push({ at, who, text });
    this.#parts.options.progress(`${at.toFixed(1)} s: ${text}`);
  }

  async #sleepUntil(ms: number): Promise<void> {
    await this.#sleep(this.#start + ms - wallClockMs());
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#parts.options;
    // The second line throws the reason: the sleep's own AbortError would hide it.
    await sleep(Math.max(0, ms), undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
  }
}
