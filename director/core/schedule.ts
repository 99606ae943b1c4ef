import type { Instant } from '../base/time.js';
import type { Flow } from '../wire/flow.js';
import { Protocol } from '../wire/ipv4.js';
import * as tcp from '../wire/tcp.js';
import { NoConnection } from './connections.js';
import { DropReason } from './counters.js';
import type { Director } from './director.js';
import { makeRoom } from './eviction.js';
import { serverOf } from './lifecycle.js';
import { openConnection } from './open.js';
import { findTemplate, makeTemplate } from './persistence.js';
import { refusal } from './refusal.js';
import { isOpening } from './reuse.js';
import type { RealServer, VirtualService } from './services.js';

/**
 * Opens a connection for a packet (ip_vs_schedule in ip_vs_core.c). A TCP segment from the middle of an unknown connection
 * opens none, unless the service has a consistent hash for these: all nodes with the same real servers agree on it.
 * Answers the entry's index, or a refusal.
 *
 * Of a persistent service the template of the client decides, also about the middle of a connection; where there is none,
 * the beginning of a connection makes one by the service's scheduler, and the middle of one goes by the consistent hash
 * and makes none: what the scheduler would say now is not where the connection has been.
 */
export function schedule(
  director: Director,
  flow: Flow,
  view: DataView,
  service: VirtualService,
  now: Instant,
): number {
  const { defence } = director;
  const mayOpen = opens(director, flow, view);
  const isKnownElsewhere = !mayOpen && mayBeMidStream(flow) && service.consistent !== undefined;
  if (!mayOpen && !isKnownElsewhere) return refusal(DropReason.noConnection);
  if (defence.shouldDropPacket()) return refusal(DropReason.overloaded);

  if (service.persistence !== undefined) {
    return schedulePersistent(director, flow, service, isKnownElsewhere, now);
  }
  const scheduler = isKnownElsewhere ? service.consistent : service.scheduler;
  const server = scheduler?.choose(service, flow, now);
  if (server === undefined) return refusal(DropReason.noServer);
  const realPort = server.port === 0 ? flow.destinationPort : server.port;
  return openConnection(director, flow, server, realPort, now);
}

function schedulePersistent(
  director: Director,
  flow: Flow,
  service: VirtualService,
  isKnownElsewhere: boolean,
  now: Instant,
): number {
  const { persistence, consistent } = service;
  let template = findTemplate(director, service, flow, now);
  if (template === NoConnection && isKnownElsewhere) {
    const server = consistent?.choose(service, flow, now);
    if (server === undefined) return refusal(DropReason.noServer);
    return openConnection(director, flow, server, portBehind(service, server, flow), now);
  }
  if (template === NoConnection && persistence !== undefined) {
    // For the connection too, and at once: it must not find that there is no room left for it.
    if (!makeRoom(director, 2)) return refusal(DropReason.tableFull);
    template = makeTemplate(director, service, persistence, flow, now);
  }
  return template < 0 ? template : openBehind(director, flow, service, template, now);
}

/** Opens a connection to the server of its template. */
function openBehind(
  director: Director,
  flow: Flow,
  service: VirtualService,
  template: number,
  now: Instant,
): number {
  // Not in the place of the one that it is to follow.
  if (!makeRoom(director, 1, template)) return refusal(DropReason.tableFull);
  const server = serverOf(director, template);
  if (server === undefined) return refusal(DropReason.noServer);
  const index = openConnection(director, flow, server, portBehind(service, server, flow), now);
  if (index >= 0) director.connections.follow(index, template);
  return index;
}

/** True for a packet that may open a connection: of TCP and SCTP only what begins one, unless `sloppy_*` says any. */
function opens(director: Director, flow: Flow, view: DataView): boolean {
  const { settings } = director;
  switch (flow.protocol) {
    case Protocol.tcp:
      if ((flow.tcpFlags & tcp.Flag.rst) !== 0) return false;
      return settings.sloppy_tcp !== 0 || isOpening(flow, view);
    case Protocol.sctp:
      return settings.sloppy_sctp !== 0 || isOpening(flow, view);
    default:
      return true;
  }
}

/** True for a segment that can belong to a connection which another node has carried. */
const mayBeMidStream = (flow: Flow): boolean =>
  flow.protocol === Protocol.tcp && (flow.tcpFlags & tcp.Flag.rst) === 0;

/** The real server's port: its own for the service's port, the client's choice for any other. */
function portBehind(service: VirtualService, server: RealServer, flow: Flow): number {
  const keeps = flow.destinationPort !== service.port || server.port === 0;
  return keeps ? flow.destinationPort : server.port;
}
