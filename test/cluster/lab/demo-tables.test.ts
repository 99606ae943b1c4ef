import { test } from 'tap';

import {
  commonEntries,
  knowledgeOf,
  renderTables,
  type NodeTable,
} from '../../../cluster/lab/demo-tables.js';
import type { SessionView } from '../../../cluster/node/api.js';

const session = (port: number, changes: Partial<SessionView> = {}): SessionView => ({
  protocol: 'TCP',
  expires: 900,
  state: 'ESTABLISHED',
  client: `10.0.0.10:${port}`,
  virtual: '10.0.0.100:80',
  real: '10.0.1.11:80',
  method: 'Masq',
  origin: 'local',
  owner: 'd1',
  synced: true,
  syncedAgeMs: 20,
  packets: 7,
  ...changes,
});

const table = (node: string, sessions: readonly SessionView[]): NodeTable => ({ node, sessions });

test('an entry is common when the other node would use the same real server', (t) => {
  const owner = table('d1', [session(1), session(2), session(3)]);
  const other = table('d2', [session(1), session(2, { real: '10.0.1.12:80' })]);
  t.equal(commonEntries(owner, other), 1);
  t.equal(commonEntries(other, owner), 1);
  t.equal(commonEntries(owner, owner), 3);
  t.end();
});

test('the successor knows its own entries and the packets of the owner', (t) => {
  const { successor, packets } = knowledgeOf(
    table('d1', [session(1), session(2, { packets: 2 })]),
    table('d2', [session(1, { packets: 0 })]),
  );
  t.same([...successor], ['TCP 10.0.0.10:1 10.0.0.100:80']);
  t.equal(packets.get('TCP 10.0.0.10:1 10.0.0.100:80'), 7);
  t.equal(packets.get('TCP 10.0.0.10:2 10.0.0.100:80'), 2);
  t.end();
});

test('the tables are printed as counts and the first rows', (t) => {
  const sessions = Array.from({ length: 10 }, (_, index) => session(40_000 + index));
  const text = renderTables(
    table('d1', [...sessions, session(5, { state: 'SYN_RECV' })]),
    table('d2', sessions.slice(1)),
  );
  t.match(text, "d1 has 11 entries, d2 has 9; d2 has 9 of d1's with the same real server");
  t.match(text, /TCP 10\.0\.0\.100:80 Masq ESTABLISHED +10 +9\n/);
  t.match(text, /TCP 10\.0\.0\.100:80 Masq SYN_RECV +1 +0\n/);
  t.match(text, /\nTCP 10\.0\.0\.10:40007 [^\n]+\n\.\.\. and 3 more\n/);
  t.notMatch(text, '40009');
  t.match(text, '... and 1 more');
  t.end();
});

test('the rows that are shown are spread over the services', (t) => {
  const nat = Array.from({ length: 10 }, (_, index) => session(40_000 + index));
  const direct = nat.map((entry) => ({
    ...entry,
    virtual: '10.0.0.101:80',
    method: 'Route' as const,
  }));
  const text = renderTables(table('d1', [...nat, ...direct]), table('d2', []));
  t.equal(text.match(/^TCP .* Masq +ESTABLISHED +local/gm)?.length, 4);
  t.equal(text.match(/^TCP .* Route +ESTABLISHED +local/gm)?.length, 4);
  t.end();
});
