import type { ProblemList } from './problem.js';

/** A word, a brace or the end of a line of keepalived.conf. A quoted brace is a word. */
export interface Token {
  readonly kind: 'word' | 'open' | 'close' | 'end-of-line';
  readonly text: string;
  readonly line: number;
}

/**
 * The id of the `@` lines that are meant for us. keepalived reads those of the id that it is started with (`-i`), or else
 * of the name of its machine: a machine called baton would read ours.
 */
const ConfigId = 'baton';

/** Blanks, a comment, a brace, a quoted part, a bare part, or a quote that nothing closes: every character is one. */
const Piece = /(\s+)|([#!][^]*)|([{}])|"([^"]*)"|([^\s#!{}"]+)|"/g;

/** What keepalived would replace or unescape inside a word, and we would not. */
const Substitution = /[$\\]|^~(?:SEQ|LST)/;

/**
 * Cuts keepalived.conf into words (keepalived.conf(5): quotes join what they hold, `#` and `!` start a comment).
 * Lines of other `@` ids are left out, as keepalived does; the lines of ours are read without their prefix.
 */
export function tokenize(text: string, problems: ProblemList): Token[] {
  const tokens: Token[] = [];
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const selected = selectLine(content);
    if (selected === undefined) continue;
    tokenizeLine(selected, index + 1, tokens, problems);
    tokens.push({ kind: 'end-of-line', text: '', line: index + 1 });
  }
  return tokens;
}

/** The line without its `@id` or `@^id` condition, or undefined when the condition says that it is not for us. */
function selectLine(content: string): string | undefined {
  const condition = /^\s*@(\^?)(\S*)/.exec(content);
  if (condition === null) return content;
  const negated = condition[1] === '^';
  const matches = condition[2] === ConfigId;
  return matches === negated ? undefined : content.slice(condition[0].length);
}

function tokenizeLine(content: string, line: number, tokens: Token[], problems: ProblemList): void {
  let word: string | undefined;
  let hasSubstitution = false;
  const endWord = (): void => {
    if (word === undefined) return;
    if (hasSubstitution) {
      const message = `parameters, escapes and single quotes are not supported yet: ${word}`;
      problems.add(line, 'not-supported', message);
    }
    tokens.push({ kind: 'word', text: word, line });
    word = undefined;
    hasSubstitution = false;
  };
  for (const match of content.matchAll(Piece)) {
    const [, blanks, comment, brace, quoted, bare] = match;
    const part = quoted ?? bare;
    if (part !== undefined) {
      // Inside double quotes a single one is the reader's of a command line, and else a character.
      hasSubstitution ||= Substitution.test(part) || (bare?.includes("'") ?? false);
      word = (word ?? '') + part;
      continue;
    }
    endWord();
    if (comment !== undefined) return;
    if (brace !== undefined) {
      tokens.push({ kind: brace === '{' ? 'open' : 'close', text: brace, line });
    } else if (blanks === undefined) {
      problems.add(line, 'syntax', 'a quote that is opened on this line is not closed on it');
      return;
    }
  }
  endWord();
}
