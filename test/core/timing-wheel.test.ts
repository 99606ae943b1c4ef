import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { TimingWheel } from '../../director/core/timing-wheel.js';

/** Advances the wheel and lists what it visits, in order. */
function visited(wheel: TimingWheel, tick: number): number[] {
  const indices: number[] = [];
  wheel.advance(tick, (index) => indices.push(index));
  return indices;
}

test('an entry is visited at its tick, once', (t) => {
  const wheel = new TimingWheel(4, 16, 100);
  wheel.schedule(2, 105);
  t.equal(wheel.due(2), 105);
  t.strictSame(visited(wheel, 104), []);
  t.strictSame(visited(wheel, 105), [2]);
  t.strictSame(visited(wheel, 200), []);
  t.end();
});

test('entries come in the order of their ticks', (t) => {
  const wheel = new TimingWheel(4, 16, 0);
  wheel.schedule(0, 9);
  wheel.schedule(1, 3);
  wheel.schedule(2, 6);
  t.strictSame(visited(wheel, 10), [1, 2, 0]);
  t.end();
});

test('what is due already is visited at the next tick', (t) => {
  const wheel = new TimingWheel(4, 16, 100);
  wheel.schedule(0, 100);
  wheel.schedule(1, 3);
  t.equal(wheel.due(0), 101);
  t.strictSame(visited(wheel, 100), [], 'this tick is over');
  t.strictSame(new Set(visited(wheel, 101)), new Set([0, 1]));
  t.end();
});

test('an entry too far away comes early, in the farthest slot', (t) => {
  const wheel = new TimingWheel(4, 16, 100);
  wheel.schedule(0, 1_000);
  t.equal(wheel.due(0), 115);
  t.strictSame(visited(wheel, 114), []);
  t.strictSame(visited(wheel, 115), [0]);
  t.end();
});

test('a jump of many turns visits every entry once', (t) => {
  const wheel = new TimingWheel(16, 16, 100);
  for (let index = 0; index < 15; index += 1) wheel.schedule(index, 101 + index);
  const indices = visited(wheel, 1_000_000);
  t.equal(indices.length, 15);
  t.equal(new Set(indices).size, 15);
  wheel.schedule(3, 1_000_002);
  t.strictSame(visited(wheel, 1_000_001), [], 'and the wheel goes on from there');
  t.strictSame(visited(wheel, 1_000_002), [3]);
  t.end();
});

test('a cancelled entry is not visited, wherever it stands in its slot', (t) => {
  for (const cancelled of [0, 1, 2]) {
    const wheel = new TimingWheel(3, 16, 0);
    for (const index of [0, 1, 2]) wheel.schedule(index, 5);
    wheel.cancel(cancelled);
    const rest = [2, 1, 0].filter((index) => index !== cancelled);
    t.strictSame(visited(wheel, 5), rest, `without ${cancelled}`);
  }
  t.end();
});

test('a visit may cancel an entry of the same slot', (t) => {
  const wheel = new TimingWheel(3, 16, 0);
  for (const index of [0, 1, 2]) wheel.schedule(index, 5);
  const indices: number[] = [];
  wheel.advance(5, (index) => {
    indices.push(index);
    if (index === 2) wheel.cancel(1);
  });
  t.strictSame(indices, [2, 0]);
  t.end();
});

test('a visit may schedule its entry again, which comes once more and not twice', (t) => {
  const wheel = new TimingWheel(2, 16, 0);
  wheel.schedule(0, 5);
  const ticks: number[] = [];
  for (let tick = 1; tick <= 20; tick += 1) {
    wheel.advance(tick, (index) => {
      ticks.push(tick);
      if (ticks.length < 3) wheel.schedule(index, 0);
    });
  }
  t.strictSame(ticks, [5, 6, 7]);
  t.end();
});

test('a visit that schedules during a long jump ends', (t) => {
  const wheel = new TimingWheel(1, 16, 0);
  wheel.schedule(0, 5);
  let count = 0;
  wheel.advance(1_000, () => {
    count += 1;
    wheel.schedule(0, 1_008);
  });
  t.ok(count >= 1 && count <= 16, `${count} visits`);
  t.strictSame(visited(wheel, 1_008), [0]);
  t.end();
});

test('time that stands still or goes back visits nothing', (t) => {
  const wheel = new TimingWheel(1, 16, 100);
  wheel.schedule(0, 101);
  t.strictSame(visited(wheel, 100), []);
  t.strictSame(visited(wheel, 50), []);
  t.strictSame(visited(wheel, 101), [0]);
  t.end();
});

test('random schedules, cancels and jumps agree with a list of deadlines', (t) => {
  const random = new Prng(5);
  const capacity = 40;
  const wheel = new TimingWheel(capacity, 16, 0);
  const model = new Map<number, number>();
  const wrong: string[] = [];
  let tick = 0;
  for (let round = 0; round < 50_000 && wrong.length === 0; round += 1) {
    const index = random.below(capacity);
    if (random.below(3) > 0) {
      if (model.has(index)) wheel.cancel(index);
      const wanted = Math.max(0, tick + random.below(30) - 5);
      wheel.schedule(index, wanted);
      model.set(index, Math.min(Math.max(wanted, tick + 1), tick + 15));
    } else if (model.delete(index)) {
      wheel.cancel(index);
    }
    if (random.below(2) > 0) continue;
    tick += random.below(8) === 0 ? random.below(100) : random.below(3);
    const expected = [...model].filter(([, due]) => due <= tick).map(([key]) => key);
    for (const key of expected) model.delete(key);
    const indices = visited(wheel, tick);
    const isSame =
      indices.length === expected.length && expected.every((key) => indices.includes(key));
    if (!isSame) wrong.push(`round ${round}: ${indices.join()} and not ${expected.join()}`);
  }
  t.strictSame(wrong, []);
  t.end();
});
