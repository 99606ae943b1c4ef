import { endpointText } from './endpoint.js';
import { replay, type ReplayPlan, type ReplayResult, type ServerOrder } from './replay.js';
import { serviceName, type ListedService } from './service-listing.js';

/** The orders of more servers than this are not tried: there would be too many. */
const MostServers = 4;

/** A comparison, and the order of real servers that it assumes. */
export interface OrderedResult extends ReplayResult {
  readonly assumptions: readonly string[];
}

/** Ranks of servers by `service server`. */
type Ranks = ReadonlyMap<string, number>;

/**
 * Replays a recording in the order of real servers that explains it best. In what order they were added decides what most
 * schedulers choose, but a listing is sorted by address. The listing's order is assumed first; where it leads to
 * differences, every other order of each service's servers is tried, and the one with the fewest differences wins.
 */
export function replayInBestOrder(plan: ReplayPlan): OrderedResult {
  let ranks: Ranks = new Map();
  let best = replay(plan, inOrder(ranks));
  const listing = plan.scenario.marks[0]?.master.services ?? [];
  for (const service of listing) {
    if (best.differences.length === 0) break;
    if (service.servers.length > MostServers) continue;
    for (const candidate of rankings(service)) {
      const tried: Ranks = new Map([...ranks, ...candidate]);
      const result = replay(plan, inOrder(tried));
      if (result.differences.length >= best.differences.length) continue;
      best = result;
      ranks = tried;
    }
  }
  return { ...best, assumptions: listing.flatMap((service) => assumption(service, ranks)) };
}

const rankName = (service: ListedService, server: ListedService['servers'][number]): string =>
  `${serviceName(service)} ${endpointText(server.endpoint)}`;

/** Sorts each service's servers by rank; those without one stay in place behind the others. */
const inOrder =
  (ranks: Ranks): ServerOrder =>
  (listing) =>
    listing.map((service) => ({
      ...service,
      servers: service.servers.toSorted(
        (left, right) =>
          (ranks.get(rankName(service, left)) ?? Infinity) -
            (ranks.get(rankName(service, right)) ?? Infinity) || 0,
      ),
    }));

function rankings(service: ListedService): Map<string, number>[] {
  const names = service.servers.map((server) => rankName(service, server));
  return permutations(names).map((order) => new Map(order.map((name, rank) => [name, rank])));
}

function permutations(names: readonly string[]): string[][] {
  if (names.length < 2) return [[...names]];
  return names.flatMap((name, index) =>
    permutations(names.toSpliced(index, 1)).map((rest) => [name, ...rest]),
  );
}

function assumption(service: ListedService, ranks: Ranks): string[] {
  if (service.servers.length < 2) return [];
  const names = service.servers
    .toSorted(
      (left, right) =>
        (ranks.get(rankName(service, left)) ?? 0) - (ranks.get(rankName(service, right)) ?? 0),
    )
    .map(({ endpoint }) => endpointText(endpoint));
  return [`real servers of ${serviceName(service)} were added in the order ${names.join(', ')}`];
}
