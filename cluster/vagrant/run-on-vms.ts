import { directorsOf, type LabConfig } from '../config/lab-config.js';
import { runScenarioOn, type LabRunOptions } from '../lab/scenario/lab-run.js';
import { refuseImpossible } from '../lab/scenario/steps.js';
import type { Scenario } from '../sim/scenario/scenario-file.js';
import type { ScenarioReport } from '../sim/scenario/scenario-report.js';
import { openMachines } from './open.js';
import { scenarioOnVms } from './scenario-on-vms.js';
import { VagrantLab } from './vagrant-lab.js';

/**
 * Runs a scenario on the VMs that `vagrant up` has made: its directors are started anew with the scenario's configuration, and
 * afterwards all with their own again. Throws a `UsageError` before anything is touched for what VMs cannot do.
 */
export async function runOnVms(
  scenario: Scenario,
  { signal, progress }: Pick<LabRunOptions, 'signal' | 'progress'>,
): Promise<ScenarioReport> {
  const { plan, machines, shell } = await openMachines();
  const config = scenarioOnVms(plan, scenario);
  const lab = new VagrantLab({ lab: config, webServices: [], ipvsDirectors: [] }, machines, shell);
  refuseImpossible(lab, scenario);
  const whole = new VagrantLab(plan, machines, shell);
  const own = { ...plan.lab, services: [...plan.lab.services, ...plan.webServices] };
  try {
    progress(`starting ${lab.directors.join(', ')} with the scenario’s configuration`);
    await startAnew(whole, config, signal);
    return await runScenarioOn(lab, scenario, { on: 'vagrant', signal, progress });
  } finally {
    progress('starting all directors with their own configuration again');
    await startAnew(whole, own);
  }
}

/** Stops all directors, and starts those of a configuration with it: no table and no election outlives that. */
async function startAnew(lab: VagrantLab, config: LabConfig, signal?: AbortSignal): Promise<void> {
  const wanted = directorsOf(config).map(({ name }) => name);
  await Promise.all(
    lab.directors.map(async (node) => {
      if (await lab.isRunning(node)) await lab.stopNode(node);
    }),
  );
  await Promise.all(wanted.map((node) => lab.configure(node, config)));
  await Promise.all(wanted.map((node) => lab.startNode(node, signal)));
}
