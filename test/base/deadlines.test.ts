import { test } from 'tap';

import { Deadlines } from '../../director/base/deadlines.js';
import { InvariantError } from '../../director/base/invariant.js';
import { Never } from '../../director/base/time.js';
import { at } from './values.js';

test('a new table has nothing armed', (t) => {
  const deadlines = new Deadlines(2);
  t.equal(deadlines.next, Never);
  t.equal(deadlines.isArmed(0), false);
  t.equal(deadlines.at(1), Never);
  t.equal(deadlines.takeDue(0, at(1_000_000)), false);
  t.end();
});

test('the next deadline is the earliest of those armed', (t) => {
  const deadlines = new Deadlines(3);
  deadlines.arm(0, at(30));
  deadlines.arm(2, at(10));
  t.equal(deadlines.next, at(10));
  deadlines.arm(2, at(40));
  t.equal(deadlines.next, at(30), 'arming again moves a timer');
  deadlines.disarm(0);
  t.equal(deadlines.next, at(40));
  t.equal(deadlines.isArmed(0), false);
  t.equal(deadlines.isArmed(2), true);
  t.end();
});

test('all timers can be disarmed at once', (t) => {
  const deadlines = new Deadlines(2);
  deadlines.arm(0, at(10));
  deadlines.arm(1, at(20));
  deadlines.disarmAll();
  t.equal(deadlines.next, Never);
  t.equal(deadlines.takeDue(0, at(30)), false);
  t.end();
});

test('a due timer is taken exactly once', (t) => {
  const deadlines = new Deadlines(2);
  deadlines.arm(0, at(10));
  deadlines.arm(1, at(20));
  t.equal(deadlines.takeDue(0, at(9.999999)), false, 'one microsecond early');
  t.equal(deadlines.takeDue(0, at(10)), true, 'at the very instant');
  t.equal(deadlines.takeDue(0, at(10)), false);
  t.equal(deadlines.takeDue(1, at(10)), false, 'the other timer is untouched');
  t.equal(deadlines.next, at(20));
  t.equal(deadlines.takeDue(1, at(99)), true, 'late');
  t.equal(deadlines.next, Never);
  t.end();
});

test('a timer outside the table is a mistake of ours', (t) => {
  const deadlines = new Deadlines(2);
  t.throws(() => deadlines.arm(2, at(1)), InvariantError);
  t.throws(() => deadlines.arm(-1, at(1)), InvariantError);
  t.throws(() => new Deadlines(0), InvariantError);
  t.end();
});
