import type { Instant } from '../base/time.js';
import type { Family } from '../wire/flow.js';
import { Flow } from '../wire/flow.js';
import { Flag, LocalOrigin, NoConnection, type ConnectionKey } from './connections.js';
import type { Director } from './director.js';
import { bindConnection, closeConnection, setState } from './lifecycle.js';
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
}

/** What became of a replica: taken, or why not. */
export type ReplicaOutcome = 'created' | 'updated' | 'kept-own' | 'table-full';

/**
 * Puts a peer's entry into the table, as IPVS's backup does (ip_vs_proc_conn in ip_vs_sync.c), with three differences
 * for the sake of sessions: the copy lives half a timeout longer than the original, because the peer tells again
 * after at most half a timeout; an entry that this node serves itself is not overwritten by one with another real
 * server; and a removal is a message of its own.
 */
export function applyReplica(director: Director, replica: Replica, now: Instant): ReplicaOutcome {
  const { connections } = director;
  const known = connections.find(lookup(replica));
  if (known !== NoConnection) {
    if (replica.isDated && connections.origin[known] === LocalOrigin) return 'kept-own';
    if (hasSameServer(director, known, replica)) {
      update(director, known, replica, now);
      return 'updated';
    }
    const own = director.services.server(connections.server[known] ?? -1);
    if (own?.service.isLive === true) return 'kept-own';
    connections.clearFlag(known, Flag.synced);
    closeConnection(director, known);
  }
  const index = connections.insert(replica, now);
  if (index === NoConnection) return 'table-full';
  connections.method[index] = replica.method;
  connections.state[index] = replica.state;
  if (replica.method === Method.route) connections.setFlag(index, Flag.noOutput);
  const server = findServer(director, replica);
  if (server !== undefined) bindConnection(director, index, server);
  update(director, index, replica, now);
  return 'created';
}

/** Removes the entry that a peer has removed; false when there is none, or when this node serves it itself. */
export function removeReplica(director: Director, key: ReplicaKey): boolean {
  const { connections } = director;
  const index = connections.find(lookup(key));
  if (index === NoConnection) return false;
  const own = director.services.server(connections.server[index] ?? -1);
  if (own?.service.isLive === true) return false;
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
  const { realAddress, realPort } = director.connections;
  if (realPort[index] !== replica.realPort) return false;
  return replica.realWords.every((word, position) => realAddress[index * 4 + position] === word);
}

/** The real server of this node's own configuration that the entry means. */
function findServer(director: Director, replica: Replica): RealServer | undefined {
  const service = director.services.find(
    replica.family,
    replica.protocol,
    replica.virtualWords,
    replica.virtualPort,
  );
  return service?.servers.find(
    (server) =>
      server.port === replica.realPort &&
      replica.realWords.every((word, position) => server.words[position] === word),
  );
}

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
