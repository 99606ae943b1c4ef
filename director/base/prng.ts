/**
 * A small, fast generator with reproducible output (sfc32 by Chris Doty-Humphrey, public domain). Not for secrets.
 * Every consumer of randomness takes one in its constructor; the same seed gives the same run.
 */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    this.#c = 0x9e3779b9;
    for (let round = 0; round < 12; round += 1) this.uint32();
  }

  /** The next 32 random bits as an unsigned integer. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  /** A uniform integer in [0, limit); `limit` from 1 to 2^32. */
  below(limit: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * limit);
  }

  /** A generator of its own for a part of a run, so that parts do not disturb each other's sequence. */
  split(): Prng {
    return new Prng(this.uint32() * 0x10_0000 + (this.uint32() >>> 12));
  }
}
