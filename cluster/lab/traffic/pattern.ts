/** What decides the bytes of one payload. `sender` is empty for the client, else the name of the server. */
export interface PatternKey {
  readonly seed: number;
  readonly flow: number;
  readonly sequence: number;
  readonly sender: string;
}

/**
 * Fills `bytes` with the payload that `key` stands for. Both ends can compute it, so that neither has to remember what
 * it sent, and a byte that belongs to another flow, sequence number or server is wrong with probability 255/256.
 */
export function fillPattern(bytes: Uint8Array, key: PatternKey): void {
  let word = firstWord(key);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = word >>> ((index & 3) << 3);
    if ((index & 3) === 3) word = nextWord(word);
  }
}

/** A byte that is not what the pattern says. */
export interface PatternMismatch {
  readonly offset: number;
  readonly found: number;
  readonly expected: number;
}

/** The first byte of `bytes` that differs from the pattern, or undefined when all are right. */
export function findMismatch(bytes: Uint8Array, key: PatternKey): PatternMismatch | undefined {
  let word = firstWord(key);
  for (const [offset, found] of bytes.entries()) {
    const expected = (word >>> ((offset & 3) << 3)) & 0xff;
    if (found !== expected) return { offset, found, expected };
    if ((offset & 3) === 3) word = nextWord(word);
  }
  return undefined;
}

/** A payload length from 1 to `limit` that varies with the key, so that flows send packets of every size. */
export const payloadLength = (key: PatternKey, limit: number): number =>
  1 + ((firstWord(key) >>> 8) % limit);

/** The pattern's first 32 bits: a hash of the key (FNV-1a over its words, then the finaliser of MurmurHash3). */
function firstWord(key: PatternKey): number {
  let hash = 0x811c9dc5;
  for (const part of [key.seed, key.flow, key.sequence]) hash = Math.imul(hash ^ part, 0x01000193);
  for (let index = 0; index < key.sender.length; index += 1) {
    hash = Math.imul(hash ^ key.sender.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  // Zero is the one state that the generator below never leaves.
  return (hash ^ (hash >>> 16)) >>> 0 || 1;
}

/** One step of xorshift32 (Marsaglia, 2003). */
function nextWord(word: number): number {
  let next = word ^ (word << 13);
  next ^= next >>> 17;
  return (next ^ (next << 5)) >>> 0;
}
