/** The order in which a server prefers the places of a Maglev table: from `offset` on in steps of `skip`. */
export interface Permutation {
  /** From 0 to the size of the table less 1. */
  readonly offset: number;
  /** From 1 to the size of the table less 1. */
  readonly skip: number;
  /** How many places it takes when it is its turn; 0 for none at all. */
  readonly turns: number;
}

/** What an empty table holds everywhere. */
export const NoPlace = -1;

/**
 * Fills a Maglev table, whose size is a prime: the servers take turns, in order, each taking its most preferred places
 * that are still free (Eisenbud et al., "Maglev", NSDI 2016, section 3.4). Answers the number of the server at each
 * place.
 */
export function fillMaglev(permutations: readonly Permutation[], size: number): Int32Array {
  const table = new Int32Array(size).fill(NoPlace);
  const takers = permutations.filter(({ turns }) => turns > 0);
  if (takers.length === 0) return table;
  const positions = Int32Array.from(permutations, ({ offset }) => offset);
  for (let filled = 0; filled < size;) {
    for (const [server, permutation] of permutations.entries()) {
      const count = Math.min(permutation.turns, size - filled);
      for (let turn = 0; turn < count; turn += 1) take(table, positions, server, permutation.skip);
      filled += count;
    }
  }
  return table;
}

/** Gives a server the first free place from its position on. */
function take(table: Int32Array, positions: Int32Array, server: number, skip: number): void {
  let place = positions[server] ?? 0;
  while (table[place] !== NoPlace) place = (place + skip) % table.length;
  table[place] = server;
  positions[server] = place;
}
