import { test } from 'tap';

import { renderJson } from '../../../cluster/cli/answers.js';
import { renderHealth } from '../../../cluster/cli/render-health.js';
import { renderServices } from '../../../cluster/cli/render-services.js';
import { renderSessions } from '../../../cluster/cli/render-sessions.js';
import { renderStatus } from '../../../cluster/cli/render-status.js';
import { renderSync } from '../../../cluster/cli/render-sync.js';
import { renderVrrp } from '../../../cluster/cli/render-vrrp.js';
import { renderAge, renderMinutes, renderReasons } from '../../../cluster/cli/table.js';
import type { Api, RealServerView } from '../../../cluster/node/api.js';

const now = 1_700_000_000_000;

const status: Api['/status'] = {
  node: 'd1',
  pid: 4711,
  startedAt: now - 65_000,
  state: 'master',
  sessions: 12,
  tableComplete: true,
  packets: {
    received: 1234,
    forwarded: 1200,
    answered: 30,
    held: 0,
    dropped: { 'no-service': 3, malformed: 0, 'no-connection': 1 },
  },
  driver: 'ring',
  ports: { sent: 1230, fast: 1200, refused: 0, shed: 7 },
  commits: { reach: 'acked', waiting: 0, committed: 0, meanWaitMs: 0, uncommitted: 0 },
  notifyDropped: { scripts: 0, lines: 0 },
};

const offload = { carried: 7, installed: 9, withdrawn: 2, packets: 400, refused: 0 };

const sessions: Api['/sessions'] = {
  sessions: [
    {
      protocol: 'TCP',
      expires: 899.4,
      state: 'ESTABLISHED',
      client: '10.1.0.2:40001',
      virtual: '10.1.0.100:80',
      real: '10.2.0.21:80',
      method: 'Masq',
      origin: 'local',
      owner: 'd1',
      synced: true,
      syncedAgeMs: 1_500,
      packets: 17,
    },
    {
      protocol: 'UDP',
      expires: 4.9,
      state: 'UDP',
      client: '[2001:db8::2]:53000',
      virtual: '[2001:db8::100]:53',
      real: '[2001:db8::21]:53',
      method: 'Route',
      origin: 'd2',
      owner: 'd2',
      synced: false,
      syncedAgeMs: undefined,
      packets: 1,
    },
  ],
};

/** A rendering as its lines, which read better in a failure than one long string. */
const lines = (text: string): string[] => text.split('\n');

test('status shows a director a line, a stopped one too, and only the drops that happened', (t) => {
  const text = renderStatus(
    [
      { node: 'd1', document: { ...status, offload } },
      { node: 'd2', document: { ...status, state: 'backup', tableComplete: false, pid: 9 } },
      { node: 'd3', document: undefined },
    ],
    now,
  );
  t.same(lines(text), [
    'node  state    up     sessions  carried  table       received  forwarded  answered  held   pid  dropped',
    'd1    master   1m05s        12        7  complete        1234       1200        30     0  4711  no-service 3, no-connection 1, shed 7',
    'd2    backup   1m05s        12        -  incomplete      1234       1200        30     0     9  no-service 3, no-connection 1, shed 7',
    'd3    stopped  -             -        -  -                  -          -         -     -     -  -',
    '',
  ]);
  t.end();
});

test('sessions show the entries of every director and name those that do not run', (t) => {
  const text = renderSessions([
    { node: 'd1', document: sessions },
    { node: 'd2', document: { sessions: [] } },
    { node: 'd3', document: undefined },
  ]);
  t.same(lines(text), [
    'protocol  expires  state        client               virtual             real               method  owner   told  node',
    'TCP         14:59  ESTABLISHED  10.1.0.2:40001       10.1.0.100:80       10.2.0.21:80       Masq    d1        1s  d1',
    'UDP         00:04  UDP          [2001:db8::2]:53000  [2001:db8::100]:53  [2001:db8::21]:53  Route   d2     never  d1',
    'd3 is not running',
    '',
  ]);
  t.end();
});

test('sessions say so when there are none', (t) => {
  t.equal(renderSessions([{ node: 'd1', document: { sessions: [] } }]), 'no sessions\n');
  t.end();
});

const realServer: RealServerView = {
  address: '10.2.0.21:80',
  method: 'Masq',
  isPlaced: true,
  weight: 1,
  active: 0,
  inactive: 0,
  health: undefined,
};

const service = (virtual: string, method: 'Masq' | 'Route'): Api['/services'] => ({
  services: [
    {
      protocol: 'TCP',
      virtual,
      scheduler: 'rr',
      quorum: undefined,
      realServers: [
        { ...realServer, method, weight: 1, active: 3, inactive: 10 },
        { ...realServer, address: '10.2.0.22:80', method, weight: 0 },
      ],
    },
  ],
});

test('services look as ipvsadm prints them, a director after the other', (t) => {
  const text = renderServices([
    { node: 'd1', document: service('10.1.0.100:80', 'Masq') },
    { node: 'd2', document: undefined },
    { node: 'd3', document: service('10.1.0.101:80', 'Route') },
  ]);
  t.same(lines(text), [
    'd1:',
    'Prot LocalAddress:Port Scheduler',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
    'TCP  10.1.0.100:80 rr',
    '  -> 10.2.0.21:80                 Masq    1      3          10',
    '  -> 10.2.0.22:80                 Masq    0      0          0',
    '',
    'd3:',
    'Prot LocalAddress:Port Scheduler',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
    'TCP  10.1.0.101:80 rr',
    '  -> 10.2.0.21:80                 Route   1      3          10',
    '  -> 10.2.0.22:80                 Route   0      0          0',
    '',
    'd2 is not running',
    '',
  ]);
  t.end();
});

test('services that are checked show their quorum, and the health of each server', (t) => {
  const quorum = { isUp: false, weight: 1, quorum: 2, hysteresis: 0, isSorry: true };
  const up = { isUp: true, reason: undefined };
  const down = { isUp: false, reason: 'connection refused' };
  const realServers = [
    { ...realServer, health: up },
    { ...realServer, address: '10.2.0.22:80', isPlaced: false, health: down },
    { ...realServer, address: '10.2.0.23:80' },
  ];
  const { services } = service('10.1.0.100:80', 'Masq');
  const document = { services: services.map((one) => ({ ...one, quorum, realServers })) };
  t.same(lines(renderServices([{ node: 'd1', document }])), [
    'd1:',
    'Prot LocalAddress:Port Scheduler',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
    'TCP  10.1.0.100:80 rr  quorum lost (weight 1 of 2), sorry server',
    '  -> 10.2.0.21:80                 Masq    1      0          0         up',
    '  -> 10.2.0.22:80                 Masq    -      -          -         down: connection refused',
    '  -> 10.2.0.23:80                 Masq    1      0          0',
    '',
  ]);
  t.end();
});

test('health shows every checker with what it has found last', (t) => {
  const checker = {
    kind: 'TCP_CHECK',
    isUp: true,
    hasRun: true,
    isSuspended: false,
    reason: undefined,
    weightChange: 0,
    checks: 12,
    voids: 0,
  };
  const [address, kind] = ['10.2.0.22:80', 'MISC_CHECK'];
  const down = { ...checker, kind, isUp: false, reason: 'exit status 1', voids: 2 };
  const quorum = { isUp: true, weight: 1, quorum: 1, hysteresis: 0, isSorry: false };
  const pool = {
    name: 'virtual_server 10.1.0.100 80',
    quorum,
    servers: [
      {
        address: '10.2.0.21:80',
        isUp: true,
        weight: 6,
        checkers: [{ ...checker, weightChange: 5 }],
      },
      { address, isUp: false, weight: 1, checkers: [checker, down] },
    ],
  };
  const unchecked = { ...pool, servers: [{ address, isUp: true, weight: 1, checkers: [] }] };
  const text = renderHealth([
    { node: 'd1', document: { pools: [pool, unchecked] } },
    { node: 'd2', document: { pools: [] } },
  ]);
  t.same(lines(text), [
    'd1:',
    'virtual_server 10.1.0.100 80: quorum up (weight 1, quorum 1, hysteresis 0)',
    '  10.2.0.21:80 up, weight 6',
    '    TCP_CHECK: up, weight +5, 12 checks',
    '  10.2.0.22:80 down, weight 1',
    '    TCP_CHECK: up, 12 checks',
    '    MISC_CHECK: down, exit status 1, 12 checks, 2 without meaning: this node was cut off',
    '',
    'd2:',
    'nothing is checked',
    '',
  ]);
  t.end();
});

const instance: Api['/vrrp']['instances'][number] = {
  instance: 'lab',
  group: undefined,
  virtualRouterId: 51,
  version: 3,
  device: 'clients',
  source: '10.1.0.11',
  state: 'master',
  fault: undefined,
  priority: 150,
  effectivePriority: 150,
  tracked: [
    { kind: 'interface', name: 'clients', weight: 0, reverse: false, value: true },
    { kind: 'file', name: 'load', weight: 1, reverse: false, value: -20 },
  ],
  mayPreempt: true,
  advertMs: 1_000,
  master: '10.1.0.11',
  masterPriority: 150,
  addresses: ['10.1.0.100', '10.1.0.101'],
  since: now - 7_900,
  transitions: 2,
  advertisementsSent: 8,
  advertisementsReceived: 1,
  addressMismatches: 0,
  rivalAdvertisements: 0,
  lateTimers: 3,
  rejected: { 'auth-password': 2 },
  refused: 0,
};

test('vrrp shows since when a director is what it is and why, and whom it takes for the master', (t) => {
  const unaware = {
    ...instance,
    state: 'fault' as const,
    fault: 'interface clients is down',
    priority: 100,
    effectivePriority: 80,
    tracked: [],
    lateTimers: 0,
    master: undefined,
    masterPriority: undefined,
    since: now - 3_600_000,
    rejected: {},
  };
  const text = renderVrrp(
    [
      { node: 'd1', document: { instances: [instance] } },
      { node: 'd2', document: { instances: [unaware] } },
    ],
    now,
  );
  t.same(lines(text), [
    'node  instance  vrid  version  device   state   for    priority  master           advert  changes  sent  received  late  rejected         tracked               fault',
    'd1    lab         51        3  clients  master  7s          150  10.1.0.11 (150)  1000ms        2     8         1     3  auth-password 2  clients up, load -20  -',
    'd2    lab         51        3  clients  fault   1h00m    80/100  -                1000ms        2     8         1     0  -                -                     interface clients is down',
    '',
  ]);
  t.end();
});

test('sync shows who exchanges the table with whom, and how much in each direction', (t) => {
  const counters = { datagrams: 0, records: 0, removals: 0, retransmissions: 0 };
  const text = renderSync(
    [
      {
        node: 'd1',
        document: {
          device: 'sync',
          syncId: 51,
          tableComplete: true,
          sent: { datagrams: 40, records: 120, removals: 7, retransmissions: 1 },
          received: counters,
          sequence: 40,
          rejected: { replay: 2 },
          unsaid: {},
          outcomes: {},
          counters: {},
          peers: [
            {
              node: 'd2',
              address: '10.3.0.12',
              epoch: 1_700,
              lastHeardMs: now - 1_200,
              sequence: 90,
              lag: 4,
              missing: 3,
              acknowledged: 39,
              retransmitted: 5,
              lost: 1,
              divergences: 0,
              rejected: 2,
            },
          ],
          daemons: [
            {
              role: 'master',
              device: 'sync',
              syncId: 9,
              datagrams: 3,
              records: 14,
              rejected: { removal: 2 },
            },
          ],
        },
      },
      {
        node: 'd2',
        document: {
          device: undefined,
          syncId: 0,
          tableComplete: false,
          sent: counters,
          received: counters,
          sequence: 0,
          rejected: {},
          unsaid: {},
          outcomes: {},
          counters: {},
          peers: [],
          daemons: [],
        },
      },
      { node: 'd3', document: undefined },
    ],
    now,
  );
  t.same(lines(text), [
    'node  device  id  table       peer  address    heard   epoch  sequence  lag  lost  resent  diverged  rejected  acknowledged',
    'd1    sync    51  complete    d2    10.3.0.12  1s ago   1700        90    4     1       5         0         2      39 of 40',
    'd2    none     0  incomplete  none  -',
    '',
    'node  direction      datagrams  records  removals  retransmissions  rejected',
    'd1    sent                  40      120         7                1  -',
    'd1    received               0        0         0                0  replay 2',
    'd1    master daemon          3       14         -                -  removal 2',
    'd2    sent                   0        0         0                0  -',
    'd2    received               0        0         0                0  -',
    'd3 is not running',
    '',
  ]);
  t.end();
});

test('JSON holds the documents unchanged, by director, and null for one that does not run', (t) => {
  const text = renderJson([
    { node: 'd1', document: status },
    { node: 'd2', document: undefined },
  ]);
  t.same(JSON.parse(text), { d1: status, d2: null });
  t.ok(text.endsWith('}\n'));
  t.end();
});

test('expiry is minutes and seconds, rounded down, with as many minutes as it takes', (t) => {
  t.equal(renderMinutes(0), '00:00');
  t.equal(renderMinutes(59.9), '00:59');
  t.equal(renderMinutes(900), '15:00');
  t.equal(renderMinutes(7_201), '120:01');
  t.equal(renderMinutes(-3), '00:00');
  t.end();
});

test('ages are in their two largest units', (t) => {
  t.equal(renderAge(999), '0s');
  t.equal(renderAge(59_999), '59s');
  t.equal(renderAge(60_000), '1m00s');
  t.equal(renderAge(3_723_000), '1h02m');
  t.equal(renderAge(26 * 3_600_000), '1d02h');
  t.equal(renderAge(-5), '0s');
  t.end();
});

test('reasons without a count are left out', (t) => {
  t.equal(renderReasons({}), '-');
  t.equal(renderReasons({ a: 0 }), '-');
  t.equal(renderReasons({ a: 1, b: 0, c: 2 }), 'a 1, c 2');
  t.end();
});
