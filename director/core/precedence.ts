import { sameAddress } from './connection-row.js';
import { Flag, LocalOrigin, type ConnectionTable } from './connections.js';
import type { Director } from './director.js';
import { isEntryOver, isServed } from './lifecycle.js';
import { isActiveState, isOver, progressOf } from './protocol-states.js';
import type { Replica } from './replica.js';

/*
 * Whose word counts. Every entry has an owner: the life of a node that told of it last, or this node itself. What the owner
 * says is new, because a peer's messages are applied in their order. What another peer says may be news, when a connection
 * has changed hands, or a message that was long under way. In this order:
 *
 * 1. Who serves the connection before who does not: this node when it answers for the address, a peer when it is a master,
 *    then other peers, then lives that have ended. An entry that this node serves keeps its real server and does not go
 *    back, unless it is over and its client has begun anew: the last one who served it, or still does for a moment, knows
 *    that first.
 * 2. The state that comes later in the life of a connection, when the real server is the same.
 * 3. More packets from the client: connections only go on. Then the later state of another connection.
 * 4. The order of names, which is the same on every node.
 *
 * Every node that has heard the same, in whatever order, so comes to the same entry.
 */

/** How much the word of a peer weighs. */
export const Rank = {
  /** A life that has ended or is not heard. */
  gone: 0,
  backup: 1,
  master: 2,
} as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

/** What a node knows of those who tell of entries, by the numbers it gives them. */
export interface Standings {
  rank(origin: number): Rank;
  /** True when the name of `left` comes before that of `right`. Both may be `LocalOrigin`. */
  precedes(left: number, right: number): boolean;
  /** True while a peer says that it is a master, whatever this node is. */
  readonly hasMaster: boolean;
}

/** While nothing is known of anybody all words weigh the same. */
export const AllEqual: Standings = {
  rank: () => Rank.backup,
  precedes: (left, right) => left < right,
  hasMaster: false,
};

/** The weight of an origin's word; this node's own, where it does not serve, is that of a backup. */
export const rankOf = (origin: number, standings: Standings): Rank =>
  origin === LocalOrigin ? Rank.backup : standings.rank(origin);

/** True when the entry stays as it is, whatever the replica of it says. */
export function isPreferred(director: Director, index: number, replica: Replica): boolean {
  const { connections } = director;
  if (replica.createsOnly === true) return true;
  const isSame = hasSameServer(connections, index, replica);
  if (director.isActiveActive) return isPreferredByAll(director, index, replica, isSame);
  if (isServed(director, index)) {
    const isOld = replica.isDated && connections.origin[index] === LocalOrigin;
    if (hasBegunAnew(director, index, replica, isSame)) return false;
    if (!isSame) return true;
    const age = compareAge(connections, index, replica, isSame);
    return isOld || age > 0 || (age === 0 && isClaimedByTwo(director, index, replica));
  }
  return isWeightier(director, index, replica, isSame);
}

/**
 * True when two peers that serve nothing both say that an entry is theirs, and neither knows more. Others may have heard
 * only one of them, or keep their own, so this node, which serves it, is to settle it by its own word: it would else follow
 * now one and now the other, and copies would differ for ever.
 */
function isClaimedByTwo(
  { connections, standings }: Director,
  index: number,
  { origin: teller }: Replica,
): boolean {
  const origin = connections.origin[index] ?? LocalOrigin;
  if (origin === LocalOrigin || origin === teller) return false;
  const areBackups =
    standings.rank(origin) === Rank.backup && standings.rank(teller) === Rank.backup;
  return areBackups && standings.precedes(origin, teller);
}

/**
 * True when the replica is of a connection that has been opened since the entry's was over. With the same real server it
 * might be old news of the entry's own, but not from the one who has told that it is over.
 */
function hasBegunAnew(
  director: Director,
  index: number,
  replica: Replica,
  isSame: boolean,
): boolean {
  if (replica.isDated || !isEntryOver(director, index) || lifeOf(replica) === 0) return false;
  return !isSame || director.connections.origin[index] === replica.origin;
}

/** How alive a connection is: over, in its handshake or its end, established. */
function life(protocol: number, isTemplate: boolean, state: number): number {
  if (isOver(protocol, isTemplate, state)) return 0;
  return isActiveState(protocol, state) ? 2 : 1;
}

const lifeOf = ({ protocol, isTemplate, state }: Replica): number =>
  life(protocol, isTemplate === true, state);

const lifeOfEntry = (connections: ConnectionTable, index: number): number =>
  life(
    connections.protocol[index] ?? 0,
    connections.hasFlag(index, Flag.template),
    connections.state[index] ?? 0,
  );

/** True when the word of an entry's owner weighs more than that of the one who tells of a replica. */
function isWeightier(
  { connections, standings }: Director,
  index: number,
  replica: Replica,
  isSame: boolean,
): boolean {
  const origin = connections.origin[index] ?? LocalOrigin;
  const isOwn = replica.isDated && origin === LocalOrigin;
  // What this node has told itself is not news to it.
  if (isOwn && replica.origin === LocalOrigin) return true;
  // What nobody has been told of is nobody's word.
  if (origin === replica.origin || !connections.hasFlag(index, Flag.synced)) return false;
  const ours = rankOf(origin, standings);
  const theirs = rankOf(replica.origin, standings);
  // A node that was cut off may have the beginning of a connection that others have carried on since, and these may be lives
  // that it has not met yet, for which the donor speaks.
  if (isOwn && theirs === Rank.gone) return (connections.packets[index] ?? 0) >= replica.packets;
  if (ours !== theirs) return ours > theirs;
  if (isOwn) return true;
  const age = compareAge(connections, index, replica, isSame);
  return age === 0 ? standings.precedes(origin, replica.origin) : age > 0;
}

/**
 * Among nodes that are all active, who tells of an entry has just carried it, so it is believed. Two that have opened the
 * same connection to different servers at once both follow the same rule, whoever hears of the other first: the one that
 * is more alive, then the lower address and port.
 */
function isPreferredByAll(
  director: Director,
  index: number,
  replica: Replica,
  isSame: boolean,
): boolean {
  const { connections } = director;
  if (replica.isDated && connections.origin[index] === LocalOrigin) return true;
  if (isSame) return false;
  const own = lifeOfEntry(connections, index);
  const theirs = lifeOf(replica);
  if (own !== theirs) return own > theirs;
  const at = connections.realAt(index);
  for (const [position, word] of replica.realWords.entries()) {
    const known = connections.rows[at + position] ?? 0;
    if (known !== word) return known < word;
  }
  return connections.realPort(index) < replica.realPort;
}

/**
 * Positive when the entry is further on than the replica, negative when it is less far, 0 when that cannot be told. Of one
 * connection the state says more than packets do, because of two masters each may have seen only some of these; of two
 * connections, to different servers, the one with more packets is in use.
 */
function compareAge(
  connections: ConnectionTable,
  index: number,
  replica: Replica,
  isSame: boolean,
): number {
  const { protocol } = replica;
  const isTemplate = replica.isTemplate === true;
  const state = connections.state[index] ?? 0;
  const packets = (connections.packets[index] ?? 0) - replica.packets;
  const progress =
    progressOf(protocol, isTemplate, state) - progressOf(protocol, isTemplate, replica.state);
  return isSame ? progress || packets : packets || progress;
}

export function hasSameServer(
  connections: ConnectionTable,
  index: number,
  replica: Replica,
): boolean {
  if (connections.realPort(index) !== replica.realPort) return false;
  return sameAddress(connections.rows, connections.realAt(index), replica.realWords);
}
