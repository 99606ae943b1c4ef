import type { InvariantName } from './checks/invariants.js';
import { FaultKinds } from './faults/fault.js';
import type { RunReport } from './report.js';

/** What a swarm keeps of one run. */
export type SeedOutcome = Pick<
  RunReport,
  'seed' | 'hash' | 'passed' | 'simulatedSeconds' | 'losses' | 'violations' | 'occurrences'
> & { readonly opened: number };

export const outcomeOf = (report: RunReport): SeedOutcome => ({
  seed: report.seed,
  hash: report.hash,
  passed: report.passed,
  simulatedSeconds: report.simulatedSeconds,
  losses: report.losses,
  violations: report.violations,
  occurrences: report.occurrences,
  opened: report.flows.opened,
});

/** A swarm as `--json` prints it. */
export interface SwarmSummary {
  readonly seeds: number;
  readonly seconds: number;
  readonly simulatedSeconds: number;
  readonly flows: number;
  readonly failures: readonly {
    readonly seed: number;
    readonly invariant: InvariantName;
    readonly detail: string;
  }[];
  readonly losses: Readonly<Record<string, number>>;
  readonly occurrences: Readonly<Record<string, number>>;
  /** What has to happen sometimes and never did. */
  readonly missing: readonly string[];
}

/** Rare states that a good number of seeds has to reach, besides every kind of fault. */
const Sometimes: readonly string[] = [
  'advert rejected: checksum',
  'advert rejected: too-short',
  'advert rejected: ttl',
  'advert rejected: version',
  'announced after a rival',
  'announcement lost',
  'commit: gave up waiting',
  'commit: waited for',
  'fail-back',
  'fault',
  'frame blocked',
  'frame corrupted',
  'frame duplicated',
  'frame filtered',
  'frame lost',
  'frame queue-overflow',
  'frame reordered',
  'frame too-long',
  'frame truncated',
  'health: check void',
  'health: quorum lost',
  'health: reload in doubt',
  'health: server down by refusal',
  'health: server down by silence',
  'health: server known to be down',
  'health: server up again',
  'lost sync record repaired',
  'first packet of a committed connection',
  'master held up for long',
  'loss below the sync threshold',
  'loss sync message lost',
  'master gave up after a pause',
  'master outranked',
  'port used again',
  'rival advert',
  'sync datagram lost or damaged',
  'sync: bulk transfer',
  'sync: digest differed',
  'sync: duplicate',
  'sync: hole asked for',
  'sync: removal',
  'sync: sent again',
  'take-over: after priority 0',
  'take-over: by death notice',
  'take-over: by preemption',
  'take-over: by timer',
  'two masters',
];

/** The outcomes of many seeds together. */
export class SwarmTally {
  readonly failures: SeedOutcome[] = [];
  seeds = 0;
  #simulatedSeconds = 0;
  #flows = 0;
  readonly #losses = new Map<string, number>();
  readonly #occurrences = new Map<string, number>();

  add(outcome: SeedOutcome): void {
    this.seeds += 1;
    this.#simulatedSeconds += outcome.simulatedSeconds;
    this.#flows += outcome.opened;
    addAll(this.#losses, outcome.losses);
    addAll(this.#occurrences, outcome.occurrences);
    if (!outcome.passed) this.failures.push(outcome);
  }

  summary(seconds: number): SwarmSummary {
    const wanted = [...FaultKinds.map((kind) => `fault ${kind}`), ...Sometimes];
    return {
      seeds: this.seeds,
      seconds,
      simulatedSeconds: this.#simulatedSeconds,
      flows: this.#flows,
      failures: this.failures
        .toSorted((left, right) => left.seed - right.seed)
        .map(({ seed, violations: [first] }) => ({
          seed,
          invariant: first?.invariant ?? 'X1 no-exception',
          detail: first?.detail ?? '',
        })),
      losses: sorted(this.#losses),
      occurrences: sorted(this.#occurrences),
      missing: wanted.filter((name) => !this.#occurrences.has(name)),
    };
  }

  render(summary: SwarmSummary): string {
    const speed = summary.simulatedSeconds / summary.seconds;
    const lines = [
      `${summary.seeds} seeds, ${summary.flows} flows, ${summary.simulatedSeconds.toFixed(0)} s simulated ` +
        `in ${summary.seconds.toFixed(1)} s (${speed.toFixed(0)} times real time)`,
      ...Object.entries(summary.losses).map(([why, count]) => `  ${count} flows lost: ${why}`),
      ...summary.failures.map(
        ({ seed, invariant, detail }) => `  seed ${seed} FAILED: ${invariant}: ${detail}`,
      ),
      ...summary.missing.map((name) => `  never happened: ${name}`),
      summary.failures.length === 0
        ? 'no invariant was broken'
        : `${summary.failures.length} seeds failed`,
    ];
    return `${lines.join('\n')}\n`;
  }
}

function addAll(sums: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count);
}

const sorted = (sums: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...sums].toSorted(([left], [right]) => (left < right ? -1 : 1)));
