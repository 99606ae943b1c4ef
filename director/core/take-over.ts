import { after, seconds, type Instant } from '../base/time.js';
import { LocalOrigin } from './connections.js';
import type { Director } from './director.js';
import { isEntryOver, isServed } from './lifecycle.js';

/** How long an entry stays with the node that told of it last, so that two that share its packets do not quarrel. */
const OwnershipPeriod = 1;
/** How long a former master may take to hear that it has been succeeded. */
const DoubtPeriod = seconds(3);

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

/** This node has become master of some of its addresses. */
export function beginDoubt(director: Director, now: Instant): void {
  director.doubtfulUntil = after(now, DoubtPeriod);
}

/**
 * True for a connection that is over, as others have told, while one of them is master as well: for some milliseconds two
 * are, when a node takes over from one that lives. That one may have opened another connection on the same ports and told
 * nobody yet, so a packet that belongs to it would be sent to the real server of the old one, which resets it. It tells all
 * as soon as it hears that it has been succeeded, and the client sends the packet again. Another node may well be master
 * of other addresses for good, so doubt ends with time, too.
 */
export function isDoubtful(director: Director, index: number, now: Instant): boolean {
  const { connections, doubtfulUntil, standings } = director;
  if (now >= doubtfulUntil) return false;
  if (connections.origin[index] === LocalOrigin) return false;
  return isEntryOver(director, index) && standings.hasMaster && isServed(director, index);
}
