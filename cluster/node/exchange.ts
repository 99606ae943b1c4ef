import { UsageError } from '../../director/base/errors.js';
import { changesBetween } from '../config/changes.js';
import type { NodeConfig } from '../config/node-config.js';
import type { ClusterNode } from '../member/cluster-node.js';
import { exchangeServices } from '../member/service-configuration.js';
import { now } from './clock.js';
import type { DataPlane } from './data-plane.js';
import type { HealthPlane } from './health/health-plane.js';
import type { VrrpPlane } from './vrrp-plane.js';

/** What a running node consists of, as far as its configuration matters. */
export interface ExchangeParts {
  readonly plane: DataPlane;
  readonly health: HealthPlane;
  readonly vrrp: VrrpPlane;
  readonly node: ClusterNode;
}

/**
 * Puts one configuration in the place of another while everything goes on. First all that the environment may refuse is
 * prepared, then all is changed in one go, without an event between: connections, counters, elections and checkers that are
 * the same in both are not touched. Answers what differs, in words.
 *
 * Throws a `UsageError` for what cannot be changed in a running node, and an `IoError` when the environment refuses
 * something. Nothing has changed then.
 */
export async function exchangeConfiguration(
  before: NodeConfig,
  after: NodeConfig,
  parts: ExchangeParts,
): Promise<readonly string[]> {
  const { plane, health, vrrp, node } = parts;
  const changes = changesBetween(before, after);
  if (changes.impossible.length > 0) {
    const what = changes.impossible.join(', ');
    throw new UsageError({ code: 'needs-restart' }, `a running node cannot change ${what}`);
  }
  const data = await plane.prepare(after);
  const checks = await health.prepare(after);
  try {
    const elections = node.elections.prepare(after, changes);
    const sockets = await vrrp.prepare(after, elections);
    if (node.isStopping) {
      sockets.abort();
      throw new UsageError({ code: 'stopping' }, 'the node is stopping');
    }
    data.commit();
    exchangeServices(plane.director, after, changes);
    checks.commit(now());
    // Who is told of the first states has to know them, and what they depend on.
    sockets.commit();
    node.exchange(after, elections);
  } catch (error) {
    checks.abort();
    data.abort();
    throw error;
  }
  return changes.descriptions;
}
