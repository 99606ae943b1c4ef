import { test } from 'tap';

import { Need } from '../../director/carriers/need.js';

/** Looks with so many frames dropped and taken since the last time, and says whether threads are needed. */
function looker(): (shed: number, taken: number) => boolean {
  const need = new Need();
  let [allShed, allTaken] = [0, 0];
  return (shed, taken) => {
    allShed += shed;
    allTaken += taken;
    need.look(allShed, allTaken);
    return need.isNeeded;
  };
}

test('threads are needed when frames are dropped, and not for a few', (t) => {
  const look = looker();
  t.strictSame([look(0, 0), look(63, 0), look(63, 0), look(64, 0)], [false, false, false, true]);
  t.end();
});

test('they stay while they have much to do', (t) => {
  const look = looker();
  look(1_000, 0);
  for (let count = 0; count < 100; count += 1) t.ok(look(0, 2_500));
  t.end();
});

test('they go when two seconds one after the other are calm', (t) => {
  const look = looker();
  look(1_000, 0);
  const calm = (): boolean => look(0, 2_499);
  for (let count = 0; count < 7; count += 1) t.ok(calm());
  t.ok(look(0, 2_500), 'and then it was not');
  for (let count = 0; count < 7; count += 1) t.ok(calm());
  t.ok(look(64, 0), 'and then frames were dropped');
  for (let count = 0; count < 7; count += 1) t.ok(calm());
  t.notOk(calm());
  t.notOk(calm());
  t.ok(look(64, 0), 'they come again');
  t.end();
});

test('ports that are closed take their counts with them', (t) => {
  const need = new Need();
  need.look(1_000_000, 50);
  t.ok(need.isNeeded);
  for (let count = 0; count < 8; count += 1) need.look(10, 5);
  t.notOk(need.isNeeded);
  t.end();
});
