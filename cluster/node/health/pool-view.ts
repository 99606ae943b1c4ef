import type { Check } from '../../member/health/check.js';
import type { PoolServer, ServerPool } from '../../member/health/server-pool.js';
import type { CheckerView, PoolView, QuorumView, ServerHealth } from '../api.js';
import { endpoint } from '../endpoint.js';

/** A pool with all that its checkers have found. */
export function poolView(pool: ServerPool): PoolView {
  const { servers } = pool.snapshot();
  return {
    name: pool.name,
    quorum: quorumView(pool),
    servers: pool.servers.map(({ key, config, checks }) => {
      const known = servers.find((server) => server.key === key);
      return {
        address: endpoint(config.address, config.port),
        isUp: known?.isUp ?? false,
        weight: known?.weight ?? 0,
        checkers: checks.map(({ check }) => checkerView(check)),
      };
    }),
  };
}

export function quorumView(pool: ServerPool): QuorumView {
  const { hasQuorum, weight, isSorry } = pool.snapshot();
  const { quorum, hysteresis } = pool.virtual.health;
  return { isUp: hasQuorum, weight, quorum, hysteresis, isSorry };
}

/** What a server's checkers say together; undefined when there are none. */
export function healthOf({ checks }: PoolServer): ServerHealth | undefined {
  if (checks.length === 0) return undefined;
  const down = checks.find(({ check }) => !check.isUp);
  return { isUp: down === undefined, reason: down?.check.snapshot().reason };
}

function checkerView(check: Check): CheckerView {
  const { isUp, hasRun, isSuspended, reason, weightChange, checks, voids } = check.snapshot();
  const { kind } = check.config;
  return { kind, isUp, hasRun, isSuspended, reason, weightChange, checks, voids };
}
