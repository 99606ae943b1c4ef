import type { DirectorMachine } from '../director/director-machine.js';
import type { World } from '../world.js';
import type { Violations } from './invariants.js';

/**
 * Whether copies come to what they are copies of, once all faults are over: also those that nobody should have any more. What
 * is under way makes a difference that changes; one that stays the same has been found by nobody.
 */
export class DigestCheck {
  readonly #world: World;
  readonly #violations: Violations;
  /** The differences of all pairs of directors that were there every time. */
  #lasting: Map<string, string> | undefined;

  constructor(world: World, violations: Violations) {
    this.#world = world;
    this.#violations = violations;
  }

  /** To be called a few times, some seconds apart. */
  sample(): void {
    const found = this.#differences();
    const before = this.#lasting;
    this.#lasting =
      before === undefined
        ? found
        : new Map([...found].filter(([pair, what]) => before.get(pair) === what));
  }

  finish(): void {
    this.sample();
    for (const [pair, detail] of this.#lasting ?? []) {
      const text = `${pair} differ by ${detail}`;
      this.#violations.report({ invariant: 'S1 equal-tables', at: this.#world.now, detail: text });
    }
  }

  #differences(): Map<string, string> {
    const found = new Map<string, string>();
    const running = this.#world.directors.filter(({ isRunning }) => isRunning);
    for (const owner of running) {
      for (const other of running) {
        const difference = owner === other ? undefined : differenceOf(owner, other);
        if (difference !== undefined) {
          found.set(`entries of ${owner.name} and copies at ${other.name}`, difference);
        }
      }
    }
    return found;
  }
}

/** What the entries of a director's life and another's copies of them differ by; undefined when they do not. */
function differenceOf(owner: DirectorMachine, other: DirectorMachine): string | undefined {
  const source = owner.process?.node.replication;
  const target = other.process?.node.replication;
  if (source === undefined || target === undefined) return undefined;
  const theirs = source.digest();
  const copies = target.digest(source.lives.own);
  const entries = theirs.entries - copies.entries;
  const low = (theirs.low - copies.low) >>> 0;
  if (entries === 0 && low === 0 && theirs.high === copies.high) return undefined;
  return `${entries} entries (${low})`;
}
