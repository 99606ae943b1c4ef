import type { Instant } from '../base/time.js';
import type { ConnectionKey, EntryKey } from './connection-row.js';
import { Flag, LocalOrigin, NoConnection } from './connections.js';
import type { Director } from './director.js';
import { bindLate } from './late-binding.js';
import { closeConnection, isEntryOver, isServed, serverOf, setState } from './lifecycle.js';
import { hasSameServer, isPreferred, Rank, rankOf } from './precedence.js';
import { isOver } from './protocol-states.js';
import { Method } from './services.js';

/** An entry as a peer describes it. */
export interface Replica extends ConnectionKey {
  readonly method: Method;
  readonly state: number;
  /** Client packets so far. */
  readonly packets: number;
  /** Seconds until the entry expires at the peer, and its full timeout in that state. */
  readonly remaining: number;
  readonly timeout: number;
  /** Number of the peer; `LocalOrigin` for what this life of the node has told itself and gets back. */
  readonly origin: number;
  /**
   * True for a copy of unknown age, from a table that was read as a whole: it replaces an entry of our own only when a life
   * that this node does not hear has seen more packets.
   */
  readonly isDated: boolean;
  /** True for a copy that is older than whatever this node has of the peer: it changes no entry. */
  readonly createsOnly?: boolean;
  /** The firewall mark of its service, if the peer says so: 0 or absent for what our own marks say. */
  readonly firewallMark?: number;
  /** True when the peer says that the connection is not established: it may be over, and another in its place. */
  readonly isInactive?: boolean;
  /** FullNat: the local endpoint of the connection. */
  readonly local?: { readonly words: Uint32Array; readonly port: number } | undefined;
}

/** No timeout is longer than 31 days (ipvsadm), and a copy lives half as long again at most, whatever a peer says. */
const LongestLife = 1.5 * 31 * 86_400;

/**
 * Seconds that a copy is kept without news. What this node has told itself, and gets back, is no copy: it ends before those
 * of its peers do, who are told so.
 */
const lifeOfCopy = ({ remaining, timeout, origin }: Replica): number =>
  Math.min(
    origin === LocalOrigin ? Math.max(0, remaining - timeout / 2) : remaining + timeout / 2,
    LongestLife,
  );

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
 * server; and a removal is a message of its own. Whose word counts when two peers say different things is told in
 * precedence.ts.
 */
export function applyReplica(director: Director, replica: Replica, now: Instant): ReplicaOutcome {
  const { connections } = director;
  const known = connections.findEntry(replica);
  let isCrossing = false;
  if (known !== NoConnection) {
    director.offload?.withdraw(known);
    const hasOtherServer = !hasSameServer(connections, known, replica);
    if (hasOtherServer && isLateEnd(replica)) return 'replaced-before';
    if (isPreferred(director, known, replica)) {
      if (!hasOtherServer) outlive(director, known, replica, now);
      insist(director, known, replica);
      return 'kept-own';
    }
    if (!hasOtherServer) {
      bindReplica(director, known, replica);
      update(director, known, replica, now);
      return 'updated';
    }
    isCrossing = isOwnWord(director, known);
    makeWay(director, known);
  }
  const index = connections.insert(replica, now);
  if (index === NoConnection) {
    return connections.isCrowded(replica) ? 'client-limit' : 'table-full';
  }
  director.offload?.giveWay(index);
  connections.method[index] = replica.method;
  connections.state[index] = replica.state;
  const seesHalf = replica.method === Method.route || replica.method === Method.tunnel;
  if (seesHalf) connections.setFlag(index, Flag.noOutput);
  bindReplica(director, index, replica);
  update(director, index, replica, now);
  // The peer may take the word that was given up for the last one: both would have what the other had.
  if (isCrossing) director.sync.add(connections, index);
  return 'created';
}

/** True for an entry that this node serves and has told of. */
const isOwnWord = (director: Director, index: number): boolean => {
  const { connections } = director;
  if (connections.origin[index] !== LocalOrigin) return false;
  return connections.hasFlag(index, Flag.synced) && isServed(director, index);
};

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
  if (serverOf(director, index) === undefined) bindLate(director, index, replica.firewallMark);
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

/** What a peer says when an entry is gone. */
export interface Removal extends EntryKey {
  /** Number of the peer. */
  readonly origin: number;
  /** True when the peer serves the connection: it is over for everybody. Else only the peer's own word is withdrawn. */
  readonly isServed: boolean;
}

/**
 * Removes the entry that a peer has removed; false when there is none, or it stays: because somebody else's word counts
 * for it, or because this node serves it itself. Then it becomes this node's own, and peers are told so. What is over by
 * the word of a peer that served it is not kept: the peer may have opened another connection on its ports.
 */
export function removeReplica(director: Director, removal: Removal): boolean {
  const { connections, standings, sync } = director;
  const index = connections.findEntry(removal);
  if (index === NoConnection) return false;
  const origin = connections.origin[index] ?? LocalOrigin;
  if (origin !== removal.origin) {
    const isOver = removal.isServed && !director.isActiveActive && !isServed(director, index);
    if (!isOver || standings.rank(removal.origin) < rankOf(origin, standings)) return false;
  } else if (isServed(director, index) && !(removal.isServed && isEntryOver(director, index))) {
    connections.forgetSync(index);
    sync.add(connections, index);
    return false;
  }
  makeWay(director, index);
  return true;
}

function update(director: Director, index: number, replica: Replica, now: Instant): void {
  const { connections } = director;
  setState(director, index, replica.state);
  connections.packets[index] = replica.packets;
  connections.expireAfter(index, lifeOfCopy(replica), now);
  connections.markSynced(index, now, replica.origin);
}

/**
 * Of two masters that do not hear one another only one has the client's packets. The entry of the other, though it counts
 * more of them, would expire, and its end would be the end of the connection for everybody: so the news of a peer keep it,
 * as long as they agree how far it is.
 */
function outlive(director: Director, index: number, replica: Replica, now: Instant): void {
  const { connections } = director;
  const { state, isDated, createsOnly } = replica;
  if (isDated || createsOnly === true || connections.state[index] !== state) return;
  if (isOver(replica.protocol, replica.isTemplate === true, state)) return;
  const life = lifeOfCopy(replica);
  if (life > connections.remaining(index, now)) connections.expireAfter(index, life, now);
}

/**
 * A peer that serves nothing tells of an entry that is this node's to serve, and does not get its way: it is told how things
 * are, so that it does not go on with what nobody else believes.
 */
function insist(director: Director, index: number, replica: Replica): void {
  const { connections, standings, sync } = director;
  const isMaster = standings.rank(replica.origin) >= Rank.master;
  if (!isMaster && isServed(director, index)) sync.add(connections, index);
}

/** Ends an entry because a peer says so, which peers have heard as well. */
function makeWay(director: Director, index: number): void {
  const { connections } = director;
  connections.forgetSync(index);
  if (connections.children(index) > 0) connections.retireTemplate(index);
  else closeConnection(director, index);
}
