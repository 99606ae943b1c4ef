/** What is not a comment: text, escaped comment signs, and quoted parts; a quote that nothing closes is text. */
const Uncommented = /^(?:\\.|"[^"]*"|[^!#\\"]|\\$|")*/;

/** The line without its comment and the blanks before that; `#` and `!` begin one anywhere but in double quotes. */
export const stripComment = (line: string): string => (Uncommented.exec(line)?.[0] ?? '').trimEnd();
