import type { SyncCounters, SyncPeer, SyncView } from '../node/api.js';
import { given, renderAbsent, type Answer } from './answers.js';
import { renderAge, renderReasons, renderTable, type Column } from './table.js';

const counterColumns: readonly Column[] = [
  { title: 'node' },
  { title: 'direction' },
  { title: 'datagrams', align: 'right' },
  { title: 'records', align: 'right' },
  { title: 'removals', align: 'right' },
  { title: 'retransmissions', align: 'right' },
  { title: 'rejected' },
];

const peerColumns: readonly Column[] = [
  { title: 'node' },
  { title: 'device' },
  { title: 'id', align: 'right' },
  { title: 'table' },
  { title: 'peer' },
  { title: 'address' },
  { title: 'heard' },
  { title: 'epoch', align: 'right' },
  { title: 'sequence', align: 'right' },
  { title: 'lag', align: 'right' },
  { title: 'lost', align: 'right' },
  { title: 'resent', align: 'right' },
  { title: 'diverged', align: 'right' },
  { title: 'rejected', align: 'right' },
  { title: 'acknowledged', align: 'right' },
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
    if (document.peers.length === 0) return [[...own, 'none', '-']];
    return document.peers.map((peer) => [...own, ...peerCells(document, peer, now)]);
  });
  const counters = running.flatMap(({ node, document }) => [
    renderCounters(node, 'sent', document.sent, document.unsaid),
    renderCounters(node, 'received', document.received, document.rejected),
    ...document.daemons.map(({ role, datagrams, records, rejected }) => [
      node,
      `${role} daemon`,
      String(datagrams),
      String(records),
      '-',
      '-',
      renderReasons(rejected),
    ]),
  ]);
  return [
    renderTable(peerColumns, peers),
    `${renderTable(counterColumns, counters)}${renderAbsent(answers)}`,
  ].join('\n');
}

/** What a peer has acknowledged is of this node's own messages. */
const peerCells = ({ sequence }: SyncView, peer: SyncPeer, now: number): string[] => [
  peer.node,
  peer.address,
  `${renderAge(now - peer.lastHeardMs)} ago`,
  String(peer.epoch),
  String(peer.sequence),
  String(peer.lag),
  String(peer.lost),
  String(peer.retransmitted),
  String(peer.divergences),
  String(peer.rejected),
  `${String(peer.acknowledged)} of ${String(sequence)}`,
];

/** Left out when sending is what the format cannot say. */
const renderCounters = (
  node: string,
  direction: string,
  counters: SyncCounters,
  rejected: Readonly<Record<string, number>>,
): string[] => [
  node,
  direction,
  String(counters.datagrams),
  String(counters.records),
  String(counters.removals),
  String(counters.retransmissions),
  renderReasons(rejected),
];
