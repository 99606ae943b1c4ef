import type { SessionView } from '../node/api.js';

/** Why one node has an entry that the other lacks, as far as the two tables tell. */
export type MissingReason =
  /** Nobody has been told of it yet: too few packets, or a state that is not synced. */
  | 'below the sync threshold'
  /** The entry is the other node's own, which has ended it: the copy waits for its removal or its time. */
  | 'ended by its owner'
  /** Peers have been told; the message is under way, or it is lost. */
  | 'told, but missing';

/** What two entries of the same connection may differ in. */
export const comparedFields = ['real', 'method', 'state'] as const;
export type ComparedField = (typeof comparedFields)[number];

/** The same connection in both tables, not alike. */
export interface Difference {
  readonly key: string;
  readonly here: string;
  readonly there: string;
}

/** One table. */
export interface TableOf {
  readonly node: string;
  readonly sessions: readonly SessionView[];
}

/** How two tables differ; `equal` when no group has an entry. Keys are as `entryKey` makes them. */
export interface TableDiff {
  readonly nodes: readonly [string, string];
  readonly sizes: readonly [number, number];
  readonly same: number;
  readonly equal: boolean;
  /** Entries that only the first and only the second node has. */
  readonly onlyIn: readonly [
    Readonly<Partial<Record<MissingReason, readonly string[]>>>,
    Readonly<Partial<Record<MissingReason, readonly string[]>>>,
  ];
  readonly different: Readonly<Partial<Record<ComparedField, readonly Difference[]>>>;
}

/** The name of an entry: the same on every node. A template and a connection never share one: a template has port 0. */
export const entryKey = ({ protocol, client, virtual }: SessionView): string =>
  `${protocol} ${client} ${virtual}`;

/** Compares two connection tables. Packets and remaining times are each node's own and not compared. */
export function diffTables(first: TableOf, second: TableOf): TableDiff {
  const here = byKey(first);
  const there = byKey(second);
  const different: Partial<Record<ComparedField, Difference[]>> = {};
  let same = 0;
  for (const [key, entry] of here) {
    const other = there.get(key);
    if (other === undefined) continue;
    const fields = comparedFields.filter((field) => entry[field] !== other[field]);
    if (fields.length === 0) same += 1;
    for (const field of fields) {
      (different[field] ??= []).push({ key, here: entry[field], there: other[field] });
    }
  }
  const onlyIn = [missing(here, there, second.node), missing(there, here, first.node)] as const;
  const groups = [...onlyIn, different].flatMap((group) => Object.keys(group));
  return {
    nodes: [first.node, second.node],
    sizes: [first.sessions.length, second.sessions.length],
    same,
    equal: groups.length === 0,
    onlyIn,
    different,
  };
}

const byKey = ({ sessions }: TableOf): Map<string, SessionView> =>
  new Map(sessions.map((session) => [entryKey(session), session]));

function missing(
  table: ReadonlyMap<string, SessionView>,
  other: ReadonlyMap<string, SessionView>,
  otherNode: string,
): Partial<Record<MissingReason, string[]>> {
  const groups: Partial<Record<MissingReason, string[]>> = {};
  for (const [key, session] of table) {
    if (!other.has(key)) (groups[reasonOf(session, otherNode)] ??= []).push(key);
  }
  return groups;
}

function reasonOf(session: SessionView, otherNode: string): MissingReason {
  if (session.origin === otherNode) return 'ended by its owner';
  return session.synced ? 'told, but missing' : 'below the sync threshold';
}
