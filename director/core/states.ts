import * as tcp from '../wire/tcp.js';

/**
 * States of a connection entry. TCP's numbers are those that IPVS sends in sync messages
 * (net/netfilter/ipvs/ip_vs_proto_tcp.c); UDP has a single state outside that range.
 */
export const State = {
  none: 0,
  established: 1,
  synSent: 2,
  synRecv: 3,
  finWait: 4,
  timeWait: 5,
  close: 6,
  closeWait: 7,
  lastAck: 8,
  listen: 9,
  synAck: 10,
  udp: 11,
} as const;
export type State = (typeof State)[keyof typeof State];

/** The words that ipvsadm prints, by state number. */
export const StateNames = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
  'UDP',
] as const;

/** The kernel's timeouts in seconds, by state number. */
export const DefaultTimeouts: readonly number[] = [
  2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120, 300,
];

/** True for the states that count as active connections of a real server; UDP never does. */
export function isActive(state: number): boolean {
  return (
    state === State.established ||
    state === State.synSent ||
    state === State.synRecv ||
    state === State.synAck
  );
}

/**
 * Which way a segment travels. A director that forwards by direct routing sees only what the client sends, and
 * follows a table of its own.
 */
export const Direction = { input: 0, output: 1, inputOnly: 2 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

const Abbreviations = ['NO', 'ES', 'SS', 'SR', 'FW', 'TW', 'CL', 'CW', 'LA', 'LI', 'SA'];

/** Next states: rows are events, columns the current state from NONE to SYNACK; the directions in order. */
const PlainTables = `
    input        NO ES SS SR FW TW CL CW LA LI SA
    syn          SR ES ES SR SR SR SR SR SR SR SR
    fin          CL CW SS TW TW TW CL CW LA LI TW
    ack          ES ES SS ES FW TW CL CW CL LI ES
    rst          CL CL CL SR CL CL CL CL LA LI SR
    output       NO ES SS SR FW TW CL CW LA LI SA
    syn          SS ES SS SR SS SS SS SS SS LI SR
    fin          TW FW SS TW FW TW CL TW LA LI TW
    ack          ES ES SS ES FW TW CL CW LA ES ES
    rst          CL CL SS CL CL TW CL CL CL CL CL
    input-only   NO ES SS SR FW TW CL CW LA LI SA
    syn          SR ES ES SR SR SR SR SR SR SR SR
    fin          CL FW SS TW FW TW CL CW LA LI TW
    ack          ES ES SS ES FW TW CL CW CL LI ES
    rst          CL CL CL SR CL CL CL CL LA LI CL`;

/**
 * The tables of the secure_tcp defence: a client's own segments do not make a connection ESTABLISHED, only an answer of
 * the real server does. With one half seen there is no answer to wait for, and SYNACK stands for SYN_RECV.
 */
const SecureTables = `
    input        NO ES SS SR FW TW CL CW LA LI SA
    syn          SR ES ES SR SR SR SR SR SR SR SA
    fin          CL CW SS TW TW TW CL CW LA LI SA
    ack          ES ES SS SR FW TW CL CW CL LI SA
    rst          CL CL CL SR CL CL CL CL LA LI CL
    output       NO ES SS SR FW TW CL CW LA LI SA
    syn          SS ES SS SA SS SS SS SS SS LI SA
    fin          TW FW SS TW FW TW CL TW LA LI TW
    ack          ES ES SS ES FW TW CL CW LA ES ES
    rst          CL CL SS CL CL TW CL CL CL CL CL
    input-only   NO ES SS SR FW TW CL CW LA LI SA
    syn          SA ES ES SR SA SA SA SA SA SA SA
    fin          CL FW SS TW FW TW CL CW LA LI TW
    ack          ES ES SS ES FW TW CL CW CL LI ES
    rst          CL CL CL SR CL CL CL CL LA LI CL`;

const StateCount = Abbreviations.length;
const EventCount = 4;
const DirectionCount = 3;
const Event = { syn: 0, fin: 1, ack: 2, rst: 3 } as const;

/** Both sets of tables one after the other, each cell one byte. */
const Transitions = Uint8Array.from([...readTables(PlainTables), ...readTables(SecureTables)]);

function readTables(text: string): number[] {
  const rows = text.trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([event = '']) => Object.hasOwn(Event, event))
    .flatMap(([, ...cells]) => cells.map((cell) => Abbreviations.indexOf(cell)));
}

/**
 * The state after a segment with these control bits. One event counts per segment, in the order rst, syn, fin, ack;
 * a segment with none of them leads to CLOSE from everywhere, as in the kernel: set_tcp_state takes it for the next state
 * until a table says another. `isSecure` chooses the tables of the secure_tcp defence, which may come and go in the
 * middle of a connection.
 */
export function nextTcpState(
  state: number,
  flags: number,
  direction: Direction,
  isSecure = false,
): number {
  let event: number;
  if ((flags & tcp.Flag.rst) !== 0) event = Event.rst;
  else if ((flags & tcp.Flag.syn) !== 0) event = Event.syn;
  else if ((flags & tcp.Flag.fin) !== 0) event = Event.fin;
  else if ((flags & tcp.Flag.ack) !== 0) event = Event.ack;
  else return State.close;
  const table = isSecure ? DirectionCount + direction : direction;
  return Transitions[(table * EventCount + event) * StateCount + state] ?? state;
}
