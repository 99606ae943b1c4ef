/** The 128 bits of a SipHash key as two 64-bit words in halves of 32 bits. */
export interface SipKey {
  readonly low0: number;
  readonly high0: number;
  readonly low1: number;
  readonly high1: number;
}

/**
 * The low 32 bits of SipHash-1-3 over one 32-bit word in little-endian order: what the kernel's `hsiphash` gives for four
 * bytes on a 64-bit machine. Each 64-bit lane of the state is a pair of 32-bit halves, because bigint would allocate.
 */
export function sipHash13(word: number, key: SipKey): number {
  // The initial lanes spell "somepseudorandomlygeneratedbytes" (SipHash, Aumasson and Bernstein 2012, section 2).
  let low0 = key.low0 ^ 0x70736575;
  let high0 = key.high0 ^ 0x736f6d65;
  let low1 = key.low1 ^ 0x6e646f6d;
  let high1 = key.high1 ^ 0x646f7261;
  let low2 = key.low0 ^ 0x6e657261;
  let high2 = key.high0 ^ 0x6c796765;
  // The only block is the word with its length of 4 bytes in the topmost byte.
  const blockHigh = 0x04000000;
  let low3 = key.low1 ^ 0x79746573 ^ word;
  let high3 = key.high1 ^ 0x74656462 ^ blockHigh;
  for (let round = 0; round < 4; round += 1) {
    let sum = (low0 >>> 0) + (low1 >>> 0);
    let high = (high0 + high1 + carry(sum)) | 0;
    let low = sum | 0;
    let turned = (high1 << 13) | (low1 >>> 19);
    low1 = ((low1 << 13) | (high1 >>> 19)) ^ low;
    high1 = turned ^ high;
    low0 = high;
    high0 = low;

    sum = (low2 >>> 0) + (low3 >>> 0);
    high2 = (high2 + high3 + carry(sum)) | 0;
    low2 = sum | 0;
    turned = (high3 << 16) | (low3 >>> 16);
    low3 = ((low3 << 16) | (high3 >>> 16)) ^ low2;
    high3 = turned ^ high2;

    sum = (low0 >>> 0) + (low3 >>> 0);
    high0 = (high0 + high3 + carry(sum)) | 0;
    low0 = sum | 0;
    turned = (high3 << 21) | (low3 >>> 11);
    low3 = ((low3 << 21) | (high3 >>> 11)) ^ low0;
    high3 = turned ^ high0;

    sum = (low2 >>> 0) + (low1 >>> 0);
    high = (high2 + high1 + carry(sum)) | 0;
    low = sum | 0;
    turned = (high1 << 17) | (low1 >>> 15);
    low1 = ((low1 << 17) | (high1 >>> 15)) ^ low;
    high1 = turned ^ high;
    low2 = high;
    high2 = low;

    if (round > 0) continue;
    // After the one compression round come three of finalization.
    low0 ^= word;
    high0 ^= blockHigh;
    low2 ^= 0xff;
  }
  return (low0 ^ low1 ^ low2 ^ low3) >>> 0;
}

/** The carry out of the low halves, whose sum is below 2^33. */
const carry = (sum: number): number => (sum > 0xffff_ffff ? 1 : 0);
