import { test } from 'tap';

import { AnswerTime, Evidence } from '../../../../cluster/member/health/evidence.js';
import { at } from '../../../base/values.js';

/** Evidence whose timers and questions are in the test's hands. */
function bench(): {
  readonly evidence: Evidence;
  readonly verdicts: boolean[];
  readonly judge: (beganAt: number) => () => void;
  readonly timers: Set<() => void>;
  readonly asked: () => number;
} {
  const timers = new Set<() => void>();
  let asked = 0;
  const evidence = new Evidence({
    wait: (length, act) => {
      if (length !== AnswerTime) throw new Error('waits for answers');
      timers.add(act);
      return () => timers.delete(act);
    },
    askAround: () => (asked += 1),
  });
  const verdicts: boolean[] = [];
  const judge = (beganAt: number): (() => void) =>
    evidence.judge('eth0', at(beganAt), (isVoid) => verdicts.push(isVoid));
  return { evidence, verdicts, judge, timers, asked: () => asked };
}

test('a check without an answer counts when somebody was heard since it began', (t) => {
  const { evidence, verdicts, judge, asked } = bench();
  evidence.hear(at(5));
  judge(4);
  t.same(verdicts, [false]);
  t.equal(asked(), 0, 'nobody has to be asked');
  t.end();
});

test('when nobody was heard all are asked, once for all who wait, and an answer decides', (t) => {
  const { evidence, verdicts, judge, timers, asked } = bench();
  judge(4);
  judge(4.5);
  t.equal(asked(), 1);
  t.same(verdicts, []);
  evidence.hear(at(6));
  t.same(verdicts, [false, false]);
  t.equal(timers.size, 0);
  t.end();
});

test('when nobody answers the check is void', (t) => {
  const { verdicts, judge, timers } = bench();
  judge(4);
  for (const ring of timers) ring();
  t.same(verdicts, [true]);
  t.end();
});

test('an answer that comes by another interface says nothing when the carrier is lost meanwhile', (t) => {
  const { evidence, verdicts, judge } = bench();
  judge(4);
  evidence.setLink(at(5), 'eth0', false);
  evidence.hear(at(5.5));
  t.same(verdicts, [true]);
  t.end();
});

test('who does not want to know any more is not told', (t) => {
  const { evidence, verdicts, judge, timers } = bench();
  const abandon = judge(4);
  abandon();
  evidence.hear(at(5));
  t.same(verdicts, []);
  t.equal(timers.size, 0);
  t.end();
});
