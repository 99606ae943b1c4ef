import type { Prng } from '../../director/base/prng.js';
import type { FrameBatch } from '../../director/wire/packet.js';
import { buildArp, buildFrame } from '../packets/packet-builder.js';

/** Where a frame begins in its slot. */
export const Offset = 138;
export const SlotLength = 1_984;
const BatchFrames = 64;

/** Frames as they lie in a receive ring, each in a slot. */
export function batchOf(
  frames: readonly Uint8Array[],
  view = new DataView(new ArrayBuffer(BatchFrames * SlotLength)),
): FrameBatch {
  const bytes = new Uint8Array(view.buffer);
  const starts = new Int32Array(BatchFrames);
  for (const [index, frame] of frames.entries()) {
    starts[index] = index * SlotLength + Offset;
    bytes.set(frame, index * SlotLength + Offset);
  }
  return { view, starts, count: frames.length };
}

/** Frames that nobody asks for ports. */
export const Portless: readonly Uint8Array[] = [
  buildArp({
    operation: 'request',
    sender: ['02:00:00:00:00:01', '10.1.0.2'],
    target: ['00:00:00:00:00:00', '10.1.0.100'],
  }),
  buildFrame({ from: '10.1.0.2', to: '10.1.0.100', icmp: { type: 8 } }),
  buildFrame({ from: 'fd01::2', to: 'fd01::64', icmp: { type: 128 } }),
];

/** Shows batches of any bytes at any place to `touch`, some made likely by `dress`. True when none has been changed. */
export function staysAsItIs(
  random: Prng,
  dress: (bytes: Uint8Array, start: number) => void,
  touch: (batch: FrameBatch) => void,
): boolean {
  const view = new DataView(new ArrayBuffer(2 * SlotLength));
  const bytes = new Uint8Array(view.buffer);
  const batch = { view, starts: new Int32Array(BatchFrames), count: 50 };
  for (let round = 0; round < 400; round += 1) {
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = random.below(256);
    for (let index = 0; index < batch.count; index += 1) {
      // Half of them where there is hardly room for a header, or none.
      const isAtEnd = random.below(2) === 0;
      const start = isAtEnd ? bytes.length - random.below(100) : random.below(bytes.length);
      batch.starts[index] = start;
      dress(bytes, start);
    }
    const contents = bytes.slice();
    touch(batch);
    if (!contents.every((value, index) => value === bytes[index])) return false;
  }
  return true;
}
