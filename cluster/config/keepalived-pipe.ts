import type { Statement } from './keepalived-statements.js';
import type { ReadContext } from './read-context.js';

/** The kernel's PATH_MAX, without its final zero. */
const MaximumPathLength = 4_095;

/** Reads `PATH [USER [GROUP]]` of a pipe; whose it is in keepalived has no effect. */
export function readPath(
  statement: Statement,
  { reader, problems }: ReadContext,
): string | undefined {
  const [path, ...owners] = reader.list(statement);
  if (path === undefined || owners.length > 2) return reader.value(statement, 'a path')?.text;
  for (const { name, text, line, column } of owners) {
    const message = `${text} after ${name} has no effect: the pipe belongs to the user of the director`;
    problems.warn(line, name, message, column);
  }
  return reader.text(path, MaximumPathLength);
}
