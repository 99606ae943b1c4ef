import type { Command } from 'commander';

import { UsageError } from '../../director/base/errors.js';
import { describeFault } from '../sim/faults/fault.js';
import { renderRun } from '../sim/report.js';
import { runScenario } from '../sim/scenario/scenario-run.js';
import { shrink } from '../sim/shrink.js';
import { run } from '../sim/simulation.js';
import { SwarmTally } from '../sim/swarm-tally.js';
import { examples, type CommandLine } from './command-line.js';
import { hmac } from './hmac.js';
import {
  addPcapOption,
  addPlanOptions,
  askedFor,
  planFor,
  readReport,
  readScenario,
  runPlan,
  type PlanOptions,
  type RecordingOptions,
} from './sim-plan.js';
import { runSeeds } from './sim-workers.js';
import { wholeNumber } from './whole-number.js';

/** The most seeds of one command. */
const MostSeeds = 10_000_000;

interface SimOptions extends PlanOptions {
  readonly json?: true;
}

interface RunCommandOptions extends SimOptions, RecordingOptions {
  readonly seed?: number;
  readonly seeds?: number;
  readonly from: number;
  readonly jobs: number;
  readonly trace?: true;
  readonly failFast?: true;
  readonly strict?: true;
}

interface ReplayOptions extends SimOptions, RecordingOptions {
  readonly seed?: number;
  readonly report?: string;
}

interface ShrinkOptions extends SimOptions, RecordingOptions {
  readonly seed: number;
  readonly trace?: true;
}

/** `sim run`, `sim replay` and `sim shrink`: the cluster in virtual time, on a virtual network. */
export function addSimCommands(line: CommandLine): void {
  const sim = line.program
    .command('sim')
    .summary('run clusters in virtual time')
    .description(
      'Run clusters of the same protocol code on a virtual network, in virtual time, with faults ' +
        'that are drawn from a seed. Needs no root, and the same seed gives the same run.',
    );
  addRun(line, sim);
  addReplay(line, sim);
  addShrink(line, sim);
}

const seedNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);

function addRun(line: CommandLine, sim: Command): void {
  addPcapOption(addPlanOptions(sim.command('run')))
    .summary('run one seed, or many')
    .description(
      'Run one seed and say what happened, or many seeds and say which fail. Exit status 1: an ' +
        'invariant did not hold.',
    )
    .option('--seed <number>', 'the seed (default: 1)', seedNumber)
    .option('--seeds <count>', 'as many seeds, one after the other', wholeNumber(1, MostSeeds))
    .option('--from <number>', 'the first of many seeds', seedNumber, 1)
    .option('--jobs <count>', 'processes for many seeds', wholeNumber(1, 256), 1)
    .option('--fail-fast', 'stop at the first seed that fails')
    .option('--strict', 'fail also when a kind of fault or a rare state never happened')
    .option('--trace', 'print everything that happened')
    .addHelpText(
      'after',
      examples(
        'sim run --seed 7',
        'sim run --seeds 2000 --jobs 2',
        'sim run --nodes 5 --for 1h',
        'sim run --scenario test/scenarios/s01-kill.yaml --seeds 50',
      ),
    )
    .action(async (options: RunCommandOptions) => {
      if (options.seeds === undefined) runOne(line, options.seed ?? 1, options);
      else if (options.seed !== undefined || options.pcap !== undefined) {
        const text = '--seed and --pcap are for one run: many begin with --from';
        throw new UsageError({ code: 'one-run' }, text);
      } else if (options.scenario === undefined) await runMany(line, options.seeds, options);
      else runScenarioSeeds(line, options.scenario, options.seeds, options);
    });
}

function addReplay(line: CommandLine, sim: Command): void {
  addPcapOption(addPlanOptions(sim.command('replay')))
    .summary('run a seed again and see everything')
    .description(
      'Run a seed again and print everything that happened. With a report of an earlier run, check ' +
        'that it is the same run, frame by frame. Exit status 1: it is not.',
    )
    .option('--seed <number>', 'the seed', seedNumber)
    .option('--report <file>', 'what sim run --json has printed for the seed')
    .option('--verbose', 'with what the machines log for debugging')
    .addHelpText(
      'after',
      examples(
        'sim replay --seed 7',
        'sim replay --seed 7 --pcap d1.clients=d1.pcap --pcap d2.sync=d2.pcap',
        'sim replay --report failed.json',
      ),
    )
    .action((options: ReplayOptions) => replay(line, options));
}

function addShrink(line: CommandLine, sim: Command): void {
  addPcapOption(addPlanOptions(sim.command('shrink')))
    .summary('find the fewest faults that still fail')
    .description(
      'Leave out faults of a seed that fails, as long as the same invariant does not hold. Exit ' +
        'status 1: the seed fails.',
    )
    .option('--seed <number>', 'the seed', seedNumber, 1)
    .option('--trace', 'print everything that happens with the faults that are left')
    .addHelpText('after', examples('sim shrink --seed 7', 'sim shrink --seed 7 --trace'))
    .action((options: ShrinkOptions) => shrinkSeed(line, options));
}

function runOne(line: CommandLine, seed: number, options: RunCommandOptions): void {
  const { result, report } = runPlan(planFor(seed, options), options);
  const text = renderRun(report, result, options.trace === true);
  const document = { ...report, asked: askedFor(options) };
  line.terminal.out(options.json === true ? `${JSON.stringify(document)}\n` : text);
  if (!report.passed) line.fail(1);
}

async function runMany(
  line: CommandLine,
  count: number,
  options: RunCommandOptions,
): Promise<void> {
  const { from, jobs, nodes: directors, for: turmoil } = options;
  const tally = new SwarmTally();
  const start = performance.now();
  let told = start;
  await runSeeds(
    {
      from,
      count,
      jobs,
      limits: {
        ...(directors === undefined ? {} : { directors }),
        ...(turmoil === undefined ? {} : { turmoil }),
      },
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

/** One scenario with many seeds: what it expects has to happen with all of them. */
function runScenarioSeeds(
  line: CommandLine,
  file: string,
  count: number,
  { from, json, failFast }: RunCommandOptions,
): void {
  const scenario = readScenario(file);
  const failed: { readonly seed: number; readonly why: string }[] = [];
  let runs = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const { expectations } = runScenario(scenario, seed, { hmac }).report;
    runs += 1;
    const unmet = expectations.filter(({ passed }) => !passed);
    if (unmet.length === 0) continue;
    const why = unmet.map(({ text, measured }) => `${text}: ${measured}`).join('; ');
    line.terminal.note(`seed ${seed} failed: ${why}`);
    failed.push({ seed, why });
    if (failFast === true) break;
  }
  const text = `${scenario.name}: ${runs} seeds, ${failed.length} failed\n`;
  const document = { name: scenario.name, seeds: runs, failed };
  line.terminal.out(json === true ? `${JSON.stringify(document)}\n` : text);
  if (failed.length > 0) line.fail(1);
}

function replay(line: CommandLine, options: ReplayOptions): void {
  const earlier = options.report === undefined ? undefined : readReport(options.report);
  const seed = options.seed ?? earlier?.seed;
  if (seed === undefined) {
    throw new UsageError({ code: 'no-seed' }, 'sim replay needs --seed or --report');
  }
  const asked = { ...earlier?.asked, ...askedFor(options) };
  const { result, report } = runPlan(planFor(seed, asked), options);
  const text = renderRun(report, result, true);
  line.terminal.out(options.json === true ? `${JSON.stringify({ ...report, asked })}\n` : text);
  if (earlier === undefined || earlier.hash === report.hash) return;
  line.terminal.note(`not the run of the report, whose trace is ${earlier.hash}`);
  line.fail(1);
}

const faultsText = (count: number): string =>
  count === 0 ? 'no faults at all' : `${count} ${count === 1 ? 'fault' : 'faults'}`;

function shrinkSeed(line: CommandLine, options: ShrinkOptions): void {
  const { seed, json } = options;
  const plan = planFor(seed, options);
  line.terminal.note(`seed ${seed} has ${faultsText(plan.faults.length)}`);
  const small = shrink(
    plan,
    (candidate) => run(candidate, { hmac }),
    (faults) => line.terminal.note(`it still fails with ${faultsText(faults)}`),
  );
  const faults = small?.faults ?? [];
  if (json === true) {
    const document = { seed, fails: small !== undefined, faults };
    line.terminal.out(`${JSON.stringify(document)}\n`);
  } else if (small === undefined) line.terminal.out(`seed ${seed} does not fail\n`);
  else {
    const texts = faults.map(
      (fault) => `  ${fault.at} s, for ${fault.for} s: ${describeFault(fault)}\n`,
    );
    line.terminal.out(`seed ${seed} fails with ${faultsText(faults.length)}\n${texts.join('')}`);
  }
  if (small === undefined) return;
  line.fail(1);
  if (options.trace !== true && options.pcap === undefined) return;
  const { result, report } = runPlan(small, options);
  if (json !== true) line.terminal.out(renderRun(report, result, options.trace === true));
}
