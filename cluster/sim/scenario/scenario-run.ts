import { microseconds, milliseconds, toSeconds } from '../../../director/base/time.js';
import type { LabConfig, LabService } from '../../config/lab-config.js';
import type { Loss } from '../checks/loss-check.js';
import { DefaultPlan, planCluster, QuickChecks } from '../cluster-plan.js';
import type { Fault, FaultKind } from '../faults/fault.js';
import { phasesOf, run, type RunOptions, type RunPlan, type RunResult } from '../simulation.js';
import type { ClientFlow } from '../traffic/client-flow.js';
import type { FlowOutcome } from './flow-groups.js';
import type { Scenario } from './scenario-file.js';
import { reportScenario, type ScenarioReport, type TimelineEntry } from './scenario-report.js';

/** The lab that a scenario runs in, in the simulator and in network namespaces. */
export function labOf(scenario: Scenario): LabConfig {
  const { cluster } = scenario;
  const lab = planCluster({
    ...DefaultPlan,
    directors: cluster.directors,
    servers: cluster.servers,
    scheduler: cluster.scheduler,
    methods: cluster.methods,
    hasUdp: cluster.udp,
    persistence: cluster.persistent,
    health: undefined,
  });
  return withSettings(lab, scenario);
}

/** The number of the second virtual router, unlike that of the first. */
const SecondRouter = 52;

/** A lab with the settings of a scenario that do not change who its nodes are. */
export function withSettings(lab: LabConfig, { cluster }: Scenario): LabConfig {
  const addresses = lab.services.slice(-1).map(({ address }) => address);
  const order = lab.nodes.filter(({ kind }) => kind === 'director').map(({ name }) => name);
  const flags = flagsOf(cluster);
  return {
    ...lab,
    services: lab.services.map((service) => ({ ...service, ...flags })),
    cluster: {
      ...lab.cluster,
      version: cluster.version,
      advertInterval: cluster.advert,
      preempt: cluster.preempt,
      commit: cluster.commit,
      ...(cluster.routers === 1
        ? {}
        : { virtualRouters: [{ id: SecondRouter, order, addresses }], isGroup: true }),
      sync: {
        ...lab.cluster.sync,
        threshold: cluster.threshold,
        period: Math.max(DefaultPlan.period, cluster.threshold + 1),
        bulkTimeout: cluster['bulk-timeout'],
        deathNotice: cluster['death-notice'],
        flushBound: cluster.flush,
        format: cluster.format,
      },
      dataPlane: {
        ...lab.cluster.dataPlane,
        unknownTcp: cluster['unknown-tcp'],
        settings: cluster.settings,
      },
    },
  };
}

/** What a hashing scheduler looks at besides the client's address. */
function flagsOf({ scheduler, 'hash-ports': hashPorts }: Scenario['cluster']): Partial<LabService> {
  if (!hashPorts || (scheduler !== 'sh' && scheduler !== 'mh')) return {};
  return { schedulerFlags: [`${scheduler}-port`] };
}

/** A scenario as a plan of the simulator. */
export function planOf(scenario: Scenario, seed: number): RunPlan {
  const { traffic } = scenario;
  const interval = microseconds(traffic.interval);
  return {
    seed,
    // In a lab of namespaces real servers are quiesced by command; here directors find out.
    lab: { ...labOf(scenario), health: QuickChecks },
    load: {
      flows: traffic.flows,
      opening: milliseconds(1_000),
      intervalMin: interval,
      intervalMax: interval,
      shortShare: traffic.short,
      mostBytes: traffic.bytes,
      isOrderly: true,
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
  const result = run(plan, options);
  const { world, losses, violations } = result;
  const start = phasesOf(plan).turmoil * 1_000_000;
  const timeline = world.trace.lines.map(({ at, who, text }): TimelineEntry => ({
    at: (at - start) / 1_000_000,
    who,
    text,
  }));
  const report = reportScenario(scenario, {
    on: 'sim',
    outcomes: world.load.flows
      .filter(({ plan: { exchanges } }) => exchanges > 1)
      .map((flow) => outcomeOf(flow, losses, start)),
    timeline,
    masters: timeline.filter(({ text }) => text.startsWith('master: ')),
    master: world.directors.find(({ state }) => state === 'master')?.name,
    violations: violations.map(({ invariant, detail }) => `${invariant} (${detail})`),
  });
  return { report, result };
}

function outcomeOf(flow: ClientFlow, losses: readonly Loss[], start: number): FlowOutcome {
  const { protocol, target, server, longestGap, longestGapAt = 0 } = flow.record;
  return {
    protocol,
    virtual: target,
    server: server === undefined ? undefined : `s${server}`,
    isShort: Number.isFinite(flow.plan.exchanges),
    broken: losses.find((loss) => loss.flow === flow)?.why,
    waitMs: longestGapAt < start - 1_000_000 ? 0 : longestGap / 1_000,
  };
}
