import type { Token } from './keepalived-lexer.js';
import type { ProblemList } from './problem.js';

/** A keyword with the words after it and, when braces follow, the statements between them. */
export interface Statement {
  readonly keyword: string;
  readonly words: readonly string[];
  readonly line: number;
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
  problems: ProblemList,
): readonly Statement[] {
  const parser = new StatementParser(problems);
  for (const token of tokens) parser.take(token);
  return parser.finish();
}

class StatementParser {
  readonly #problems: ProblemList;
  readonly #top: OpenStatement[] = [];
  /** The statements whose blocks are open, outermost first. */
  readonly #open: OpenStatement[] = [];
  /** Blocks open beyond the depth limit; what they hold is dropped. */
  #tooDeep = 0;
  #words: string[] = [];
  #line = 1;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  take(token: Token): void {
    if (token.kind === 'word') {
      if (this.#words.length === 0) this.#line = token.line;
      this.#words.push(token.text);
    } else if (token.kind === 'end-of-line') {
      this.#endStatement();
    } else if (token.kind === 'open') {
      this.#openBlock(token.line);
    } else {
      this.#closeBlock(token.line);
    }
  }

  finish(): readonly Statement[] {
    this.#endStatement();
    for (const { keyword, line } of this.#open) {
      this.#problems.add(line, 'syntax', `the block of ${keyword} is never closed`);
    }
    return this.#top;
  }

  get #siblings(): OpenStatement[] {
    return this.#open.at(-1)?.body ?? this.#top;
  }

  #endStatement(): void {
    const [keyword, ...words] = this.#words;
    if (keyword === undefined) return;
    this.#words = [];
    if (this.#tooDeep > 0) return;
    this.#siblings.push({ keyword, words, line: this.#line, body: undefined });
  }

  #openBlock(line: number): void {
    this.#endStatement();
    if (this.#tooDeep > 0 || this.#open.length === MaximumDepth) {
      if (this.#tooDeep === 0) this.#problems.add(line, 'syntax', 'blocks are nested too deep');
      this.#tooDeep += 1;
      return;
    }
    let owner = this.#siblings.at(-1);
    if (owner === undefined || owner.body !== undefined) {
      this.#problems.add(line, 'syntax', 'this { follows no keyword');
      owner = { keyword: '{', words: [], line, body: undefined };
      this.#siblings.push(owner);
    }
    owner.body = [];
    this.#open.push(owner);
  }

  #closeBlock(line: number): void {
    this.#endStatement();
    if (this.#tooDeep > 0) {
      this.#tooDeep -= 1;
    } else if (this.#open.pop() === undefined) {
      this.#problems.add(line, 'syntax', 'this } closes no block');
    }
  }
}
