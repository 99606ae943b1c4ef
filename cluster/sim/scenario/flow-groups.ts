/** What became of one flow of a scenario, wherever it ran. */
export interface FlowOutcome {
  readonly protocol: 'TCP' | 'UDP';
  /** `address:port` of its service. */
  readonly virtual: string;
  /** The name of the real server that answered; absent when none did. */
  readonly server: string | undefined;
  /** It was to end after a few exchanges. */
  readonly isShort: boolean;
  /** Why it broke, in the classes of the simulator's loss check; absent when it did not. */
  readonly broken: string | undefined;
  /** The longest that it waited for an answer from the first fault on, in milliseconds. */
  readonly waitMs: number;
}

/** Flows of one kind, to one service and one real server, and how many of them came to which end. */
export interface FlowGroup {
  readonly protocol: 'TCP' | 'UDP';
  readonly virtual: string;
  /** A dash for flows that nobody ever answered. */
  readonly server: string;
  readonly isShort: boolean;
  readonly flows: number;
  readonly survived: number;
  /** Answered, and broken later. */
  readonly broken: number;
  /** Never answered. */
  readonly neverOpened: number;
}

/** The name of a group, the same in every report. */
export const groupName = ({ protocol, virtual, server, isShort }: FlowGroup): string =>
  `${protocol} ${virtual} by ${server}${isShort ? ', short' : ''}`;

/** Sorts flows into groups, in the order of the groups' names. */
export function groupFlows(outcomes: readonly FlowOutcome[]): readonly FlowGroup[] {
  const groups = new Map<string, { -readonly [Key in keyof FlowGroup]: FlowGroup[Key] }>();
  for (const { protocol, virtual, server = '-', isShort, broken } of outcomes) {
    const empty = { flows: 0, survived: 0, broken: 0, neverOpened: 0 };
    const fresh = { protocol, virtual, server, isShort, ...empty };
    const group = groups.get(groupName(fresh)) ?? fresh;
    groups.set(groupName(fresh), group);
    group.flows += 1;
    if (broken === undefined) group.survived += 1;
    else if (server === '-') group.neverOpened += 1;
    else group.broken += 1;
  }
  return [...groups.entries()]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, group]) => group);
}
