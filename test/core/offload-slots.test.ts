import { test } from 'tap';

import { OffloadSlots } from '../../director/core/offload-slots.js';
import { at } from '../base/values.js';

test('slots that have rested are woken in their order, at most so many at once', (t) => {
  const slots = new OffloadSlots(8);
  const taken = [slots.take(), slots.take(), slots.take()];
  t.strictSame(taken, [1, 2, 3]);
  for (const slot of taken) slots.rest(slot, at(10));
  const woken: number[] = [];
  const wake = (second: number, most: number): void =>
    slots.wake(at(second), at(second), most, (slot) => woken.push(slot));
  wake(10.5, 8);
  t.strictSame(woken, [], 'they rest for a second');
  wake(11, 2);
  t.strictSame(woken, [1, 2]);
  wake(11, 2);
  t.strictSame(woken, [1, 2, 3]);
  t.strictSame([slots.take(), slots.take(), slots.take(), slots.take()], [3, 2, 1, 4]);
  t.end();
});

test('slots rest as long as somebody may have them in hand', (t) => {
  const slots = new OffloadSlots(8);
  for (const second of [10, 20]) slots.rest(slots.take(), at(second));
  const woken: number[] = [];
  for (const quietSince of [9, 10, 19, 20]) {
    slots.wake(at(100), at(quietSince), 8, (slot) => woken.push(slot));
    woken.push(-quietSince);
  }
  t.strictSame(woken, [-9, 1, -10, -19, 2, -20]);
  t.end();
});

test('when all slots are taken there is none until one is given back', (t) => {
  const slots = new OffloadSlots(3);
  t.strictSame([slots.take(), slots.take(), slots.take()], [1, 2, 0]);
  slots.release(1);
  t.equal(slots.take(), 1);
  t.end();
});
