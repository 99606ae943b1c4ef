import type { FlowRecord } from './traffic/flow-record.js';
import { renderColumns } from './traffic/text.js';
import {
  blackoutOf,
  judgeFlow,
  type Blackout,
  type FlowVerdict,
  type SyncFacts,
  type Timeline,
  type Verdict,
} from './traffic/verdict.js';

/** A line of the timeline: wall clock milliseconds and a phrase. */
export interface TimelineEntry {
  readonly at: number;
  readonly text: string;
}

/** What a fail-over run measured; `--json` writes this shape. Times are milliseconds. */
export interface FailOverReport {
  /** Everything took place, every flow survived it, and the blackout was within its bound. */
  readonly passed: boolean;
  /** What should have taken place and did not. */
  readonly missing: readonly ('new master' | 'fail-back')[];
  readonly summary: Readonly<Record<Verdict, number>> & { readonly flows: number };
  /** Instants, oldest first, since the epoch. The kill is what the printed times count from. */
  readonly killedAt: number;
  readonly timeline: readonly TimelineEntry[];
  readonly blackouts: readonly BlackoutRow[];
  /** The longest blackout of the fail-over against what the election's timers allow. */
  readonly bound: {
    readonly limitMs: number;
    readonly measuredMs: number | undefined;
    readonly within: boolean;
  };
  readonly flows: readonly FlowVerdict[];
}

export interface BlackoutRow extends Blackout {
  readonly fault: 'fail-over' | 'fail-back';
  readonly protocol: 'TCP' | 'UDP';
}

/** Puts together what the client, the directors and the clock saw. */
export function buildReport(input: {
  readonly records: readonly FlowRecord[];
  readonly timeline: Timeline;
  readonly entries: readonly TimelineEntry[];
  readonly sync: SyncFacts;
  readonly blackoutLimitMs: number;
  /**
   * The flows that the bound holds for. TCP's stall is the network's only when it is short: after a long one it holds
   * the client's own retransmission back-off too.
   */
  readonly bounded: readonly ('TCP' | 'UDP')[];
}): FailOverReport {
  const { timeline, blackoutLimitMs } = input;
  const flows = input.records.map((record) => judgeFlow(record, timeline, input.sync));
  const summary = countVerdicts(flows);
  const blackouts = blackoutRows(flows, timeline);
  const measuredMs = blackouts
    .filter((row) => row.fault === 'fail-over' && input.bounded.includes(row.protocol))
    .reduce<number | undefined>((longest, { maxMs }) => Math.max(longest ?? 0, maxMs), undefined);
  const within = measuredMs !== undefined && measuredMs <= blackoutLimitMs;
  const missing = missingSteps(timeline);
  const allSurvived = summary.flows > 0 && summary.survived === summary.flows;
  return {
    passed: within && allSurvived && missing.length === 0,
    missing,
    summary,
    killedAt: timeline.killedAt,
    timeline: [...input.entries, ...firstAnswer(blackouts)].toSorted(
      (left, right) => left.at - right.at,
    ),
    blackouts,
    bound: { limitMs: blackoutLimitMs, measuredMs, within },
    flows,
  };
}

function missingSteps(timeline: Timeline): FailOverReport['missing'] {
  if (timeline.newMasterAt === undefined) return ['new master'];
  const isMissing = timeline.restartedAt !== undefined && timeline.failBackAt === undefined;
  return isMissing ? ['fail-back'] : [];
}

function countVerdicts(flows: readonly FlowVerdict[]): FailOverReport['summary'] {
  const summary = {
    flows: flows.length,
    survived: 0,
    'broken by the fail-over': 0,
    'broken by the fail-back': 0,
    'broken before': 0,
    'never established': 0,
  };
  for (const flow of flows) summary[flow.verdict] += 1;
  return summary;
}

function blackoutRows(flows: readonly FlowVerdict[], timeline: Timeline): readonly BlackoutRow[] {
  const rows: BlackoutRow[] = [];
  for (const fault of ['fail-over', 'fail-back'] as const) {
    for (const protocol of ['UDP', 'TCP'] as const) {
      const blackout =
        fault === 'fail-over'
          ? blackoutOf(flows, protocol, 'failOver', timeline.newMasterAt)
          : blackoutOf(flows, protocol, 'failBack', timeline.failBackAt);
      if (blackout !== undefined) rows.push({ fault, protocol, ...blackout });
    }
  }
  return rows;
}

/** The first packet through the new master, as a client sees it. */
function firstAnswer(blackouts: readonly BlackoutRow[]): readonly TimelineEntry[] {
  const [first] = blackouts
    .filter((row) => row.fault === 'fail-over')
    .toSorted((left, right) => left.firstAnswerAt - right.firstAnswerAt);
  if (first === undefined) return [];
  return [
    {
      at: first.firstAnswerAt,
      text: `client: first answer after the fail-over (${first.protocol})`,
    },
  ];
}

/** The report for people. `verbose` adds a line for every flow, else only those that did not survive have one. */
export function renderReport(report: FailOverReport, verbose: boolean): string {
  return [
    'Timeline (seconds from the kill)',
    ...report.timeline.map((entry) => `  ${sinceKill(entry.at, report)}  ${entry.text}`),
    '',
    'Blackout: the longest time without an answer, by flow',
    ...renderColumns(blackoutTable(report)).map((line) => `  ${line}`),
    `  ${boundLine(report)}`,
    '',
    ...flowLines(report, verbose),
    ...report.missing.map((step) => `there was no ${step}`),
    verdictLine(report),
  ].join('\n');
}

function blackoutTable(report: FailOverReport): readonly (readonly string[])[] {
  return [
    ['', 'flows', 'median', 'max', 'first answer'],
    ...report.blackouts.map((row) => [
      `${row.fault} ${row.protocol}`,
      String(row.flows),
      `${inSeconds(row.medianMs)} s`,
      `${inSeconds(row.maxMs)} s`,
      // After the fail-back flows are answered all along: the end of their longest gap says nothing.
      row.fault === 'fail-over' ? sinceKill(row.firstAnswerAt, report).trim() : '-',
    ]),
  ];
}

function boundLine(report: FailOverReport): string {
  const { measuredMs, limitMs, within } = report.bound;
  const bound = `the bound of ${inSeconds(limitMs)} s (master down interval + margin)`;
  if (measuredMs === undefined) return `no packet blackout could be measured against ${bound}`;
  return `packet blackout ${inSeconds(measuredMs)} s: ${within ? 'within' : 'OVER'} ${bound}`;
}

function flowLines(report: FailOverReport, verbose: boolean): readonly string[] {
  const lines = report.flows.filter((flow) => verbose || flow.verdict !== 'survived').map(flowLine);
  return lines.length === 0 ? [] : [...lines, ''];
}

function flowLine(flow: FlowVerdict): string {
  const server = flow.server === undefined ? '' : ` (${flow.server})`;
  const why = [flow.cause, flow.reason].filter((part) => part !== undefined).join(', ');
  return `  ${flow.key}${server}: ${flow.verdict}${why === '' ? '' : `: ${why}`}`;
}

/** The one line that says it all, with whatever else went wrong behind it. */
function verdictLine(report: FailOverReport): string {
  const { summary } = report;
  const parts = [
    `${summary.flows} flows`,
    `${summary['broken by the fail-over']} broken by the fail-over`,
    `${summary['broken by the fail-back']} broken by the fail-back`,
  ];
  for (const verdict of ['broken before', 'never established'] as const) {
    if (summary[verdict] > 0) parts.push(`${summary[verdict]} ${verdict}`);
  }
  return parts.join(', ');
}

const inSeconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(2);

function sinceKill(at: number, report: FailOverReport): string {
  const text = inSeconds(at - report.killedAt);
  return `${text.startsWith('-') ? '' : '+'}${text}`.padStart(8);
}
