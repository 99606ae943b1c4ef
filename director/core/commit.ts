import type { Instant } from '../base/time.js';
import type { Packet } from '../wire/packet.js';
import { Flag, NoConnection } from './connections.js';
import { DropReason, Verdict } from './counters.js';
import type { Director } from './director.js';
import type { CommitMode, HeldConnection } from './held-connections.js';
import type { Neighbour } from './neighbours.js';
import { isOpening } from './reuse.js';
import { Method } from './services.js';
import { isTemplateDue } from './sync-policy.js';
import { nextHop, sendTo } from './transmit.js';

/*
 * Committed connections. A service may ask that peers know a connection before its real server does: then whoever takes
 * over from this node carries on even a handshake. The way of a first packet:
 *
 *     schedule ─▶ beginCommit: the entry is queued for sync ─▶ the packet is made ready ─▶ holdForCommit
 *     the driver's next turn: the entry is told ─▶ `told`: number 7 carries it
 *     number 7 has left ─▶ releaseSent      a peer has it ─▶ releaseAcknowledged      neither ─▶ releaseOverdue
 *
 * What cannot be committed in time, or at all, is forwarded and counted: availability goes first.
 */

/**
 * A new connection whose packets are to wait, now that it has been scheduled and before its first packet goes on. Its
 * entry, and the template that it follows, are told to peers at once, whatever the threshold says.
 */
export function beginCommit(
  director: Director,
  index: number,
  mode: CommitMode,
  now: Instant,
): void {
  const { commits, connections, sync } = director;
  // A connection with this node itself ends with it.
  if (connections.methodOf(index) === Method.local) return;
  const template = connections.template(index);
  if (template !== NoConnection && isTemplateDue(connections, template, now)) {
    sync.add(connections, template);
  }
  sync.add(connections, index);
  if (connections.hasFlag(index, Flag.queued) && commits.begin(index, mode, now)) {
    connections.setFlag(index, Flag.uncommitted);
  } else {
    commits.uncommitted += 1;
  }
}

/** Keeps a packet that is ready for its next hop until its connection is committed. */
export function holdForCommit(
  director: Director,
  packet: Packet,
  neighbour: Neighbour,
  index: number,
): Verdict {
  const { commits, counters, flow } = director;
  const isFirst = isOpening(flow, packet.view);
  if (isFirst && commits.hasOpening(index)) return counters.drop(DropReason.repeated);
  if (!commits.hold(index, { frame: packet.keep(), neighbour }, isFirst)) {
    return counters.drop(DropReason.uncommitted);
  }
  counters.held += 1;
  return Verdict.hold;
}

/** The sync messages up to this number have left: what asked for no more may go on. */
export function releaseSent(director: Director, sequence: number, now: Instant): void {
  release(director, director.commits.takeSent(sequence), true, now);
}

/** A peer has acknowledged the sync messages up to this number. */
export function releaseAcknowledged(director: Director, sequence: number, now: Instant): void {
  release(director, director.commits.takeAcknowledged(sequence), true, now);
}

/** Forwards what has waited too long, or waits for what cannot come: the last peer has gone. */
export function releaseOverdue(director: Director, now: Instant): void {
  release(director, director.commits.takeUnreachable(), false, now);
  release(director, director.commits.takeOverdue(now), false, now);
}

/** The entry ends before it could be committed: its packets are lost with it. */
export function abandonCommit(director: Director, index: number): void {
  const { commits, counters } = director;
  for (const _ of commits.take(index)?.packets ?? []) {
    counters.held -= 1;
    counters.drop(DropReason.uncommitted);
  }
}

function release(
  director: Director,
  connections: readonly HeldConnection[],
  isCommitted: boolean,
  now: Instant,
): void {
  const { commits, counters, second } = director;
  for (const { index, since, packets } of connections) {
    director.connections.clearFlag(index, Flag.uncommitted);
    if (isCommitted) commits.noteCommitted(since, now);
    else commits.uncommitted += 1;
    for (const { frame, neighbour } of packets) {
      counters.held -= 1;
      const current = currentNeighbour(director, neighbour, now);
      second.restore(frame);
      if (current === undefined) counters.drop(DropReason.noRoute);
      else sendTo(director, second, current, now);
    }
  }
}

/** The neighbour may have been forgotten meanwhile. */
const currentNeighbour = (
  director: Director,
  neighbour: Neighbour,
  now: Instant,
): Neighbour | undefined =>
  neighbour.isResolved ? neighbour : nextHop(director, neighbour.family, neighbour.words, 0, now);
