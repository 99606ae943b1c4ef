import { toMilliseconds, toSeconds } from '../../director/base/time.js';
import { directorsOf } from '../config/lab-config.js';
import { Invariants, type InvariantName } from './checks/invariants.js';
import { describeFault, type Fault } from './faults/fault.js';
import { phasesOf, type RunPlan, type RunResult } from './simulation.js';
import { clockText } from './trace.js';

/** A run as `--json` prints it. Times are seconds from its start. */
export interface RunReport {
  readonly seed: number;
  /** Equal hashes: the same run. */
  readonly hash: string;
  readonly passed: boolean;
  readonly options: string;
  readonly simulatedSeconds: number;
  readonly frames: number;
  readonly events: number;
  readonly faults: readonly (Fault & { readonly text: string })[];
  readonly flows: {
    readonly opened: number;
    readonly answered: number;
    readonly exchanges: number;
    readonly longestGapMs: number;
  };
  readonly losses: Readonly<Record<string, number>>;
  readonly violations: readonly {
    readonly at: number;
    readonly invariant: InvariantName;
    readonly text: string;
    readonly detail: string;
  }[];
  readonly violationCount: number;
  readonly occurrences: Readonly<Record<string, number>>;
}

export function reportOf(result: RunResult): RunReport {
  const { plan, world, losses } = result;
  const records = world.load.flows.map(({ record }) => record);
  const classes: Record<string, number> = {};
  for (const { why } of losses) classes[why] = (classes[why] ?? 0) + 1;
  const { turmoil } = phasesOf(plan);
  return {
    seed: plan.seed,
    hash: world.trace.hash,
    passed: result.violationCount === 0,
    options: describeOptions(plan),
    simulatedSeconds: result.simulatedSeconds,
    frames: world.trace.frames,
    events: world.queue.planned,
    faults: plan.faults.map((fault) => ({
      ...fault,
      at: turmoil + fault.at,
      text: describeFault(fault),
    })),
    flows: {
      opened: records.length,
      answered: records.filter(({ exchanges }) => exchanges > 0).length,
      exchanges: records.reduce((sum, { exchanges }) => sum + exchanges, 0),
      longestGapMs: records.reduce((most, { longestGap }) => Math.max(most, longestGap / 1_000), 0),
    },
    losses: classes,
    violations: result.violations.map(({ at, invariant, detail }) => ({
      at: at / 1_000_000,
      invariant,
      text: Invariants[invariant].text,
      detail,
    })),
    violationCount: result.violationCount,
    occurrences: world.occurrences.counts,
  };
}

/** The options of a run on one line. */
export function describeOptions({ lab, load, turmoil }: RunPlan): string {
  const { cluster, services, nodes, health } = lab;
  const count = (kind: string): number => nodes.filter((node) => node.kind === kind).length;
  const methods = [...new Set(services.map(({ method }) => method))].join('+');
  const protocols = [...new Set(services.map(({ protocol }) => protocol))].join('+');
  const { sync } = cluster;
  const parts = [
    `${directorsOf(lab).length} directors`,
    `${count('real-server')} real servers`,
    `${load.flows} flows`,
    `advert ${toMilliseconds(cluster.advertInterval)} ms`,
    `VRRPv${cluster.version}`,
    cluster.preempt ? 'preempt' : 'nopreempt',
    `${methods} ${protocols} ${services[0]?.scheduler ?? ''}`,
    `commit ${cluster.commit}`,
    `threshold ${sync.threshold}`,
    `flush ${toMilliseconds(sync.flushBound)} ms`,
    `bulk timeout ${toSeconds(sync.bulkTimeout)} s`,
    ...(sync.deathNotice ? ['death notice'] : []),
    ...(sync.isUnicast ? ['unicast'] : []),
    ...(sync.key === undefined ? [] : ['signed']),
    ...(services[0]?.persistenceTimeout === undefined ? [] : ['persistent']),
    ...(health === undefined
      ? []
      : [`checks every ${toMilliseconds(health.delayLoop)} ms, retry ${health.retry}`]),
    `turmoil ${turmoil} s`,
  ];
  return parts.join(', ');
}

/** A run for people: what it was, what was done to it, what became of the flows. */
export function renderRun(report: RunReport, result: RunResult, isWhole: boolean): string {
  const { flows } = report;
  const lines = [
    `seed ${report.seed}: ${report.options}`,
    ...(isWhole
      ? result.world.trace.lines.map(
          ({ at, who, text }) => `${clockText(at).padStart(12)}  ${who}  ${text}`,
        )
      : report.faults.map(
          ({ at, text, for: length }) => `${at.toFixed(3).padStart(9)}  ${text}, for ${length} s`,
        )),
    `${report.simulatedSeconds.toFixed(1)} s simulated, ${report.frames} frames; ` +
      `${flows.opened} flows, ${flows.exchanges} answers, longest wait ${flows.longestGapMs.toFixed(1)} ms`,
    ...Object.entries(report.losses).map(([why, count]) => `  ${count} flows lost: ${why}`),
    ...report.violations.map(
      ({ at, invariant, text, detail }) =>
        `  VIOLATION at ${at.toFixed(6)}: ${invariant}: ${text}\n    ${detail}`,
    ),
    `${report.passed ? 'passed' : `FAILED with ${report.violationCount} violations`}, trace ${report.hash}`,
  ];
  return `${lines.join('\n')}\n`;
}
