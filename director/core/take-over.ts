import type { Instant } from '../base/time.js';
import { LocalOrigin } from './connections.js';
import type { Director } from './director.js';
import { isServed } from './lifecycle.js';

/** How long an entry stays with the node that told of it last, so that two that share its packets do not quarrel. */
const OwnershipPeriod = 1;

/**
 * True when a client's packet shows that the connection of another node has moved to this one, which then tells the others
 * that it is its own now: at once when this node has taken over the address, and among nodes that are all active when the
 * other one has been silent about it for a moment.
 */
export function hasMovedHere(director: Director, index: number, now: Instant): boolean {
  const { connections } = director;
  if (connections.origin[index] === LocalOrigin || !director.sync.hasOwners) return false;
  if (director.isActiveActive) return connections.sinceSync(index, now) >= OwnershipPeriod;
  return isServed(director, index);
}
