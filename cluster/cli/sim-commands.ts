import { readFileSync, writeFileSync } from 'node:fs';

import { InvalidArgumentError, type Command } from 'commander';

import { UsageError } from '../../director/base/errors.js';
import { describeFault } from '../sim/faults/fault.js';
import { PcapRecorder } from '../sim/pcap.js';
import { renderRun, reportOf, type RunReport } from '../sim/report.js';
import { shrink } from '../sim/shrink.js';
import { run, type RunOptions, type RunPlan, type RunResult } from '../sim/simulation.js';
import { SwarmTally } from '../sim/swarm-tally.js';
import { drawPlan, type SwarmLimits } from '../sim/swarm.js';
import { examples, type CommandLine } from './command-line.js';
import { hmac } from './hmac.js';
import { runSeeds } from './sim-workers.js';

/** The most seeds of one command, and the most directors of a cluster. */
const MostSeeds = 10_000_000;
const MostDirectors = 64;

interface SimOptions {
  readonly json?: true;
  readonly nodes?: number;
  readonly for?: number;
}

interface RunCommandOptions extends SimOptions {
  readonly seed?: number;
  readonly seeds?: number;
  readonly from: number;
  readonly jobs: number;
  readonly trace?: true;
  readonly failFast?: true;
  readonly strict?: true;
  readonly pcap?: readonly string[];
}

interface ReplayOptions extends SimOptions {
  readonly seed?: number;
  readonly report?: string;
  readonly verbose?: true;
  readonly pcap?: readonly string[];
}

/** `sim run`, `sim replay` and `sim shrink`: the cluster in virtual time, on a virtual network. */
export function addSimCommands(line: CommandLine): void {
  const sim = line.program
    .command('sim')
    .summary('run clusters in virtual time')
    .description(
      'Run clusters of the same protocol code on a virtual network, in virtual time, with faults\n' +
        'that are drawn from a seed. Needs no root, and the same seed gives the same run.',
    );
  addRun(line, sim);
  addReplay(line, sim);
  addShrink(line, sim);
}

function addRun(line: CommandLine, sim: Command): void {
  common(sim.command('run'))
    .summary('run one seed, or many')
    .description(
      'Run one seed and say what happened, or many seeds and say which fail. Exit status 1: an\n' +
        'invariant did not hold.',
    )
    .option('--seed <number>', 'the seed (default: 1)', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--seeds <count>', 'as many seeds, one after the other', wholeNumber(1, MostSeeds))
    .option(
      '--from <number>',
      'the first of many seeds',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option('--jobs <count>', 'processes for many seeds', wholeNumber(1, 256), 1)
    .option('--fail-fast', 'stop at the first seed that fails')
    .option('--strict', 'fail also when a kind of fault or a rare state never happened')
    .option('--trace', 'print everything that happened')
    .option('--pcap <LINK=FILE...>', 'write what passes a link, as in d1.clients=d1.pcap')
    .addHelpText(
      'after',
      examples('sim run --seed 7', 'sim run --seeds 2000 --jobs 2', 'sim run --nodes 5 --for 1h'),
    )
    .action(async (options: RunCommandOptions) => {
      if (options.seeds === undefined) runOne(line, options.seed ?? 1, options);
      else await runMany(line, options.seeds, options);
    });
}

function addReplay(line: CommandLine, sim: Command): void {
  common(sim.command('replay'))
    .summary('run a seed again and see everything')
    .description(
      'Run a seed again and print everything that happened. With a report of an earlier run, check\n' +
        'that it is the same run, frame by frame. Exit status 1: it is not.',
    )
    .option('--seed <number>', 'the seed', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--report <file>', 'what sim run --json has printed for the seed')
    .option('--verbose', 'with what the machines log for debugging')
    .option('--pcap <LINK=FILE...>', 'write what passes a link')
    .addHelpText('after', examples('sim replay --seed 7', 'sim replay --report failed.json'))
    .action((options: ReplayOptions) => replay(line, options));
}

function addShrink(line: CommandLine, sim: Command): void {
  common(sim.command('shrink'))
    .summary('find the fewest faults that still fail')
    .description(
      'Leave out faults of a seed that fails, as long as the same invariant does not hold.',
    )
    .option('--seed <number>', 'the seed', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .addHelpText('after', examples('sim shrink --seed 7'))
    .action((options: SimOptions & { readonly seed: number }) => {
      const plan = drawPlan(options.seed, limitsOf(options));
      const small = shrink(
        plan,
        (candidate) => run(candidate, { hmac }),
        (faults) => line.terminal.note(`${faults} faults still fail`),
      );
      if (small === undefined) {
        line.terminal.out(`seed ${options.seed} does not fail\n`);
        return;
      }
      const faults = small.faults.map(
        (fault) => `  ${fault.at} s, for ${fault.for} s: ${describeFault(fault)}\n`,
      );
      const text = `seed ${options.seed} fails with ${small.faults.length} faults:\n${faults.join('')}`;
      line.terminal.out(options.json === true ? `${JSON.stringify(small.faults)}\n` : text);
      line.fail(1);
    });
}

const common = (command: Command): Command =>
  command
    .option('--nodes <count>', 'directors (default: drawn)', wholeNumber(1, MostDirectors))
    .option(
      '--for <time>',
      'how long faults go on, such as 30s, 10m or 1h (default: drawn)',
      duration,
    )
    .option('--json', 'print the result as JSON');

function runOne(line: CommandLine, seed: number, options: RunCommandOptions): void {
  const { result, report } = runPlan(drawPlan(seed, limitsOf(options)), options);
  const text = renderRun(report, result, options.trace === true);
  line.terminal.out(options.json === true ? `${JSON.stringify(report)}\n` : text);
  if (!report.passed) line.fail(1);
}

async function runMany(
  line: CommandLine,
  count: number,
  options: RunCommandOptions,
): Promise<void> {
  const tally = new SwarmTally();
  const start = performance.now();
  let told = start;
  await runSeeds(
    {
      from: options.from,
      count,
      jobs: options.jobs,
      limits: limitsOf(options),
      isHasty: options.failFast === true,
    },
    (one) => {
      tally.add(one);
      const [first] = one.violations;
      if (first !== undefined) line.terminal.note(`seed ${one.seed} failed: ${first.invariant}`);
      if (performance.now() < told + 5_000) return;
      told = performance.now();
      line.terminal.note(`${tally.seeds} of ${count} seeds, ${tally.failures.length} failed`);
    },
  );
  const summary = tally.summary((performance.now() - start) / 1_000);
  line.terminal.out(options.json === true ? `${JSON.stringify(summary)}\n` : tally.render(summary));
  const isPoor = options.strict === true && summary.missing.length > 0;
  if (summary.failures.length > 0 || isPoor) line.fail(1);
}

function replay(line: CommandLine, options: ReplayOptions): void {
  const earlier = options.report === undefined ? undefined : readReport(options.report);
  const seed = options.seed ?? earlier?.seed;
  if (seed === undefined) {
    throw new UsageError({ code: 'no-seed' }, 'sim replay needs --seed or --report');
  }
  const { result, report } = runPlan(drawPlan(seed, limitsOf(options)), {
    ...options,
    isVerbose: options.verbose === true,
  });
  const text = renderRun(report, result, true);
  line.terminal.out(options.json === true ? `${JSON.stringify(report)}\n` : text);
  if (earlier === undefined || earlier.hash === report.hash) return;
  line.terminal.note(`not the run of the report, whose trace is ${earlier.hash}`);
  line.fail(1);
}

/** Runs a plan, and writes what passes the links that are asked for. */
function runPlan(
  plan: RunPlan,
  options: { readonly pcap?: readonly string[]; readonly isVerbose?: boolean },
): { readonly result: RunResult; readonly report: RunReport } {
  const files: { readonly file: string; readonly recorder: PcapRecorder }[] = [];
  const runOptions: RunOptions = {
    hmac,
    isVerbose: options.isVerbose ?? false,
    onWorld: (world) => {
      for (const text of options.pcap ?? []) {
        const [link = '', file = ''] = text.split('=');
        const recorder = new PcapRecorder(world, link);
        if (!recorder.isOnLink || file === '') {
          throw new UsageError(
            { code: 'no-link' },
            `there is no link '${link}', or no file for it`,
          );
        }
        world.observe(recorder);
        files.push({ file, recorder });
      }
    },
  };
  const result = run(plan, runOptions);
  for (const { file, recorder } of files) writeFileSync(file, recorder.file);
  return { result, report: reportOf(result) };
}

function readReport(file: string): { readonly seed: number; readonly hash: string } {
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const isReport = typeof document === 'object' && document !== null;
  const seed: unknown = isReport ? Reflect.get(document, 'seed') : undefined;
  const hash: unknown = isReport ? Reflect.get(document, 'hash') : undefined;
  if (typeof seed === 'number' && typeof hash === 'string') return { seed, hash };
  throw new UsageError({ code: 'no-report' }, `${file} is no report of a run`);
}

const limitsOf = ({ nodes, for: length }: SimOptions): SwarmLimits => ({
  ...(nodes === undefined ? {} : { directors: nodes }),
  ...(length === undefined ? {} : { turmoil: length }),
});

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Not a whole number from ${least} to ${most}.`);
  };

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
