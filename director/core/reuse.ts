import type { Flow } from '../wire/flow.js';
import { Protocol } from '../wire/ipv4.js';
import * as tcp from '../wire/tcp.js';
import { Flag, NoConnection, type ConnectionTable } from './connections.js';
import { SctpEvent, sctpEvent, SctpState } from './sctp-states.js';
import { State } from './states.js';

/** True for a packet that begins a connection: a TCP segment with SYN, or SCTP's INIT. */
export function isOpening(flow: Flow, view: DataView): boolean {
  if (flow.fragmentOffset !== 0) return false;
  if (flow.protocol === Protocol.tcp) return (flow.tcpFlags & tcp.Flag.syn) !== 0;
  if (flow.protocol !== Protocol.sctp) return false;
  return sctpEvent(view, flow.transport, flow.end) === SctpEvent.init;
}

/** The bit of `conn_reuse_mode` that adds FIN_WAIT; the others only have to be not all 0. */
const ReuseInFinWait = 2;

/**
 * True when a client that opens a connection on this entry's ports means a new one: the entry is over, and the kernel would
 * schedule anew (is_new_conn_expected in ip_vs_core.c). A connection that follows a template keeps its server.
 */
export function isExpectedAnew(connections: ConnectionTable, index: number, mode: number): boolean {
  if (mode === 0 || connections.template(index) !== NoConnection) return false;
  const state = connections.state[index];
  if (connections.protocol[index] === Protocol.sctp) return state === SctpState.closed;
  if (connections.protocol[index] !== Protocol.tcp) return false;
  if (state === State.timeWait || state === State.close) return true;
  return (
    (mode & ReuseInFinWait) !== 0 &&
    state === State.finWait &&
    connections.hasFlag(index, Flag.noOutput)
  );
}
