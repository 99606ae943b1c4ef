import { test } from 'tap';

import { parseKeepalived } from '../../../cluster/config/keepalived.js';
import { parseLab } from '../../../cluster/config/lab-file.js';

/** Text of a good file, what replaces it, and `LINE: message` of every problem that this makes. */
export type Refusal = readonly [replace: string, by: string, ...problems: string[]];

type ProblemsOf = (text: string) => readonly string[];

/** Everything that is wrong with a keepalived.conf, as `LINE: message`, and then what it is warned of. */
export function problemsOfKeepalived(text: string): readonly string[] {
  const result = parseKeepalived(text, 'test.conf');
  const problems = 'config' in result ? [] : result.problems;
  return [
    ...problems.map(({ line, message }) => `${line}: ${message}`),
    ...result.warnings.map(({ line, message }) => `${line}: warning: ${message}`),
  ];
}

/** Everything that is wrong with a lab file, as `LINE: message`. */
export function problemsOfLab(text: string): readonly string[] {
  const result = parseLab(text, 'lab.yaml');
  if ('lab' in result) return [];
  return result.problems.map(({ line, message }) => `${line}: ${message}`);
}

/** Spoils a good file in each of the ways, and expects exactly the problems that belong to it. */
export function testRefusals(
  good: string,
  problemsOf: ProblemsOf,
  refusals: Readonly<Record<string, readonly Refusal[]>>,
): void {
  test('the file that the cases spoil is good', (t) => {
    t.strictSame(problemsOf(good), []);
    t.end();
  });

  for (const [subject, cases] of Object.entries(refusals)) {
    test(`a mistake in ${subject} is refused with its line`, (t) => {
      for (const [replace, by, ...problems] of cases) {
        t.ok(good.includes(replace), `the good file holds ${replace}`);
        const text = good.replace(replace, () => by);
        t.strictSame(problemsOf(text), problems, `${replace} -> ${by}`);
      }
      t.end();
    });
  }
}
