/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624). Sums are kept unfolded in a number while they
 * grow: 16-bit words of a 64 KiB packet add up to less than 2^32.
 */

/** Adds the 16-bit words of [offset, end) to `initial`; an odd last byte counts as the high half of a word. */
export function sum(view: DataView, offset: number, end: number, initial = 0): number {
  let total = initial;
  let position = offset;
  for (; position + 1 < end; position += 2) total += view.getUint16(position);
  if (position < end) total += view.getUint8(position) << 8;
  return total;
}

/** Folds a sum below 2^32 to 16 bits with end-around carry. Twice is enough: the first carry is below 2^16. */
export function fold(total: number): number {
  const once = (total & 0xffff) + (total >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** The value of a checksum field for a sum: its complement. */
export const complement = (total: number): number => ~fold(total) & 0xffff;

/** The sum of a 32-bit word's two halves. */
export const halves = (word: number): number => (word >>> 16) + (word & 0xffff);

/**
 * What a changed word means to a sum: for `adjust`, after adding up any number of changes. Changes that bring in words
 * which were not there before are their plain sum.
 */
export const change16 = (before: number, after: number): number => (~before & 0xffff) + after;
export const change32 = (before: number, after: number): number =>
  halves(~before >>> 0) + halves(after);

/** A checksum field after what it covers changed by a sum of changes (RFC 1624 equation 3). */
export const adjust = (checksum: number, change: number): number =>
  complement((~checksum & 0xffff) + change);

/**
 * The field of an unfinished checksum after the pseudo-header, whose sum it holds, changed. What the checksum covers besides is
 * not in it yet.
 */
export const adjustUnfinished = (sum: number, change: number): number => fold(sum + change);

/** A checksum field after one 16-bit word changed. */
export const update16 = (checksum: number, before: number, after: number): number =>
  adjust(checksum, change16(before, after));
