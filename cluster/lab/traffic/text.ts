import type { FlowSummary, TrafficEvent, TrafficReport } from './client.js';
import { flowKey, type FlowRecord } from './flow-record.js';

/** One event as a line for people. */
export function renderEvent(event: TrafficEvent): string {
  switch (event.kind) {
    case 'ready':
      return `ready: ${event.flows.alive} of ${event.flows.total} flows established`;
    case 'broken':
      return `broken: ${event.flow}: ${event.reason}: ${event.text}`;
    case 'answer-after-gap':
      return `answers again after ${Math.round(event.gapMs)} ms: ${event.flow}`;
    case 'mark':
      return `mark ${event.name}: ${renderSummary(event.flows)}`;
    case 'progress':
    case 'count':
      return renderSummary(event.flows);
    default:
      return 'done';
  }
}

const renderSummary = (flows: FlowSummary): string =>
  `${flows.alive} of ${flows.total} flows alive, ${flows.broken} broken, ` +
  `${flows.exchanges} exchanges, ${flows.bytesChecked} bytes checked`;

/** The table at the end of a run: a line for each virtual service, then every broken flow by name. */
export function renderFlows(report: TrafficReport): string {
  const services = new Map<string, FlowRecord[]>();
  for (const flow of report.flows) {
    const service = `${flow.protocol} ${flow.virtual}`;
    services.set(service, [...(services.get(service) ?? []), flow]);
  }
  const rows = [['service', 'flows', 'broken', 'exchanges', 'bytes', 'unanswered', 'longest gap']];
  for (const [service, flows] of services) rows.push([service, ...serviceColumns(flows)]);
  const broken = report.flows
    .filter((flow) => flow.broken !== undefined)
    .map((flow) => `broken: ${flowKey(flow)}: ${flow.broken?.reason}: ${flow.broken?.text}`);
  const table = rows.length > 1 ? renderColumns(rows) : [];
  return [...table, ...broken, ...renderArrivals(report.arrivals)].join('\n');
}

/** The arrivals in a few lines, and every one that broke. */
function renderArrivals(arrivals: TrafficReport['arrivals']): readonly string[] {
  if (arrivals === undefined) return [];
  const { opened, connected, completed, broken, resent, breaks } = arrivals;
  const { median, p90, p99, max } = arrivals.connectMs;
  const times = [median, p90, p99, max].map((time) => time.toFixed(2));
  return [
    `arrivals: ${opened} opened, ${connected} connected, ${completed} completed, ${broken} broken`,
    `time to connect: median ${times[0]} ms, 90 % ${times[1]} ms, 99 % ${times[2]} ms, at most ${times[3]} ms`,
    `SYN sent again: ${resent}`,
    ...breaks.map(
      ({ client, virtual, reason, text, at, openedAt, exchanges, isConnected }) =>
        `broken: ${client} ${virtual}: ${reason}: ${text}, ` +
        `${isConnected ? 'connected' : 'connecting'}, ${Math.round(at - openedAt)} ms old, ${exchanges} exchanges`,
    ),
  ];
}

function serviceColumns(flows: readonly FlowRecord[]): readonly string[] {
  const sum = (of: (flow: FlowRecord) => number): number =>
    flows.reduce((total, flow) => total + of(flow), 0);
  const stalls = flows.flatMap((flow) => flow.stalls).map((gap) => gap.to - gap.from);
  const longest = stalls.reduce((most, length) => Math.max(most, length), 0);
  return [
    String(flows.length),
    String(flows.filter((flow) => flow.broken !== undefined).length),
    String(sum((flow) => flow.exchanges)),
    String(sum((flow) => flow.bytesChecked)),
    String(sum((flow) => flow.sent - flow.exchanges)),
    longest === 0 ? 'none' : `${(longest / 1_000).toFixed(2)} s`,
  ];
}

/** Lines with the cells of each column under one another: the first `leftColumns` to the left, the others to the right. */
export function renderColumns(
  rows: readonly (readonly string[])[],
  leftColumns = 1,
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < leftColumns ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
