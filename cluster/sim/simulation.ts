import type { HmacSha256 } from '../../director/base/hmac.js';
import { InvariantError } from '../../director/base/invariant.js';
import {
  instant,
  microseconds,
  seconds,
  toSeconds,
  type Duration,
} from '../../director/base/time.js';
import { directorsOf, type LabConfig } from '../config/lab-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { masterDownInterval } from '../vrrp/timers.js';
import { CommitCheck } from './checks/commit-check.js';
import { DigestCheck } from './checks/digest-check.js';
import { EchoCheck } from './checks/echo-check.js';
import { ElectionCheck } from './checks/election-check.js';
import { FlowCheck } from './checks/flow-check.js';
import { HealthCheck } from './checks/health-check.js';
import { healthTimes } from './checks/health-times.js';
import { HeldUpCheck } from './checks/held-up-check.js';
import { Violations, type Violation } from './checks/invariants.js';
import { LossCheck, type Loss } from './checks/loss-check.js';
import { QuiesceCheck } from './checks/quiesce-check.js';
import { RepairCheck } from './checks/repair-check.js';
import { SuccessionCheck } from './checks/succession-check.js';
import { SyncPaths } from './checks/sync-paths.js';
import { TableCheck } from './checks/table-check.js';
import { TableView } from './checks/table-view.js';
import { WireCheck } from './checks/wire-check.js';
import { HarmlessFaults, type Fault } from './faults/fault.js';
import { Inflictor } from './faults/inflict.js';
import { MostTimeout } from './host/tcp-connection.js';
import { countRareStates } from './rare-states.js';
import type { LoadOptions } from './traffic/load.js';
import { World } from './world.js';

/** What happens in a run. Everything else follows from the seed. */
export interface RunPlan {
  readonly seed: number;
  readonly lab: LabConfig;
  readonly load: LoadOptions;
  readonly faults: readonly Fault[];
  /** Seconds of the phase in which faults begin; then all are undone. */
  readonly turmoil: number;
  /** `lvs_timeouts`, in seconds; the kernel's for those that are absent. */
  readonly timeouts?: NodeConfig['timeouts'];
  /** The longest sync message, in bytes: with short ones already a small table takes several. */
  readonly syncLength?: number;
}

/** What a run needs from outside. */
export interface RunOptions {
  readonly hmac: HmacSha256;
  /** Keep what machines log for debugging. */
  readonly isVerbose?: boolean;
  /** To look at the world while it runs. */
  readonly onWorld?: (world: World) => void;
}

export interface RunResult {
  readonly plan: RunPlan;
  readonly world: World;
  readonly violations: readonly Violation[];
  readonly violationCount: number;
  readonly losses: readonly Loss[];
  /** Of the whole run. */
  readonly simulatedSeconds: number;
}

/** The phases of a run, in seconds from its start. */
export interface Phases {
  /** The cluster has a master, and traffic begins. */
  readonly traffic: number;
  /** Faults may begin. */
  readonly turmoil: number;
  /** Everything is undone. */
  readonly heal: number;
  /** There is one master from here on. */
  readonly converged: number;
  readonly probe: number;
  readonly end: number;
}

/** What a recovered cluster does besides waiting for timers: programs start, tables are fetched. */
const StartMargin = seconds(2);
/** How long traffic runs before the first fault. */
const Rest = seconds(3);
/** For probes, and the last answers. */
const Epilogue = seconds(6);
/** The kernel forgets no connection of which a packet comes within so many seconds. */
const Idle = 300;

/** The phases of a plan, all computed from its timers. */
export function phasesOf({ lab, turmoil }: RunPlan): Phases {
  const { advertInterval, sync } = lab.cluster;
  const priorities = directorsOf(lab).map(({ priority }) => priority);
  const down = Math.max(
    ...priorities.map((priority) =>
      masterDownInterval(priority, advertInterval, {
        version: lab.cluster.version,
        downTimerAdverts: 3,
      }),
    ),
  );
  const first = toSeconds(microseconds(down + StartMargin + 1.5 * advertInterval));
  const heal = first + toSeconds(Rest) + turmoil;
  // A node that was held up listens, another may be waiting for a table; then the better one preempts.
  const elected = 2 * down + sync.bulkTimeout + StartMargin;
  const checked = lab.health === undefined ? 0 : healthTimes(lab.health).allUp;
  const converged = heal + toSeconds(microseconds(Math.max(elected, checked)));
  const probe = converged + toSeconds(MostTimeout);
  return {
    traffic: first,
    turmoil: first + toSeconds(Rest),
    heal,
    converged,
    probe,
    end: probe + toSeconds(Epilogue),
  };
}

/** Runs a plan to its end. The same plan and seed give the same trace. */
export function run(plan: RunPlan, options: RunOptions): RunResult {
  const phases = phasesOf(plan);
  const violations = new Violations();
  const world = new World({
    seed: plan.seed,
    lab: plan.lab,
    timeouts: plan.timeouts ?? {},
    syncLength: plan.syncLength,
    load: plan.load,
    loadUntil: instant(phases.converged * 1_000_000),
    hmac: options.hmac,
    isVerbose: options.isVerbose ?? false,
  });
  options.onWorld?.(world);
  const inflictor = new Inflictor(world);
  const checks = new Checks(world, violations, plan, inflictor);
  for (const director of world.directors) {
    world.at(world.prng.below(500_000) / 1_000_000, () => director.start());
  }
  world.at(phases.traffic, () => world.load.start());
  for (const fault of plan.faults) inflictor.plan({ ...fault, at: phases.turmoil + fault.at });
  world.at(phases.heal, () => inflictor.healAll());
  world.at(phases.converged, () => checks.converged());
  world.at(phases.probe, () => checks.probe());
  try {
    world.runUntil(instant(phases.end * 1_000_000));
    checks.finish(phases.probe);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const kind = error instanceof InvariantError ? 'broken invariant' : error.name;
    const detail = `${kind}: ${error.message} ${error.stack ?? ''}`;
    violations.report({ invariant: 'X1 no-exception', at: world.now, detail });
  }
  countRareStates(world);
  return {
    plan,
    world,
    violations: violations.all,
    violationCount: violations.count,
    losses: checks.losses,
    simulatedSeconds: world.now / 1_000_000,
  };
}

/** All checkers of a run. */
class Checks {
  readonly #elections: ElectionCheck;
  readonly #losses: LossCheck;
  readonly #tables: TableCheck;
  readonly #flows: FlowCheck;
  readonly #echoes: EchoCheck;
  readonly #digests: DigestCheck;
  readonly #health: HealthCheck;
  readonly #hasPreemption: boolean;
  /** Nobody was held up, and every director heard the others all the time. */
  readonly #isUndisturbed: boolean;

  constructor(world: World, violations: Violations, plan: RunPlan, inflictor: Inflictor) {
    const { lab, faults } = plan;
    const hasDamage = faults.some(
      (fault) =>
        fault.kind === 'weather' &&
        (fault.weather.corruption !== undefined || fault.weather.truncation !== undefined),
    );
    const window = syncWindow(plan);
    const repair = seconds(3);
    this.#hasPreemption = lab.cluster.preempt;
    this.#isUndisturbed = faults.every(({ kind }) => HarmlessFaults.includes(kind));
    this.#elections = new ElectionCheck(world, violations, inflictor);
    const paths = new SyncPaths(world);
    world.observe(paths);
    const shared = { window, repair, paths, tables: new TableView(world) };
    this.#echoes = new EchoCheck(world, violations);
    this.#digests = new DigestCheck(world, violations);
    this.#health = new HealthCheck(world, violations, inflictor);
    this.#tables = new TableCheck(world, violations, shared);
    this.#losses = new LossCheck(world, violations, {
      threshold: lab.cluster.sync.threshold,
      ...shared,
      isCommitted: lab.cluster.commit === 'acked',
      timeout: seconds(Math.min(plan.timeouts?.tcp ?? Idle, plan.timeouts?.udp ?? Idle)),
    });
    this.#flows = new FlowCheck(world, violations, {
      losses: this.#losses,
      hasDamage,
    });
    world.observe(new WireCheck(world, violations, hasDamage));
    world.observe(this.#elections);
    world.observe(this.#tables);
    world.observe(this.#losses);
    world.observe(this.#flows);
    world.observe(this.#echoes);
    world.observe(new RepairCheck(world, violations, inflictor, { tables: shared.tables, window }));
    world.observe(new HeldUpCheck(world, violations));
    if (lab.cluster.commit === 'acked') {
      world.observe(new CommitCheck(world, violations, shared.tables));
    }
    world.observe(this.#health);
    world.observe(new QuiesceCheck(world, violations, this.#health, shared.tables));
    world.observe(new SuccessionCheck(world, violations, inflictor));
  }

  get losses(): readonly Loss[] {
    return this.#losses.losses;
  }

  converged(): void {
    this.#elections.converged();
    this.#health.converged();
  }

  probe(): void {
    this.#flows.probe();
    this.#digests.sample();
  }

  finish(probedAt: number): void {
    this.#elections.finish(this.#hasPreemption);
    this.#tables.finish(this.#isUndisturbed);
    this.#health.converged();
    this.#flows.finish(probedAt * 1_000_000);
    this.#echoes.finish();
    this.#digests.finish();
  }
}

/**
 * How long a connection may be unknown to peers that it is to be told to: the batch, the way, and how late both ends may be
 * served in this run.
 */
function syncWindow({ lab, faults }: RunPlan): Duration {
  let late = 20_000;
  for (const fault of faults) {
    if (fault.kind === 'starve') late += fault.microseconds;
    if (fault.kind === 'slow') late += fault.microseconds * 200;
    if (fault.kind !== 'weather') continue;
    const { delay = 0, jitter = 0, reordering, reorderDelay = 0 } = fault.weather;
    late += delay + jitter + (reordering === undefined ? 0 : reorderDelay);
  }
  return microseconds(2 * late + lab.cluster.sync.flushBound);
}
