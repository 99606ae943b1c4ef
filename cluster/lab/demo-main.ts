import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Command, Option } from 'commander';

import { IoError } from '../../director/base/errors.js';
import type { LabConfig } from '../config/lab-config.js';
import { loadLab } from '../config/lab-file.js';
import { DriverChoices, type DriverChoice } from '../config/node-config.js';
import { withAdvertInterval, withDriver, withoutDeathNotice } from './demo-plan.js';
import { runDemo } from './demo.js';
import { renderReport } from './report.js';
import { reportFailure } from './traffic/failure.js';
import { parseDurationMs } from './traffic/plan.js';

interface Flags {
  readonly advert?: number;
  readonly deathNotice: boolean;
  readonly lab?: string;
  readonly driver?: DriverChoice;
  readonly verbose?: boolean;
  readonly json?: string;
}

/** The default lab stands beside the sources, which the compiler does not copy. */
const defaultLab = fileURLToPath(new URL('../../../cluster/lab/default.yaml', import.meta.url));

const command = new Command('demo')
  .description(
    'Brings up a lab, runs 250 flows through it, kills the master, starts it again, and says of every flow ' +
      'whether it survived. Exits with 0 only if all did and the blackout was within its bound, with 2 if it ' +
      'could not run.',
  )
  .option('--advert <time>', 'advertisement interval, such as 100ms', parseDurationMs)
  .option('--no-death-notice', "leave the fail-over to the election's timers alone")
  .option('--lab <file>', 'another lab than the one that comes with baton')
  .addOption(new Option('--driver <name>', 'how frames come in and go out').choices(DriverChoices))
  .option('--verbose', 'print a line for every flow, not only for those that broke')
  .option('--json <file>', 'write the report as JSON')
  .exitOverride();

function readLab(flags: Flags): LabConfig {
  const file = flags.lab ?? defaultLab;
  const named = { ...loadLab(readText(file), file), name: 'demo' };
  const lab = flags.deathNotice ? named : withoutDeathNotice(named);
  const driven = flags.driver === undefined ? lab : withDriver(lab, flags.driver);
  return flags.advert === undefined ? driven : withAdvertInterval(driven, flags.advert);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'cannot-read' }, `cannot read ${file}: ${reason}`, { cause });
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Runs the demonstration; the answer is the exit code. */
async function main(signal: AbortSignal): Promise<number> {
  const flags = command.parse().opts<Flags>();
  const started = performance.now();
  const progress = (text: string): void =>
    print(`[${((performance.now() - started) / 1_000).toFixed(1).padStart(5)} s] ${text}`);
  const report = await runDemo(readLab(flags), {
    signal,
    progress,
    print: (text) => print(`\n${text}\n`),
  });
  if (flags.json !== undefined) {
    writeFileSync(flags.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  print(`\n${renderReport(report, flags.verbose === true)}`);
  return report.passed ? 0 : 1;
}

/** Runs `main`, and turns signals into a tidy end: the lab is down before the program is. */
async function exitCode(): Promise<number> {
  const abort = new AbortController();
  let signalNumber: number | undefined;
  const onSignal = (number: number) => (): void => {
    signalNumber = number;
    abort.abort(new IoError({ code: 'interrupted' }, 'interrupted'));
  };
  process.on('SIGHUP', onSignal(1));
  process.on('SIGINT', onSignal(2));
  process.on('SIGTERM', onSignal(15));
  try {
    return await main(abort.signal);
  } catch (error) {
    if (signalNumber === undefined) return reportFailure(error);
    process.stderr.write('interrupted\n');
    return 128 + signalNumber;
  }
}

process.exitCode = await exitCode();
