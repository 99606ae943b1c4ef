import type { Token } from './keepalived-lexer.js';
import type { ProblemList } from './problem.js';
import type { SourceLine } from './source-text.js';

/** A keyword with the words after it and, when braces follow, the statements between them. */
export interface Statement {
  readonly keyword: string;
  readonly words: readonly string[];
  readonly line: number;
  /** The 1-based column of the keyword, and those of the words. */
  readonly columns: readonly number[];
  /** What the line says after the keyword, with its quotes and escapes, for keywords that have rules of their own. */
  readonly rest: string;
  readonly body: readonly Statement[] | undefined;
}

interface OpenStatement extends Statement {
  body: OpenStatement[] | undefined;
}

/** Keywords of keepalived nest four deep; a file that nests deeper is of another language. */
const MaximumDepth = 8;

/**
 * Groups words into statements. A statement ends with its line or its block; an opening brace may stand on the line
 * below its keyword. Braces that do not pair are problems of code `syntax`.
 */
export function parseStatements(
  tokens: readonly Token[],
  lines: readonly SourceLine[],
  problems: ProblemList,
): readonly Statement[] {
  const parser = new StatementParser(lines, problems);
  for (const token of tokens) parser.take(token);
  return parser.finish();
}

class StatementParser {
  readonly #source: readonly SourceLine[];
  readonly #problems: ProblemList;
  readonly #top: OpenStatement[] = [];
  /** The statements whose blocks are open, outermost first. */
  readonly #open: OpenStatement[] = [];
  /** Blocks open beyond the depth limit; what they hold is dropped. */
  #tooDeep = 0;
  #words: Token[] = [];

  constructor(source: readonly SourceLine[], problems: ProblemList) {
    this.#source = source;
    this.#problems = problems;
  }

  take(token: Token): void {
    if (token.kind === 'word') {
      this.#words.push(token);
    } else if (token.kind === 'end-of-line') {
      this.#endStatement();
    } else if (token.kind === 'open') {
      this.#openBlock(token);
    } else {
      this.#closeBlock(token);
    }
  }

  finish(): readonly Statement[] {
    this.#endStatement();
    for (const { keyword, line, columns } of this.#open) {
      const message = `the block of ${keyword} is never closed`;
      this.#problems.add(line, 'syntax', message, columns[0]);
    }
    return this.#top;
  }

  get #siblings(): OpenStatement[] {
    return this.#open.at(-1)?.body ?? this.#top;
  }

  #endStatement(): void {
    const tokens = this.#words;
    const [first] = tokens;
    if (first === undefined) return;
    this.#words = [];
    if (this.#tooDeep > 0) return;
    const { line, end } = first;
    this.#siblings.push({
      keyword: first.text,
      words: tokens.slice(1).map(({ text }) => text),
      line,
      columns: tokens.map(({ column }) => column),
      rest: this.#source[line - 1]?.text.slice(end, tokens.at(-1)?.end) ?? '',
      body: undefined,
    });
  }

  #openBlock({ line, column }: Token): void {
    this.#endStatement();
    if (this.#tooDeep > 0 || this.#open.length === MaximumDepth) {
      if (this.#tooDeep === 0) {
        this.#problems.add(line, 'syntax', 'blocks are nested too deep', column);
      }
      this.#tooDeep += 1;
      return;
    }
    let owner = this.#siblings.at(-1);
    if (owner === undefined || owner.body !== undefined) {
      this.#problems.add(line, 'syntax', 'this { follows no keyword', column);
      owner = { keyword: '{', words: [], line, columns: [column], rest: '', body: undefined };
      this.#siblings.push(owner);
    }
    owner.body = [];
    this.#open.push(owner);
  }

  #closeBlock({ line, column }: Token): void {
    this.#endStatement();
    if (this.#tooDeep > 0) {
      this.#tooDeep -= 1;
    } else if (this.#open.pop() === undefined) {
      this.#problems.add(line, 'syntax', 'this } closes no block', column);
    }
  }
}
