import { test } from 'tap';

import { renderDiff } from '../../../cluster/cli/render-diff.js';
import { diffTables } from '../../../cluster/lab/table-diff.js';
import type { SessionView } from '../../../cluster/node/api.js';

const session = (port: number, changes: Partial<SessionView> = {}): SessionView => ({
  protocol: 'TCP',
  expires: 900,
  state: 'ESTABLISHED',
  client: `10.1.0.2:${port}`,
  virtual: '10.1.0.100:80',
  real: '10.2.0.21:80',
  method: 'Masq',
  origin: 'local',
  owner: 'd1',
  synced: true,
  syncedAgeMs: 20,
  packets: 10,
  ...changes,
});

const tables = (
  d1: readonly SessionView[],
  d2: readonly SessionView[],
): Parameters<typeof diffTables> => [
  { node: 'd1', sessions: d1 },
  { node: 'd2', sessions: d2 },
];

test('tables that hold the same connections are equal, whatever their packets and times', (t) => {
  const copy = session(1, { origin: 'd1', packets: 3, expires: 1_200 });
  const diff = diffTables(...tables([session(1)], [copy]));
  t.match(diff, { equal: true, same: 1, sizes: [1, 1] });
  t.equal(renderDiff(diff, false), 'd1 has 1 entries, d2 1: the tables are equal\n');
  t.end();
});

test('entries that one table lacks are grouped by the reason', (t) => {
  const diff = diffTables(
    ...tables(
      [session(1), session(2, { synced: false }), session(3), session(4)],
      [session(1, { origin: 'd1' }), session(5, { origin: 'd1' }), session(6)],
    ),
  );
  t.equal(diff.equal, false);
  t.strictSame(diff.onlyIn, [
    {
      'below the sync threshold': ['TCP 10.1.0.2:2 10.1.0.100:80'],
      'told, but missing': ['TCP 10.1.0.2:3 10.1.0.100:80', 'TCP 10.1.0.2:4 10.1.0.100:80'],
    },
    {
      'ended by its owner': ['TCP 10.1.0.2:5 10.1.0.100:80'],
      'told, but missing': ['TCP 10.1.0.2:6 10.1.0.100:80'],
    },
  ]);
  t.end();
});

test('entries of the same connection are compared by server, method and state', (t) => {
  const other = session(1, { real: '10.2.0.22:80', state: 'FIN_WAIT', method: 'Route' });
  const diff = diffTables(...tables([session(1)], [other]));
  const key = 'TCP 10.1.0.2:1 10.1.0.100:80';
  t.strictSame(diff.different, {
    real: [{ key, here: '10.2.0.21:80', there: '10.2.0.22:80' }],
    method: [{ key, here: 'Masq', there: 'Route' }],
    state: [{ key, here: 'ESTABLISHED', there: 'FIN_WAIT' }],
  });
  t.equal(diff.same, 0);
  t.end();
});

test('people see five entries of a group, and all of them when they ask', (t) => {
  const diff = diffTables(
    ...tables(
      Array.from({ length: 7 }, (_, port) => session(port)),
      [],
    ),
  );
  t.equal(
    renderDiff(diff, false),
    [
      'd1 has 7 entries, d2 0, 0 are the same',
      '',
      'only in d1: told, but missing (7)',
      ...[0, 1, 2, 3, 4].map((port) => `  TCP  10.1.0.2:${port}  10.1.0.100:80`),
      '  and 2 more',
      '',
    ].join('\n'),
  );
  t.equal(renderDiff(diff, true).match(/10\.1\.0\.2:/g)?.length, 7);
  t.end();
});
