import { test } from 'tap';

import { buildReport, renderReport, type FailOverReport } from '../../../cluster/lab/report.js';
import type { FlowRecord } from '../../../cluster/lab/traffic/flow-record.js';
import type { Timeline } from '../../../cluster/lab/traffic/verdict.js';

const timeline = { killedAt: 10_000, newMasterAt: 13_000, endAt: 20_000 };

const flow = (port: number, changes: Partial<FlowRecord> = {}): FlowRecord => ({
  flow: port,
  protocol: 'UDP',
  client: `10.0.0.10:${port}`,
  virtual: '10.0.0.100:53',
  server: 's1',
  openedAt: 1_000,
  connectedAt: 1_001,
  lastAnswerAt: 19_980,
  sent: 500,
  exchanges: 420,
  bytesChecked: 10_000,
  stalls: [{ from: 9_990, to: 13_200 }],
  stallsNotKept: 0,
  phases: [],
  ...changes,
});

const report = (
  records: readonly FlowRecord[],
  blackoutLimitMs = 3_900,
  instants: Timeline = timeline,
): FailOverReport =>
  buildReport({
    records,
    timeline: instants,
    entries: [
      { at: 13_000, text: 'd2 is master' },
      { at: 10_000, text: 'd1 killed' },
    ],
    sync: { threshold: 3, windowMs: 100, failOver: undefined, failBack: undefined },
    blackoutLimitMs,
    bounded: ['UDP'],
  });

test('a run in which every flow survives within the bound passes', (t) => {
  const passed = report([flow(1), flow(2)]);
  t.equal(passed.passed, true);
  t.equal(
    renderReport(passed, false),
    `Timeline (seconds from the kill)
     +0.00  d1 killed
     +3.00  d2 is master
     +3.20  client: first answer after the fail-over (UDP)

Blackout: the longest time without an answer, by flow
                 flows  median     max  first answer
  fail-over UDP      2  3.21 s  3.21 s         +3.20
  packet blackout 3.21 s: within the bound of 3.90 s (master down interval + margin)

2 flows, 0 broken by the fail-over, 0 broken by the fail-back`,
  );
  t.end();
});

test('a blackout over the bound fails the run though nothing broke', (t) => {
  const late = report([flow(1)], 3_000);
  t.equal(late.passed, false);
  t.match(renderReport(late, false), /3\.21 s: OVER the bound of 3\.00 s/);
  t.end();
});

test('every flow that broke is named with cause and reason', (t) => {
  const broken = report([
    flow(1),
    flow(2, {
      broken: { reason: 'another-server', at: 13_200, text: 's2 answered instead of s1' },
    }),
  ]);
  const text = renderReport(broken, false);
  t.equal(broken.passed, false);
  t.match(text, '2 flows, 1 broken by the fail-over, 0 broken by the fail-back');
  t.match(
    text,
    'UDP 10.0.0.10:2 10.0.0.100:53 (s1): broken by the fail-over: other, ' +
      'another-server: s2 answered instead of s1',
  );
  t.notMatch(text, '10.0.0.10:1 ');
  t.match(renderReport(broken, true), 'UDP 10.0.0.10:1 10.0.0.100:53 (s1): survived');
  t.end();
});

test('no flows, or no measurable blackout, is not a pass', (t) => {
  t.equal(report([]).passed, false);
  t.match(renderReport(report([]), false), 'no packet blackout could be measured');
  t.end();
});

test('a node that is started again and does not become master fails the run', (t) => {
  const stuck = report([flow(1)], 3_900, { ...timeline, restartedAt: 15_000 });
  t.equal(stuck.passed, false);
  t.match(renderReport(stuck, false), /\nthere was no fail-back\n1 flows, 0 broken/);
  const back = report([flow(1)], 3_900, { ...timeline, restartedAt: 15_000, failBackAt: 16_000 });
  t.equal(back.passed, true);
  t.end();
});
