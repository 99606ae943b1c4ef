import { Row } from '../../director/core/connection-row.js';
import { Flag } from '../../director/core/connections.js';
import { SyncDigests } from '../../director/core/sync-digests.js';
import type { BenchDirector } from '../packets/bench-director.js';

/** Seconds that no entry has left: half as long again as the longest timeout of 31 days. */
const LongestLife = 1.5 * 2_678_400;

/** What must be true of a table, whatever was put into it, and is not. */
export function tableFaults(bench: BenchDirector): string[] {
  const { connections, services } = bench.director;
  const found: string[] = [];
  const active = new Map<number, number>();
  const inactive = new Map<number, number>();
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index)) continue;
    if (connections.remaining(index, bench.now) > LongestLife) found.push('lives too long');
    if (connections.hasFlag(index, Flag.template)) continue;
    const counts = connections.hasFlag(index, Flag.inactive) ? inactive : active;
    const server = connections.server[index] ?? -1;
    counts.set(server, (counts.get(server) ?? 0) + 1);
  }
  for (const service of services.services()) {
    for (const server of service.servers) {
      if (server.active !== (active.get(server.id) ?? 0)) found.push('active connections');
      if (server.inactive !== (inactive.get(server.id) ?? 0)) found.push('inactive connections');
    }
  }
  return [...found, ...digestFaults(bench)];
}

/** Digests that are not what the entries come to when they are counted one by one. */
function digestFaults({ director: { connections } }: BenchDirector): string[] {
  const counted = new SyncDigests();
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index) || !connections.hasFlag(index, Flag.synced)) continue;
    counted.add(connections.origin[index] ?? 0, connections.rows, index * Row.words);
  }
  const found: string[] = [];
  for (let origin = 0; origin < 256; origin += 1) {
    const isEqual =
      counted.entries(origin) === connections.digests.entries(origin) &&
      counted.high(origin) === connections.digests.high(origin) &&
      counted.low(origin) === connections.digests.low(origin);
    if (!isEqual) found.push(`digest of origin ${origin}`);
  }
  return found;
}
