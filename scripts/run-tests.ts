import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A check is one command; its assertions count when it writes TAP, else it counts as one. */
interface Check {
  readonly name: string;
  readonly command: readonly string[];
  readonly isTap?: boolean;
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const tap = (...files: string[]): string[] => ['npx', 'tap', '--reporter=tap', ...files];

const unitChecks: readonly Check[] = [
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'format', command: ['npm', 'run', '--silent', 'format:check'] },
  { name: 'structure', command: ['node', 'dist/scripts/tidy.js'] },
  { name: 'generated code', command: ['node', 'dist/scripts/generate-proto.js', '--check'] },
  { name: 'unit tests', command: tap(), isTap: true },
  { name: 'simulator without root and native modules', command: ['scripts/check-without-native'] },
  { name: 'simulated seeds', command: ['node', 'dist/scripts/check-simulation.js'] },
];

/** Tests with real packets: one file at a time, because each builds a lab and measures. */
const labChecks: readonly Check[] = [
  {
    name: 'namespace tests',
    command: [...tap('--jobs=1', '--timeout=300'), '--exclude=nothing', 'dist/test/lab/*.test.js'],
    isTap: true,
  },
];

async function runCheck(check: Check, folder: string): Promise<Outcome> {
  console.log(`==> ${check.name}`);
  const output = path.join(folder, `${check.name.replaceAll(' ', '-')}.tap`);
  const [program = '', ...options] = check.command;
  if (check.isTap === true) options.push(`--output-file=${output}`);
  const code = await new Promise<number>((resolve) => {
    const stdout = check.isTap === true ? 'ignore' : 'inherit';
    const child = spawn(program, options, { stdio: ['ignore', stdout, 'inherit'] });
    child.on('close', (status) => resolve(status ?? 1));
    child.on('error', () => resolve(1));
  });
  if (check.isTap !== true) return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const text = await readFile(output, 'utf8').catch(() => '');
  const outcome = countAssertions(text, code);
  if (outcome.failed > 0) console.log(failuresOf(text));
  return outcome;
}

/** The failed assertions of a TAP stream with what is said about them, and the files that they belong to. */
function failuresOf(text: string): string {
  const shown: string[] = [];
  let detailUntil = -1;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*not ok /.test(line)) detailUntil = index + 30;
    else if (/^\s*ok /.test(line)) detailUntil = -1;
    if (index <= detailUntil) shown.push(line);
  }
  return shown.slice(0, 2_000).join('\n');
}

/**
 * Counts the assertions of a TAP stream: the innermost lines, not the lines that sum up a subtest. A run that ends
 * badly without a failed assertion, or that asserts nothing, has failed.
 */
function countAssertions(text: string, code: number): Outcome {
  let passed = 0;
  let failed = 0;
  for (const line of text.split('\n')) {
    const result = /^\s*(not )?ok \d+(.*)$/.exec(line);
    if (result === null || /\{$| # time=/.test(line)) continue;
    if (result[1] === undefined) passed += 1;
    else failed += 1;
  }
  if (failed === 0 && (code !== 0 || passed === 0)) failed = 1;
  return { passed, failed };
}

const folder = await mkdtemp(path.join(os.tmpdir(), 'baton-test-'));
const checks = process.argv.includes('--unit') ? unitChecks : [...unitChecks, ...labChecks];
let passed = 0;
let failed = 0;
for (const check of checks) {
  const outcome = await runCheck(check, folder);
  console.log(`    ${check.name}: ${outcome.passed} passed, ${outcome.failed} failed`);
  passed += outcome.passed;
  failed += outcome.failed;
}
await rm(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
