import { test } from 'tap';

import type { Api, SyncCounters } from '../../../cluster/node/api.js';
import { batonMetrics } from '../../../cluster/node/metrics/baton-metrics.js';
import { exposition } from '../../../cluster/node/metrics/exposition.js';

const counters: SyncCounters = { datagrams: 0, records: 0, removals: 0, retransmissions: 0 };
const sync: Api['/sync'] = {
  device: undefined,
  syncId: 0,
  tableComplete: true,
  sequence: 0,
  sent: counters,
  received: counters,
  peers: [],
  rejected: {},
  unsaid: {},
  outcomes: {},
  counters: {},
  daemons: [],
};
const status: Api['/status'] = {
  node: 'd1',
  pid: 1,
  startedAt: 0,
  state: 'backup',
  sessions: 0,
  tableComplete: true,
  packets: { received: 0, forwarded: 0, answered: 0, held: 0, dropped: {} },
  driver: 'ring',
  ports: { sent: 0, fast: 0, refused: 0, shed: 0 },
  commits: { reach: 'none', waiting: 0, committed: 0, meanWaitMs: 0, uncommitted: 0 },
  notifyDropped: { scripts: 3, lines: 17 },
};

test('notifications that nobody got are counted by their kind', async (t) => {
  const text = await exposition(
    batonMetrics({ status, sync, health: { pools: [] }, vrrp: { instances: [] } }),
  );
  t.match(text, /^# TYPE baton_notify_dropped_total counter$/m);
  t.match(text, /^baton_notify_dropped_total\{kind="script"\} 3$/m);
  t.match(text, /^baton_notify_dropped_total\{kind="line"\} 17$/m);
});
