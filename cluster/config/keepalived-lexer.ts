import type { ProblemList } from './problem.js';
import type { SourceLine } from './source-text.js';

/** A word, a brace or the end of a line of keepalived.conf. A quoted brace is a word. */
export interface Token {
  readonly kind: 'word' | 'open' | 'close' | 'end-of-line';
  readonly text: string;
  /** 1-based, of the lines that are read. */
  readonly line: number;
  /** 1-based, in its line. */
  readonly column: number;
  /** Where the next character of its line is, from 0. */
  readonly end: number;
}

/** Blanks, a comment, a brace, a quoted part, a bare part, or a quote that nothing closes: every character is one. */
const Piece = /(\s+)|([#!][^]*)|([{}])|"([^"]*)"|((?:\\[#!]|[^\s#!{}"])+)|"/g;

/** A parameter in braces that nothing has replaced: its braces would be those of a block. */
const Undefined = /\$$/;

/** Cuts lines into words (keepalived.conf(5): double quotes join what they hold, `#` and `!` start a comment). */
export function tokenize(lines: readonly SourceLine[], problems: ProblemList): Token[] {
  const tokens: Token[] = [];
  for (const [index, { text }] of lines.entries()) {
    const line = index + 1;
    if (text !== '') tokenizeLine(text, line, tokens, problems);
    tokens.push({ kind: 'end-of-line', text: '', line, column: text.length + 1, end: text.length });
  }
  return tokens;
}

function tokenizeLine(content: string, line: number, tokens: Token[], problems: ProblemList): void {
  let word: string | undefined;
  let column = 1;
  const endWord = (end: number): void => {
    if (word === undefined) return;
    tokens.push({ kind: 'word', text: word, line, column, end });
    word = undefined;
  };
  for (const match of content.matchAll(Piece)) {
    const [piece, blanks, comment, brace, quoted, bare] = match;
    const start = match.index;
    const part = quoted ?? bare?.replaceAll(/\\([#!])/g, '$1');
    if (part !== undefined) {
      if (word === undefined) column = start + 1;
      word = (word ?? '') + part;
      continue;
    }
    if (brace === '{' && Undefined.test(word ?? '')) {
      const name = /^[^\s}]*/.exec(content.slice(start + 1))?.[0] ?? '';
      problems.add(line, 'unknown-reference', `nothing defines the parameter ${name}`, start);
      return;
    }
    endWord(start);
    if (comment !== undefined) return;
    if (brace !== undefined) {
      const kind = brace === '{' ? 'open' : 'close';
      tokens.push({ kind, text: brace, line, column: start + 1, end: start + piece.length });
    } else if (blanks === undefined) {
      const message = 'a quote that is opened on this line is not closed on it';
      problems.add(line, 'syntax', message, start + 1);
      return;
    }
  }
  endWord(content.length);
}
