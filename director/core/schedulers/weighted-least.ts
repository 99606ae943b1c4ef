import type { RealServer } from '../services.js';

/**
 * The available server with the smallest overhead for its weight; the first on a tie. Ratios are compared by cross
 * multiplication, exactly while the products stay below 2^53: at the greatest weight with 500 million connections.
 */
export function leastOverhead(servers: readonly RealServer[]): RealServer | undefined {
  let least: RealServer | undefined;
  for (const server of servers) {
    if (!server.isUsable || !server.isAvailable) continue;
    if (least === undefined || isLighter(server, least)) least = server;
  }
  return least;
}

const isLighter = (server: RealServer, other: RealServer): boolean =>
  server.overhead * other.weight < other.overhead * server.weight;

/** The same by the delay that a new connection would meet: only active connections count, and the new one does. */
export const isFaster = (server: RealServer, other: RealServer): boolean =>
  (server.active + 1) * other.weight < (other.active + 1) * server.weight;

/**
 * True when a server has more active connections than its weight while another has fewer than half of its own: time for
 * the locality-based schedulers to spread what they keep together.
 */
export function shouldSpread(server: RealServer, servers: readonly RealServer[]): boolean {
  if (server.active <= server.weight) return false;
  for (const other of servers) if (other.active * 2 < other.weight) return true;
  return false;
}
