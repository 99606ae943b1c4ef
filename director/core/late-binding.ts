import { Family, type Flow } from '../wire/flow.js';
import { sameAddress } from './connection-row.js';
import { Flag } from './connections.js';
import type { Director } from './director.js';
import { bindConnection } from './lifecycle.js';
import { markOf } from './marks.js';
import { requestOf } from './request-flow.js';
import type { RealServer } from './services.js';

/**
 * Binds an entry that a peer has told of to the real server of this node's own configuration that it means, if there is
 * one: the configuration may have come later than the entry. Tried with every message and every packet of an entry without
 * a server (ip_vs_try_bind_dest); without one it goes on to where the peer sent it. `firewallMark` is that of the service,
 * when it is known.
 */
export function bindLate(
  director: Director,
  index: number,
  firewallMark = 0,
): RealServer | undefined {
  const { connections } = director;
  const flow = requestOf(director, index);
  const service = director.services.lookup(
    flow,
    firewallMark || markOfEntry(director, index, flow),
  );
  const realPort = connections.realPort(index);
  const server = service?.servers.find(
    ({ port, words }) =>
      (port === realPort || port === 0 || realPort === 0) &&
      sameAddress(connections.rows, connections.realAt(index), words),
  );
  if (server !== undefined) bindConnection(director, index, server);
  return server;
}

/** The template of a firewall mark has the mark for an address. */
function markOfEntry(director: Director, index: number, flow: Flow): number {
  if (flow.protocol !== 0 || !director.connections.hasFlag(index, Flag.template)) {
    return markOf(director.marks, flow);
  }
  return flow.destination[flow.family === Family.ipv4 ? 3 : 0] ?? 0;
}
