import { test } from 'tap';

import { ScriptHealth } from '../../../cluster/vrrp/script-health.js';
import {
  trackedByMember,
  Tracking,
  type Tracked,
  type TrackerValue,
} from '../../../cluster/vrrp/tracking.js';
import { InvariantError } from '../../../director/base/invariant.js';

const tracked = (change: Partial<Tracked>): Tracked => ({
  kind: 'script',
  name: 'check',
  weight: 0,
  reverse: false,
  ...change,
});

const weights: {
  readonly change: Partial<Tracked>;
  readonly value: TrackerValue;
  /** Of 100; `fault` for a fault. */
  readonly priority: number | 'fault';
}[] = [
  { change: { weight: 20 }, value: true, priority: 120 },
  { change: { weight: 20 }, value: false, priority: 100 },
  { change: { weight: -20 }, value: true, priority: 100 },
  { change: { weight: -20 }, value: false, priority: 80 },
  { change: { weight: 20, reverse: true }, value: true, priority: 80 },
  { change: { weight: 20, reverse: true }, value: false, priority: 100 },
  { change: { weight: -20, reverse: true }, value: true, priority: 100 },
  { change: { weight: -20, reverse: true }, value: false, priority: 120 },
  { change: { weight: 0 }, value: true, priority: 100 },
  { change: { weight: 0 }, value: false, priority: 'fault' },
  { change: { weight: 0, reverse: true }, value: true, priority: 'fault' },
  { change: { weight: 0, reverse: true }, value: false, priority: 100 },
  { change: { weight: 253 }, value: true, priority: 254 },
  { change: { weight: -253 }, value: false, priority: 1 },
  { change: { kind: 'file', weight: 1 }, value: 7, priority: 107 },
  { change: { kind: 'file', weight: 1 }, value: -7, priority: 93 },
  { change: { kind: 'file', weight: -2 }, value: 7, priority: 86 },
  { change: { kind: 'file', weight: 2, reverse: true }, value: 7, priority: 86 },
  { change: { kind: 'file', weight: 1 }, value: 0, priority: 100 },
  { change: { kind: 'file', weight: 1 }, value: -253, priority: 1 },
  { change: { kind: 'file', weight: 1 }, value: -254, priority: 'fault' },
  { change: { kind: 'file', weight: 254 }, value: -1, priority: 'fault' },
  { change: { kind: 'file', weight: 254 }, value: 1_000_000, priority: 254 },
  { change: { kind: 'file', weight: 0 }, value: 0, priority: 100 },
  { change: { kind: 'file', weight: 0 }, value: 3, priority: 'fault' },
  { change: { kind: 'file', weight: 0, reverse: true }, value: 0, priority: 'fault' },
  { change: { kind: 'file', weight: 0, reverse: true }, value: 3, priority: 100 },
];

for (const { change, value, priority } of weights) {
  const { kind, name, weight, reverse } = tracked(change);
  const what = `${kind} of weight ${weight}${reverse ? ' reverse' : ''}`;
  test(`a ${what} that is ${value} makes ${priority} of 100`, (t) => {
    const tracking = new Tracking(100, [{ kind, name, weight, reverse }]);
    tracking.set(kind, name, value);
    t.equal(tracking.effectivePriority, priority === 'fault' ? 100 : priority);
    t.equal(tracking.fault !== undefined, priority === 'fault');
    t.end();
  });
}

test('everything that is tracked adds up, and the sum is kept within 1 to 254', (t) => {
  const tracking = new Tracking(200, [
    tracked({ kind: 'interface', name: 'eth1', weight: 30 }),
    tracked({ kind: 'interface', name: 'eth2', weight: 30 }),
    tracked({ kind: 'process', name: 'nginx', weight: -150 }),
    tracked({ kind: 'script', name: 'nginx', weight: -100 }),
  ]);
  tracking.set('interface', 'eth1', true);
  t.equal(tracking.effectivePriority, 230);
  tracking.set('interface', 'eth2', true);
  t.equal(tracking.effectivePriority, 254);
  tracking.set('process', 'nginx', false);
  t.equal(tracking.effectivePriority, 110, 'the sum is 260, not 254');
  tracking.set('script', 'nginx', false);
  tracking.set('interface', 'eth1', false);
  tracking.set('interface', 'eth2', false);
  t.equal(tracking.effectivePriority, 1);
  t.end();
});

test('what is not known yet changes nothing, and is named if it could mean a fault', (t) => {
  const tracking = new Tracking(100, [
    tracked({ name: 'check' }),
    tracked({ name: 'other', weight: 10 }),
    tracked({ kind: 'file', name: 'flag' }),
  ]);
  t.equal(tracking.effectivePriority, 100);
  t.equal(tracking.fault, undefined);
  t.same(tracking.unknown, ['check', 'flag']);
  tracking.set('script', 'check', true);
  tracking.set('script', 'nobody-asks', false);
  t.same(tracking.unknown, ['flag']);
  t.end();
});

test('a fault names all that is faulty, and is over when nothing is', (t) => {
  const tracking = new Tracking(100, [
    tracked({ kind: 'interface', name: 'eth1' }),
    tracked({ kind: 'process', name: 'old', reverse: true }),
    tracked({ kind: 'file', name: 'drain' }),
  ]);
  tracking.set('interface', 'eth1', false);
  tracking.set('process', 'old', true);
  tracking.set('file', 'drain', 5);
  t.equal(tracking.fault, 'interface eth1 is down, process old is up, file drain says 5');
  tracking.set('interface', 'eth1', true);
  tracking.set('process', 'old', false);
  t.equal(tracking.fault, 'file drain says 5');
  tracking.set('file', 'drain', 0);
  t.equal(tracking.fault, undefined);
  t.end();
});

test('a member of a sync group tracks what the group tracks, with its weight', (t) => {
  const own = [tracked({ name: 'own' })];
  const track = [tracked({ name: 'shared', weight: -30 })];
  const members = [100, 200].map(
    (priority) => new Tracking(priority, trackedByMember(own, { track, trackingWeight: false })),
  );
  for (const member of members) member.set('script', 'shared', false);
  t.same(
    members.map(({ effectivePriority }) => effectivePriority),
    [70, 170],
  );
  t.end();
});

test('what a member tracks for itself moves its priority only with sync_group_tracking_weight', (t) => {
  const own = [
    tracked({ kind: 'interface', name: 'eth1', weight: 10 }),
    tracked({ kind: 'script', name: 'check', weight: 10 }),
    tracked({ kind: 'process', name: 'nginx', weight: 10 }),
    tracked({ kind: 'file', name: 'usual', weight: 1 }),
    tracked({ kind: 'file', name: 'heavy', weight: 3 }),
    tracked({ kind: 'script', name: 'plain', weight: 0 }),
  ];
  t.same(
    trackedByMember(own, { track: [], trackingWeight: false }).map(({ name, weight }) => [
      name,
      weight,
    ]),
    [
      ['eth1', 0],
      ['usual', 0],
      ['plain', 0],
    ],
  );
  t.same(trackedByMember(own, { track: [], trackingWeight: true }), own);
  t.end();
});

/** What is believed after each result: `+` for a success, `-` for a failure. */
const believed = (health: ScriptHealth, results: string): string =>
  results
    .split('')
    .map((result) => {
      health.handleResult(result === '+');
      return health.isUp === true ? 'U' : 'd';
    })
    .join('');

const runs = [
  { rise: 1, fall: 1, initFail: false, results: '+-+--+', expected: 'UdUddU' },
  { rise: 2, fall: 3, initFail: false, results: '+--+---+-++', expected: 'UUUUUUddddU' },
  { rise: 3, fall: 1, initFail: false, results: '-++-+++', expected: 'ddddddU' },
  { rise: 5, fall: 1, initFail: false, results: '+', expected: 'U' },
  { rise: 1, fall: 5, initFail: false, results: '-', expected: 'd' },
  { rise: 2, fall: 1, initFail: true, results: '+-++-', expected: 'dddUd' },
];

for (const { results, expected, ...rules } of runs) {
  const { rise, fall, initFail } = rules;
  const name = `rise ${rise}, fall ${fall}${initFail ? ', init_fail' : ''}`;
  test(`a script of ${name} makes ${expected} of ${results}`, (t) => {
    t.equal(believed(new ScriptHealth(rules), results), expected);
    t.end();
  });
}

test('a script says when what is believed of it has changed', (t) => {
  const health = new ScriptHealth({ rise: 2, fall: 2, initFail: false });
  t.equal(health.isUp, undefined);
  t.same(
    [true, true, false, false, false, true, true].map((result) => health.handleResult(result)),
    [true, false, false, true, false, false, true],
  );
  t.equal(new ScriptHealth({ rise: 1, fall: 1, initFail: true }).isUp, false);
  t.throws(() => new ScriptHealth({ rise: 0, fall: 1, initFail: false }), InvariantError);
  t.end();
});
