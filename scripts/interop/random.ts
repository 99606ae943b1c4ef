import { assert } from '../../director/base/invariant.js';
import type { Prng } from '../../director/base/prng.js';

/** One of the values, each as likely as the others. */
export function pick<T>(prng: Prng, values: readonly T[]): T {
  const value = values[prng.below(values.length)];
  assert(value !== undefined, 'there is something to pick from');
  return value;
}

/** True so many times of a hundred. */
export const chance = (prng: Prng, percent: number): boolean => prng.below(100) < percent;
