/**
 * The second half of a change in two steps. The first has done everything that the environment may refuse; this one cannot
 * fail. Exactly one of the two is called.
 */
export interface Prepared<Start> {
  commit(start: Start): void;
  /** Lets go of what has been prepared. Nothing has changed. */
  abort(): void;
}
