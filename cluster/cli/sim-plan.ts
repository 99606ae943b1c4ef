import { readFileSync, writeFileSync } from 'node:fs';

import { InvalidArgumentError, Option, type Command } from 'commander';
import { z } from 'zod';

import { IoError, UsageError } from '../../director/base/errors.js';
import { PcapRecorder } from '../sim/pcap.js';
import { reportOf, type RunReport } from '../sim/report.js';
import { loadScenario, type Scenario } from '../sim/scenario/scenario-file.js';
import { planOf } from '../sim/scenario/scenario-run.js';
import { run, type RunPlan, type RunResult } from '../sim/simulation.js';
import { drawPlan } from '../sim/swarm.js';
import type { World } from '../sim/world.js';
import { hmac } from './hmac.js';
import { wholeNumber } from './whole-number.js';

/** What chooses the plans of runs besides their seeds. */
export interface PlanOptions {
  readonly nodes?: number;
  readonly for?: number;
  readonly scenario?: string;
}

/** What a run is to leave behind besides its result. */
export interface RecordingOptions {
  readonly pcap?: readonly string[];
  readonly verbose?: true;
}

const MostDirectors = 64;

/** Adds the options that choose plans. */
export const addPlanOptions = (command: Command): Command =>
  command
    .option('--nodes <count>', 'directors (default: drawn)', wholeNumber(1, MostDirectors))
    .option(
      '--for <time>',
      'how long faults go on, such as 30s, 10m or 1h (default: drawn)',
      duration,
    )
    .addOption(
      new Option('--scenario <file>', 'what a scenario file says, instead of drawing it').conflicts(
        ['nodes', 'for'],
      ),
    )
    .option('--json', 'print the result as JSON');

/** Adds the option that captures what passes links. */
export const addPcapOption = (command: Command): Command =>
  command.option(
    '--pcap <LINK=FILE>',
    'write what passes a link to a capture file, as in d1.clients=d1.pcap (repeatable)',
    (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
  );

/** The plan of a seed. */
export function planFor(seed: number, options: PlanOptions): RunPlan {
  if (options.scenario !== undefined) return planOf(readScenario(options.scenario), seed);
  return drawPlan(seed, {
    ...(options.nodes === undefined ? {} : { directors: options.nodes }),
    ...(options.for === undefined ? {} : { turmoil: options.for }),
  });
}

/** Throws a `UsageError` when a file cannot be read, and a `ConfigError` for what is wrong in it. */
export const readScenario = (file: string): Scenario => loadScenario(readText(file), file);

/** Runs a plan, and writes what passes the links that are asked for. */
export function runPlan(
  plan: RunPlan,
  options: RecordingOptions,
): { readonly result: RunResult; readonly report: RunReport } {
  const captures = (options.pcap ?? []).map(captureOf);
  const result = run(plan, {
    hmac,
    isVerbose: options.verbose === true,
    onWorld: (world) => captures.forEach((capture) => capture.begin(world)),
  });
  for (const capture of captures) capture.write();
  return { result, report: reportOf(result) };
}

interface Capture {
  begin(world: World): void;
  write(): void;
}

/** Makes the file at once: a run may be long, and nothing of it is kept. */
export function captureOf(text: string): Capture {
  const [, link = '', file = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (file === '') {
    throw new UsageError({ code: 'bad-link' }, `'${text}' is not NODE.NETWORK=FILE`);
  }
  const write = (bytes: Uint8Array): void => {
    try {
      writeFileSync(file, bytes);
    } catch (cause) {
      throw new IoError({ code: 'cannot-write' }, `cannot write ${file}`, { cause });
    }
  };
  write(new Uint8Array());
  let recorder: PcapRecorder | undefined;
  return {
    begin: (world) => {
      recorder = new PcapRecorder(world, link);
      if (!recorder.isOnLink) {
        const links = world.network.cables.map(({ node, network }) => `${node}.${network}`);
        const text = `there is no link '${link}'; there are ${links.join(', ')}`;
        throw new UsageError({ code: 'no-link' }, text);
      }
      world.observe(recorder);
    },
    write: () => {
      if (recorder !== undefined) write(recorder.file);
    },
  };
}

/** What tells which run a report is of: `sim run --json` adds the options that chose its plan. */
const EarlierReport = z.object({
  seed: z.int().min(0),
  hash: z.string(),
  asked: z
    .object({
      nodes: z.int().optional(),
      for: z.number().optional(),
      scenario: z.string().optional(),
    })
    .default({}),
});

export interface Earlier {
  readonly seed: number;
  readonly hash: string;
  readonly asked: PlanOptions;
}

/** The report of an earlier run. Throws a `UsageError` when the file has none. */
export function readReport(file: string): Earlier {
  const text = readText(file);
  const noReport = (cause: unknown): UsageError =>
    new UsageError({ code: 'no-report' }, `${file} is no report of sim run --json`, { cause });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw noReport(error);
  }
  const parsed = EarlierReport.safeParse(document);
  if (!parsed.success) throw noReport(parsed.error);
  const { seed, hash, asked } = parsed.data;
  return { seed, hash, asked: askedFor(asked) };
}

/** The options that were given, for the report. */
export const askedFor = ({
  nodes,
  for: length,
  scenario,
}: { readonly [Key in keyof PlanOptions]: PlanOptions[Key] | undefined }): PlanOptions => ({
  ...(nodes === undefined ? {} : { nodes }),
  ...(length === undefined ? {} : { for: length }),
  ...(scenario === undefined ? {} : { scenario }),
});

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError({ code: 'cannot-read' }, `cannot read ${file}`, { cause });
  }
}

/** Seconds of `30s`, `10m` or `1h`. */
function duration(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  const scale = new Map([
    ['s', 1],
    ['m', 60],
    ['h', 3_600],
  ]).get(unit);
  const length = Number(digits) * (scale ?? 0);
  if (length > 0) return length;
  throw new InvalidArgumentError('Not a time such as 30s, 10m or 1h.');
}
