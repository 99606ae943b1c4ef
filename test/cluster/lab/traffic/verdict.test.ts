import { test } from 'tap';

import type { FlowRecord } from '../../../../cluster/lab/traffic/flow-record.js';
import {
  blackoutOf,
  judgeFlow,
  type SyncFacts,
  type TableKnowledge,
  type Timeline,
} from '../../../../cluster/lab/traffic/verdict.js';

/** Killed at 10 s, new master 1 s later, restarted at 20 s, master again at 25 s, end at 30 s. */
const timeline: Timeline = {
  killedAt: 10_000,
  newMasterAt: 11_000,
  restartedAt: 20_000,
  failBackAt: 25_000,
  endAt: 30_000,
};

const key = 'TCP 10.0.0.10:40000 10.0.0.100:80';

const record = (changes: Partial<FlowRecord> = {}): FlowRecord => ({
  flow: 1,
  protocol: 'TCP',
  client: '10.0.0.10:40000',
  virtual: '10.0.0.100:80',
  server: 's1',
  openedAt: 1_000,
  connectedAt: 1_001,
  lastAnswerAt: 29_950,
  sent: 250,
  exchanges: 250,
  bytesChecked: 10_000,
  stalls: [],
  stallsNotKept: 0,
  phases: [],
  ...changes,
});

const unobserved: SyncFacts = {
  threshold: 3,
  windowMs: 100,
  failOver: undefined,
  failBack: undefined,
};

const tables = (successor: readonly string[], packets?: number): TableKnowledge => ({
  successor: new Set(successor),
  packets: new Map(packets === undefined ? [] : [[key, packets]]),
});

const brokenAt = (at: number, reason: 'reset' | 'mismatch' = 'reset'): Partial<FlowRecord> => ({
  broken: { reason, at, text: 'x' },
  lastAnswerAt: at - 50,
});

test('verdicts by what the flow did and when', (t) => {
  const { failBackAt: _, restartedAt: __, ...noFailBack } = timeline;
  const { newMasterAt: ___, ...noNewMaster } = noFailBack;
  const cases: readonly [string, Partial<FlowRecord>, Timeline, string][] = [
    ['answers to the end', {}, timeline, 'survived'],
    ['reset before the kill', brokenAt(9_000), timeline, 'broken before'],
    ['reset at the kill', brokenAt(10_000), timeline, 'broken by the fail-over'],
    [
      'wrong byte after the fail-over',
      brokenAt(12_000, 'mismatch'),
      timeline,
      'broken by the fail-over',
    ],
    ['reset when the old master returns', brokenAt(20_000), timeline, 'broken by the fail-back'],
    ['reset with no fail-back in the run', brokenAt(28_000), noFailBack, 'broken by the fail-over'],
    ['no answer after the kill', { lastAnswerAt: 9_990 }, timeline, 'broken by the fail-over'],
    [
      'no answer from the new master',
      { lastAnswerAt: 10_500 },
      timeline,
      'broken by the fail-over',
    ],
    ['no answer after the return', { lastAnswerAt: 24_990 }, timeline, 'broken by the fail-back'],
    ['no new master at all', { lastAnswerAt: 10_001 }, noNewMaster, 'broken by the fail-over'],
    ['dead long before the kill', { lastAnswerAt: 5_000 }, timeline, 'broken before'],
    [
      'time-out noticed at the end, silent since the kill',
      { lastAnswerAt: 9_990, broken: { reason: 'timeout', at: 30_000, text: 'x' } },
      timeline,
      'broken by the fail-over',
    ],
  ];
  for (const [name, changes, when, verdict] of cases) {
    t.equal(judgeFlow(record(changes), when, unobserved).verdict, verdict, name);
  }
  const { connectedAt, ...never } = record({
    broken: { reason: 'refused', at: 1_002, text: 'no' },
  });
  t.ok(connectedAt);
  t.match(judgeFlow(never, timeline, unobserved), {
    verdict: 'never established',
    reason: 'refused: no',
  });
  t.end();
});

test('the cause of a break is what the next master knew', (t) => {
  const broken = brokenAt(11_500);
  const young = { ...broken, connectedAt: 9_950 };
  const cases: readonly [string, Partial<FlowRecord>, TableKnowledge | undefined, string][] = [
    ['the successor had the entry', broken, tables([key], 200), 'other'],
    ['two packets seen', broken, tables([], 2), 'below the sync threshold'],
    ['established 50 ms before the kill', young, tables([], 5), 'inside the sync window'],
    ['old and never arrived', broken, tables([], 200), 'sync message lost'],
    [
      'tables not seen, one request sent',
      { ...broken, sent: 0 },
      undefined,
      'below the sync threshold',
    ],
    ['tables not seen, young', young, undefined, 'inside the sync window'],
    ['tables not seen, old', broken, undefined, 'other'],
  ];
  for (const [name, changes, failOver, cause] of cases) {
    const verdict = judgeFlow(record(changes), timeline, { ...unobserved, failOver });
    t.equal(verdict.cause, cause, name);
  }
  t.end();
});

test('a break by the fail-back is judged by the tables at the fail-back', (t) => {
  const sync = { ...unobserved, failOver: tables([key], 100), failBack: tables([], 100) };
  const verdict = judgeFlow(record(brokenAt(25_100)), timeline, sync);
  t.match(verdict, { verdict: 'broken by the fail-back', cause: 'sync message lost' });
  t.end();
});

const stalled = (from: number, to: number): Partial<FlowRecord> => ({ stalls: [{ from, to }] });

test('blackouts are the longest gaps around each fault, over the flows that survived', (t) => {
  const udp = (changes: Partial<FlowRecord>): FlowRecord => record({ protocol: 'UDP', ...changes });
  const phases = [{ name: 'return', at: 20_000, longestGap: { from: 25_000, to: 25_060 } }];
  const verdicts = [
    udp(stalled(9_990, 13_000)),
    udp({ ...stalled(9_980, 13_100), phases }),
    udp(stalled(9_970, 13_200)),
    udp({ ...stalled(9_000, 19_000), ...brokenAt(19_500) }),
    udp(stalled(2_000, 6_000)),
    record(stalled(9_900, 16_100)),
  ].map((flow) => judgeFlow(flow, timeline, unobserved));
  t.same(blackoutOf(verdicts, 'UDP', 'failOver'), {
    flows: 3,
    medianMs: 3_120,
    maxMs: 3_230,
    firstAnswerAt: 13_000,
  });
  t.same(blackoutOf(verdicts, 'UDP', 'failBack'), {
    flows: 1,
    medianMs: 60,
    maxMs: 60,
    firstAnswerAt: 25_060,
  });
  t.equal(blackoutOf(verdicts, 'TCP', 'failOver')?.maxMs, 6_200);
  t.equal(blackoutOf(verdicts, 'TCP', 'failBack'), undefined);
  t.end();
});
