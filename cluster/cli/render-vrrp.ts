import type { TrackedView, VrrpView } from '../node/api.js';
import { given, renderAbsent, type Answer } from './answers.js';
import { renderAge, renderReasons, renderTable, type Column } from './table.js';

const columns: readonly Column[] = [
  { title: 'node' },
  { title: 'instance' },
  { title: 'vrid', align: 'right' },
  { title: 'version', align: 'right' },
  { title: 'device' },
  { title: 'state' },
  { title: 'for' },
  { title: 'priority', align: 'right' },
  { title: 'master' },
  { title: 'advert', align: 'right' },
  { title: 'changes', align: 'right' },
  { title: 'sent', align: 'right' },
  { title: 'received', align: 'right' },
  { title: 'late', align: 'right' },
  { title: 'rejected' },
  { title: 'tracked' },
  { title: 'fault' },
];

/**
 * The VRRP instances, one line each and director; `now` is wall clock milliseconds since the epoch. A priority that is not the
 * configured one stands before it, as `130/150`.
 */
export function renderVrrp(answers: readonly Answer<'/vrrp'>[], now: number): string {
  const rows = given(answers).flatMap(({ node, document }) =>
    document.instances.map((view) => [
      node,
      view.instance,
      String(view.virtualRouterId),
      String(view.version),
      view.device,
      view.state,
      renderAge(now - view.since),
      renderPriority(view),
      renderMaster(view.master, view.masterPriority),
      `${String(view.advertMs)}ms`,
      String(view.transitions),
      String(view.advertisementsSent),
      String(view.advertisementsReceived),
      String(view.lateTimers),
      renderReasons({ ...view.rejected, unsent: view.refused }),
      renderTracked(view.tracked),
      view.fault ?? '-',
    ]),
  );
  const table = rows.length === 0 ? 'no VRRP instances\n' : renderTable(columns, rows);
  return `${table}${renderAbsent(answers)}`;
}

const renderPriority = ({ priority, effectivePriority }: VrrpView): string =>
  effectivePriority === priority
    ? String(priority)
    : `${String(effectivePriority)}/${String(priority)}`;

/** `eth0 up, check down`: what is tracked, as it is. */
const renderTracked = (tracked: readonly TrackedView[]): string =>
  tracked.length === 0
    ? '-'
    : tracked.map(({ name, value }) => `${name} ${renderValue(value)}`).join(', ');

function renderValue(value: TrackedView['value']): string {
  if (value === undefined) return 'unknown';
  if (typeof value === 'number') return String(value);
  return value ? 'up' : 'down';
}

function renderMaster(address: string | undefined, priority: number | undefined): string {
  if (address === undefined) return '-';
  return priority === undefined ? address : `${address} (${String(priority)})`;
}
