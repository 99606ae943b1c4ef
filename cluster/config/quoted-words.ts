/** A word of a line with quotes and escapes, and its 1-based column. */
export interface QuotedWord {
  readonly text: string;
  readonly column: number;
}

/** The escapes that stand for one control character. */
const Escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  E: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** `\xHH...`, `\OOO`, `\cC`, `\C`, or a character; a backslash at the end is nothing. */
const Part = /\\(?:x([0-9a-fA-F]+)|([0-7]{1,3})|c([^])|([^]))|([^\\])/g;

/**
 * Cuts text into words as keepalived does for scripts and regular expressions: both kinds of quotes join what they hold, to
 * what stands beside them too, and a backslash escapes everywhere (keepalived.conf(5), "Quoted strings"). Undefined when a
 * quote or an escape has no end.
 */
export function splitQuoted(text: string, firstColumn = 1): readonly QuotedWord[] | undefined {
  const words: QuotedWord[] = [];
  let word: { text: string; readonly column: number } | undefined;
  let quote = '';
  let end = 0;
  for (const match of text.matchAll(Part)) {
    const [part, , , , , plain] = match;
    end = match.index + part.length;
    if (quote === '' && /^\s/.test(part)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= { text: '', column: firstColumn + match.index };
    if (plain === undefined) word.text += unescape(match);
    else if (part === quote) quote = '';
    else if (quote === '' && (part === '"' || part === "'")) quote = part;
    else word.text += part;
  }
  if (quote !== '' || end < text.length) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

/** A character is a byte: keepalived keeps the last eight bits. */
function unescape([, hexadecimal, octal, control, other = '']: RegExpMatchArray): string {
  if (hexadecimal !== undefined) {
    return String.fromCodePoint(Number.parseInt(hexadecimal.slice(-2), 16));
  }
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
  if (control !== undefined) return String.fromCodePoint((control.codePointAt(0) ?? 0) & 0x1f);
  return Escapes[other] ?? other;
}
