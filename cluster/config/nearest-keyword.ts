import { assert } from '../../director/base/invariant.js';

/** How many letters of a misspelt word may be wrong, as a share of its length, and at least two. */
const Tolerance = 1 / 3;

/** A longer word is no slip of a keyword. */
const LongestWord = 64;

/** What somebody types who means a keyword: an address or a path is none. */
const Word = /^[A-Za-z][\w-]*$/;

/** The keyword that somebody meant who wrote `word`, or undefined when none is near. */
export function nearestKeyword(word: string, keywords: readonly string[]): string | undefined {
  if (word.length > LongestWord || !Word.test(word)) return undefined;
  const limit = Math.max(2, Math.floor(word.length * Tolerance));
  let best: string | undefined;
  let bestDistance = Math.min(limit, word.length - 1) + 1;
  for (const keyword of keywords) {
    const distance = editDistance(word, keyword, bestDistance);
    if (distance >= bestDistance) continue;
    best = keyword;
    bestDistance = distance;
  }
  return best;
}

/** The rows of the table of `editDistance`: the one before the last, the last and the current. */
const Rows = [0, 1, 2].map(() => new Uint8Array(LongestWord + 1));

/**
 * Letters that have to be changed, added, left out or exchanged with their neighbour (Damerau-Levenshtein), or `limit` when
 * there are more.
 */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit || right.length > LongestWord) return limit;
  let [beforeLast, last, current] = Rows;
  assert(
    beforeLast !== undefined && last !== undefined && current !== undefined,
    'there are three rows',
  );
  for (let column = 0; column <= right.length; column += 1) last[column] = column;
  for (let row = 1; row <= left.length; row += 1) {
    current[0] = row;
    let least = row;
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left.charCodeAt(row - 1) === right.charCodeAt(column - 1);
      const changed = at(last, column - 1) + (isSame ? 0 : 1);
      const inserted = Math.min(at(last, column), at(current, column - 1)) + 1;
      const exchanged = isExchange(left, right, row, column)
        ? at(beforeLast, column - 2) + 1
        : inserted;
      const distance = Math.min(changed, inserted, exchanged);
      current[column] = distance;
      least = Math.min(least, distance);
    }
    // From here on it does not get less, but for one by an exchange.
    if (least > limit) return limit;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return at(last, right.length);
}

const at = (row: Uint8Array, column: number): number => row[column] ?? 0;

/** True when the two letters before these places are the same ones in the other order. */
const isExchange = (left: string, right: string, row: number, column: number): boolean =>
  row > 1 &&
  column > 1 &&
  left.charCodeAt(row - 1) === right.charCodeAt(column - 2) &&
  left.charCodeAt(row - 2) === right.charCodeAt(column - 1);
