import type { Scenario } from '../../sim/scenario/scenario-file.js';
import type { ScenarioReport } from '../../sim/scenario/scenario-report.js';
import { labOf } from '../../sim/scenario/scenario-run.js';
import { bringUp } from '../lab.js';
import { runScenarioOn, type LabRunOptions } from './lab-run.js';

/** The scenario's lab has a name of its own, so that other labs of this machine go on. */
const labName = (): string => `run-${process.pid}`;

/**
 * Brings up the lab of a scenario in network namespaces, runs it there, and takes the lab down again. Throws a `UsageError`
 * for what only the simulator can do.
 */
export async function runInLab(
  scenario: Scenario,
  { signal, progress }: Pick<LabRunOptions, 'signal' | 'progress'>,
): Promise<ScenarioReport> {
  const lab = await bringUp({ ...labOf(scenario), name: labName() }, { signal, progress });
  try {
    return await runScenarioOn(lab, scenario, { on: 'lab', signal, progress });
  } finally {
    progress('taking the lab down');
    await lab.down();
  }
}
