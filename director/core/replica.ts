import type { Instant } from '../base/time.js';
import { Family, Flow } from '../wire/flow.js';
import type { ConnectionKey } from './connection-row.js';
import { Flag, LocalOrigin, NoConnection } from './connections.js';
import type { Director } from './director.js';
import { bindConnection, closeConnection, isServed, serverOf, setState } from './lifecycle.js';
import { markOf } from './marks.js';
import { isActiveState } from './protocol-states.js';
import { Method, type RealServer } from './services.js';

/** An entry as a peer describes it. */
export interface Replica extends ConnectionKey {
  readonly method: Method;
  readonly state: number;
  /** Client packets so far. */
  readonly packets: number;
  /** Seconds until the entry expires at the peer, and its full timeout in that state. */
  readonly remaining: number;
  readonly timeout: number;
  /** Number of the peer, not `LocalOrigin`. */
  readonly origin: number;
  /** True for a copy of unknown age, from a table that was read as a whole: it never replaces an entry of our own. */
  readonly isDated: boolean;
  /** The firewall mark of its service, if the peer says so: 0 or absent for what our own marks say. */
  readonly firewallMark?: number;
  /** True when the peer says that the connection is not established: it may be over, and another in its place. */
  readonly isInactive?: boolean;
  /** FullNat: the local endpoint of the connection. */
  readonly local?: { readonly words: Uint32Array; readonly port: number } | undefined;
}

/** What became of a replica: taken, or why not. */
export type ReplicaOutcome =
  | 'created'
  | 'updated'
  | 'kept-own'
  | 'replaced-before'
  | 'table-full'
  | 'client-limit';

/**
 * Puts a peer's entry into the table, as IPVS's backup does (ip_vs_proc_conn in ip_vs_sync.c), with three differences
 * for the sake of sessions: the copy lives half a timeout longer than the original, because the peer tells again
 * after at most half a timeout; an entry that this node serves itself is not overwritten by one with another real
 * server; and a removal is a message of its own.
 *
 * Among nodes that are all active, who tells of an entry has just carried it, so it is believed. Two that have opened the
 * same connection to different servers at once both follow `outranks`.
 */
export function applyReplica(director: Director, replica: Replica, now: Instant): ReplicaOutcome {
  const { connections } = director;
  const known = findEntry(director, replica);
  if (known !== NoConnection) {
    if (replica.isDated && connections.origin[known] === LocalOrigin) return 'kept-own';
    if (hasSameServer(director, known, replica)) {
      const isOurs = isServed(director, known) && !director.isActiveActive;
      if (isOurs && isOlder(director, known, replica)) return 'kept-own';
      bindReplica(director, known, replica);
      update(director, known, replica, now);
      return 'updated';
    }
    if (isLateEnd(replica)) return 'replaced-before';
    if (!makesWay(director, known, replica)) return 'kept-own';
  }
  const index = connections.insert(replica, now);
  if (index === NoConnection) {
    return connections.isCrowded(replica) ? 'client-limit' : 'table-full';
  }
  connections.method[index] = replica.method;
  connections.state[index] = replica.state;
  const seesHalf = replica.method === Method.route || replica.method === Method.tunnel;
  if (seesHalf) connections.setFlag(index, Flag.noOutput);
  bindReplica(director, index, replica);
  update(director, index, replica, now);
  return 'created';
}

/** Of an entry with another server: the end of a connection in whose place there already is another (ip_vs_proc_conn). */
const isLateEnd = ({ isInactive, isTemplate }: Replica): boolean =>
  isInactive === true && isTemplate !== true;

/**
 * Gives an entry what it needs to go on: the real server of this node's own configuration, which may have come later than
 * the entry, and for FullNat the peer's local endpoint. A peer that forwards by another method knows none: then there is
 * one of our own, so that nothing is sent from nowhere.
 */
function bindReplica(director: Director, index: number, replica: Replica): void {
  const { connections, localEndpoints } = director;
  if (serverOf(director, index) === undefined) {
    const server = findServer(director, replica);
    if (server !== undefined) bindConnection(director, index, server);
  }
  const { local } = replica;
  if (local !== undefined && !localEndpoints.isAt(index, local.words, local.port)) {
    localEndpoints.release(index);
    localEndpoints.assignExactly(index, local.words, local.port);
  }
  const isTemplate = connections.hasFlag(index, Flag.template);
  const isWithout = localEndpoints.port(index) === 0 && !isTemplate;
  if (connections.methodOf(index) === Method.fullNat && isWithout) {
    localEndpoints.assign(index, { isHeld: false });
  }
}

/**
 * Removes the entry that a peer has removed; false when there is none, or when this node serves it itself. Among nodes that
 * are all active only the one that told of it last may remove it: `origin` is the number of the peer.
 */
export function removeReplica(
  director: Director,
  key: ReplicaKey & Pick<Replica, 'origin'>,
): boolean {
  const { connections } = director;
  const index = findEntry(director, key);
  if (index === NoConnection || isServed(director, index)) return false;
  if (director.isActiveActive && connections.origin[index] !== key.origin) return false;
  if (connections.children(index) > 0) return false;
  connections.clearFlag(index, Flag.synced);
  closeConnection(director, index);
  return true;
}

/** The part of a key that identifies an entry. */
export type ReplicaKey = Omit<ConnectionKey, 'realWords' | 'realPort'>;

function update(director: Director, index: number, replica: Replica, now: Instant): void {
  const { connections } = director;
  setState(director, index, replica.state);
  connections.origin[index] = replica.origin;
  connections.packets[index] = replica.packets;
  connections.expireAfter(index, replica.remaining + replica.timeout / 2, now);
  connections.markSynced(index, now);
}

function hasSameServer(director: Director, index: number, replica: Replica): boolean {
  const { connections } = director;
  if (connections.realPort(index) !== replica.realPort) return false;
  const at = connections.realAt(index);
  return replica.realWords.every((word, position) => connections.rows[at + position] === word);
}

/** Ends an entry in favour of a peer's with another real server; false when it stays. */
function makesWay(director: Director, index: number, replica: Replica): boolean {
  const { connections } = director;
  const isFollowed = connections.children(index) > 0;
  const isKept = director.isActiveActive
    ? outranks(director, index, replica)
    : isServed(director, index) || isFollowed;
  if (isKept) return false;
  connections.clearFlag(index, Flag.synced);
  if (isFollowed) connections.retireTemplate(index);
  else closeConnection(director, index);
  return true;
}

/**
 * True when an entry prevails over a peer's with another real server, by a rule that both nodes follow whoever hears of
 * the other first: an active connection before one that is not, then the lower address and port.
 */
function outranks(director: Director, index: number, replica: Replica): boolean {
  const { connections } = director;
  const isActive = isActiveState(replica.protocol, connections.state[index] ?? 0);
  if (isActive !== isActiveState(replica.protocol, replica.state)) return isActive;
  const at = connections.realAt(index);
  for (const [position, word] of replica.realWords.entries()) {
    const own = connections.rows[at + position] ?? 0;
    if (own !== word) return own < word;
  }
  return connections.realPort(index) < replica.realPort;
}

/** A message that was under way when this node went on with the connection: it knows fewer packets. */
const isOlder = (director: Director, index: number, replica: Replica): boolean =>
  replica.packets < (director.connections.packets[index] ?? 0);

/** The real server of this node's own configuration that the entry means. */
function findServer(director: Director, replica: Replica): RealServer | undefined {
  const service = director.services.lookup(lookup(replica), markOfReplica(director, replica));
  return service?.servers.find(
    (server) =>
      (server.port === replica.realPort || server.port === 0 || replica.realPort === 0) &&
      replica.realWords.every((word, position) => server.words[position] === word),
  );
}

/** The template of a firewall mark has the mark for an address. */
function markOfReplica(director: Director, replica: Replica): number {
  if (replica.protocol === 0) {
    return replica.virtualWords[replica.family === Family.ipv4 ? 3 : 0] ?? 0;
  }
  return replica.firewallMark || markOf(director.marks, lookup(replica));
}

const findEntry = (director: Director, key: ReplicaKey): number =>
  key.isTemplate === true
    ? director.connections.findTemplate(key)
    : director.connections.find(lookup(key));

function lookup(key: ReplicaKey): Flow {
  const flow = new Flow();
  const family: Family = key.family;
  flow.family = family;
  flow.protocol = key.protocol;
  flow.source.set(key.clientWords);
  flow.destination.set(key.virtualWords);
  flow.sourcePort = key.clientPort;
  flow.destinationPort = key.virtualPort;
  return flow;
}
