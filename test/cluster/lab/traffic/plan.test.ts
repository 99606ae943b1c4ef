import { test } from 'tap';

import { parseDurationMs, parsePlan, parseTarget } from '../../../../cluster/lab/traffic/plan.js';

test('a target is an address, a port and a count', (t) => {
  const cases = [
    ['10.0.0.100:80=50', { protocol: 'TCP', address: '10.0.0.100', port: 80, count: 50 }],
    ['10.0.0.100:80', { protocol: 'TCP', address: '10.0.0.100', port: 80, count: 1 }],
    ['[2001:db8::1]:80=2', { protocol: 'TCP', address: '2001:db8::1', port: 80, count: 2 }],
  ] as const;
  for (const [text, expected] of cases) t.same(parseTarget('TCP', text), expected, text);
  for (const text of ['', '10.0.0.1', '10.0.0.1:0=1', '10.0.0.1:80=0', 'web:80=1', '::1:80=1']) {
    t.throws(() => parseTarget('TCP', text), /ADDRESS:PORT=COUNT/, text);
  }
  t.end();
});

test('times carry their unit', (t) => {
  t.equal(parseDurationMs('250ms'), 250);
  t.equal(parseDurationMs('1.5s'), 1_500);
  t.equal(parseDurationMs('2m'), 120_000);
  for (const text of ['10', '-1s', 's', '1h']) {
    t.throws(() => parseDurationMs(text), /is not a time/, text);
  }
  t.end();
});

test('a plan has defaults, and limits that are named when exceeded', (t) => {
  const targets = [parseTarget('UDP', '10.0.0.100:53=5')];
  t.match(parsePlan({ targets }), { intervalMs: 100, udpIntervalMs: 40, durationMs: 10_000 });
  t.throws(() => parsePlan({ targets: [] }), /names no target/);
  t.throws(() => parsePlan({ targets, durationMs: 900_001 }), /durationMs/);
  t.throws(() => parsePlan({ targets, speed: 1 }), /speed/);
  const many = Array.from({ length: 3 }, () => parseTarget('TCP', '10.0.0.100:80=8000'));
  t.throws(() => parsePlan({ targets: many }), /more than 20000 flows/);
  t.end();
});
