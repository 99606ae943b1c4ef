import * as sctp from '../wire/sctp.js';
import type { Direction } from './states.js';

/**
 * States of an SCTP association with the numbers that IPVS sends in sync messages
 * (net/netfilter/ipvs/ip_vs_proto_sctp.c). They are the real server's: beyond RFC 9260 §4 they tell apart the first
 * INIT from a repeated one, the steps of the cookie exchange, and who began it. An association opened by the client goes
 * INIT1, COOKIE_SENT, COOKIE_REPLIED, ESTABLISHED; one opened by the server COOKIE_WAIT, COOKIE, COOKIE_ECHOED,
 * ESTABLISHED.
 */
export const SctpState = {
  none: 0,
  init1: 1,
  init: 2,
  cookieSent: 3,
  cookieReplied: 4,
  cookieWait: 5,
  cookie: 6,
  cookieEchoed: 7,
  established: 8,
  shutdownSent: 9,
  shutdownReceived: 10,
  shutdownAckSent: 11,
  rejected: 12,
  closed: 13,
} as const;
export type SctpState = (typeof SctpState)[keyof typeof SctpState];

/** The words that ipvsadm prints, by state number. */
export const SctpStateNames = [
  'NONE',
  'INIT1',
  'INIT',
  'C-SENT',
  'C-REPLIED',
  'C-WAIT',
  'COOKIE',
  'C-ECHOED',
  'ESTABLISHED',
  'S-SENT',
  'S-RECEIVED',
  'S-ACK-SENT',
  'REJECTED',
  'CLOSED',
] as const;

/** The kernel's timeouts in seconds, by state number: 61 is the longest retransmission timeout and one more. */
export const DefaultSctpTimeouts: readonly number[] = [
  2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61,
];

/** True for the one state that counts as an active connection of a real server. */
export const isSctpActive = (state: number): boolean => state === SctpState.established;

/** What a packet means for the association. Data stands for every chunk that moves nothing: SACK, HEARTBEAT, unknown. */
export const SctpEvent = {
  data: 0,
  init: 1,
  initAck: 2,
  cookieEcho: 3,
  cookieAck: 4,
  shutdown: 5,
  shutdownAck: 6,
  shutdownComplete: 7,
  error: 8,
  abort: 9,
  /** No whole chunk header is there: the packet leaves state and timer alone. */
  none: 10,
} as const;
export type SctpEvent = (typeof SctpEvent)[keyof typeof SctpEvent];

/** Events by chunk type from 0; whatever is not here counts as data. */
const EventOfChunk: readonly SctpEvent[] = [
  SctpEvent.data, // DATA
  SctpEvent.init,
  SctpEvent.initAck,
  SctpEvent.data, // SACK
  SctpEvent.data, // HEARTBEAT
  SctpEvent.data, // HEARTBEAT ACK
  SctpEvent.abort,
  SctpEvent.shutdown,
  SctpEvent.shutdownAck,
  SctpEvent.error,
  SctpEvent.cookieEcho,
  SctpEvent.cookieAck,
  SctpEvent.data, // ECNE
  SctpEvent.data, // CWR
  SctpEvent.shutdownComplete,
];

/**
 * The event of an SCTP packet whose common header stands at `offset` and which ends at `end`. Its first chunk decides:
 * the ones that matter are never bundled, but for an ABORT, which may come right behind a COOKIE ECHO or COOKIE ACK and
 * is looked for there.
 */
export function sctpEvent(view: DataView, offset: number, end: number): SctpEvent {
  const first = sctp.chunkType(view, offset, end, 0);
  if (first === sctp.NoChunk) return SctpEvent.none;
  if (first === sctp.Chunk.cookieEcho || first === sctp.Chunk.cookieAck) {
    const second = sctp.chunkType(view, offset, end, 1);
    if (second === sctp.Chunk.abort) return SctpEvent.abort;
  }
  return EventOfChunk[first] ?? SctpEvent.data;
}

const Abbreviations = 'NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL'.split(' ');

/** Next states: rows are events, columns the current state; the directions of states.ts in order. */
const Transitions = readTables(`
    input              NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL
    data               ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL
    init               I1 IN IN CS CR CW CO CE ES SS SR SA IN IN
    init-ack           CW CW CW CS CR CO CO CE ES SS SR SA RJ CL
    cookie-echo        CR IN IN CR CR CW CO CE ES SS SR SA RJ CL
    cookie-ack         ES I1 IN CS CR CW CO ES ES SS SR SA RJ CL
    shutdown           SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL
    shutdown-ack       CL IN IN CS CR CW CO CE ES CL SR CL RJ CL
    shutdown-complete  CL CL CL CS CR CW CO CE ES SS SR CL RJ CL
    error              CL I1 IN CS CR CW CO CL ES SS SR SA RJ CL
    abort              CL CL CL CL CL RJ CL CL CL CL CL CL CL CL
    output             NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL
    data               ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL
    init               CW CW CW CW CW CW CW CW ES CW CW CW CW CW
    init-ack           CS CS CS CS CR CW CO CE ES SS SR SA RJ CL
    cookie-echo        CE CE CE CE CE CE CE CE ES SS SR SA RJ CL
    cookie-ack         ES ES ES ES ES ES ES ES ES SS SR SA RJ CL
    shutdown           SS SS SS SS SS SS SS SS SS SS SR SA RJ CL
    shutdown-ack       SA SA SA SA SA CW CO CE ES SA SA SA RJ CL
    shutdown-complete  CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL
    error              CL CL CL CL CL CW CO CE ES SS SR SA RJ CL
    abort              CL RJ CL CL CL CL CL CL CL CL CL CL CL CL
    input-only         NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL
    data               ES I1 IN CS CR ES CO CE ES SS SR SA RJ CL
    init               I1 IN IN IN IN IN CO CE ES SS SR SA IN IN
    init-ack           CE CE CE CE CE CE CO CE ES SS SR SA RJ CL
    cookie-echo        ES ES ES ES ES ES CO CE ES SS SR SA RJ CL
    cookie-ack         ES I1 IN ES ES CW ES ES ES SS SR SA RJ CL
    shutdown           SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL
    shutdown-ack       CL IN IN CS CR CW CO CE CL CL SR CL RJ CL
    shutdown-complete  CL CL CL CL CL CW CO CE ES SS CL CL RJ CL
    error              CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL
    abort              CL CL CL CL CL RJ CL CL CL CL CL CL CL CL`);

/** One byte a cell, without the lines that name a direction and the columns. */
function readTables(text: string): Uint8Array {
  const lines = text.trim().split('\n');
  const cells = lines
    .map((line) => line.trim().split(/\s+/).slice(1))
    .filter(([first]) => first !== Abbreviations[SctpState.none])
    .flat();
  return Uint8Array.from(cells, (cell) => Abbreviations.indexOf(cell));
}

const StateCount = Abbreviations.length;
const EventCount = SctpEvent.none;

/** The state after a packet with this event, going this way. */
export function nextSctpState(state: number, event: SctpEvent, direction: Direction): number {
  if (event === SctpEvent.none) return state;
  return Transitions[(direction * EventCount + event) * StateCount + state] ?? state;
}
