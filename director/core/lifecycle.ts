import type { Instant } from '../base/time.js';
import type { Flow } from '../wire/flow.js';
import { Protocol } from '../wire/ipv4.js';
import { Flag, NoConnection, type ConnectionKey } from './connections.js';
import type { Director } from './director.js';
import { Method, type RealServer } from './services.js';
import { Direction, isActive, nextTcpState, State } from './states.js';

/** Makes the entry of a new connection; `NoConnection` when the table is full. */
export function openConnection(
  director: Director,
  flow: Flow,
  server: RealServer,
  now: Instant,
): number {
  const { connections } = director;
  const key: ConnectionKey = {
    family: flow.family,
    protocol: flow.protocol,
    clientWords: flow.source,
    clientPort: flow.sourcePort,
    virtualWords: flow.destination,
    virtualPort: flow.destinationPort,
    realWords: server.words,
    realPort: server.port,
  };
  const index = connections.insert(key, now);
  if (index === NoConnection) return NoConnection;
  if (flow.protocol === Protocol.udp) connections.state[index] = State.udp;
  bindConnection(director, index, server);
  return index;
}

/** Ties an entry to its real server: from there come the forwarding method and a place in the server's counts. */
export function bindConnection(director: Director, index: number, server: RealServer): void {
  const { connections } = director;
  connections.server[index] = server.id;
  connections.method[index] = server.method;
  if (server.method === Method.route) connections.setFlag(index, Flag.noOutput);
  else connections.clearFlag(index, Flag.noOutput);
  if (isActive(connections.state[index] ?? State.none)) {
    connections.clearFlag(index, Flag.inactive);
    server.active += 1;
  } else {
    connections.setFlag(index, Flag.inactive);
    server.inactive += 1;
  }
}

/** Moves an entry on after a packet of it: its state, its real server's counts and its expiry. */
export function advanceConnection(
  director: Director,
  index: number,
  flow: Flow,
  isFromClient: boolean,
  now: Instant,
): void {
  const { connections } = director;
  const before = connections.state[index] ?? State.none;
  let state = before;
  if (flow.protocol === Protocol.tcp) {
    let direction: Direction = Direction.output;
    if (isFromClient) {
      const isHalf = connections.hasFlag(index, Flag.noOutput);
      direction = isHalf ? Direction.inputOnly : Direction.input;
    }
    state = nextTcpState(before, flow.tcpFlags, direction);
    if (state !== before) setState(director, index, state);
  }
  connections.expireAfter(index, director.timeouts[state] ?? 0, now);
}

/** Sets an entry's state and keeps its real server's counts of active and inactive connections true. */
export function setState(director: Director, index: number, state: number): void {
  const { connections } = director;
  connections.state[index] = state;
  const wasInactive = connections.hasFlag(index, Flag.inactive);
  if (wasInactive === !isActive(state)) return;
  const server = director.services.server(connections.server[index] ?? -1);
  if (server === undefined) return;
  const change = wasInactive ? 1 : -1;
  server.active += change;
  server.inactive -= change;
  if (wasInactive) connections.clearFlag(index, Flag.inactive);
  else connections.setFlag(index, Flag.inactive);
}

/**
 * Ends an entry: its real server counts one less, and peers that know it are told when this node serves it. A copy that
 * expires here says nothing about the original: perhaps we have only missed what its master told us.
 */
export function closeConnection(director: Director, index: number): void {
  const { connections } = director;
  const server = director.services.server(connections.server[index] ?? -1);
  if (server !== undefined) {
    const isServed = server.service.isLive;
    if (isServed && connections.hasFlag(index, Flag.synced)) director.sync.onRemove(index);
    if (connections.hasFlag(index, Flag.inactive)) server.inactive -= 1;
    else server.active -= 1;
  }
  connections.release(index);
}
