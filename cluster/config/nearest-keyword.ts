/** How many letters of a misspelt word may be wrong, as a share of its length, and at least two. */
const Tolerance = 1 / 3;

/** A longer word is no slip of a keyword. */
const LongestWord = 64;

/** The keyword that somebody meant who wrote `word`, or undefined when none is near. */
export function nearestKeyword(word: string, keywords: Iterable<string>): string | undefined {
  if (word.length > LongestWord) return undefined;
  const limit = Math.max(2, Math.floor(word.length * Tolerance));
  let best: string | undefined;
  let bestDistance = Math.min(limit, word.length - 1) + 1;
  for (const keyword of keywords) {
    if (Math.abs(keyword.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), keyword.toLowerCase());
    if (distance >= bestDistance) continue;
    best = keyword;
    bestDistance = distance;
  }
  return best;
}

/** Letters that have to be changed, added, left out or exchanged with their neighbour (Damerau-Levenshtein). */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const above = (last[column] ?? 0) + 1;
      const beside = (current[column - 1] ?? 0) + 1;
      const diagonal = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      const isExchanged =
        row > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const exchanged = isExchanged ? (beforeLast[column - 2] ?? 0) + 1 : diagonal;
      current.push(Math.min(above, beside, diagonal, exchanged));
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}
