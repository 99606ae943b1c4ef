import { given, renderAbsent, type Answer } from './answers.js';
import { renderAge, renderMinutes, renderTable, type Column } from './table.js';

const columns: readonly Column[] = [
  { title: 'protocol' },
  { title: 'expires', align: 'right' },
  { title: 'state' },
  { title: 'client' },
  { title: 'virtual' },
  { title: 'real' },
  { title: 'method' },
  { title: 'owner' },
  { title: 'told', align: 'right' },
  { title: 'node' },
];

/**
 * The connection entries of the directors, one line each, a director after the other: who carries the connection, and how
 * long ago this node told its peers of it, or was told.
 */
export function renderSessions(answers: readonly Answer<'/sessions'>[]): string {
  const rows = given(answers).flatMap(({ node, document }) =>
    document.sessions.map((session) => [
      session.protocol,
      renderMinutes(session.expires),
      session.state,
      session.client,
      session.virtual,
      session.real,
      session.method,
      session.owner,
      session.syncedAgeMs === undefined ? 'never' : renderAge(session.syncedAgeMs),
      node,
    ]),
  );
  const table = rows.length === 0 ? 'no sessions\n' : renderTable(columns, rows);
  return `${table}${renderAbsent(answers)}`;
}
