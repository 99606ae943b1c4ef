import { test } from 'tap';

import {
  flowKey,
  FlowRecorder,
  MaxPhases,
  MaxStalls,
} from '../../../../cluster/lab/traffic/flow-record.js';

const newRecorder = (): FlowRecorder =>
  new FlowRecorder({ flow: 1, protocol: 'UDP', virtual: '10.0.0.100:53' }, 40, 0);

test('a gap of more than four intervals and 100 ms is a stall, a shorter one is not', (t) => {
  const recorder = newRecorder();
  recorder.answered(1_000, 's1', 10);
  t.equal(recorder.answered(1_260, 's1', 10), 0);
  t.equal(recorder.answered(1_521, 's1', 10), 261);
  t.same(recorder.record.stalls, [{ from: 1_260, to: 1_521 }]);
  t.equal(recorder.record.bytesChecked, 30);
  t.end();
});

test('stalls and marks beyond the limit are counted or ignored, never kept', (t) => {
  const recorder = newRecorder();
  for (let index = 0; index < MaxStalls + 6; index += 1) {
    recorder.answered(index * 1_000, 's1', 1);
    recorder.mark(index * 1_000, `m${index}`);
  }
  t.equal(recorder.record.stalls.length, MaxStalls);
  t.equal(recorder.record.stallsNotKept, 5);
  t.equal(recorder.record.phases.length, MaxPhases);
  t.end();
});

test('a gap counts for every phase it overlaps and for no other', (t) => {
  const recorder = newRecorder();
  recorder.mark(500, 'before');
  recorder.answered(900, 's1', 1);
  recorder.answered(1_000, 's1', 1);
  recorder.mark(1_050, 'kill');
  t.equal(recorder.answeredSinceMark, false);
  recorder.mark(1_800, 'new-master');
  recorder.answered(2_000, 's1', 1);
  recorder.answered(2_040, 's1', 1);
  t.equal(recorder.answeredSinceMark, true);
  const outage = { from: 1_000, to: 2_000 };
  t.same(recorder.record.phases, [
    { name: 'before', at: 500, firstAnswerAt: 900, longestGap: outage },
    { name: 'kill', at: 1_050, longestGap: outage },
    { name: 'new-master', at: 1_800, firstAnswerAt: 2_000, longestGap: outage },
  ]);
  recorder.mark(2_050, 'after');
  recorder.answered(2_080, 's1', 1);
  t.same(recorder.record.phases.at(-1)?.longestGap, { from: 2_040, to: 2_080 });
  t.end();
});

test('the first break is the one that counts', (t) => {
  const recorder = newRecorder();
  t.equal(recorder.broke(10, 'reset', 'read ECONNRESET'), true);
  t.equal(recorder.broke(11, 'closed', 'closed'), false);
  t.same(recorder.record.broken, { reason: 'reset', at: 10, text: 'read ECONNRESET' });
  t.end();
});

test('a flow that is silent at the end for longer than the limit is broken', (t) => {
  const silent = newRecorder();
  silent.connected(100);
  silent.answered(100, 's1', 1);
  silent.finish(3_101, 3_000);
  t.equal(silent.record.broken?.reason, 'timeout');
  t.same(silent.record.stalls, [{ from: 100, to: 3_101 }], 'the silence is a stall too');

  const quiet = newRecorder();
  quiet.connected(100);
  quiet.answered(100, 's1', 1);
  quiet.finish(3_100, 3_000);
  t.equal(quiet.record.broken, undefined);
  t.end();
});

test('the key of a flow names its connection entry', (t) => {
  const recorder = newRecorder();
  recorder.bound('10.0.0.10:40000');
  t.equal(flowKey(recorder.record), 'UDP 10.0.0.10:40000 10.0.0.100:53');
  t.end();
});
