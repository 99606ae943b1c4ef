import { toMilliseconds } from '../../../director/base/time.js';
import { groupName, type FlowGroup } from './flow-groups.js';
import type { Scenario } from './scenario-file.js';
import type { ScenarioReport } from './scenario-report.js';

/** What the simulator predicted of a wait, what was measured elsewhere, and between which bounds that has to be. */
export interface BlackoutComparison {
  readonly protocol: 'TCP' | 'UDP';
  readonly predictedMs: number;
  readonly measuredMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Two reports of one scenario beside each other. */
export interface Comparison {
  readonly name: string;
  /** Flows that last and whose fate was compared group by group, and groups. */
  readonly flows: number;
  readonly groups: number;
  readonly blackouts: readonly BlackoutComparison[];
  /** In what the reports disagree, in sentences; none when they agree. */
  readonly differences: readonly string[];
}

/** Processes of a lab are served late, and by so much: the machine may be busy with other things. */
const Lateness = 700;
/** The kernel's first retransmission of TCP comes after so long, and each further one after twice as long. */
const FirstRetransmission = 200;

/**
 * Compares a simulated run of a scenario with one that took place somewhere else.
 *
 * Flows that last have to come to the same end, as many of each group of service and real server. Which real server a flow
 * is lost with may be a matter of chance (the scenario says so), and so is when a short flow begins and ends: then the
 * same services have to have lost flows, or none.
 */
export function compareReports(
  scenario: Scenario,
  simulated: ScenarioReport,
  measured: ScenarioReport,
): Comparison {
  const isByChance = scenario.expect['by-chance'];
  const differences = [
    ...[simulated, measured].flatMap(({ on, passed }) => (passed ? [] : [`it failed on ${on}`])),
    ...(isByChance ? [] : countDifferences(lasting(simulated), lasting(measured))),
    ...fateDifferences(
      isByChance ? simulated.groups : simulated.groups.filter(({ isShort }) => isShort),
      isByChance ? measured.groups : measured.groups.filter(({ isShort }) => isShort),
      measured.on,
    ),
  ];
  const blackouts = compareBlackouts(scenario, simulated, measured);
  for (const { protocol, measuredMs, leastMs, mostMs } of blackouts) {
    if (measuredMs >= leastMs && measuredMs <= mostMs) continue;
    differences.push(
      `the longest wait of ${protocol}, ${measuredMs.toFixed(0)} ms, is not between ` +
        `${leastMs.toFixed(0)} and ${mostMs.toFixed(0)} ms`,
    );
  }
  return {
    name: scenario.name,
    flows: lasting(measured).reduce((sum, { flows }) => sum + flows, 0),
    groups: measured.groups.length,
    blackouts,
    differences,
  };
}

const lasting = ({ groups }: ScenarioReport): readonly FlowGroup[] =>
  groups.filter(({ isShort }) => !isShort);

function countDifferences(
  simulated: readonly FlowGroup[],
  measured: readonly FlowGroup[],
): string[] {
  const expected = new Map(simulated.map((group) => [groupName(group), group]));
  const found = new Map(measured.map((group) => [groupName(group), group]));
  const names = [...new Set([...expected.keys(), ...found.keys()])].toSorted();
  return names.flatMap((name) => {
    const [left, right] = [fateText(expected.get(name)), fateText(found.get(name))];
    return left === right ? [] : [`${name}: ${left} in the simulator, ${right} here`];
  });
}

function fateText(group: FlowGroup | undefined): string {
  if (group === undefined) return 'no flows';
  const { survived, broken, neverOpened } = group;
  const facts = [`${survived} survived`];
  if (broken > 0) facts.push(`${broken} broke`);
  if (neverOpened > 0) facts.push(`${neverOpened} never opened`);
  return facts.join(', ');
}

/** Services of which flows broke in one place and none in the other. */
function fateDifferences(
  simulated: readonly FlowGroup[],
  measured: readonly FlowGroup[],
  place: string,
): string[] {
  const expected = losersOf(simulated);
  const found = losersOf(measured);
  return [
    ...[...expected].filter((one) => !found.has(one)).map((one) => `${one} only in the simulator`),
    ...[...found].filter((one) => !expected.has(one)).map((one) => `${one} only on ${place}`),
  ];
}

const losersOf = (groups: readonly FlowGroup[]): ReadonlySet<string> =>
  new Set(
    groups
      .filter(({ broken, neverOpened }) => broken + neverOpened > 0)
      .map(
        ({ protocol, virtual, isShort }) =>
          `${isShort ? 'short ' : ''}${protocol} flows to ${virtual} broke`,
      ),
  );

/**
 * A fault comes at any moment between two advertisements, and a request at any moment of its interval: so much the
 * simulated wait and the measured one may differ, and by how late processes are served. Where the simulator saw nobody wait,
 * nobody waits for advertisements either.
 */
function compareBlackouts(
  { cluster, traffic }: Scenario,
  simulated: ScenarioReport,
  measured: ScenarioReport,
): readonly BlackoutComparison[] {
  const interval = toMilliseconds(traffic.interval);
  const comparisons: BlackoutComparison[] = [];
  for (const protocol of ['UDP', 'TCP'] as const) {
    const predictedMs = simulated.blackoutMs[protocol];
    const measuredMs = measured.blackoutMs[protocol];
    if (predictedMs === undefined || measuredMs === undefined) continue;
    const advert = predictedMs > interval ? toMilliseconds(cluster.advert) : 0;
    const margin = advert + interval + Lateness;
    comparisons.push({
      protocol,
      predictedMs,
      measuredMs,
      ...BoundsOf[protocol](predictedMs, margin),
    });
  }
  return comparisons;
}

/**
 * From a simulated wait to the bounds of a measured one. TCP asks again at growing intervals: a wait of W means a network
 * that was silent for W at most, and for half of it, less one retransmission, at least; and the other way round.
 */
const BoundsOf = {
  UDP: (wait: number, margin: number) => ({
    leastMs: Math.max(0, wait - margin),
    mostMs: wait + margin,
  }),
  TCP: (wait: number, margin: number) => ({
    leastMs: Math.max(0, (wait - FirstRetransmission) / 2 - margin),
    mostMs: 2 * (wait + margin) + FirstRetransmission,
  }),
} as const;

/** A comparison for people: a line, and another for each disagreement. */
export function renderComparison({
  name,
  flows,
  groups,
  blackouts,
  differences,
}: Comparison): string {
  const waits = blackouts.map(
    ({ protocol, predictedMs, measuredMs, leastMs, mostMs }) =>
      `${protocol} predicted ${inSeconds(predictedMs)}, measured ${inSeconds(measuredMs)} ` +
      `(${inSeconds(leastMs)} to ${inSeconds(mostMs)})`,
  );
  const verdict = differences.length === 0 ? 'agree   ' : 'DISAGREE';
  return [
    `${verdict}  ${name}: ${flows} lasting flows, ${groups} groups; longest wait in s: ${waits.join('; ')}`,
    ...differences.map((text) => `            ${text}`),
    '',
  ].join('\n');
}

const inSeconds = (ms: number): string => (ms / 1_000).toFixed(2);
