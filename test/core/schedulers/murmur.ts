const Mask = (1n << 64n) - 1n;

const times = (left: bigint, right: bigint): bigint => (left * right) & Mask;
const turn = (word: bigint, bits: bigint): bigint =>
  ((word << bits) | (word >> (64n - bits))) & Mask;

function finish(word: bigint): bigint {
  const first = times(word ^ (word >> 33n), 0xff51afd7ed558ccdn);
  const second = times(first ^ (first >> 33n), 0xc4ceb9fe1a85ec53n);
  return second ^ (second >> 33n);
}

/** The first half of MurmurHash3_x64_128 (Austin Appleby, public domain) over two 64-bit words: what katran hashes by. */
export function murmur(word1: bigint, word2: bigint, seed: bigint): bigint {
  const [constant1, constant2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];
  let hash1 = seed ^ times(turn(times(word1, constant1), 31n), constant2);
  hash1 = (times((turn(hash1, 27n) + seed) & Mask, 5n) + 0x52dce729n) & Mask;
  let hash2 = seed ^ times(turn(times(word2, constant2), 33n), constant1);
  hash2 = (times((turn(hash2, 31n) + hash1) & Mask, 5n) + 0x38495ab5n) & Mask;
  hash1 ^= 16n;
  hash2 ^= 16n;
  hash1 = (hash1 + hash2) & Mask;
  hash2 = (hash2 + hash1) & Mask;
  return (finish(hash1) + finish(hash2)) & Mask;
}
