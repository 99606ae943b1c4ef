import { UsageError } from '../../director/base/errors.js';
import { compareRecording, readRecording, reportComparison } from '../oracle-schedulers.js';
import { parseRecording, writeRun, type RecordedRun } from '../oracle/scheduler-recording.js';
import { withBench } from './bench.js';
import { showProgress, writeOutput } from './output.js';
import { generateRuns, MostRuns } from './scheduler-generator.js';
import { recordRun } from './scheduler-recorder.js';

export interface JudgeOptions {
  readonly seed: number;
  readonly runs: number;
  /** The file to write what the kernel chose. */
  readonly output?: string;
}

/** `schedulers`: compares our schedulers with the real kernel's in random runs; true when all were equal. */
export async function judgeSchedulers({ seed, runs, output }: JudgeOptions): Promise<boolean> {
  if (runs < 1 || runs > MostRuns) {
    throw new UsageError({ code: 'usage' }, `--runs takes a number from 1 to ${MostRuns}`);
  }
  const name = output ?? `runs of seed ${seed}`;
  const text = await recordAll(parseRecording(generateRuns(seed, runs), name));
  if (output !== undefined) writeOutput(output, text);
  return reportComparison(compareRecording(text, name));
}

export interface RecordOptions {
  readonly file: string;
  readonly output?: string;
}

/** `record`: compares the real kernel with a recording of it; true when all runs were equal. */
export async function recordAgain({ file, output }: RecordOptions): Promise<boolean> {
  const runs = parseRecording(readRecording(file), file);
  const text = await recordAll(runs);
  if (output !== undefined) writeOutput(output, text);
  const again = parseRecording(text, file);
  const differing = runs.flatMap((run, index) => {
    const chosen = again[index]?.choices.map(({ server }) => server) ?? [];
    const first = run.choices.findIndex(({ server }, number) => server !== chosen[number]);
    return first < 0 ? [] : [{ run, chosen, first }];
  });
  return reportComparison({ runs: runs.length, differing });
}

/** Plays the runs in the real kernel and returns the recording of it. */
async function recordAll(runs: readonly RecordedRun[]): Promise<string> {
  return withBench(async (bench) => {
    const lines: string[] = [];
    for (const run of runs) {
      lines.push(writeRun(run, await recordRun(bench, run)));
      showProgress(lines.length, runs.length);
    }
    return `${lines.join('\n')}\n`;
  });
}
