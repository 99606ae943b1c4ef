import { ConfigError } from '../../director/base/errors.js';
import { assert } from '../../director/base/invariant.js';
import type { SourceLine } from './source-text.js';

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

/** A remark about a place in a configuration file; `message` is a sentence without a final stop. */
export interface ConfigRemark {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in `text`; undefined where a file has no lines of words. */
  readonly column?: number;
  /** The line as it was read: its parameters are replaced. */
  readonly text?: string;
  readonly message: string;
}

/** One mistake in a configuration file. */
export interface ConfigProblem extends ConfigRemark {
  readonly code: ProblemCode;
}

/** Something that a configuration file says and that has no effect, or not the one that was meant. */
export interface ConfigWarning extends ConfigRemark {
  /** The keyword that it is about. */
  readonly keyword: string;
}

/** How many problems an error lists: a file of another language would otherwise fill the screen. */
export const MaximumListed = 50;

/** How many problems are kept: a file of another language is wrong in every line. */
const MaximumKept = 10_000;

/** How much of a line is shown around its mistake. */
const ShownLength = 160;

/** What nobody should read over somebody's shoulder, or in a log. */
const Secret = /\b((?:auth_pass|password|(?:sync_)?key[ \t]+\d+)[ \t]+)(\S.*)$/;

/**
 * The problems of one file while it is read, so that a reader can go on after a mistake and report all together. A line is
 * one of `lines` where files include one another, and else one of the file.
 */
export class ProblemList {
  readonly #file: string;
  readonly #problems: { readonly order: number; readonly problem: ConfigProblem }[] = [];
  readonly #warnings = new Map<
    string,
    { readonly order: number; readonly warning: ConfigWarning }
  >();
  /** Where the lines that are read come from; undefined when they are those of the file. */
  lines: readonly SourceLine[] | undefined;

  constructor(file: string, lines?: readonly SourceLine[]) {
    this.#file = file;
    this.lines = lines;
  }

  /** `column` is 1-based; without it, that of the line's first word is told. */
  add(line: number, code: ProblemCode, message: string, column?: number): void {
    if (this.#problems.length >= MaximumKept) return;
    this.#problems.push({ order: line, problem: { code, ...this.#place(line, column), message } });
  }

  /** Notes what has no effect, once for each sentence. */
  warn(line: number, keyword: string, message: string, column?: number): void {
    if (this.#warnings.has(message) || this.#warnings.size >= MaximumKept) return;
    const warning = { keyword, ...this.#place(line, column), message };
    this.#warnings.set(message, { order: line, warning });
  }

  /** The way that a message names another line: `line 7`, or `line 7 of other.conf`. */
  describeLine(line: number): string {
    const source = this.lines?.[line - 1];
    if (source === undefined) return `line ${line}`;
    return source.file === this.#file
      ? `line ${source.line}`
      : `line ${source.line} of ${source.file}`;
  }

  /** True when an error would not list all of them. */
  get isLong(): boolean {
    return this.#problems.length >= MaximumListed;
  }

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }

  /** The problems in the order of the file. */
  get inOrder(): readonly ConfigProblem[] {
    return this.#problems
      .toSorted((left, right) => left.order - right.order)
      .map(({ problem }) => problem);
  }

  /** The warnings in the order of the file. */
  get warnings(): readonly ConfigWarning[] {
    return [...this.#warnings.values()]
      .toSorted((left, right) => left.order - right.order)
      .map(({ warning }) => warning);
  }

  #place(line: number, column: number | undefined): Omit<ConfigRemark, 'message'> {
    const source = this.lines?.[line - 1];
    if (source === undefined) return { file: this.#file, line };
    const { text } = source;
    const first = text.length - text.trimStart().length + 1;
    const shown = text.replace(Secret, (_, head: string, secret: string) =>
      head.padEnd(head.length + secret.length, '*'),
    );
    return { file: source.file, line: source.line, column: column ?? first, text: shown };
  }
}

/** The remark as compilers print theirs: `FILE:LINE:COLUMN: sentence`, the line, and a caret below its place. */
export function describeProblem({ file, line, column, text, message }: ConfigRemark): string {
  if (column === undefined || text === undefined) return `${file}:${line}: ${message}`;
  const head = `${file}:${line}:${column}: ${message}`;
  if (text.trim() === '') return head;
  // Of a line that is too long for a screen, the part with the mistake.
  const start = column <= ShownLength ? 0 : column - 1;
  const shown = text
    .slice(start, start + ShownLength)
    .replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, ' ');
  return `${head}\n    ${shown}\n    ${' '.repeat(column - 1 - start)}^`;
}

/** One error that lists all problems. Its code, file and line are those of the first. */
export function configError(problems: readonly ConfigProblem[]): ConfigError {
  const [first] = problems;
  assert(first !== undefined, 'a configuration error has at least one problem');
  const lines = problems.slice(0, MaximumListed).map(describeProblem);
  const hidden = problems.length - lines.length;
  if (hidden > 0) lines.push(`${first.file}: and ${hidden} more problems`);
  const { code, file, line } = first;
  return new ConfigError({ code, file, line }, lines.join('\n'));
}
