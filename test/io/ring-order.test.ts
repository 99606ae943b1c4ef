import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { takeInOrder, type WaitingFrames } from '../../director/io/ring-order.js';

/** A frame: which flow, which number in it, and when it came. */
interface Frame {
  readonly flow: number;
  readonly number: number;
  readonly at: number;
}

/** A ring that is looked at when it does not know of enough frames, with what happens elsewhere before each look. */
class FakeRing implements WaitingFrames {
  readonly frames: Frame[] = [];
  readonly #meanwhile: () => void;
  #seen = 0;

  constructor(meanwhile: () => void) {
    this.#meanwhile = meanwhile;
  }

  waiting(most: number): number {
    if (this.#seen >= most) return most;
    this.#meanwhile();
    this.#seen = Math.min(most, this.frames.length);
    return this.#seen;
  }

  take(): Frame {
    const frame = this.frames.shift();
    if (frame === undefined || this.#seen === 0) throw new Error('nothing is known to wait');
    this.#seen -= 1;
    return frame;
  }

  isBefore(other: FakeRing): boolean {
    return this.#oldest <= other.#oldest;
  }

  get #oldest(): number {
    const [frame] = this.frames;
    if (frame === undefined) throw new Error('a ring without frames has no oldest one');
    return frame.at;
  }
}

const Flows = 3;
const Batch = 16;

/** Two rings, while frames of some flows come to either in bursts; every flow's frames as they were taken. */
function run(seed: number): { readonly came: number; readonly taken: readonly Frame[] } {
  const random = new Prng(seed);
  const taken: Frame[] = [];
  const counts = Array.from({ length: Flows }, () => 0);
  let now = 0;
  let isOver = false;
  const arrive = (): void => {
    if (isOver) return;
    for (let left = random.below(4); left > 0; left -= 1) {
      const flow = random.below(Flows);
      now += 1;
      const frame = { flow, number: counts[flow] ?? 0, at: now };
      counts[flow] = frame.number + 1;
      (random.below(3) === 0 ? large : ordinary).frames.push(frame);
    }
  };
  const ordinary: FakeRing = new FakeRing(arrive);
  const large: FakeRing = new FakeRing(arrive);
  const takeBatch = (): number =>
    takeInOrder(ordinary, large, Batch, (ring) => taken.push(ring.take()));
  for (let batch = 0; batch < 20; batch += 1) {
    // Somebody else may have looked before.
    if (random.below(2) === 0) ordinary.waiting(random.below(2 * Batch));
    if (random.below(4) === 0) large.waiting(random.below(2 * Batch));
    const before = taken.length;
    const count = takeBatch();
    if (count > Batch || count !== taken.length - before) throw new Error('miscounted');
  }
  isOver = true;
  // With nothing more to come, a batch that takes nothing leaves nothing behind.
  while (takeBatch() > 0);
  return { came: now, taken };
}

test('frames of a flow are taken in their order, whichever ring they came to', (t) => {
  for (let seed = 0; seed < 500; seed += 1) {
    const { came, taken } = run(seed);
    t.equal(taken.length, came, `seed ${seed}: all frames`);
    const next = Array.from({ length: Flows }, () => 0);
    const wrong = taken.filter(({ flow, number }) => {
      const isNext = number === next[flow];
      next[flow] = number + 1;
      return !isNext;
    });
    t.same(wrong, [], `seed ${seed}: order`);
  }
  t.end();
});

test('what has come to one ring alone is taken in batches', (t) => {
  for (const side of ['ordinary', 'large'] as const) {
    const rings = { ordinary: new FakeRing(() => {}), large: new FakeRing(() => {}) };
    for (let number = 0; number < 20; number += 1) {
      rings[side].frames.push({ flow: 0, number, at: number });
    }
    const take = (ring: FakeRing): void => void ring.take();
    const counts = [1, 2, 3].map(() => takeInOrder(rings.ordinary, rings.large, Batch, take));
    t.same(counts, [16, 4, 0], side);
  }
  t.end();
});
