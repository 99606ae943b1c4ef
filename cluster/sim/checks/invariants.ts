/** When an invariant has to hold. */
export type InvariantKind = 'always' | 'after convergence' | 'within a window';

/** What has to hold in every run, by name. The letters are those of the project's list of invariants. */
export const Invariants = {
  'V1 one-master': {
    kind: 'after convergence',
    text: 'every virtual router has exactly one master',
  },
  'V2 best-master': {
    kind: 'after convergence',
    text: 'with preemption the master is the director with the highest priority',
  },
  'V3 silent-backup': {
    kind: 'always',
    text: 'who is not master neither advertises a priority but 0 nor answers for a virtual address',
  },
  'V4 succession': {
    kind: 'within a window',
    text: 'when a master dies there is a new one within the master-down interval, when it leaves at once',
  },
  'V5 order': {
    kind: 'always',
    text: 'the best of the backups takes over',
  },
  'V6 announced': {
    kind: 'within a window',
    text: 'a new master announces every address as often as configured, and one that had a rival once more',
  },
  'V6 neighbours': {
    kind: 'after convergence',
    text: 'every host knows the master at the virtual addresses',
  },
  'V1 held-up': {
    kind: 'always',
    text: 'a master that was held up until others took over gives up before it carries anything',
  },
  'V8 table-before-preemption': {
    kind: 'always',
    text: 'no living master is preempted by a director whose table is not complete',
  },
  'C1 committed': {
    kind: 'always',
    text: 'with commit acked a real server hears of no connection that no peer knows',
  },
  'F2 checksums': {
    kind: 'always',
    text: 'what a director sends has right checksums and hops left',
  },
  'F3 no-loop': { kind: 'always', text: 'a director sends nothing to itself' },
  'F4 quiesced': {
    kind: 'within a window',
    text: 'a real server that refuses checks, or is in no configuration, gets no new flow',
  },
  'F7 conservation': {
    kind: 'always',
    text: 'frames received = forwarded + answered + held + dropped',
  },
  'T1 counters': {
    kind: 'always',
    text: "the real servers' counters are what a recount of the table gives",
  },
  'S1 equal-tables': {
    kind: 'after convergence',
    text: 'every director knows the connections that the others have told, and no more of theirs',
  },
  'S2 refreshed': {
    kind: 'always',
    text: 'no digest differs when nothing was lost',
  },
  'S2 repaired': {
    kind: 'within a window',
    text: 'what the network loses of session sync is asked for and sent again',
  },
  'S3 no-loss': {
    kind: 'within a window',
    text: 'no flow breaks but those below the threshold, inside the sync window, or whose sync was lost',
  },
  'S6 no-echo': {
    kind: 'always',
    text: 'who was never master counts no connection as new, and tells of none that it does not carry',
  },
  'S7 fail-back': {
    kind: 'always',
    text: 'who preempts a living master knows the connections that it has told',
  },
  'H1 for-cause': {
    kind: 'always',
    text: 'nobody takes a real server for down that has answered, nor by an interface without carrier',
  },
  'H1 taken-out': {
    kind: 'within a window',
    text: 'a real server that does not answer checks is down where it is checked',
  },
  'H1 taken-in': {
    kind: 'after convergence',
    text: 'every real server is up at every director, with its configured weight',
  },
  'L1 answered': {
    kind: 'after convergence',
    text: 'every living flow is answered',
  },
  'L2 reachable': {
    kind: 'after convergence',
    text: 'new flows to every service are answered',
  },
  'B1 content': {
    kind: 'always',
    text: 'every byte that arrives is the one that was sent',
  },
  'X1 no-exception': {
    kind: 'always',
    text: 'nothing that arrives makes a director fail',
  },
} as const satisfies Readonly<
  Record<string, { readonly kind: InvariantKind; readonly text: string }>
>;

export type InvariantName = keyof typeof Invariants;

/** An invariant that did not hold. */
export interface Violation {
  readonly invariant: InvariantName;
  /** Microseconds from the start of the run. */
  readonly at: number;
  readonly detail: string;
}

/** Where checkers report. Of one invariant the first few are enough. */
export class Violations {
  readonly all: Violation[] = [];
  readonly #most: number;
  readonly #counts = new Map<InvariantName, number>();

  constructor(mostOfEach = 5) {
    this.#most = mostOfEach;
  }

  get count(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }

  report(violation: Violation): void {
    const count = (this.#counts.get(violation.invariant) ?? 0) + 1;
    this.#counts.set(violation.invariant, count);
    if (count <= this.#most) this.all.push(violation);
  }
}
