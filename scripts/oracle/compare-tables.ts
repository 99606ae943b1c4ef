import { connectionName, type ListedConnection } from './connection-listing.js';
import { endpointText } from './endpoint.js';
import { serviceName, type ListedService } from './service-listing.js';

/** Both tables round down, and the mark's own time is not exact. */
const ExpiryTolerance = 2;

/**
 * Compares our connection table with a recorded one: one line for each entry that is missing, too many or different.
 * `tolerance` is how far apart two expiries may be, in seconds.
 */
export function compareConnections(
  ours: readonly ListedConnection[],
  recorded: readonly ListedConnection[],
  tolerance: number = ExpiryTolerance,
): string[] {
  const lines: string[] = [];
  const mine = new Map(ours.map((entry) => [connectionName(entry), entry]));
  for (const entry of recorded) {
    const name = connectionName(entry);
    const own = mine.get(name);
    mine.delete(name);
    const difference = own === undefined ? 'is missing' : differenceOf(own, entry, tolerance);
    if (difference !== '') lines.push(`entry ${name} ${difference}`);
  }
  return [...lines, ...[...mine.keys()].map((name) => `entry ${name} is only ours`)];
}

function differenceOf(
  ours: ListedConnection,
  recorded: ListedConnection,
  tolerance: number,
): string {
  const parts: string[] = [];
  const [mine, theirs] = [endpointText(ours.real), endpointText(recorded.real)];
  if (mine !== theirs) parts.push(`goes to ${mine}, not ${theirs}`);
  if (ours.state !== recorded.state) parts.push(`is ${ours.state}, not ${recorded.state}`);
  if (Math.abs(ours.expires - recorded.expires) > tolerance) {
    parts.push(`expires in ${ours.expires} s, not ${recorded.expires} s`);
  }
  return parts.join(' and ');
}

/** Compares the connections that each real server is counted to have. */
export function compareServices(
  ours: readonly ListedService[],
  recorded: readonly ListedService[],
): string[] {
  const lines: string[] = [];
  const mine = new Map(ours.map((service) => [serviceName(service), service]));
  for (const service of recorded) {
    const name = serviceName(service);
    const counts = countsOf(mine.get(name));
    for (const [server, theirs] of countsOf(service)) {
      const own = counts.get(server) ?? 'nothing';
      if (own !== theirs) lines.push(`${name} has at ${server} ${own}, not ${theirs}`);
    }
  }
  return lines;
}

const countsOf = (service: ListedService | undefined): Map<string, string> =>
  new Map(
    service?.servers.map(({ endpoint, active, inactive }) => [
      endpointText(endpoint),
      `${active} active and ${inactive} inactive`,
    ]),
  );
