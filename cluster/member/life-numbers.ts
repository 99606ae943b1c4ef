import { LocalOrigin } from '../../director/core/connections.js';
import { Rank, type Standings } from '../../director/core/precedence.js';
import type { SyncDigests } from '../../director/core/sync-digests.js';
import type { Standing } from '../sync/effects.js';
import type { Life } from '../sync/record.js';

/** Numbers are bytes in the connection table. */
const MostNumbers = 255;

/**
 * The lives of nodes by the numbers that stand in the connection table, and what their word weighs. This life of this node
 * is `LocalOrigin`; an earlier one of it is as foreign as a peer's. When the numbers run out, that of an ended life
 * without entries is given to another; when there is none, newcomers share the last one, and nobody can repair what they
 * have told until entries have expired.
 */
export class LifeNumbers implements Standings {
  /** This life of this node. */
  readonly own: Life;
  readonly #isUnused: (number: number) => boolean;
  /** The life of number n is at n - 1. */
  readonly #lives: Life[] = [];
  readonly #ranks = new Uint8Array(MostNumbers + 1);
  #last = 0;

  /** `isUnused` says whether no entry has the number. */
  constructor(own: Life, isUnused: (number: number) => boolean) {
    this.own = own;
    this.#isUnused = isUnused;
  }

  /** The number of a life, given to it if it has none. */
  of(node: string, epoch: number): number {
    if (this.#isAt(this.#last, node, epoch)) return this.#last;
    if (node === this.own.node && epoch === this.own.epoch) return LocalOrigin;
    this.#last = this.known({ node, epoch }) ?? this.#give({ node, epoch });
    return this.#last;
  }

  /** The number of a life that has one. */
  known({ node, epoch }: Life): number | undefined {
    const place = this.#lives.findIndex((life) => life.node === node && life.epoch === epoch);
    return place < 0 ? undefined : place + 1;
  }

  /** The life of a number; undefined for this one of this node. */
  life(number: number): Life | undefined {
    return number === LocalOrigin ? undefined : this.#lives[number - 1];
  }

  setStanding(node: string, epoch: number, standing: Standing): void {
    this.#ranks[this.of(node, epoch)] = Rank[standing];
  }

  rank(origin: number): Rank {
    const rank = this.#ranks[origin];
    if (rank === Rank.master) return Rank.master;
    return rank === Rank.backup ? Rank.backup : Rank.gone;
  }

  get hasMaster(): boolean {
    return this.#ranks.includes(Rank.master);
  }

  precedes(left: number, right: number): boolean {
    const first = this.life(left) ?? this.own;
    const second = this.life(right) ?? this.own;
    if (first.node !== second.node) return first.node < second.node;
    return first.epoch < second.epoch;
  }

  /** True when entries are left that an ended life has told of. */
  hasEnded(digests: SyncDigests): boolean {
    for (let number = 1; number <= this.#lives.length; number += 1) {
      if (this.rank(number) === Rank.gone && digests.entries(number) > 0) return true;
    }
    return false;
  }

  #isAt(number: number, node: string, epoch: number): boolean {
    const life = this.#lives[number - 1];
    return life !== undefined && life.epoch === epoch && life.node === node;
  }

  #give(life: Life): number {
    if (this.#lives.length < MostNumbers) return this.#lives.push(life);
    const place = this.#lives.findIndex(
      (_, index) => this.rank(index + 1) === Rank.gone && this.#isUnused(index + 1),
    );
    if (place < 0) return MostNumbers;
    this.#lives[place] = life;
    return place + 1;
  }
}
