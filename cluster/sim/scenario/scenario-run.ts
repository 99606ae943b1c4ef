import { microseconds, milliseconds, toSeconds } from '../../../director/base/time.js';
import type { LabConfig } from '../../config/lab-config.js';
import { DefaultPlan, planCluster } from '../cluster-plan.js';
import type { Fault, FaultKind } from '../faults/fault.js';
import { phasesOf, run, type RunOptions, type RunPlan, type RunResult } from '../simulation.js';
import { judge } from './expectations.js';
import type { Scenario } from './scenario-file.js';
import type { ScenarioReport } from './scenario-report.js';

/** The lab that a scenario runs in, in the simulator and elsewhere. */
export function labOf({ cluster }: Scenario): LabConfig {
  const lab = planCluster({
    ...DefaultPlan,
    directors: cluster.directors,
    servers: cluster.servers,
    advertInterval: cluster.advert,
    version: cluster.version,
    preempt: cluster.preempt,
    commit: cluster.commit,
    threshold: cluster.threshold,
    period: Math.max(DefaultPlan.period, cluster.threshold + 1),
    deathNotice: cluster['death-notice'],
    flushBound: cluster.flush,
    bulkTimeout: cluster['bulk-timeout'],
    scheduler: cluster.scheduler,
    methods: cluster.methods,
    hasUdp: cluster.udp,
    persistence: cluster.persistent,
  });
  const { 'unknown-tcp': unknownTcp, settings } = cluster;
  const dataPlane = { ...lab.cluster.dataPlane, unknownTcp, settings };
  return { ...lab, cluster: { ...lab.cluster, dataPlane } };
}

/** A scenario as a plan of the simulator. */
export function planOf(scenario: Scenario, seed: number): RunPlan {
  const { traffic } = scenario;
  const interval = microseconds(traffic.interval);
  return {
    seed,
    lab: labOf(scenario),
    load: {
      flows: traffic.flows,
      opening: milliseconds(1_000),
      intervalMin: interval,
      intervalMax: interval,
      shortShare: traffic.short,
      mostBytes: traffic.bytes,
    },
    faults: scenario.faults.map(faultOf),
    turmoil: toSeconds(scenario.length),
  };
}

function faultOf(text: Scenario['faults'][number]): Fault {
  const { at, for: length, ...kind } = text;
  const time = { at: toSeconds(at), for: toSeconds(length) };
  if (kind.kind !== 'weather') return { ...kind, ...time };
  const weather = Object.fromEntries(
    Object.entries(kind.weather).filter(([, value]) => value !== undefined),
  );
  const fault: FaultKind = { ...kind, weather };
  return { ...fault, ...time };
}

/** Runs a scenario in the simulator. */
export function runScenario(
  scenario: Scenario,
  seed: number,
  options: RunOptions,
): { readonly report: ScenarioReport; readonly result: RunResult } {
  const plan = planOf(scenario, seed);
  const phases = phasesOf(plan);
  const result = run(plan, options);
  const { world, losses, violations } = result;
  const start = phases.turmoil * 1_000_000;
  const lost: Record<string, number> = {};
  for (const { why } of losses) lost[why] = (lost[why] ?? 0) + 1;
  const records = world.load.flows.map(({ record }) => record);
  const outageMs = records.reduce((most, { longestGap, longestGapAt = 0 }) => {
    return longestGapAt < start - 1_000_000 ? most : Math.max(most, longestGap / 1_000);
  }, 0);
  const timeline = world.trace.lines.map(({ at, who, text }) => ({
    at: (at - start) / 1_000_000,
    who,
    text,
  }));
  const transitions = timeline.filter(({ at, text }) => at > 0 && text.startsWith('master: '));
  const master = world.directors.find(({ state }) => state === 'master')?.name;
  const expectations = judge(scenario, {
    lost,
    outageMs,
    master,
    transitions: transitions.length,
    violations: violations.map(({ invariant, detail }) => `${invariant} (${detail})`),
  });
  const report: ScenarioReport = {
    name: scenario.name,
    on: 'sim',
    passed: expectations.every(({ passed }) => passed),
    flows: { opened: records.length, lost },
    outageMs,
    master,
    expectations,
    timeline,
  };
  return { report, result };
}
