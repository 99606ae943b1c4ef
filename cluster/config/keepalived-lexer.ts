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

/**
 * What comes before a comment or a mistake: text, quoted parts, and comment signs that are escaped. A parameter in braces
 * that nothing has replaced is a mistake, because keepalived takes its braces for those of a block.
 */
const Readable = /^(?:\\[#!]|"[^"]*"|\$(?!\{)|[^#!"$])*/;

/** Blanks, a brace, a quoted part or a bare part: every character of readable text is one. */
const Piece = /(\s+)|([{}])|"([^"]*)"|((?:\\[#!]|[^\s{}"])+)/g;

/** Cuts lines into words (keepalived.conf(5): double quotes join what they hold, `#` and `!` start a comment). */
export function tokenize(lines: readonly SourceLine[], problems: ProblemList): Token[] {
  const tokens: Token[] = [];
  for (const [index, { text }] of lines.entries()) {
    const line = index + 1;
    if (text !== '') tokenizeLine(readablePart(text, line, problems), line, tokens);
    tokens.push({ kind: 'end-of-line', text: '', line, column: text.length + 1, end: text.length });
  }
  return tokens;
}

function readablePart(text: string, line: number, problems: ProblemList): string {
  const readable = Readable.exec(text)?.[0] ?? '';
  const end = readable.length;
  const column = end + 1;
  if (text[end] === '"') {
    const message = 'a quote that is opened on this line is not closed on it';
    problems.add(line, 'syntax', message, column);
  } else if (text[end] === '$') {
    const name = /^[^\s}]*/.exec(text.slice(end + 2))?.[0] ?? '';
    const message = `nothing defines the parameter ${name}`;
    problems.add(line, 'unknown-reference', message, column);
  }
  return readable;
}

function tokenizeLine(content: string, line: number, tokens: Token[]): void {
  let word: { text: string; readonly column: number } | undefined;
  const endWord = (end: number): void => {
    if (word !== undefined) tokens.push({ kind: 'word', line, end, ...word });
    word = undefined;
  };
  for (const match of content.matchAll(Piece)) {
    const [piece, , brace, quoted, bare] = match;
    const column = match.index + 1;
    const part = quoted ?? bare?.replaceAll(/\\([#!])/g, '$1');
    if (part !== undefined) {
      word ??= { text: '', column };
      word.text += part;
      continue;
    }
    endWord(match.index);
    if (brace === undefined) continue;
    const kind = brace === '{' ? 'open' : 'close';
    tokens.push({ kind, text: brace, line, column, end: match.index + piece.length });
  }
  endWord(content.length);
}
