import type { z } from 'zod';

import { assert } from '../../director/base/invariant.js';
import type { LabConfig } from './lab-config.js';
import type { ReportLabProblem } from './lab-report.js';
import { resolveLab } from './lab-rules.js';
import { LabSchema } from './lab-schema.js';
import { readYaml, type YamlPath, type YamlText } from './lab-yaml.js';
import { configError, type ConfigProblem, ProblemList } from './problem.js';

/** A lab, or everything that is wrong with its text, in the order of the file. */
export type LabResult =
  | { readonly lab: LabConfig }
  | { readonly problems: readonly ConfigProblem[] };

/** What zod calls the containers, and what we ask for instead of one. */
const Containers: ReadonlyMap<string, string> = new Map([
  ['object', 'has to be a map of keys and values'],
  ['record', 'has to be a map of keys and values'],
  ['array', 'has to be a list'],
]);

/**
 * Reads a lab file (YAML): its form first, then, when that is sound, how its parts relate. `file` only names the text in
 * messages.
 */
export function parseLab(text: string, file: string): LabResult {
  const problems = new ProblemList(file);
  const yaml = readYaml(text, problems);
  if (yaml === undefined) return { problems: problems.inOrder };
  const report: ReportLabProblem = (path, code, message) => {
    const where = describePath(path);
    problems.add(
      yaml.lineOf(path),
      code,
      where === '' ? `the file ${message}` : `${where} ${message}`,
    );
  };
  const parsed = LabSchema.safeParse(yaml.data);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) reportIssue(issue, yaml, report);
    return { problems: problems.inOrder };
  }
  const lab = resolveLab(parsed.data, report);
  if (!problems.isEmpty) return { problems: problems.inOrder };
  assert(lab !== undefined, 'a lab that does not resolve has a problem');
  return { lab };
}

/** Like `parseLab`, but throws one ConfigError that lists all problems. */
export function loadLab(text: string, file: string): LabConfig {
  const result = parseLab(text, file);
  if ('lab' in result) return result.lab;
  throw configError(result.problems);
}

function reportIssue(issue: z.core.$ZodIssue, yaml: YamlText, report: ReportLabProblem): void {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) report([...path, key], 'unknown-keyword', 'is an unknown key');
    return;
  }
  const value = valueAt(yaml.data, path);
  if (value === undefined) {
    report(path, 'missing', 'is missing');
  } else if (issue.code === 'invalid_key') {
    report(path, 'wrong-value', issue.issues[0]?.message ?? issue.message);
  } else {
    const container = issue.code === 'invalid_type' ? Containers.get(issue.expected) : undefined;
    report(path, 'wrong-value', `${container ?? issue.message}${describeFound(value)}`);
  }
}

/** What stands in the place of what was expected; a list or a map would not fit on a line. */
function describeFound(value: unknown): string {
  const isShort = typeof value === 'string' || typeof value === 'number';
  return isShort || typeof value === 'boolean' ? `, not ${value}` : '';
}

/** `nodes.d1.links` or `services[0].port`, as people write it. */
function describePath(path: YamlPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

function valueAt(data: unknown, path: YamlPath): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (!Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
