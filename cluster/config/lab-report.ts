import type { YamlPath } from './lab-yaml.js';
import type { ProblemCode } from './problem.js';

/** Notes a problem with the value at `path` of a lab file; the message reads on after the path. */
export type ReportLabProblem = (path: YamlPath, code: ProblemCode, message: string) => void;
