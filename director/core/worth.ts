import { Protocol } from '../wire/ipv4.js';
import type { ConnectionTable } from './connections.js';

/** Datagrams of a client from which on there will be more: with an answer, and without one. */
const AnsweredDatagrams = 2;
const UnansweredDatagrams = 3;
/**
 * The same of segments. For a question and its answer a client does not send more, and to carry a connection and to take it back
 * costs as much as four packets that come up.
 */
export const LongConnection = 6;

/** How many packets of its client make a connection worth to be carried. */
export interface Worth {
  readonly segments: number;
  /** Datagrams, when the last packet was an answer, and when it was one of them. */
  readonly answered: number;
  readonly unanswered: number;
}

/** Where carrying takes this process's time, too: connections that have shown that there will be more of them. */
export const LastingOnes: Worth = {
  segments: LongConnection,
  answered: AnsweredDatagrams,
  unanswered: UnansweredDatagrams,
};

/**
 * Where it takes nothing, and there is room: flows of datagrams from the first on. An answer that does not come up saves more than
 * it costs to take the flow back. Not so with a short connection of TCP, whose last segments come up in any case.
 */
export const NewOnesToo: Worth = { segments: LongConnection, answered: 1, unanswered: 1 };

/** True when a client has sent so many packets that its connection is worth it. */
export function isWorth(
  { packets, protocol }: ConnectionTable,
  index: number,
  { segments, answered, unanswered }: Worth,
  isFromClient: boolean,
): boolean {
  const datagrams = isFromClient ? unanswered : answered;
  return (packets[index] ?? 0) >= (protocol[index] === Protocol.udp ? datagrams : segments);
}

/** True for a flow of which nobody knows yet whether it is more than a question and an answer. */
export const isBrief = ({ packets, protocol }: ConnectionTable, index: number): boolean =>
  protocol[index] === Protocol.udp && (packets[index] ?? 0) < AnsweredDatagrams;
