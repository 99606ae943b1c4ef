import { ConfigError } from '../../director/base/errors.js';
import { assert } from '../../director/base/invariant.js';

/** What kind of mistake a problem is: stable words that programs and tests match on. */
export type ProblemCode =
  | 'syntax'
  | 'unknown-keyword'
  | 'not-supported'
  | 'wrong-value'
  | 'missing'
  | 'duplicate'
  | 'conflict'
  | 'unknown-reference'
  | 'outside-subnet';

/** One mistake in a configuration file. `line` is 1-based; `message` is a sentence without a final stop. */
export interface ConfigProblem {
  readonly code: ProblemCode;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** How many problems an error lists: a file of another language would otherwise fill the screen. */
export const MaximumListed = 50;

/** The problems of one file while it is read, so that a reader can go on after a mistake and report all together. */
export class ProblemList {
  readonly #file: string;
  readonly #problems: ConfigProblem[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  add(line: number, code: ProblemCode, message: string): void {
    this.#problems.push({ code, file: this.#file, line, message });
  }

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }

  /** The problems in the order of the file. */
  get inOrder(): readonly ConfigProblem[] {
    return this.#problems.toSorted((left, right) => left.line - right.line);
  }
}

/** The problem as compilers print theirs: `FILE:LINE: sentence`. */
export function describeProblem(problem: ConfigProblem): string {
  return `${problem.file}:${problem.line}: ${problem.message}`;
}

/** One error that lists all problems, one a line. Its code, file and line are those of the first. */
export function configError(problems: readonly ConfigProblem[]): ConfigError {
  const [first] = problems;
  assert(first !== undefined, 'a configuration error has at least one problem');
  const lines = problems.slice(0, MaximumListed).map(describeProblem);
  const hidden = problems.length - lines.length;
  if (hidden > 0) lines.push(`${first.file}: and ${hidden} more problems`);
  const { code, file, line } = first;
  return new ConfigError({ code, file, line }, lines.join('\n'));
}
