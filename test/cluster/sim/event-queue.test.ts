import { test } from 'tap';

import { EventQueue } from '../../../cluster/sim/event-queue.js';
import { Prng } from '../../../director/base/prng.js';
import { Never } from '../../../director/base/time.js';
import { at } from '../../base/values.js';

test('events happen in the order of their times, and of their planning', (t) => {
  const queue = new EventQueue();
  const prng = new Prng(1);
  const happened: { readonly time: number; readonly planned: number }[] = [];
  for (let planned = 0; planned < 2_000; planned += 1) {
    const time = prng.below(50);
    queue.at(at(time), () => happened.push({ time, planned }));
  }
  while (queue.step(at(100)));
  t.equal(happened.length, 2_000);
  const sorted = happened.toSorted((a, b) => a.time - b.time || a.planned - b.planned);
  t.strictSame(happened, sorted);
  t.end();
});

test('what is planned for the past happens now, and time ends where it is told to', (t) => {
  const queue = new EventQueue();
  const times: number[] = [];
  queue.at(at(5), () => queue.at(at(1), () => times.push(queue.now)));
  queue.at(at(20), () => times.push(queue.now));
  while (queue.step(at(10)));
  t.strictSame(times, [at(5)]);
  t.equal(queue.now, at(10));
  t.equal(queue.next, at(20));
  while (queue.step(at(30)));
  t.equal(queue.next, Never);
  t.end();
});
