import { setTimeout as delay } from 'node:timers/promises';

import { test } from 'tap';

import { now } from '../../../cluster/node/clock.js';
import { DeadlineTimer } from '../../../cluster/node/deadline-timer.js';
import { after, milliseconds, Never, seconds, type Instant } from '../../../director/base/time.js';

/** Calls of a timer so far, and a wait for the next one. */
function bench(): {
  readonly timer: DeadlineTimer;
  readonly calls: Instant[];
  readonly called: (count: number) => Promise<void>;
} {
  const calls: Instant[] = [];
  const timer = new DeadlineTimer(() => calls.push(now()));
  const called = async (count: number): Promise<void> => {
    for (let left = 2_000; left > 0 && calls.length < count; left -= 1) await delay(5);
  };
  return { timer, calls, called };
}

test('it calls once when the deadline has come, and hardly before', async (t) => {
  for (const length of [0.1, 1.9, 7.3, 20.5]) {
    const { timer, calls, called } = bench();
    const deadline = after(now(), milliseconds(length));
    timer.set(deadline);
    // The machine asks for the same after every turn.
    timer.set(deadline);
    await called(1);
    await delay(10);
    t.equal(calls.length, 1, `${length} ms`);
    // The event loop rounds its clock down to milliseconds.
    t.ok((calls[0] ?? 0) > deadline - milliseconds(2), 'not earlier than its clock is fine');
  }
});

test('a deadline takes the place of the one before; the same may be set again after the call', async (t) => {
  const { timer, calls, called } = bench();
  timer.set(after(now(), seconds(3_600)));
  const soon = after(now(), milliseconds(5));
  timer.set(soon);
  await called(1);
  t.equal(calls.length, 1, 'the sooner one');
  timer.set(soon);
  await called(2);
  t.equal(calls.length, 2, 'who is called too early asks again');
  timer.set(after(now(), milliseconds(5)));
  timer.set(Never);
  await delay(50);
  t.equal(calls.length, 2, 'no deadline, no call');
  timer.set(after(now(), seconds(1e9)));
  await delay(20);
  t.equal(calls.length, 2, 'farther than the event loop can wait');
  timer.close();
});

test('a closed timer calls nobody, also when it is set again', async (t) => {
  const { timer, calls } = bench();
  timer.set(after(now(), milliseconds(5)));
  timer.close();
  timer.set(after(now(), milliseconds(5)));
  await delay(50);
  t.equal(calls.length, 0);
});
