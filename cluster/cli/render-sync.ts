import type { SyncCounters } from '../node/api.js';
import { given, renderAbsent, type Answer } from './answers.js';
import { renderAge, renderTable, type Column } from './table.js';

const counterColumns: readonly Column[] = [
  { title: 'node' },
  { title: 'direction' },
  { title: 'datagrams', align: 'right' },
  { title: 'records', align: 'right' },
  { title: 'removals', align: 'right' },
  { title: 'retransmissions', align: 'right' },
];

const peerColumns: readonly Column[] = [
  { title: 'node' },
  { title: 'device' },
  { title: 'id', align: 'right' },
  { title: 'table' },
  { title: 'peer' },
  { title: 'address' },
  { title: 'heard' },
  { title: 'missing', align: 'right' },
];

/**
 * Who a director exchanges its table with, and what went over the wire in both directions; `now` is wall clock
 * milliseconds since the epoch.
 */
export function renderSync(answers: readonly Answer<'/sync'>[], now: number): string {
  const running = given(answers);
  if (running.length === 0) return renderAbsent(answers);
  const peers = running.flatMap(({ node, document }) => {
    const own = [
      node,
      document.device ?? 'none',
      String(document.syncId),
      document.tableComplete ? 'complete' : 'incomplete',
    ];
    if (document.peers.length === 0) return [[...own, 'none', '-', '-', '-']];
    return document.peers.map((peer) => [
      ...own,
      peer.node,
      peer.address,
      `${renderAge(now - peer.lastHeardMs)} ago`,
      String(peer.missing),
    ]);
  });
  const counters = running.flatMap(({ node, document }) => [
    renderCounters(node, 'sent', document.sent),
    renderCounters(node, 'received', document.received),
  ]);
  return [
    renderTable(peerColumns, peers),
    `${renderTable(counterColumns, counters)}${renderAbsent(answers)}`,
  ].join('\n');
}

const renderCounters = (node: string, direction: string, counters: SyncCounters): string[] => [
  node,
  direction,
  String(counters.datagrams),
  String(counters.records),
  String(counters.removals),
  String(counters.retransmissions),
];
