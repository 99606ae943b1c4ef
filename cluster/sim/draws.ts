import { assert } from '../../director/base/invariant.js';
import type { Prng } from '../../director/base/prng.js';

/** One of a list that is not empty. */
export function pick<T>(prng: Prng, choices: readonly T[]): T {
  const choice = choices[prng.below(choices.length)];
  assert(choice !== undefined, 'there is something to choose from');
  return choice;
}

/** True so many times in a hundred. */
export const chance = (prng: Prng, percent: number): boolean => prng.below(100) < percent;

/** A number from `least` to `most`, with a fraction. */
export const between = (prng: Prng, least: number, most: number): number =>
  least + (prng.below(1_000_000) / 1_000_000) * (most - least);
