import type { Api } from '../api.js';
import type { Metric, Sample } from './exposition.js';

/** The documents of the control API that our own metrics are made of. */
export interface Documents {
  readonly status: Api['/status'];
  readonly sync: Api['/sync'];
  readonly health: Api['/health'];
  readonly vrrp: Api['/vrrp'];
}

/** What no exporter knows: sessions and their sync, fail-over, health. */
export const batonMetrics = (documents: Documents): Metric[] => [
  ...sessionMetrics(documents),
  ...syncMetrics(documents),
  ...failOverMetrics(documents),
  ...healthMetrics(documents),
  ...notifyMetrics(documents),
];

const counter = (
  name: string,
  help: string,
  labels: readonly string[],
  samples: readonly Sample[],
): Metric => ({ name, help, type: 'counter', labels, samples });

const gauge = (
  name: string,
  help: string,
  labels: readonly string[],
  samples: readonly Sample[],
): Metric => ({ name, help, type: 'gauge', labels, samples });

/** Counts by a name, as samples with that name as a label. */
const byName = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));

const bit = (isSet: boolean): number => (isSet ? 1 : 0);

function sessionMetrics({ status }: Documents): Metric[] {
  const { packets, commits, ports } = status;
  const { received, forwarded, answered, dropped } = packets;
  return [
    gauge('baton_sessions', 'Entries of the connection table.', [], [{ value: status.sessions }]),
    counter(
      'baton_frames_total',
      'Frames by what became of them.',
      ['outcome'],
      byName('outcome', {
        received,
        forwarded,
        answered,
        shed: ports.shed,
        refused: ports.refused,
      }),
    ),
    counter(
      'baton_sent_frames_total',
      'Frames that the kernel took, by the way on which they left.',
      ['way'],
      byName('way', { xdp: ports.fast, other: ports.sent - ports.fast }),
    ),
    counter(
      'baton_dropped_frames_total',
      'Dropped frames by reason.',
      ['reason'],
      byName('reason', dropped),
    ),
    ...offloadMetrics(status),
    counter(
      'baton_commits_total',
      'New connections whose first packet waited for peers.',
      ['outcome'],
      byName('outcome', { committed: commits.committed, uncommitted: commits.uncommitted }),
    ),
  ];
}

/** None where every packet comes the whole way. */
function offloadMetrics({ offload, carrierThreads }: Api['/status']): Metric[] {
  if (offload === undefined) return [];
  const { carried, installed, withdrawn, refused, packets } = offload;
  return [
    gauge(
      'baton_offload_sessions',
      'Connections that the kernel, or the driver ring, carries.',
      [],
      [{ value: carried }],
    ),
    counter(
      'baton_offload_changes_total',
      'Connections that were begun to be carried, taken back, or found no room.',
      ['change'],
      byName('change', { installed, withdrawn, refused }),
    ),
    counter('baton_offload_packets_total', 'Packets that were carried.', [], [{ value: packets }]),
    ...(carrierThreads === undefined
      ? []
      : [
          gauge(
            'baton_carrier_threads',
            'Threads that carry besides the main one.',
            [],
            [{ value: carrierThreads }],
          ),
        ]),
  ];
}

function syncMetrics({ sync, status }: Documents): Metric[] {
  const traffic = (what: 'datagrams' | 'records' | 'removals' | 'retransmissions'): Sample[] => [
    { labels: { direction: 'sent' }, value: sync.sent[what] },
    { labels: { direction: 'received' }, value: sync.received[what] },
  ];
  const direction = ['direction'];
  const peer = ['peer'];
  const ofPeers = (value: (peer: (typeof sync.peers)[0]) => number): Sample[] =>
    sync.peers.map((one) => ({ labels: { peer: one.node }, value: value(one) }));
  return [
    gauge(
      'baton_table_complete',
      '1 when the table of a peer has been fetched, or there is none to fetch.',
      [],
      [{ value: bit(status.tableComplete) }],
    ),
    counter('baton_sync_datagrams_total', 'Sync datagrams.', direction, traffic('datagrams')),
    counter('baton_sync_records_total', 'Entries told by sync.', direction, traffic('records')),
    counter('baton_sync_removals_total', 'Removals told by sync.', direction, traffic('removals')),
    counter(
      'baton_sync_retransmissions_total',
      'Sync datagrams that were sent again.',
      direction,
      traffic('retransmissions'),
    ),
    counter(
      'baton_sync_rejected_total',
      'Sync messages that had no effect, by reason.',
      ['reason'],
      byName('reason', sync.rejected),
    ),
    gauge(
      'baton_sync_peer_lag_messages',
      'Messages of a peer that exist and are not applied yet.',
      peer,
      ofPeers(({ lag }) => lag),
    ),
    gauge(
      'baton_sync_peer_last_heard_seconds',
      'How long ago a peer was heard.',
      peer,
      ofPeers(({ lastHeardMs }) => lastHeardMs / 1_000),
    ),
    counter(
      'baton_sync_peer_lost_total',
      'Holes in the messages of a peer that were given up and repaired by fetching its entries.',
      peer,
      ofPeers(({ lost }) => lost),
    ),
    counter(
      'baton_sync_peer_divergences_total',
      'Times that the copies of a peer entries differed from its own.',
      peer,
      ofPeers(({ divergences }) => divergences),
    ),
  ];
}

function failOverMetrics({ vrrp }: Documents): Metric[] {
  const labels = ['instance'];
  const of = (value: (view: (typeof vrrp.instances)[0]) => number): Sample[] =>
    vrrp.instances.map((view) => ({ labels: { instance: view.instance }, value: value(view) }));
  return [
    gauge(
      'baton_vrrp_effective_priority',
      'The priority that counts.',
      labels,
      of(({ effectivePriority }) => effectivePriority),
    ),
    counter(
      'baton_vrrp_transitions_total',
      'Changes of state.',
      labels,
      of(({ transitions }) => transitions),
    ),
    counter(
      'baton_vrrp_late_timers_total',
      'Times that this node ran so late that its timers proved nothing.',
      labels,
      of(({ lateTimers }) => lateTimers),
    ),
    gauge(
      'baton_vrrp_may_preempt',
      '1 when a living master of lower priority would be replaced.',
      labels,
      of(({ mayPreempt }) => bit(mayPreempt)),
    ),
  ];
}

function healthMetrics({ health: { pools } }: Documents): Metric[] {
  const servers = pools.flatMap(({ name, servers: all }) =>
    all.map((server) => ({ labels: { pool: name, server: server.address }, server })),
  );
  const checkers = servers.flatMap(({ labels, server }) =>
    server.checkers.map((checker, index) => ({
      labels: { ...labels, checker: checker.kind, number: index },
      checker,
    })),
  );
  const checkerLabels = ['pool', 'server', 'checker', 'number'];
  return [
    gauge(
      'baton_pool_quorum',
      '1 while a pool has its quorum.',
      ['pool'],
      pools.map(({ name, quorum }) => ({ labels: { pool: name }, value: bit(quorum.isUp) })),
    ),
    gauge(
      'baton_real_server_up',
      '1 while no checker says that a real server is down.',
      ['pool', 'server'],
      servers.map(({ labels, server }) => ({ labels, value: bit(server.isUp) })),
    ),
    gauge(
      'baton_checker_up',
      '1 while a checker says that its real server is up.',
      checkerLabels,
      checkers.map(({ labels, checker }) => ({ labels, value: bit(checker.isUp) })),
    ),
    counter(
      'baton_checks_total',
      'Checks of a checker.',
      checkerLabels,
      checkers.map(({ labels, checker }) => ({ labels, value: checker.checks })),
    ),
    counter(
      'baton_void_checks_total',
      'Checks without meaning, because this node was cut off.',
      checkerLabels,
      checkers.map(({ labels, checker }) => ({ labels, value: checker.voids })),
    ),
  ];
}

const notifyMetrics = ({ status: { notifyDropped } }: Documents): Metric[] => [
  counter(
    'baton_notify_dropped_total',
    'Notify scripts that were not run, and lines that a notify pipe did not take.',
    ['kind'],
    byName('kind', { script: notifyDropped.scripts, line: notifyDropped.lines }),
  ),
];
