import { Option } from 'commander';

import { UsageError } from '../../director/base/errors.js';
import { compareReports, renderComparison } from '../sim/scenario/compare-reports.js';
import type { Scenario } from '../sim/scenario/scenario-file.js';
import {
  renderScenario,
  ScenarioPlaces,
  type ScenarioPlace,
  type ScenarioReport,
} from '../sim/scenario/scenario-report.js';
import { runScenario } from '../sim/scenario/scenario-run.js';
import type { World } from '../sim/world.js';
import { examples, type CommandLine } from './command-line.js';
import { hmac } from './hmac.js';
import { interruptible } from './interruption.js';
import { addPcapOption, captureOf, readScenario } from './sim-plan.js';
import { wholeNumber } from './whole-number.js';

interface ScenarioOptions {
  readonly on: ScenarioPlace;
  readonly seed: number;
  readonly json?: true;
  readonly trace?: true;
  readonly compare?: true;
  readonly pcap?: readonly string[];
}

/** `run`: scenario files, in the simulator, in a lab of network namespaces or on VMs. */
export function addRunCommand(line: CommandLine): void {
  addPcapOption(line.program.command('run'))
    .summary('run scenario files')
    .description(
      'Run scenario files: a cluster, traffic, faults, and what is expected of them. The same file ' +
        'runs in the simulator, in a lab of network namespaces (as root) and on the VMs that vagrant ' +
        'up has made, and gives the same report. With several files, those that cannot run there are ' +
        'named and left out. Exit status 1: something expected did not happen, or reports disagree.',
    )
    .argument('<files...>', 'scenario files')
    .addOption(new Option('--on <where>', 'where to run').choices(ScenarioPlaces).default('sim'))
    .option('--compare', 'run in the simulator too, and compare which flows survive and the waits')
    .option('--seed <number>', 'seed of simulated runs', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--trace', 'print everything that happened')
    .option('--json', 'print the reports as JSON, one a line')
    .addHelpText(
      'after',
      examples(
        'run test/scenarios/s01-kill.yaml',
        'run --on lab test/scenarios/s02-stop.yaml',
        'run --on lab --compare test/scenarios/*.yaml',
      ),
    )
    .action(async (files: readonly string[], options: ScenarioOptions) => {
      const scenarios = files.map(readScenario);
      if (options.pcap !== undefined && (options.on !== 'sim' || scenarios.length > 1)) {
        const text = '--pcap is for one scenario in the simulator';
        throw new UsageError({ code: 'one-run' }, text);
      }
      for (const scenario of scenarios) {
        const reason = refusalOf(scenario, options);
        if (reason === undefined) await runOne(line, scenario, options);
        else if (scenarios.length === 1) throw new UsageError({ code: 'not-here' }, reason);
        else if (options.json === true) line.terminal.note(reason);
        else line.terminal.out(`left out  ${reason}\n`);
      }
    });
}

/** Why a scenario cannot run where it is to run. */
function refusalOf({ name, not }: Scenario, { on, compare }: ScenarioOptions): string | undefined {
  for (const place of compare === true ? [on, 'sim' as const] : [on]) {
    if (not[place] !== undefined) return `${name} cannot run on ${place}: ${not[place]}`;
  }
  return undefined;
}

async function runOne(
  line: CommandLine,
  scenario: Scenario,
  options: ScenarioOptions,
): Promise<void> {
  const print = (report: ScenarioReport): void => {
    const text = renderScenario(report, options.trace === true);
    line.terminal.out(options.json === true ? `${JSON.stringify(report)}\n` : text);
  };
  const report = await runOn(line, scenario, options);
  if (options.compare !== true || options.on === 'sim') {
    print(report);
    if (!report.passed) line.fail(1);
    return;
  }
  const simulated = await runOn(line, scenario, { ...options, on: 'sim' });
  const comparison = compareReports(scenario, simulated, report);
  for (const one of [simulated, report]) {
    if (options.trace === true || options.json === true || !one.passed) print(one);
  }
  line.terminal.out(
    options.json === true ? `${JSON.stringify(comparison)}\n` : renderComparison(comparison),
  );
  if (comparison.differences.length > 0) line.fail(1);
}

/** What only some places need is loaded there: the simulator runs without native modules. */
async function runOn(
  line: CommandLine,
  scenario: Scenario,
  { on, seed, pcap = [] }: ScenarioOptions,
): Promise<ScenarioReport> {
  if (on === 'sim') {
    const captures = pcap.map(captureOf);
    const onWorld = (world: World): void => captures.forEach((capture) => capture.begin(world));
    const { report } = runScenario(scenario, seed, { hmac, onWorld });
    for (const capture of captures) capture.write();
    return report;
  }
  const progress = (text: string): void => line.terminal.note(`${scenario.name}: ${text}`);
  return interruptible(line.terminal, async (signal) => {
    if (on === 'lab') {
      const { runInLab } = await import('../lab/scenario/run-in-lab.js');
      return runInLab(scenario, { signal, progress });
    }
    const { runOnVms } = await import('../vagrant/run-on-vms.js');
    return runOnVms(scenario, { signal, progress });
  });
}
