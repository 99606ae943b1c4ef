import type { Api } from '../node/api.js';

/** What one director answered to a request; undefined when it is not running. */
export interface Answer<P extends keyof Api> {
  readonly node: string;
  readonly document: Api[P] | undefined;
}

/** The directors that run, with what they answered. */
export function given<P extends keyof Api>(
  answers: readonly Answer<P>[],
): { readonly node: string; readonly document: Api[P] }[] {
  return answers.flatMap(({ node, document }) =>
    document === undefined ? [] : [{ node, document }],
  );
}

/** One line for each director that does not run, so that a table never hides what it leaves out. */
export const renderAbsent = (answers: readonly Answer<keyof Api>[]): string =>
  answers
    .filter(({ document }) => document === undefined)
    .map(({ node }) => `${node} is not running\n`)
    .join('');

/** The answers for programs: one object, keyed by director; null for one that is not running. */
export function renderJson(answers: readonly Answer<keyof Api>[]): string {
  const byNode = Object.fromEntries(answers.map(({ node, document }) => [node, document ?? null]));
  return `${JSON.stringify(byNode, undefined, 2)}\n`;
}
