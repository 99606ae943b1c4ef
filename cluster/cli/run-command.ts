import { readFileSync } from 'node:fs';

import { Option } from 'commander';

import { ConfigError, UsageError } from '../../director/base/errors.js';
import { loadScenario, type Scenario } from '../sim/scenario/scenario-file.js';
import { renderScenario, type ScenarioReport } from '../sim/scenario/scenario-report.js';
import { runScenario } from '../sim/scenario/scenario-run.js';
import { examples, type CommandLine } from './command-line.js';
import { hmac } from './hmac.js';

interface ScenarioOptions {
  readonly on: 'sim' | 'lab';
  readonly seed: string;
  readonly json?: true;
  readonly trace?: true;
}

/** `run`: scenario files, in the simulator or in a lab. */
export function addRunCommand(line: CommandLine): void {
  line.program
    .command('run')
    .summary('run scenario files')
    .description(
      'Run scenario files: a cluster, traffic, faults, and what is expected of them. The same file\n' +
        'runs in the simulator and in a lab. Exit status 1: something expected did not happen.',
    )
    .argument('<files...>', 'scenario files')
    .addOption(new Option('--on <where>', 'where to run').choices(['sim', 'lab']).default('sim'))
    .option('--seed <number>', 'seed of a simulated run', '1')
    .option('--trace', 'print everything that happened')
    .option('--json', 'print the reports as JSON, one a line')
    .addHelpText(
      'after',
      examples('run test/scenarios/s01-kill.yaml', 'run --on lab test/scenarios/s02-stop.yaml'),
    )
    .action(async (files: readonly string[], options: ScenarioOptions) => {
      for (const file of files) {
        const scenario = loadScenario(read(file), file);
        const report = await runOn(scenario, options);
        const text = renderScenario(report, options.trace === true);
        line.terminal.out(options.json === true ? `${JSON.stringify(report)}\n` : text);
        if (!report.passed) line.fail(1);
      }
    });
}

async function runOn(scenario: Scenario, { on, seed }: ScenarioOptions): Promise<ScenarioReport> {
  const reason = Object.entries(scenario.not).find(([where]) => where === on)?.[1];
  if (reason !== undefined) {
    throw new UsageError({ code: 'not-here' }, `${scenario.name} cannot run in ${on}: ${reason}`);
  }
  if (on === 'sim') return runScenario(scenario, Number(seed), { hmac }).report;
  const { runInLab } = await import('../lab/scenario-lab.js');
  return runInLab(scenario);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError({ code: 'unreadable', file }, `cannot read ${file}`, { cause });
  }
}
