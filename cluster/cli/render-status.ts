import type { Answer } from './answers.js';
import { renderAge, renderReasons, renderTable, type Column } from './table.js';

const columns: readonly Column[] = [
  { title: 'node' },
  { title: 'state' },
  { title: 'up' },
  { title: 'sessions', align: 'right' },
  { title: 'carried', align: 'right' },
  { title: 'table' },
  { title: 'received', align: 'right' },
  { title: 'forwarded', align: 'right' },
  { title: 'answered', align: 'right' },
  { title: 'held', align: 'right' },
  { title: 'pid', align: 'right' },
  { title: 'dropped' },
];

/** One line a director; `now` is wall clock milliseconds since the epoch. */
export function renderStatus(answers: readonly Answer<'/status'>[], now: number): string {
  const rows = answers.map(({ node, document }) => {
    if (document === undefined) return [node, 'stopped', ...columns.slice(2).map(() => '-')];
    const { received, forwarded, answered, held, dropped } = document.packets;
    const { shed, refused } = document.ports;
    return [
      node,
      document.state,
      renderAge(now - document.startedAt),
      String(document.sessions),
      document.offload === undefined ? '-' : String(document.offload.carried),
      document.tableComplete ? 'complete' : 'incomplete',
      String(received),
      String(forwarded),
      String(answered),
      String(held),
      String(document.pid),
      renderReasons({ ...dropped, shed, unsent: refused }),
    ];
  });
  return renderTable(columns, rows);
}
