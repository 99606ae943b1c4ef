/** What a scenario asked for, and what was measured. */
export interface ExpectationOutcome {
  readonly text: string;
  readonly measured: string;
  readonly passed: boolean;
}

/** A run of a scenario, wherever it took place. */
export interface ScenarioReport {
  readonly name: string;
  readonly on: 'sim' | 'lab' | 'vagrant';
  readonly passed: boolean;
  readonly flows: {
    readonly opened: number;
    /** Those that broke, by why. */
    readonly lost: Readonly<Record<string, number>>;
  };
  /** The longest that a flow waited for an answer. */
  readonly outageMs: number;
  readonly master: string | undefined;
  readonly expectations: readonly ExpectationOutcome[];
  /** What happened, in seconds from the first fault. */
  readonly timeline: readonly {
    readonly at: number;
    readonly who: string;
    readonly text: string;
  }[];
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
