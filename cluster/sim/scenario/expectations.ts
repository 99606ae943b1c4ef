import { toMilliseconds } from '../../../director/base/time.js';
import type { FlowOutcome } from './flow-groups.js';
import type { Scenario } from './scenario-file.js';
import type { ExpectationOutcome, ScenarioReport } from './scenario-report.js';

/** What was measured of a run, wherever it took place. */
export interface Measured extends Pick<ScenarioReport, 'outageMs' | 'blackoutMs' | 'master'> {
  /** In the order of their opening. */
  readonly outcomes: readonly FlowOutcome[];
  /** Which director became master and when, in seconds from the moment at which faults may begin. */
  readonly masters: readonly { readonly at: number; readonly who: string }[];
  /** Broken invariants, in words; where nobody checks them there are none. */
  readonly violations: readonly string[];
}

/** Compares what was measured with what a scenario asks for. */
export function judge(scenario: Scenario, measured: Measured): ExpectationOutcome[] {
  return [
    ...judgeLosses(scenario, measured),
    ...judgeWaits(scenario, measured),
    ...judgeMasters(scenario, measured),
    ...judgeTurns(scenario, measured),
    ...judgeInvariants(scenario, measured),
  ];
}

function judgeLosses({ expect }: Scenario, { outcomes }: Measured): ExpectationOutcome[] {
  const excused: readonly string[] = expect.excused;
  const { 'lost-at-least': least, 'lost-at-most': most, 'lost-from': failed } = expect;
  const lost = outcomes.filter(({ broken }) => broken !== undefined);
  const judged: ExpectationOutcome[] = [];
  if (least === 0 || failed.length > 0) {
    const counted = lost.filter(
      ({ broken = '', server = '' }) => !excused.includes(broken) && !failed.includes(server),
    ).length;
    const exceptions = [...excused, ...failed.map((server) => `those of ${server}`)];
    const but = exceptions.length === 0 ? '' : `, but for ${exceptions.join(', ')}`;
    judged.push(outcome(`at most ${most} flows break${but}`, `${counted}`, counted <= most));
  }
  if (least > 0) {
    const text = `at least ${least} flows break`;
    judged.push(outcome(text, `${lost.length}`, lost.length >= least));
  }
  return judged;
}

function judgeWaits({ expect }: Scenario, measured: Measured): ExpectationOutcome[] {
  const { 'outage-at-most': outage, 'blackout-at-most': blackout } = expect;
  const judged: ExpectationOutcome[] = [];
  if (outage !== undefined) judged.push(within('flow', toMilliseconds(outage), measured.outageMs));
  if (blackout !== undefined) {
    const found = measured.blackoutMs.UDP ?? Number.POSITIVE_INFINITY;
    judged.push(within('lasting UDP flow', toMilliseconds(blackout), found));
  }
  return judged;
}

const within = (what: string, most: number, found: number): ExpectationOutcome =>
  outcome(`no ${what} waits longer than ${most} ms`, `${found.toFixed(0)} ms`, found <= most);

function judgeMasters({ expect }: Scenario, measured: Measured): ExpectationOutcome[] {
  const { master, 'transitions-at-most': most } = expect;
  const { masters } = measured;
  const judged: ExpectationOutcome[] = [];
  if (master !== undefined) {
    const found = measured.master ?? 'none';
    judged.push(outcome(`${master} is master at the end`, found, found === master));
  }
  if (most !== undefined) {
    const count = masters.filter(({ at }) => at > 0).length;
    judged.push(outcome(`at most ${most} directors become master`, `${count}`, count <= most));
  }
  return judged;
}

/** Round robin: the flows of each service went to the real servers in turn; as in IPVS the last one added comes first. */
function judgeTurns({ expect, cluster }: Scenario, { outcomes }: Measured): ExpectationOutcome[] {
  if (!expect['in-turn']) return [];
  const turns = new Map<string, string[]>();
  for (const { protocol, virtual, server = '-', isShort } of outcomes) {
    if (isShort) continue;
    const service = `${protocol} ${virtual}`;
    turns.set(service, [...(turns.get(service) ?? []), server]);
  }
  const wrong = [...turns.values()].find((servers) =>
    servers.some((server, index) => server !== `s${cluster.servers - (index % cluster.servers)}`),
  );
  const [first = []] = turns.values();
  const text = `real servers take turns, from s${cluster.servers} to s1`;
  return [outcome(text, (wrong ?? first).join(' '), wrong === undefined && first.length > 0)];
}

function judgeInvariants({ expect }: Scenario, { violations }: Measured): ExpectationOutcome[] {
  if (!expect.invariants) return [];
  const found = violations.length === 0 ? 'none was' : violations.join('; ');
  return [outcome('no invariant is broken', found, violations.length === 0)];
}

const outcome = (text: string, measured: string, passed: boolean): ExpectationOutcome => ({
  text,
  measured,
  passed,
});
