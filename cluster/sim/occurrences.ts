/**
 * How often things have happened that a run may or may not see: kinds of faults and rare states. Over many seeds each has
 * to happen sometimes, or the seeds do not test what they are meant to.
 */
export class Occurrences {
  readonly #counts = new Map<string, number>();

  count(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  /** All that happened, by name. */
  get counts(): Readonly<Record<string, number>> {
    const names = [...this.#counts.keys()].toSorted();
    return Object.fromEntries(names.map((name) => [name, this.#counts.get(name) ?? 0]));
  }
}
