import { given, renderAbsent, type Answer } from './answers.js';
import { renderAge, renderReasons, renderTable, type Column } from './table.js';

const columns: readonly Column[] = [
  { title: 'node' },
  { title: 'instance' },
  { title: 'vrid', align: 'right' },
  { title: 'device' },
  { title: 'state' },
  { title: 'for' },
  { title: 'priority', align: 'right' },
  { title: 'master' },
  { title: 'advert', align: 'right' },
  { title: 'changes', align: 'right' },
  { title: 'sent', align: 'right' },
  { title: 'received', align: 'right' },
  { title: 'rejected' },
];

/** The VRRP instances, one line each and director; `now` is wall clock milliseconds since the epoch. */
export function renderVrrp(answers: readonly Answer<'/vrrp'>[], now: number): string {
  const rows = given(answers).flatMap(({ node, document }) =>
    document.instances.map((view) => [
      node,
      view.instance,
      String(view.virtualRouterId),
      view.device,
      view.state,
      renderAge(now - view.since),
      String(view.priority),
      renderMaster(view.master, view.masterPriority),
      `${String(view.advertMs)}ms`,
      String(view.transitions),
      String(view.advertisementsSent),
      String(view.advertisementsReceived),
      renderReasons(view.rejected),
    ]),
  );
  const table = rows.length === 0 ? 'no VRRP instances\n' : renderTable(columns, rows);
  return `${table}${renderAbsent(answers)}`;
}

function renderMaster(address: string | undefined, priority: number | undefined): string {
  if (address === undefined) return '-';
  return priority === undefined ? address : `${address} (${String(priority)})`;
}
