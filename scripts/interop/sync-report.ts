import { isIpv6 } from '../../director/base/address.js';
import { compareConnections } from '../oracle/compare-tables.js';
import { connectionName, type ListedConnection } from '../oracle/connection-listing.js';
import { engineServices, isTold, syncFlows } from './sync-scenario.js';

/** Who a director is: a kernel, or ours. */
export type Who = 'kernel' | 'baton';

/** A master tells a backup in a format. At least one of them is a kernel. */
export interface SyncRun {
  /** The format of the messages (sync_version). */
  readonly version: 0 | 1;
  readonly master: Who;
  readonly backup: Who;
}

/** The tables at the end of a run. */
export interface SyncTables {
  readonly master: readonly ListedConnection[];
  readonly backup: readonly ListedConnection[];
}

/**
 * A connection is told up to three seconds after the packet that made it worth telling, and what the peer then counts
 * down from is its whole timeout; the tables are read one after the other.
 */
const ExpiryTolerance = 5;

/** A template that came in a message without timeouts lives for three minutes (IP_VS_SYNC_CONN_TIMEOUT). */
const TimeoutWithoutMessage = 180;

/**
 * Prints how a backup's table differs from the master's. What a backup is not told of, or cannot keep, does not count, and
 * is told beside. True when there is something to compare and all of it is equal.
 */
export function reportEntries(run: SyncRun, { master, backup }: SyncTables): boolean {
  const told = run.version === 0 ? master.flatMap(inVersion0) : master;
  const untold = new Set(syncFlows().flatMap((flow) => (isTold(flow) ? [] : [flow.name])));
  const worth = told.filter((entry) => !untold.has(connectionName(entry)));
  const known = run.backup === 'baton' ? worth.filter((entry) => !isOfEngine(entry)) : worth;
  const expected = run.backup === 'baton' ? known.map(withHalfMore) : known;
  const differences = compareConnections(backup, expected, ExpiryTolerance);
  for (const line of differences) console.log(`the backup's ${line}`);
  const [below, engines] = [told.length - worth.length, worth.length - known.length];
  if (below > 0) console.log(`${below} entries of the master are below its sync threshold`);
  if (engines > 0)
    console.log(`${engines} templates are of a persistence engine that we do not have`);
  const names = new Set(expected.map(connectionName));
  const extra = backup.filter((entry) => !names.has(connectionName(entry))).length;
  const equal = expected.length - (differences.length - extra);
  console.log(`${equal} of ${expected.length} entries equal`);
  return differences.length === 0 && expected.length > 0;
}

/** The entry that a backup makes of a message of version 0, which knows neither IPv6 nor timeouts. */
function inVersion0(entry: ListedConnection): ListedConnection[] {
  if (isIpv6(entry.virtual.address)) return [];
  const expires = TimeoutWithoutMessage - ExpiryTolerance / 2;
  return [isTemplate(entry) ? { ...entry, expires } : entry];
}

const isTemplate = (entry: ListedConnection): boolean => entry.client.port === 0;

/** True for a template that a persistence engine has named: the only ones of its services. */
const isOfEngine = (entry: ListedConnection): boolean =>
  isTemplate(entry) &&
  engineServices().some((name) => connectionName(entry).endsWith(` -> ${name}`));

/** The timeouts of states and services that occur; no two are so near that what is left of one could be the other. */
const Timeouts = [10, 60, 90, 120, 180, 300, 900];

/** An entry as one of our backups keeps it: half a timeout longer than the master (director/core/replica.ts). */
function withHalfMore(entry: ListedConnection): ListedConnection {
  const timeout = Timeouts.find((each) => each >= entry.expires) ?? 0;
  return { ...entry, expires: entry.expires + timeout / 2 };
}
