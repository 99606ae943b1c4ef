import type { ProblemList } from './problem.js';
import type { StatementReader } from './statement-reader.js';

/** What the readers of one keepalived.conf share. */
export interface ReadContext {
  readonly reader: StatementReader;
  readonly problems: ProblemList;
  readonly positions: Map<string, number>;
}

/** A value under construction: every field may still be missing, or refused. */
export type Draft<T> = { -readonly [Key in keyof T]?: T[Key] | undefined };

/** Notes where `key` is defined and returns true, or refuses it when an earlier line has defined it. */
export function claim({ positions, problems }: ReadContext, key: string, line: number): boolean {
  const earlier = positions.get(key);
  if (earlier === undefined) {
    positions.set(key, line);
    return true;
  }
  const message = `${key} is already defined on ${problems.describeLine(earlier)}`;
  problems.add(line, 'duplicate', message);
  return false;
}
