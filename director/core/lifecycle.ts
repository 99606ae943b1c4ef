import type { Instant } from '../base/time.js';
import { Protocol } from '../wire/ipv4.js';
import { abandonCommit } from './commit.js';
import { Flag, LocalOrigin, NoConnection } from './connections.js';
import type { Director } from './director.js';
import { isActiveState, isOver, TemplateState, timeoutOf } from './protocol-states.js';
import { nextSctpState, sctpEvent, SctpState } from './sctp-states.js';
import { Method, NoServer, type RealServer } from './services.js';
import { Direction, nextTcpState, State } from './states.js';

/** A template whose connections are still there when it expires lives on for this many seconds at a time. */
const TemplateGrace = 60;

/** Ties an entry to its real server: from there come the forwarding method and a place in the server's counts. */
export function bindConnection(director: Director, index: number, server: RealServer): void {
  const { connections } = director;
  connections.server[index] = server.id;
  connections.method[index] = server.method;
  const seesHalf = server.method === Method.route || server.method === Method.tunnel;
  if (seesHalf) connections.setFlag(index, Flag.noOutput);
  else connections.clearFlag(index, Flag.noOutput);
  if (connections.hasFlag(index, Flag.template)) {
    server.persistent += 1;
    return;
  }
  if (isActiveState(connections.protocol[index] ?? 0, connections.state[index] ?? 0)) {
    connections.clearFlag(index, Flag.inactive);
    server.active += 1;
  } else {
    connections.setFlag(index, Flag.inactive);
    server.inactive += 1;
  }
  server.checkUpperThreshold();
}

/** Moves an entry on after the packet in hand: its state, its real server's counts and its expiry. */
export function advanceConnection(
  director: Director,
  index: number,
  view: DataView,
  isFromClient: boolean,
  now: Instant,
): void {
  const { connections, flow } = director;
  const before = connections.state[index] ?? State.none;
  let state = before;
  if (flow.fragmentOffset === 0) {
    const direction = directionOf(director, index, isFromClient);
    if (flow.protocol === Protocol.tcp) {
      state = nextTcpState(before, flow.tcpFlags, direction, director.defence.isSecureTcp);
    } else if (flow.protocol === Protocol.sctp) {
      state = nextSctpState(before, sctpEvent(view, flow.transport, flow.end), direction);
    }
    if (state !== before) setState(director, index, state);
    if (isAssuring(flow.protocol, before, state, isFromClient)) assureTemplate(director, index);
  }
  connections.expireAfter(index, timeoutOf(director.timeouts, flow.protocol, state), now);
}

/** A director that forwards by Route or Tunnel sees the client's half only, unless an answer has come past after all. */
function directionOf(director: Director, index: number, isFromClient: boolean): Direction {
  if (!isFromClient) {
    director.connections.clearFlag(index, Flag.noOutput);
    return Direction.output;
  }
  return director.connections.hasFlag(index, Flag.noOutput) ? Direction.inputOnly : Direction.input;
}

/** A client is taken to be real when its connection becomes established, or when its datagram is answered. */
function isAssuring(
  protocol: number,
  before: number,
  state: number,
  isFromClient: boolean,
): boolean {
  if (protocol === Protocol.udp) return !isFromClient;
  if (state === before) return false;
  return state === (protocol === Protocol.tcp ? State.established : SctpState.established);
}

/** Notes at the template that a connection follows, if any, that its client is real. */
export function assureTemplate(director: Director, index: number): void {
  const template = director.connections.template(index);
  if (template === NoConnection) return;
  director.connections.state[template] = TemplateState.assured;
}

/** Sets an entry's state and keeps its real server's counts of active and inactive connections true. */
export function setState(director: Director, index: number, state: number): void {
  const { connections } = director;
  director.offload?.changeState(index, state);
  connections.state[index] = state;
  if (connections.hasFlag(index, Flag.template)) return;
  const wasInactive = connections.hasFlag(index, Flag.inactive);
  if (wasInactive === !isActiveState(connections.protocol[index] ?? 0, state)) return;
  if (wasInactive) connections.clearFlag(index, Flag.inactive);
  else connections.setFlag(index, Flag.inactive);
  const server = serverOf(director, index);
  if (server === undefined) return;
  const change = wasInactive ? 1 : -1;
  server.active += change;
  server.inactive -= change;
}

/** The real server that an entry is bound to. */
export const serverOf = (director: Director, index: number): RealServer | undefined =>
  director.services.server(director.connections.server[index] ?? NoServer);

/**
 * True when the entry is this node's to end and to tell of: it answers for the entry's virtual address. The service
 * knows, but not one that has been removed, nor one of a firewall mark, which has no address of its own; of the latter's
 * templates it is the only one that does. Among nodes that are all active it is whoever told peers of the entry last.
 */
export function isServed(director: Director, index: number): boolean {
  const { connections, floating } = director;
  if (director.isActiveActive) return connections.origin[index] === LocalOrigin;
  const server = serverOf(director, index);
  const isNamed =
    server?.isAvailable === true &&
    (server.service.firewallMark === 0 || connections.hasFlag(index, Flag.template));
  if (isNamed) return server.service.isLive;
  const family = connections.familyOf(index);
  return floating.get(family, connections.rows, connections.virtualAt(index))?.isLive ?? false;
}

/** True for an entry of a connection that is over: see `isOver`. */
export function isEntryOver({ connections }: Director, index: number): boolean {
  const isTemplate = connections.hasFlag(index, Flag.template);
  return isOver(connections.protocol[index] ?? 0, isTemplate, connections.state[index] ?? 0);
}

/**
 * True when this node forwards packets of the entry that reach it. Any node does that knows the entry, because what is
 * sent to its MAC address has no other way; with `backup_only` none but the one that serves it.
 */
export const mayCarry = (director: Director, index: number): boolean =>
  director.settings.backup_only === 0 || isServed(director, index);

/** An entry's time is up: it ends, unless it is a template that connections still follow. */
export function expireConnection(director: Director, index: number, now: Instant): void {
  if (director.offload?.isInUse(index, now) === true) return;
  if (director.connections.children(index) > 0) {
    director.connections.expireAfter(index, TemplateGrace, now);
  } else {
    closeConnection(director, index);
  }
}

/**
 * Ends an entry: its real server counts one less, and peers that know it are told when this node serves it, or told them of
 * it. A copy that expires here says nothing about the original: perhaps we have only missed what its master told us.
 */
export function closeConnection(director: Director, index: number): void {
  const server = serverOf(director, index);
  const count = countOf(director, index);
  forgetConnection(director, index);
  if (server !== undefined) uncount(server, count);
}

/**
 * Takes a template out of the way of new connections, and out of the tables of peers that know it. It ends when the last
 * connection that follows it has ended.
 */
export function retireTemplate(director: Director, index: number): void {
  tellRemoval(director, index);
  director.connections.retireTemplate(index);
}

/** The counts of a real server, of which each of its entries is in one. */
export type Count = 'active' | 'inactive' | 'persistent';

/** The count that an entry is in. */
export function countOf({ connections }: Director, index: number): Count {
  if (connections.hasFlag(index, Flag.template)) return 'persistent';
  return connections.hasFlag(index, Flag.inactive) ? 'inactive' : 'active';
}

/** The part of `closeConnection` that leaves the counts of the real server as they are, for `uncount`. */
export function forgetConnection(director: Director, index: number): void {
  const { connections } = director;
  director.offload?.withdraw(index);
  if (connections.hasFlag(index, Flag.uncommitted)) abandonCommit(director, index);
  tellRemoval(director, index);
  director.localEndpoints.release(index);
  connections.release(index);
}

/** Tells peers that know an entry that it goes, when it is this node's to say so. */
function tellRemoval(director: Director, index: number): void {
  const { connections } = director;
  const isOwn = connections.origin[index] === LocalOrigin;
  if (!connections.hasFlag(index, Flag.synced)) return;
  if (isOwn || isServed(director, index)) director.sync.onRemove(index);
}

/** Makes a real server count one entry less. */
export function uncount(server: RealServer, count: Count): void {
  server[count] -= 1;
  server.checkLowerThreshold();
}
