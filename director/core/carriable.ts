import { unreachable } from '../base/invariant.js';
import { copyAddress } from '../wire/address-words.js';
import type { MacAddress } from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import { Protocol } from '../wire/ipv4.js';
import { Flag, LocalOrigin, NoConnection } from './connections.js';
import type { Director } from './director.js';
import { Wrapping } from './flow-layout.js';
import { type FlowPath } from './flow-table.js';
import { overhead, sourcePort } from './forward/tunnel.js';
import type { Interface } from './interfaces.js';
import { isServed, serverOf } from './lifecycle.js';
import type { Neighbour } from './neighbours.js';
import { requestOf } from './request-flow.js';
import { Method, type RealServer } from './services.js';
import { State } from './states.js';
import { knownNextHop } from './transmit.js';

/** Flags of entries whose packets need more than rewriting. */
const Special = Flag.template | Flag.onePacket | Flag.uncommitted;

/** States of TCP in which a segment that has nothing to say changes nothing, and which may last. */
const LastingStates = (1 << State.established) | (1 << State.finWait) | (1 << State.closeWait);

/** True for the state of a connection that may be carried: established, or half closed, or one of datagrams. */
export const isLasting = (protocol: number, state: number): boolean =>
  protocol === Protocol.tcp ? ((LastingStates >> state) & 1) !== 0 : state === State.udp;

/**
 * The cheap half of `isCarriable`, for every packet: TCP or UDP, of which peers know all that they are to know.
 */
export function mayBeCarriable({ connections, settings, sync }: Director, index: number): boolean {
  const protocol = connections.protocol[index] ?? 0;
  const state = connections.state[index] ?? State.none;
  if (!isLasting(protocol, state)) return false;
  if (((connections.flags[index] ?? 0) & Special) !== 0) return false;
  if (connections.origin[index] !== LocalOrigin && sync.hasOwners) return false;
  const [threshold, period] = settings.sync_threshold;
  if (threshold === 0 && period === 0) return true;
  if (settings.sync_persist_mode !== 0 && connections.template(index) !== NoConnection) return true;
  return connections.hasFlag(index, Flag.synced) && connections.syncedState[index] === state;
}

/**
 * True when the kernel may carry the connection: nothing is to be done with its packets but to rewrite and to count them.
 * A client with a floating address, or a virtual address that is none, is left out: so the packets of clients and those of real
 * servers never look alike.
 */
export function isCarriable(director: Director, index: number): boolean {
  const { connections, floating } = director;
  if (!mayBeCarriable(director, index)) return false;
  const server = serverOf(director, index);
  if (server?.isAvailable !== true || !isServed(director, index)) return false;
  const { rows } = connections;
  const family = connections.familyOf(index);
  if (floating.get(family, rows, connections.virtualAt(index)) === undefined) return false;
  if (floating.get(family, rows, connections.clientAt(index)) !== undefined) return false;
  const method = connections.methodOf(index);
  switch (method) {
    case Method.fullNat:
      return connections.hasFlag(index, Flag.clientTold);
    case Method.tunnel:
      return hasPlainTunnel(director, server, family);
    case Method.masq:
    case Method.route:
      return true;
    case Method.local:
      return false;
    default:
      return unreachable(method);
  }
}

/**
 * True for a tunnel that is no matter of checksums. Over IPv4, of packets that may not be cut: what may be needs an
 * identification of its own.
 */
const hasPlainTunnel = (
  { settings }: Director,
  { family, tunnel }: RealServer,
  inside: Family,
): boolean =>
  tunnel.checksum === 'none' &&
  (family === Family.ipv6 || (inside === Family.ipv4 && settings.pmtu_disc !== 0));

/** True when answers of the connection's real server pass this director. */
export const seesReplies = ({ connections }: Director, index: number): boolean =>
  !connections.answersAsVirtual(index);

/**
 * True when answers of the connection's real server are taken for its own. Of two connections from one client endpoint to one
 * real server, by two virtual addresses, only one can have them.
 */
export function ownsReplies(director: Director, index: number): boolean {
  const { connections, inner } = director;
  if (!seesReplies(director, index) || connections.methodOf(index) === Method.fullNat) return true;
  const { rows } = connections;
  inner.family = connections.familyOf(index);
  inner.protocol = connections.protocol[index] ?? 0;
  copyAddress(inner.source, rows, connections.realAt(index));
  copyAddress(inner.destination, rows, connections.clientAt(index));
  inner.sourcePort = connections.realPort(index);
  inner.destinationPort = connections.clientPort(index);
  return connections.findReply(inner) === index;
}

/** Writes down the way of the client's packets. The neighbour that they go to, if it is known. */
export function pathOfRequests(
  director: Director,
  index: number,
  path: FlowPath,
): Neighbour | undefined {
  writeRequests(director, index, path);
  const { connections } = director;
  const server = serverOf(director, index);
  if (connections.methodOf(index) !== Method.tunnel || server === undefined) {
    return leadTo(director, connections.realAt(index), path);
  }
  path.newFamily = server.family;
  const neighbour = leadTo(director, connections.realAt(index), path);
  if (neighbour === undefined) return undefined;
  return writeTunnel(director, index, path, server, neighbour) ? neighbour : undefined;
}

/** What the client's packets are wrapped into. False when that is not known. */
function writeTunnel(
  director: Director,
  index: number,
  path: FlowPath,
  { tunnel, words: end }: RealServer,
  { family, words }: Neighbour,
): boolean {
  const route = director.routes.find(family, words);
  if (route === undefined) return false;
  path.wrapping = Wrapping[tunnel.type];
  path.mtu -= overhead(tunnel, family);
  path.newSource.set(route.source);
  path.newDestination.set(end);
  if (tunnel.type === 'gue') {
    path.newSourcePort = sourcePort(requestOf(director, index));
    path.newDestinationPort = tunnel.port;
  }
  return true;
}

/** What the client's packets look like, and when they leave. */
function writeRequests(director: Director, index: number, path: FlowPath): void {
  const { connections, localEndpoints } = director;
  const { rows } = connections;
  path.family = connections.familyOf(index);
  path.protocol = connections.protocol[index] ?? 0;
  copyAddress(path.source, rows, connections.clientAt(index));
  path.sourcePort = connections.clientPort(index);
  copyAddress(path.destination, rows, connections.virtualAt(index));
  path.destinationPort = connections.virtualPort(index);
  path.newFamily = path.family;
  copyAddress(path.newSource, path.source);
  path.newSourcePort = path.sourcePort;
  copyAddress(path.newDestination, path.destination);
  path.newDestinationPort = path.destinationPort;
  path.wrapping = Wrapping.none;
  const method = connections.methodOf(index);
  if (method === Method.masq || method === Method.fullNat) {
    copyAddress(path.newDestination, rows, connections.realAt(index));
    path.newDestinationPort = connections.realPort(index) || path.destinationPort;
  }
  if (method === Method.fullNat) {
    copyAddress(path.newSource, localEndpoints.addresses, index * 4);
    path.newSourcePort = localEndpoints.port(index);
  }
}

/** Writes down the way of the real server's packets. The neighbour that they go to, if it is known. */
export function pathOfReplies(
  director: Director,
  index: number,
  path: FlowPath,
): Neighbour | undefined {
  writeRequests(director, index, path);
  const { source, sourcePort, destination, destinationPort } = path;
  path.source = path.newDestination;
  path.sourcePort = path.newDestinationPort;
  path.destination = path.newSource;
  path.destinationPort = path.newSourcePort;
  path.newSource = destination;
  path.newSourcePort = destinationPort;
  path.newDestination = source;
  path.newDestinationPort = sourcePort;
  return leadTo(director, director.connections.clientAt(index), path);
}

/** Leads a path to the host whose address is at that offset of a connection's row. */
function leadTo(director: Director, offset: number, path: FlowPath): Neighbour | undefined {
  const { newFamily } = path;
  const neighbour = knownNextHop(director, newFamily, director.connections.rows, offset);
  if (neighbour?.isResolved !== true || neighbour.family !== newFamily) return undefined;
  const out = neighbour.interface;
  const { high, low } = sourceMac(director, out, path);
  path.toHigh = neighbour.macHigh;
  path.toLow = neighbour.macLow;
  path.fromHigh = high;
  path.fromLow = low;
  path.mtu = out.mtu;
  return neighbour;
}

/** As `useVirtualMac`. */
function sourceMac(
  director: Director,
  out: Interface,
  { family, newSource }: FlowPath,
): MacAddress {
  if (!director.virtualMacs.isUsed) return out.mac;
  const floating = director.floating.get(family, newSource);
  return floating?.isLive === true && floating.interface === out ? floating.mac : out.mac;
}
