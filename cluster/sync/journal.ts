import { assert } from '../../director/base/invariant.js';
import type { Position } from './message.js';
import type { Life } from './record.js';

/** How far a donor had come in the stream of a node, found in the `asOf` of its chunk. */
export const positionOf = (asOf: readonly Position[], node: string): Position | undefined =>
  asOf.find((position) => position.node === node);

/** True when a donor at `asOf` had applied what is at `touch`. A greater epoch contains all of the lesser ones. */
function covers(asOf: readonly Position[], touch: Position): boolean {
  const donor = positionOf(asOf, touch.node);
  if (donor === undefined) return false;
  if (donor.epoch !== touch.epoch) return donor.epoch > touch.epoch;
  return donor.sequence >= touch.sequence;
}

/**
 * Which keys have been touched by updates while a bulk transfer runs, and by which: a chunk that is older than the touch
 * has nothing to say about that key. That is what keeps a removal from being undone by a chunk that was on its way.
 *
 * Remembers `limit` keys. To make room it forgets the oldest touch, and from then on refuses chunks that do not cover
 * it (`floor`): nothing is forgotten that could still matter. Keys are known by their `keyHash`.
 */
export class TouchJournal {
  /** Touches forgotten for lack of room. */
  evictions = 0;
  readonly #limit: number;
  readonly #touches = new Map<number, Position>();
  /** For each node, the position that a donor must have reached. */
  readonly #floor = new Map<string, Position>();
  #active = false;

  constructor(limit: number) {
    assert(limit > 0, 'a journal has room');
    this.#limit = limit;
  }

  get active(): boolean {
    return this.#active;
  }

  get size(): number {
    return this.#touches.size;
  }

  /** Starts to remember. What was touched until now, up to `positions`, a donor must already know. */
  begin(positions: readonly Position[]): void {
    this.end();
    this.#active = true;
    for (const position of positions) {
      if (position.sequence > 0) this.#floor.set(position.node, position);
    }
  }

  end(): void {
    this.#active = false;
    this.#touches.clear();
    this.#floor.clear();
  }

  touch(key: number, by: Position): void {
    if (!this.#active) return;
    this.#touches.delete(key);
    this.#touches.set(key, by);
    if (this.#touches.size > this.#limit) this.#evict();
  }

  /** Nodes of whose updates the donor had too few when it made the chunk. */
  behind(asOf: readonly Position[]): string[] {
    const floors = [...this.#floor.values()];
    return floors.filter((floor) => !covers(asOf, floor)).map((floor) => floor.node);
  }

  /** True when the donor had come less far in the stream of this life than this node had at the beginning. */
  isBehind(asOf: readonly Position[], { node, epoch }: Life): boolean {
    const floor = this.#floor.get(node);
    return floor?.epoch === epoch && !covers(asOf, floor);
  }

  /** True when an update that the donor had not applied has touched the key since. */
  supersedes(key: number, asOf: readonly Position[]): boolean {
    const touch = this.#touches.get(key);
    return touch !== undefined && !covers(asOf, touch);
  }

  #evict(): void {
    const [oldest] = this.#touches;
    assert(oldest !== undefined, 'a full journal has an oldest touch');
    const [key, touch] = oldest;
    this.#touches.delete(key);
    this.#floor.set(touch.node, touch);
    this.evictions += 1;
  }
}
