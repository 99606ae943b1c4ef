import { isIpv6 } from '../../director/base/address.js';
import { compareConnections } from '../oracle/compare-tables.js';
import { connectionName, type ListedConnection } from '../oracle/connection-listing.js';
import type { ListedService } from '../oracle/service-listing.js';
import { engineServices, isTold, markRules, syncFlows } from './sync-scenario.js';

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
  const isKept = (entry: ListedConnection): boolean =>
    run.backup === 'kernel' || run.version === 0 || !isOfEngine(entry);
  const known = worth.filter(isKept);
  const expected = run.backup === 'baton' ? known.map(withHalfMore) : known;
  const differences = compareConnections(backup, expected, ExpiryTolerance);
  for (const line of differences) console.log(`the backup's ${line}`);
  const [below, engines] = [told.length - worth.length, worth.length - known.length];
  if (below > 0) console.log(`${below} entries of the master are below its sync threshold`);
  if (engines > 0) console.log(`${engines} templates are of an engine, which we have not`);
  const names = new Set(expected.map(connectionName));
  const extra = backup.filter((entry) => !names.has(connectionName(entry))).length;
  const equal = expected.length - (differences.length - extra);
  console.log(`${equal} of ${expected.length} entries equal`);
  return differences.length === 0 && expected.length > 0;
}

/**
 * Prints where a backup counts other connections at a real server's address than it has entries: what a message says of
 * a connection being active shows nowhere else. True when all is as it should be.
 */
export function reportCounts(
  { version, backup }: SyncRun,
  services: readonly ListedService[],
  entries: readonly ListedConnection[],
): boolean {
  const marked = new Set(markRules().map(({ address }) => address));
  // Version 0 does not say the mark, and a kernel then finds no server.
  const isBound = ({ virtual }: ListedConnection): boolean =>
    version === 1 || backup === 'baton' || !marked.has(virtual.address);
  const connections = entries.filter((entry) => !isTemplate(entry) && isBound(entry));
  const servers = services.flatMap((service) => service.servers);
  const addresses = new Set(servers.map(({ endpoint }) => endpoint.address));
  let isEqual = true;
  for (const address of addresses) {
    const own = connections.filter(({ real }) => real.address === address);
    const active = own.filter(({ state }) => state === 'ESTABLISHED').length;
    const expected = `${active} active and ${own.length - active} inactive`;
    const here = servers.filter(({ endpoint }) => endpoint.address === address);
    const counted = `${sum(here.map((each) => each.active))} active and ${sum(
      here.map((each) => each.inactive),
    )} inactive`;
    if (counted === expected) continue;
    isEqual = false;
    console.log(`the backup counts ${counted} at ${address}, but has ${expected}`);
  }
  return isEqual;
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

/** The entry that a backup makes of a message of version 0, which knows neither IPv6 nor timeouts. */
function inVersion0(entry: ListedConnection): ListedConnection[] {
  if (isIpv6(entry.virtual.address)) return [];
  const expires = TimeoutWithoutMessage - ExpiryTolerance / 2;
  return [isTemplate(entry) ? { ...entry, expires } : entry];
}

const isTemplate = (entry: ListedConnection): boolean => entry.client.port === 0;

/** True for a template that a persistence engine has named: the only ones of its services. Version 0 hides that. */
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
