import { unreachable } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import type { Cable } from '../network/network.js';
import type { PartitionShape } from './fault.js';

/**
 * Which pairs of cables of a network cannot reach each other, as sender and receiver. In `halves` two groups are cut off
 * from each other; `isolate` cuts off one node; over a `bridge` two groups both reach one node in the middle, but not each
 * other; in a `ring` every node reaches its two neighbours only.
 */
export function partitionOf(
  cables: readonly Cable[],
  {
    shape,
    isOneWay,
    salt,
  }: { readonly shape: PartitionShape; readonly isOneWay: boolean; readonly salt: number },
): readonly (readonly [Cable, Cable])[] {
  const order = shuffle(cables, new Prng(salt));
  const pairs: (readonly [Cable, Cable])[] = [];
  for (const [left, from] of order.entries()) {
    for (const [right, to] of order.entries()) {
      if (left >= right || !isApart(shape, left, right, order.length)) continue;
      pairs.push([from, to]);
      if (!isOneWay) pairs.push([to, from]);
    }
  }
  return pairs;
}

/** For places in the shuffled order, `left` before `right`. */
function isApart(shape: PartitionShape, left: number, right: number, count: number): boolean {
  const middle = Math.floor(count / 2);
  switch (shape) {
    case 'halves':
      return left < middle && right >= middle;
    case 'isolate':
      return left === 0;
    case 'bridge':
      return left < middle && right > middle;
    case 'ring':
      return right - left > 1 && !(left === 0 && right === count - 1);
    default:
      return unreachable(shape);
  }
}

function shuffle(cables: readonly Cable[], prng: Prng): Cable[] {
  const order: Cable[] = [];
  for (const cable of cables) order.splice(prng.below(order.length + 1), 0, cable);
  return order;
}
