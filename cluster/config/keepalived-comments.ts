/** What is not a comment: text, escaped comment signs, and quoted parts; a quote that nothing closes is text. */
const Uncommented = /^(?:\\.|"[^"]*"|[^!#\\"]|\\$|")*/;

/** The line without its comment and the blanks before that; `#` and `!` begin one anywhere but in double quotes. */
export const stripComment = (line: string): string => (Uncommented.exec(line)?.[0] ?? '').trimEnd();

/** What is carried out at the start of a line only: conditions, definitions, repetitions and inclusions. */
const Start = /[{}][ \t]*(?=@|~(?:SEQ|LST)|\$\w+[ \t]*=|include[rmwba]?[ \t])/g;

/**
 * Where what follows a brace is carried out as if it began a line, because keepalived cuts lines at braces: the index
 * behind the first such brace and the blanks after it; undefined when there is none.
 */
export function cutAfterBrace(code: string): number | undefined {
  for (const match of code.matchAll(Start)) {
    const before = code.slice(0, match.index);
    const isQuoted = before.split('"').length % 2 === 0;
    // The braces of a parameter are none of a block.
    if (!isQuoted && !/\$\{[^}]*$/.test(before)) return match.index + match[0].length;
  }
  return undefined;
}
