import { readFileSync } from 'node:fs';

import { IoError } from '../director/base/errors.js';
import { parseRecording, type RecordedRun } from './oracle/scheduler-recording.js';
import { replay } from './oracle/scheduler-run.js';

/** What came of playing a recording again. */
export interface Comparison {
  readonly runs: number;
  readonly differing: readonly Difference[];
}

/** A run in which we chose other servers than the kernel. */
export interface Difference {
  readonly run: RecordedRun;
  readonly chosen: readonly string[];
  /** Number of the first connection that got another server, from 0. */
  readonly first: number;
}

/** Plays all runs of a recording with our schedulers. Throws a ConfigError when the text is no recording. */
export function compareRecording(text: string, file: string): Comparison {
  const runs = parseRecording(text, file);
  const played = runs.map((run) => {
    const chosen = replay(run, file);
    const first = run.choices.findIndex(({ server }, number) => server !== chosen[number]);
    return { run, chosen, first };
  });
  return { runs: runs.length, differing: played.filter(({ first }) => first >= 0) };
}

/**
 * `oracle schedulers FILE`: compares our schedulers with recorded runs of the kernel's, prints a line for each run that
 * differs, and says whether all were equal.
 */
export function runSchedulersOracle(file: string): boolean {
  return reportComparison(compareRecording(readRecording(file), file));
}

/** Prints what came of a comparison; true when all runs were equal. */
export function reportComparison({ runs, differing }: Comparison): boolean {
  for (const { run, chosen, first } of differing) {
    const expected = run.choices.map(({ server }) => server).join(' ');
    const place = `line ${run.line}, connection ${first}`;
    console.log(`${place}: expected ${expected}, got ${chosen.join(' ')}`);
  }
  console.log(`${runs - differing.length} of ${runs} runs equal`);
  return differing.length === 0;
}

/** The text of a recording. Throws an IoError when the file cannot be read. */
export function readRecording(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'unreadable-file' }, `${file}: ${reason}`, { cause });
  }
}
