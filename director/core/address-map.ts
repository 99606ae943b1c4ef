import { Family } from '../wire/flow.js';

interface Slot<T> {
  readonly family: Family;
  readonly words: Uint32Array;
  readonly value: T;
}

/**
 * A map from addresses, given as four words in a column, to objects. It neither allocates nor builds text on a lookup,
 * so the packet path may ask it.
 */
export class AddressMap<T> {
  readonly #slots = new Map<number, Slot<T>[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(family: Family, words: Uint32Array, offset = 0): T | undefined {
    const bucket = this.#slots.get(keyOf(family, words, offset));
    if (bucket === undefined) return undefined;
    for (const slot of bucket) {
      if (slot.family === family && isSame(slot.words, words, offset)) return slot.value;
    }
    return undefined;
  }

  set(family: Family, words: Uint32Array, value: T): void {
    this.delete(family, words);
    const key = keyOf(family, words, 0);
    const slot = { family, words: words.slice(), value };
    const bucket = this.#slots.get(key);
    if (bucket === undefined) this.#slots.set(key, [slot]);
    else bucket.push(slot);
    this.#size += 1;
  }

  delete(family: Family, words: Uint32Array): void {
    const key = keyOf(family, words, 0);
    const bucket = this.#slots.get(key);
    if (bucket === undefined) return;
    const others = bucket.filter((slot) => slot.family !== family || !isSame(slot.words, words, 0));
    this.#size -= bucket.length - others.length;
    if (others.length === 0) this.#slots.delete(key);
    else this.#slots.set(key, others);
  }

  *values(): Generator<T> {
    for (const bucket of this.#slots.values()) for (const slot of bucket) yield slot.value;
  }
}

const isSame = (left: Uint32Array, right: Uint32Array, offset: number): boolean =>
  left[3] === right[offset + 3] &&
  left[2] === right[offset + 2] &&
  left[1] === right[offset + 1] &&
  left[0] === right[offset];

/** An IPv4 address is its own key; IPv6 addresses share the numbers above 2^32. */
function keyOf(family: Family, words: Uint32Array, offset: number): number {
  const last = words[offset + 3] ?? 0;
  if (family === Family.ipv4) return last;
  const folded =
    last ^
    Math.imul((words[offset] ?? 0) ^ (words[offset + 1] ?? 0), 0x9e3779b1) ^
    (words[offset + 2] ?? 0);
  return 0x1_0000_0000 + (folded >>> 0);
}
