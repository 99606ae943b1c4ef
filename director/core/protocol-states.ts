import { Protocol } from '../wire/ipv4.js';
import { DefaultSctpTimeouts, isSctpActive, SctpState, SctpStateNames } from './sctp-states.js';
import { isActive, State, StateNames } from './states.js';

/** States of a persistence template: assured once a connection that follows it has proven its client to be real. */
export const TemplateState = { none: 0, assured: 1 } as const;

const TemplateStateNames = ['NONE', 'ASSURED'] as const;

/** True for the states that count as active connections of a real server. */
export const isActiveState = (protocol: number, state: number): boolean =>
  protocol === Protocol.sctp ? isSctpActive(state) : isActive(state);

/** True for the states of a connection that is over, on whose ports its client may open another. */
export function isOver(protocol: number, isTemplate: boolean, state: number): boolean {
  if (isTemplate) return false;
  if (protocol === Protocol.sctp) return state === SctpState.closed;
  return protocol === Protocol.tcp && (state === State.timeWait || state === State.close);
}

/** Seconds that an entry lives after a packet; `timeouts` are those of TCP and UDP. */
export const timeoutOf = (timeouts: readonly number[], protocol: number, state: number): number =>
  (protocol === Protocol.sctp ? DefaultSctpTimeouts : timeouts)[state] ?? 0;

/** TCP states by how far a connection has come in them. */
const TcpProgress: Readonly<Record<number, number>> = {
  [State.none]: 0,
  [State.synSent]: 1,
  [State.listen]: 1,
  [State.synRecv]: 2,
  [State.synAck]: 2,
  [State.established]: 3,
  [State.finWait]: 4,
  [State.closeWait]: 4,
  [State.lastAck]: 5,
  [State.timeWait]: 6,
  [State.close]: 6,
};

/** A number that grows as a connection, or a template, goes on: of two copies the one further on is the newer. */
export function progressOf(protocol: number, isTemplate: boolean, state: number): number {
  if (isTemplate) return state;
  // SCTP's states are numbered in the order in which an association passes them.
  return protocol === Protocol.tcp ? (TcpProgress[state] ?? 0) : state;
}

/** True for a number that is a state of the protocol: numbers from the network are not to be trusted. */
export function isKnownState(protocol: number, isTemplate: boolean, state: number): boolean {
  if (isTemplate) return state < TemplateStateNames.length;
  if (protocol === Protocol.sctp) return state < SctpStateNames.length;
  if (protocol === Protocol.udp) return state === State.udp;
  return protocol === Protocol.tcp && state < State.udp;
}

/** The word that ipvsadm prints for a state. */
export function stateName(protocol: number, isTemplate: boolean, state: number): string {
  if (isTemplate) return TemplateStateNames[state] ?? 'NONE';
  if (protocol === Protocol.sctp) return SctpStateNames[state] ?? 'NONE';
  return StateNames[state] ?? 'NONE';
}
