import { judge, type Measured } from './expectations.js';
import { groupFlows, type FlowGroup, type FlowOutcome } from './flow-groups.js';
import type { Scenario } from './scenario-file.js';

/** What a scenario asked for, and what was measured. */
export interface ExpectationOutcome {
  readonly text: string;
  readonly measured: string;
  readonly passed: boolean;
}

/** Something that happened, in seconds from the moment at which faults may begin. */
export interface TimelineEntry {
  readonly at: number;
  readonly who: string;
  readonly text: string;
}

/** Where scenarios run. */
export const ScenarioPlaces = ['sim', 'lab', 'vagrant'] as const;
export type ScenarioPlace = (typeof ScenarioPlaces)[number];

/** A run of a scenario, wherever it took place. */
export interface ScenarioReport {
  readonly name: string;
  readonly on: ScenarioPlace;
  readonly passed: boolean;
  readonly flows: {
    readonly opened: number;
    /** Those that broke, by why. */
    readonly lost: Readonly<Record<string, number>>;
  };
  readonly groups: readonly FlowGroup[];
  /** The longest that a flow that survived waited for an answer. */
  readonly outageMs: number;
  /**
   * The same of flows that last, by protocol; absent when there are none. That of UDP, where nobody waits longer because of
   * an earlier wait, is the network's.
   */
  readonly blackoutMs: { readonly TCP?: number; readonly UDP?: number };
  readonly master: string | undefined;
  readonly expectations: readonly ExpectationOutcome[];
  readonly timeline: readonly TimelineEntry[];
}

/** What a place where a scenario ran has found out. */
export interface ScenarioFindings extends Pick<Measured, 'master' | 'violations'> {
  readonly on: ScenarioPlace;
  /** In the order of their opening. */
  readonly outcomes: readonly FlowOutcome[];
  readonly timeline: readonly TimelineEntry[];
  /** Which director became master and when, as in the timeline. */
  readonly masters: readonly { readonly at: number; readonly who: string }[];
}

/** Judges a run, wherever it took place. */
export function reportScenario(scenario: Scenario, findings: ScenarioFindings): ScenarioReport {
  const { on, outcomes, timeline, masters, master, violations } = findings;
  const lost: Record<string, number> = {};
  for (const { broken } of outcomes) {
    if (broken !== undefined) lost[broken] = (lost[broken] ?? 0) + 1;
  }
  const survivors = outcomes.filter(({ broken }) => broken === undefined);
  const outageMs = longestWait(survivors) ?? 0;
  const lasting = survivors.filter(({ isShort }) => !isShort);
  const blackout = (protocol: 'TCP' | 'UDP'): { readonly [name: string]: number } => {
    const longest = longestWait(lasting.filter((flow) => flow.protocol === protocol));
    return longest === undefined ? {} : { [protocol]: longest };
  };
  const blackoutMs = { ...blackout('TCP'), ...blackout('UDP') };
  const measured = { outcomes, outageMs, blackoutMs, master, masters, violations };
  const expectations = judge(scenario, measured);
  return {
    name: scenario.name,
    on,
    passed: expectations.every(({ passed }) => passed),
    flows: { opened: outcomes.length, lost },
    groups: groupFlows(outcomes),
    outageMs,
    blackoutMs,
    master,
    expectations,
    timeline,
  };
}

function longestWait(outcomes: readonly FlowOutcome[]): number | undefined {
  if (outcomes.length === 0) return undefined;
  return outcomes.reduce((most, { waitMs }) => Math.max(most, waitMs), 0);
}

/** A report for people. */
export function renderScenario(report: ScenarioReport, isWhole: boolean): string {
  const { name, on, flows, outageMs, master, expectations, timeline } = report;
  const lost = Object.entries(flows.lost).map(([why, count]) => `${count} ${why}`);
  const lines = [
    `${name}, on ${on}`,
    ...(isWhole
      ? timeline.map(({ at, who, text }) => `  ${at.toFixed(3).padStart(9)}  ${who}  ${text}`)
      : []),
    `  ${flows.opened} flows, lost: ${lost.length === 0 ? 'none' : lost.join(', ')}; ` +
      `longest wait ${(outageMs / 1_000).toFixed(2)} s; master ${master ?? 'none'}`,
    ...expectations.map(
      ({ text, measured, passed }) => `  ${passed ? 'ok    ' : 'FAILED'}  ${text}: ${measured}`,
    ),
    report.passed ? 'passed' : 'FAILED',
  ];
  return `${lines.join('\n')}\n`;
}
