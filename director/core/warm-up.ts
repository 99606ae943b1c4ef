import type { Instant } from '../base/time.js';
import type { Director } from './director.js';
import type { Neighbour } from './neighbours.js';
import { neighbourWork, nextHop, nextHopToServer } from './transmit.js';

/** The most questions asked in one call; the others have their turn in the next ones. */
const MostQuestions = 64;

/**
 * Keeps the MAC addresses of real servers and gateways known, on a node that forwards nothing too: one that takes over
 * would otherwise lose whatever arrives for them beyond the few packets that may wait. Called about once a second.
 */
export function keepNextHopsKnown(director: Director, now: Instant): void {
  let left = MostQuestions;
  const see = (neighbour: Neighbour | undefined): void => {
    if (neighbour === undefined) return;
    // Neighbours that are not used are forgotten, not asked again.
    neighbour.isUsed = true;
    if (neighbour.isResolved || neighbour.probes > 0 || left === 0) return;
    left -= 1;
    director.neighbours.probe(neighbour, now, neighbourWork(director));
  };
  for (const { family, words } of director.routes.gateways()) {
    see(nextHop(director, family, words, 0, now));
  }
  for (const service of director.services.services()) {
    for (const server of service.servers) see(nextHopToServer(director, server, now));
  }
}
