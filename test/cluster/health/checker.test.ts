import { test } from 'tap';

import { Checker } from '../../../cluster/health/checker.js';
import { InvariantError } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import { instant, seconds, toSeconds } from '../../../director/base/time.js';
import { CheckerRun, deadBetween, plainRules } from './run.js';

test('a healthy server is asked every delay_loop, and nothing is told', (t) => {
  const run = new CheckerRun({}, () => 'success').start().until(35);
  t.strictSame(run.trace, ['1 ask', '11 ask', '21 ask', '31 ask']);
  t.equal(run.checker.isUp, true);
  t.end();
});

test('delay_loop counts from the end of a check, for programs from its start', (t) => {
  const fromEnd = new CheckerRun({}, () => 'success', 2_000).start().until(26);
  t.strictSame(fromEnd.trace, ['1 ask', '13 ask', '25 ask']);
  const fromStart = new CheckerRun({ paced: 'from-start' }, () => 'success', 2_000);
  t.strictSame(fromStart.start().until(22).trace, ['1 ask', '11 ask', '21 ask']);
  const slow = new CheckerRun({ paced: 'from-start' }, () => 'success', 12_000);
  t.strictSame(slow.start().until(26).trace, ['1 ask', '13 ask', '25 ask'], 'never two at a time');
  t.end();
});

test('a server that dies is down after retry further checks, delay_before_retry apart', (t) => {
  const run = new CheckerRun({}, deadBetween(11, 40)).start().until(38);
  t.strictSame(run.trace, [
    '1 ask',
    '11 ask',
    '11 failed',
    '14 ask',
    '14 failed',
    '17 ask',
    '17 down',
    '27 ask',
    '37 ask',
  ]);
  t.equal(run.checker.isUp, false);
  t.end();
});

test('a server that is down is asked every delay_loop and comes up with the first success', (t) => {
  const run = new CheckerRun({}, deadBetween(11, 40)).start().until(38);
  run.trace.length = 0;
  run.until(60);
  t.strictSame(run.trace, ['47 ask', '47 up', '57 ask']);
  t.end();
});

test('a success between two failures begins the count anew', (t) => {
  const run = new CheckerRun({}, (second) => (second % 2 === 1 ? 'failure' : 'success'));
  run.start();
  run.until(1);
  t.equal(run.checker.isUp, false, 'the first result decides alone');
  const flapping = new CheckerRun({ retry: 1, delayBeforeRetry: seconds(5) }, (second) =>
    second === 11 || second === 26 ? 'failure' : 'success',
  );
  flapping.start().until(60);
  t.notOk(flapping.trace.some((line) => line.endsWith('down')));
  t.end();
});

test('without retry the first failure decides', (t) => {
  const run = new CheckerRun({ retry: 0 }, deadBetween(11, 12)).start().until(22);
  t.strictSame(run.trace, ['1 ask', '11 ask', '11 down', '21 ask', '21 up']);
  t.end();
});

test('the very first failure makes a server down, however many retries there are', (t) => {
  const run = new CheckerRun({ retry: 5 }, () => 'failure').start().until(1);
  t.strictSame(run.trace, ['1 ask', '1 down']);
  t.end();
});

test('with alpha a server is down until its first success', (t) => {
  const run = new CheckerRun({ alpha: true }, () => 'success');
  t.equal(run.checker.isUp, false);
  t.strictSame(run.start().until(1).trace, ['1 ask', '1 up']);
  t.equal(run.checker.isUp, true);
  t.end();
});

test('with alpha a first failure is told, once', (t) => {
  const run = new CheckerRun({ alpha: true }, () => 'failure').start().until(22);
  t.strictSame(run.trace, ['1 ask', '1 down', '11 ask', '21 ask']);
  t.end();
});

test('the warm-up puts the first check off by a random part of it', (t) => {
  const starts = new Set<number>();
  for (let seed = 0; seed < 200; seed += 1) {
    const checker = new Checker({ ...plainRules, warmup: seconds(10) }, new Prng(seed));
    checker.start(instant(0));
    const second = toSeconds(seconds(checker.deadline / 1_000_000));
    t.ok(second >= 1 && second <= 11, `${second}`);
    starts.add(Math.floor(second));
  }
  t.equal(starts.size, 10, 'all over it');
  t.end();
});

test('a void result neither counts nor ends the count, and is repeated after delay_before_retry', (t) => {
  const answers = ['success', 'failure', 'void', 'void', 'failure', 'failure', 'success'] as const;
  let index = -1;
  const run = new CheckerRun({}, () => {
    index += 1;
    return answers[index] ?? 'success';
  });
  run.start().until(25);
  t.strictSame(run.trace, [
    '1 ask',
    '11 ask',
    '11 failed',
    '14 ask',
    '14 void',
    '17 ask',
    '17 void',
    '20 ask',
    '20 failed',
    '23 ask',
    '23 down',
  ]);
  t.equal(run.checker.snapshot().voids, 2);
  t.end();
});

test('a node that is cut off for ever keeps every server as it was', (t) => {
  const up = new CheckerRun({}, (second) => (second < 5 ? 'success' : 'void')).start().until(500);
  t.equal(up.checker.isUp, true);
  const down = new CheckerRun({}, (second) => (second < 5 ? 'failure' : 'void')).start().until(500);
  t.equal(down.checker.isUp, false);
  const fresh = new CheckerRun({ alpha: true }, () => 'void').start().until(500);
  t.equal(fresh.checker.isUp, false);
  t.equal(fresh.checker.hasRun, false);
  t.end();
});

test('when the way is back, what is in doubt is asked at once and what is not is left alone', (t) => {
  const run = new CheckerRun({}, (second) => (second > 10 && second < 15 ? 'void' : 'success'));
  run.start().until(12);
  run.checker.hurry(run.now);
  t.equal(run.checker.deadline, run.now);
  run.until(30);
  const deadline = run.checker.deadline;
  run.checker.hurry(run.now);
  t.equal(run.checker.deadline, deadline);
  t.end();
});

test('a suspended checker asks nothing, keeps what it believes, and asks at once when it goes on', (t) => {
  const run = new CheckerRun({}, deadBetween(15, 100)).start().until(12);
  run.checker.suspend();
  run.until(50);
  t.equal(run.checker.isUp, true);
  run.checker.resume(run.now);
  run.until(60);
  t.strictSame(run.trace.slice(2, 4), ['50 ask', '50 failed']);
  t.equal(run.checker.isUp, false);
  t.end();
});

test('an answer that comes while it is suspended, or was not asked for, is not counted', (t) => {
  const checker = new Checker(plainRules, new Prng(1));
  checker.start(instant(0));
  checker.handleResult(instant(0), { kind: 'failure', reason: 'nobody has asked' });
  t.equal(checker.hasRun, false);
  checker.handleDeadline(instant(1_000_000));
  checker.suspend();
  checker.handleResult(instant(1_100_000), { kind: 'failure', reason: 'late' });
  t.equal(checker.isUp, true);
  t.equal(checker.hasRun, false);
  t.end();
});

test('one that is suspended before it starts begins when it is resumed', (t) => {
  const checker = new Checker(plainRules, new Prng(1));
  checker.suspend();
  checker.start(instant(0));
  t.equal(checker.deadline, Number.POSITIVE_INFINITY);
  checker.resume(instant(5_000_000));
  t.equal(checker.deadline, 5_000_000);
  t.end();
});

test('a success may move the weight, and a server that goes down gives the change back', (t) => {
  const run = new CheckerRun({ retry: 0 }, (second) => {
    if (second > 30) return 'failure';
    return { kind: 'success', weightChange: second < 20 ? 5 : -2 };
  });
  run.start().until(32);
  t.strictSame(run.trace, [
    '1 ask',
    '1 weight 5',
    '11 ask',
    '21 ask',
    '21 weight -2',
    '31 ask',
    '31 weight 0',
    '31 down',
  ]);
  t.end();
});

test('several URLs are asked one after the other, delay_loop apart', (t) => {
  const run = new CheckerRun({ steps: 3 }, () => 'success').start().until(45);
  t.strictSame(run.trace, ['1 ask', '11 ask 1', '21 ask 2', '31 ask', '41 ask 1']);
  t.end();
});

test('one failing URL takes the server out, and is asked until it is well; then all are', (t) => {
  const rules = { steps: 3, confirmsRecovery: true, retry: 1 };
  const run = new CheckerRun(rules, (second, step) =>
    step === 1 && second > 30 && second < 60 ? 'failure' : 'success',
  );
  run.start().until(105);
  t.strictSame(run.trace, [
    '1 ask',
    '11 ask 1',
    '21 ask 2',
    '31 ask',
    '41 ask 1',
    '41 failed',
    '44 ask 1',
    '44 down',
    '54 ask 1',
    '64 ask 1',
    '74 ask',
    '84 ask 1',
    '94 ask 2',
    '94 up',
    '104 ask',
  ]);
  t.end();
});

test('with alpha all URLs have to be well before the server is up', (t) => {
  const run = new CheckerRun({ steps: 2, confirmsRecovery: true, alpha: true }, () => 'success');
  t.strictSame(run.start().until(12).trace, ['1 ask', '11 ask 1', '11 up']);
  t.end();
});

test('with fast_recovery there is no delay between the URLs on the way up', (t) => {
  const rules = { steps: 2, confirmsRecovery: true, fastRecovery: true, retry: 0 };
  const run = new CheckerRun(rules, deadBetween(11, 30)).start().until(45);
  t.strictSame(run.trace, [
    '1 ask',
    '1 ask 1',
    '11 ask',
    '11 down',
    '21 ask',
    '31 ask',
    '31 ask',
    '31 ask 1',
    '31 up',
    '41 ask',
  ]);
  t.end();
});

test('a dead HTTP server is asked at the longer of delay_loop and delay_before_retry', (t) => {
  const rules = { confirmsRecovery: true, delayBeforeRetry: seconds(15), retry: 0 };
  const run = new CheckerRun(rules, () => 'failure').start().until(32);
  t.strictSame(run.trace, ['1 ask', '1 down', '16 ask', '31 ask']);
  t.end();
});

test('new rules leave what is believed, and one more failure decides when no retry is left', (t) => {
  const run = new CheckerRun({ retry: 5 }, deadBetween(11, 100)).start().until(18);
  t.equal(run.checker.snapshot().failures, 3);
  run.checker.adopt(run.now, { ...plainRules, retry: 1 });
  t.equal(run.checker.isUp, true);
  run.until(20);
  t.equal(run.checker.isUp, false);
  t.end();
});

test('a shorter delay_loop holds at once', (t) => {
  const run = new CheckerRun({}, () => 'success').start().until(12);
  run.checker.adopt(run.now, { ...plainRules, delayLoop: seconds(2) });
  run.trace.length = 0;
  t.strictSame(run.until(17).trace, ['14 ask', '16 ask']);
  t.end();
});

test('a checker without questions, or with less than no retries, is a mistake of ours', (t) => {
  t.throws(() => new Checker({ ...plainRules, steps: 0 }, new Prng(1)), InvariantError);
  t.throws(() => new Checker({ ...plainRules, retry: -1 }, new Prng(1)), InvariantError);
  t.end();
});
