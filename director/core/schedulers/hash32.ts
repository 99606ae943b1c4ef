/** The kernel's GOLDEN_RATIO_32. */
const GoldenRatio = 0x61c88647;

/** Multiplicative hash of a 32-bit word into `bits` bits, 1 to 32: `hash_32` of the kernel's linux/hash.h. */
export const hash32 = (word: number, bits: number): number =>
  Math.imul(word, GoldenRatio) >>> (32 - bits);

/** An address in one word, as the hashing schedulers fold it: IPv4 as it is, the four words of IPv6 by exclusive or. */
export const foldAddress = (words: Uint32Array): number =>
  ((words[0] ?? 0) ^ (words[1] ?? 0) ^ (words[2] ?? 0) ^ (words[3] ?? 0)) >>> 0;
