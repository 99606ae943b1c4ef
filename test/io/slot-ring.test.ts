import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { loadLibc, type Libc } from '../../director/io/libc.js';
import { EtherProtocol } from '../../director/io/packet-socket.js';
import { SlotRing } from '../../director/io/slot-ring.js';
import { interfaceOf } from '../lab/near-and-far.js';

const SlotLength = 2_048;
const SlotWords = SlotLength / 4;
const Slots = 16;
const layout = { slotLength: SlotLength, slotsPerBlock: 4, blocks: 4 };
const sight = { protocol: EtherProtocol.all, filter: 7 };

/** The kernel's end of a ring: it fills slots in their order, as long as the next one is its own. */
class FakeKernel {
  readonly memory = new ArrayBuffer(Slots * SlotLength);
  readonly words = new Int32Array(this.memory);
  /** Where the frames begin that have come, in all. */
  readonly starts: number[] = [];

  async open(): Promise<SlotRing> {
    const { koffi, ...others } = await loadLibc();
    const libc: Libc = {
      ...others,
      koffi: { ...koffi, view: () => this.memory },
      socket: () => 3,
      setsockopt: () => 0,
      bind: () => 0,
      mmap: () => 0,
      if_nametoindex: () => 1,
    };
    return new SlotRing(libc, interfaceOf(1, 'near'), layout, sight);
  }

  /** A frame that begins so many bytes into its slot. False when no slot is free. */
  fill(offset: number): boolean {
    const slot = this.starts.length % Slots;
    const header = slot * SlotWords;
    if (this.words[header] !== 0) return false;
    // In the upper half the kernel says where the header of IP is.
    this.words.set([1, 60, 60, (offset + 14) * 0x1_0000 + offset], header);
    this.starts.push(slot * SlotLength + offset);
    return true;
  }
}

/** How many frames a ring said to wait, and everything that was wrong. */
interface Round {
  readonly waiting: number;
  readonly wrong: readonly string[];
}

/** Some frames come, and the ring is asked what it has; so many have been taken. */
function round(random: Prng, kernel: FakeKernel, ring: SlotRing, taken: number): Round {
  const starts = new Int32Array(8);
  for (let left = random.below(9); left > 0; left -= 1) kernel.fill(128 + random.below(100));
  const most = random.below(4) === 0 ? Infinity : random.below(Slots + 2);
  const waiting = ring.waiting(most);
  const expected = Math.min(most, kernel.starts.length - taken);
  const wrong = waiting === expected ? [] : [`${waiting} wait and not ${expected}`];
  const located = starts.subarray(0, ring.locate(starts));
  if (located.length < Math.min(waiting, starts.length)) wrong.push('not all are found');
  const come = kernel.starts.slice(taken, taken + located.length);
  if (located.join() !== come.join()) wrong.push(`${located.join()} and not ${come.join()}`);
  return { waiting, wrong };
}

test('whatever was asked before, what waits is counted and found', async (t) => {
  for (let seed = 0; seed < 100; seed += 1) {
    const random = new Prng(seed);
    const kernel = new FakeKernel();
    const ring = await kernel.open();
    const wrong: string[] = [];
    const taken: number[] = [];
    for (let left = 200; left > 0; left -= 1) {
      const asked = round(random, kernel, ring, taken.length);
      wrong.push(...asked.wrong);
      for (let count = random.below(asked.waiting + 1); count > 0; count -= 1) {
        ring.take();
        taken.push(ring.packet.start);
      }
      if (random.below(3) === 0) ring.release();
    }
    t.same(wrong, [], `seed ${seed}`);
    t.same(taken, kernel.starts.slice(0, taken.length), `seed ${seed}: order`);
    t.ok(taken.length > 3 * Slots, `seed ${seed}: went round`);
  }
});

test('a full ring of which nothing was given back has no more to offer', async (t) => {
  const kernel = new FakeKernel();
  const ring = await kernel.open();
  while (kernel.fill(166));
  t.equal(kernel.starts.length, Slots);
  t.equal(ring.waiting(Infinity), Slots);
  for (let left = 5; left > 0; left -= 1) ring.take();
  t.equal(ring.waiting(Infinity), Slots - 5);
  t.equal(kernel.fill(166), false);
  ring.release();
  t.equal(kernel.fill(166), true);
  t.equal(ring.waiting(Infinity), Slots - 4);
});

test('a frame that is known to wait is not looked at again', async (t) => {
  const kernel = new FakeKernel();
  const ring = await kernel.open();
  for (let left = 6; left > 0; left -= 1) kernel.fill(166);
  t.equal(ring.waiting(4), 4);
  for (let slot = 0; slot < 4; slot += 1) kernel.words[slot * SlotWords] = 0;
  t.equal(ring.waiting(4), 4);
  t.equal(ring.waiting(5), 5);
  ring.take();
  ring.release();
  t.equal(ring.waiting(4), 4);
  const starts = new Int32Array(3);
  t.equal(ring.locate(starts), 3);
  t.same([...starts], kernel.starts.slice(1, 4));
});
