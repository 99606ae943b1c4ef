import type { SessionView } from '../node/api.js';
import { flowKey } from './traffic/flow-record.js';
import { renderColumns } from './traffic/text.js';
import type { TableKnowledge } from './traffic/verdict.js';

/** The connection table of a node. */
export interface NodeTable {
  readonly node: string;
  readonly sessions: readonly SessionView[];
}

/** As many rows of each table as give an impression. */
const shownRows = 8;

/** What the next master knows of the old master's connections. */
export const knowledgeOf = (owner: NodeTable, successor: NodeTable): TableKnowledge => ({
  successor: new Set(successor.sessions.map(flowKey)),
  packets: new Map(owner.sessions.map((session) => [flowKey(session), session.packets])),
});

/** How many entries of `owner` the other node has with the same real server. */
export function commonEntries(owner: NodeTable, other: NodeTable): number {
  const known = new Map(other.sessions.map((session) => [flowKey(session), session.real]));
  return owner.sessions.filter((session) => known.get(flowKey(session)) === session.real).length;
}

/** Both tables side by side in numbers, then the first rows of each. */
export function renderTables(owner: NodeTable, other: NodeTable): string {
  const common = commonEntries(owner, other);
  return [
    `${owner.node} has ${owner.sessions.length} entries, ${other.node} has ${other.sessions.length}; ` +
      `${other.node} has ${common} of ${owner.node}'s with the same real server`,
    '',
    ...renderCounts([owner, other]),
    '',
    ...renderRows(owner),
    '',
    ...renderRows(other),
  ].join('\n');
}

/** One table in numbers, then its first rows. */
export const renderTable = (table: NodeTable): string =>
  [
    `${table.node} has ${table.sessions.length} entries`,
    '',
    ...renderCounts([table]),
    '',
    ...renderRows(table),
  ].join('\n');

const kindOf = (session: SessionView): string =>
  `${session.protocol} ${session.virtual} ${session.method} ${session.state}`;

/** A line for each service and state. */
function renderCounts(tables: readonly NodeTable[]): readonly string[] {
  const all = tables.flatMap(({ sessions }) => sessions);
  const kinds = [...new Set(all.map(kindOf))].toSorted();
  const count = (table: NodeTable, kind: string): string =>
    String(table.sessions.filter((session) => kindOf(session) === kind).length);
  return renderColumns([
    ['service and state', ...tables.map(({ node }) => node)],
    ...kinds.map((kind) => [kind, ...tables.map((table) => count(table, kind))]),
  ]);
}

function renderRows(table: NodeTable): readonly string[] {
  const rows = sample(table.sessions).map((session) => [
    `${session.protocol} ${session.client}`,
    session.virtual,
    session.real,
    session.method,
    session.state,
    session.origin,
    String(session.packets),
  ]);
  const titles = [table.node, 'virtual', 'real', 'method', 'state', 'origin', 'packets'];
  const rest = table.sessions.length - rows.length;
  const lines = renderColumns([titles, ...rows], titles.length - 1);
  return rest > 0 ? [...lines, `... and ${rest} more`] : lines;
}

/** A few entries of every service, the same on nodes that have the same entries. */
function sample(sessions: readonly SessionView[]): readonly SessionView[] {
  const services = new Map<string, SessionView[]>();
  for (const session of sessions.toSorted(byKey)) {
    const service = `${session.protocol} ${session.virtual}`;
    services.set(service, [...(services.get(service) ?? []), session]);
  }
  const each = Math.max(1, Math.floor(shownRows / Math.max(1, services.size)));
  return [...services.values()].flatMap((entries) => entries.slice(0, each)).slice(0, shownRows);
}

const byKey = (left: SessionView, right: SessionView): number =>
  flowKey(left) < flowKey(right) ? -1 : 1;
