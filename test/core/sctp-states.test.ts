import { test } from 'tap';

import {
  DefaultSctpTimeouts,
  isSctpActive,
  nextSctpState,
  sctpEvent,
  SctpEvent,
  SctpState,
  SctpStateNames,
} from '../../director/core/sctp-states.js';
import { Direction } from '../../director/core/states.js';

const States: readonly number[] = Object.values(SctpState);
const Events: readonly SctpEvent[] = Object.values(SctpEvent);
const Directions: readonly Direction[] = Object.values(Direction);

/** The states that an association goes through: `>` is a packet of the client, `<` one of the server. */
function walk(packets: string, isRoute = false): string[] {
  const fromClient = isRoute ? Direction.inputOnly : Direction.input;
  let state: number = SctpState.none;
  return packets.split(' ').map((packet) => {
    const direction = packet.startsWith('>') ? fromClient : Direction.output;
    state = nextSctpState(state, eventOf(packet.slice(1)), direction);
    return SctpStateNames[state] ?? '?';
  });
}

function eventOf(name: string): SctpEvent {
  for (const [event, value] of Object.entries(SctpEvent)) if (name === event) return value;
  throw new Error(`no event ${name}`);
}

test('the numbers and names of the states are those of sync messages and ipvsadm', (t) => {
  t.strictSame(
    States,
    Array.from({ length: 14 }, (_, index) => index),
  );
  t.equal(
    SctpStateNames.join(' '),
    'NONE INIT1 INIT C-SENT C-REPLIED C-WAIT COOKIE C-ECHOED ESTABLISHED ' +
      'S-SENT S-RECEIVED S-ACK-SENT REJECTED CLOSED',
  );
  t.end();
});

test('the timeouts are the kernel’s', (t) => {
  const seconds = Object.fromEntries(
    SctpStateNames.map((name, state) => [name, DefaultSctpTimeouts[state]]),
  );
  t.strictSame(seconds, {
    NONE: 2,
    INIT1: 4,
    INIT: 61,
    'C-SENT': 61,
    'C-REPLIED': 61,
    'C-WAIT': 61,
    COOKIE: 61,
    'C-ECHOED': 61,
    ESTABLISHED: 900,
    'S-SENT': 61,
    'S-RECEIVED': 61,
    'S-ACK-SENT': 61,
    REJECTED: 4,
    CLOSED: 61,
  });
  t.end();
});

test('the life of an association under Masq', (t) => {
  t.strictSame(
    walk('>init <initAck >cookieEcho <cookieAck >data <data'),
    ['INIT1', 'C-SENT', 'C-REPLIED', 'ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED'],
    'opened by the client',
  );
  t.strictSame(
    walk('<init >initAck <cookieEcho >cookieAck'),
    ['C-WAIT', 'COOKIE', 'C-ECHOED', 'ESTABLISHED'],
    'opened by the server',
  );
  const opened = '>init <initAck >cookieEcho <cookieAck';
  t.strictSame(
    walk(`${opened} >shutdown <shutdownAck >shutdownComplete`).slice(4),
    ['S-RECEIVED', 'S-ACK-SENT', 'CLOSED'],
    'closed by the client first',
  );
  t.strictSame(
    walk(`${opened} <shutdown >shutdownAck <shutdownComplete`).slice(4),
    ['S-SENT', 'CLOSED', 'CLOSED'],
    'closed by the server first',
  );
  t.strictSame(walk(`${opened} >abort`).at(-1), 'CLOSED');
  t.strictSame(walk(`${opened} <abort`).at(-1), 'CLOSED');
  t.end();
});

test('an INIT that the server rejects or does not answer has a state of its own', (t) => {
  t.strictSame(walk('>init <abort'), ['INIT1', 'REJECTED']);
  t.strictSame(walk('>init >init >init'), ['INIT1', 'INIT', 'INIT']);
  t.strictSame(walk('>init <abort >init'), ['INIT1', 'REJECTED', 'INIT'], 'tried again');
  t.strictSame(walk('<init >abort'), ['C-WAIT', 'REJECTED'], 'the client rejects the server');
  t.end();
});

test('the life of an association under Route, of which only the client’s half is seen', (t) => {
  t.strictSame(walk('>init >cookieEcho >data >shutdown >shutdownComplete', true), [
    'INIT1',
    'ESTABLISHED',
    'ESTABLISHED',
    'S-RECEIVED',
    'CLOSED',
  ]);
  t.strictSame(
    walk('>init >cookieEcho >shutdownAck', true).at(-1),
    'CLOSED',
    'the server’s SHUTDOWN is known from the answer to it',
  );
  t.end();
});

test('an ABORT ends every association, data none, and a packet without a chunk does nothing', (t) => {
  const ended: readonly number[] = [SctpState.closed, SctpState.rejected];
  const live = States.filter((state) => state !== SctpState.none);
  for (const direction of Directions) {
    for (const state of States) {
      t.ok(ended.includes(nextSctpState(state, SctpEvent.abort, direction)));
      t.equal(nextSctpState(state, SctpEvent.none, direction), state);
    }
    for (const state of live) {
      const isAnswered = direction === Direction.inputOnly && state === SctpState.cookieWait;
      const expected = isAnswered ? SctpState.established : state;
      t.equal(nextSctpState(state, SctpEvent.data, direction), expected);
    }
  }
  t.end();
});

test('every cell of the tables is a state', (t) => {
  for (const direction of Directions) {
    for (const event of Events) {
      const following = States.map((state) => nextSctpState(state, event, direction));
      t.ok(
        following.every((state) => States.includes(state)),
        `${direction} ${event}`,
      );
    }
  }
  t.end();
});

test('active is an established association and no other', (t) => {
  t.strictSame(States.filter(isSctpActive), [SctpState.established]);
  t.end();
});

/** A packet with chunks given as type and stated length; each chunk takes its length in steps of four. */
function packetOf(...chunks: readonly (readonly [type: number, length: number])[]): Uint8Array {
  const bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  for (const [type, length] of chunks) {
    const body = Math.max(0, Math.ceil(length / 4) * 4 - 4);
    bytes.push(type, 0, length >> 8, length & 255, ...Array.from({ length: body }, () => 0xaa));
  }
  return Uint8Array.from(bytes);
}

/** The event's name of a packet that stands somewhere in a buffer, with ABORT's number all around it. */
function eventIn(packet: Uint8Array): string | undefined {
  const bytes = new Uint8Array(packet.length + 14).fill(6);
  bytes.set(packet, 7);
  const event = sctpEvent(new DataView(bytes.buffer), 7, 7 + packet.length);
  return Object.entries(SctpEvent).find(([, value]) => value === event)?.[0];
}

test('the first chunk says what a packet means', (t) => {
  const byType = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
  t.equal(
    byType.map((type) => eventIn(packetOf([type, 8]))).join(' '),
    'data init initAck data data data abort shutdown shutdownAck error cookieEcho cookieAck ' +
      'data data shutdownComplete',
  );
  for (const type of [15, 63, 0x80, 0xc0, 0xc1, 255]) t.equal(eventIn(packetOf([type, 4])), 'data');
  t.equal(
    eventIn(packetOf([3, 16], [7, 8])),
    'data',
    'a SHUTDOWN bundled behind a SACK is not seen',
  );
  t.end();
});

test('an ABORT right behind a COOKIE ECHO or COOKIE ACK counts', (t) => {
  t.equal(eventIn(packetOf([10, 21], [6, 4])), 'abort', 'behind its padding');
  t.equal(eventIn(packetOf([11, 4], [6, 4])), 'abort');
  t.equal(eventIn(packetOf([10, 20], [9, 8], [6, 4])), 'cookieEcho', 'no further than one chunk');
  t.equal(eventIn(packetOf([0, 20], [6, 4])), 'data', 'behind no other chunk');
  t.end();
});

test('a chunk that is not whole or lies about its length is no reason to read on', (t) => {
  const echo = packetOf([10, 20], [6, 4]);
  t.equal(eventIn(echo.subarray(0, echo.length - 1)), 'cookieEcho', 'an ABORT cut off');
  for (const length of [0, 3]) t.equal(eventIn(packetOf([10, length], [6, 4])), 'cookieEcho');
  t.equal(eventIn(packetOf([10, 0xffff]).subarray(0, 20)), 'cookieEcho');
  for (const length of [0, 11, 12, 15]) t.equal(eventIn(echo.subarray(0, length)), 'none');
  t.equal(eventIn(echo.subarray(0, 16)), 'cookieEcho');
  t.end();
});
