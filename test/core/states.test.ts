import { test } from 'tap';

import {
  DefaultTimeouts,
  Direction,
  isActive,
  nextTcpState,
  State,
  StateNames,
} from '../../director/core/states.js';

/** Control bits by the letters that tcpdump prints. */
const Bits = { F: 0x01, S: 0x02, R: 0x04, P: 0x08, A: 0x10, U: 0x20 } as const;

const { none, established, synSent, synRecv, finWait, timeWait } = State;
const { close, closeWait, lastAck, listen, synAck } = State;

/** All states of TCP in the kernel's order. */
const Columns = [
  none,
  established,
  synSent,
  synRecv,
  finWait,
  timeWait,
  close,
  closeWait,
  lastAck,
  listen,
  synAck,
];

/** The tables of ip_vs_proto_tcp.c: the state that follows each of the columns, by direction and event. */
const Tables: readonly [string, Direction, number, readonly number[]][] = [
  ['input syn', Direction.input, Bits.S, [3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3]],
  ['input fin', Direction.input, Bits.F, [6, 7, 2, 5, 5, 5, 6, 7, 8, 9, 5]],
  ['input ack', Direction.input, Bits.A, [1, 1, 2, 1, 4, 5, 6, 7, 6, 9, 1]],
  ['input rst', Direction.input, Bits.R, [6, 6, 6, 3, 6, 6, 6, 6, 8, 9, 3]],
  ['output syn', Direction.output, Bits.S, [2, 1, 2, 3, 2, 2, 2, 2, 2, 9, 3]],
  ['output fin', Direction.output, Bits.F, [5, 4, 2, 5, 4, 5, 6, 5, 8, 9, 5]],
  ['output ack', Direction.output, Bits.A, [1, 1, 2, 1, 4, 5, 6, 7, 8, 1, 1]],
  ['output rst', Direction.output, Bits.R, [6, 6, 2, 6, 6, 5, 6, 6, 6, 6, 6]],
  ['input-only syn', Direction.inputOnly, Bits.S, [3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3]],
  ['input-only fin', Direction.inputOnly, Bits.F, [6, 4, 2, 5, 4, 5, 6, 7, 8, 9, 5]],
  ['input-only ack', Direction.inputOnly, Bits.A, [1, 1, 2, 1, 4, 5, 6, 7, 6, 9, 1]],
  ['input-only rst', Direction.inputOnly, Bits.R, [6, 6, 6, 3, 6, 6, 6, 6, 8, 9, 6]],
];

test('the numbers of the states are those of sync messages', (t) => {
  t.strictSame(Columns, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.end();
});

test('each event leads from each state to the one of the kernel’s table', (t) => {
  for (const [name, direction, flags, expected] of Tables) {
    const following = Columns.map((state) => nextTcpState(state, flags, direction));
    t.strictSame(following, expected, name);
  }
  t.end();
});

/** Where the tables of the secure_tcp defence differ from the plain ones: state before, state after. */
const SecureCells: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'input syn': [[synAck, synAck]],
  'input fin': [[synAck, synAck]],
  'input ack': [
    [synRecv, synRecv],
    [synAck, synAck],
  ],
  'input rst': [[synAck, close]],
  'output syn': [
    [synRecv, synAck],
    [synAck, synAck],
  ],
  'input-only syn': [none, finWait, timeWait, close, closeWait, lastAck, listen, synAck].map(
    (state) => [state, synAck] as const,
  ),
};

test('the secure_tcp tables differ from the plain ones where the kernel’s do, and nowhere else', (t) => {
  for (const [name, direction, flags, plain] of Tables) {
    const expected = [...plain];
    for (const [before, after] of SecureCells[name] ?? []) expected[before] = after;
    const following = Columns.map((state) => nextTcpState(state, flags, direction, true));
    t.strictSame(following, expected, name);
  }
  t.end();
});

test('one event counts: rst before syn before fin before ack', (t) => {
  const next = (flags: number): number => nextTcpState(established, flags, Direction.input);
  t.equal(next(Bits.R | Bits.S | Bits.F | Bits.A), close);
  t.equal(next(Bits.S | Bits.F | Bits.A), established);
  t.equal(next(Bits.F | Bits.A), closeWait);
  t.equal(next(Bits.A | Bits.P), established);
  t.equal(nextTcpState(none, Bits.S | Bits.A, Direction.input), synRecv);
  t.end();
});

test('a segment without an event ends every connection: CLOSE is what the kernel falls back to', (t) => {
  for (const state of Columns) {
    for (const direction of Object.values(Direction)) {
      t.equal(nextTcpState(state, 0, direction), close);
      t.equal(nextTcpState(state, Bits.P | Bits.U, direction, true), close);
    }
  }
  t.end();
});

/** The states that a connection goes through: `>` is a segment of the client, `<` one of the server. */
function walk(segments: string, isRoute: boolean, isSecure = false): string[] {
  const fromClient = isRoute ? Direction.inputOnly : Direction.input;
  let state: number = State.none;
  return segments.split(' ').map((segment) => {
    const letters = segment.slice(1).split('');
    const flags = letters.reduce((bits, letter) => bits | bitOf(letter), 0);
    const direction = segment.startsWith('>') ? fromClient : Direction.output;
    state = nextTcpState(state, flags, direction, isSecure);
    return StateNames[state] ?? '?';
  });
}

function bitOf(letter: string): number {
  for (const [name, bit] of Object.entries(Bits)) if (name === letter) return bit;
  throw new Error(`no control bit ${letter}`);
}

test('the life of a connection under Masq', (t) => {
  t.strictSame(
    walk('>S <SA >A >PA <A >FA <FA >A', false),
    [
      'SYN_RECV',
      'SYN_RECV',
      'ESTABLISHED',
      'ESTABLISHED',
      'ESTABLISHED',
      'CLOSE_WAIT',
      'TIME_WAIT',
      'TIME_WAIT',
    ],
    'closed by the client first: 7 and 5 in recorded sync messages',
  );
  t.strictSame(
    walk('>S <SA >A <FA >A >FA <A', false),
    ['SYN_RECV', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'FIN_WAIT', 'TIME_WAIT', 'TIME_WAIT'],
    'closed by the server first',
  );
  t.strictSame(walk('>S <SA >A >R', false), ['SYN_RECV', 'SYN_RECV', 'ESTABLISHED', 'CLOSE']);
  t.strictSame(walk('>S <RA', false), ['SYN_RECV', 'CLOSE'], 'refused by the server');
  t.strictSame(walk('>S >R', false), ['SYN_RECV', 'SYN_RECV'], 'as the kernel has it');
  t.end();
});

test('the life of a connection under Route, of which only the client’s half is seen', (t) => {
  t.strictSame(walk('>S >A >PA >A >FA >A', true), [
    'SYN_RECV',
    'ESTABLISHED',
    'ESTABLISHED',
    'ESTABLISHED',
    'FIN_WAIT',
    'FIN_WAIT',
  ]);
  t.strictSame(walk('>S >A >RA', true), ['SYN_RECV', 'ESTABLISHED', 'CLOSE']);
  t.strictSame(walk('>S >A >FA >S', true).at(-1), 'SYN_RECV', 'the port is used again');
  t.end();
});

test('under secure_tcp only an answer of the server makes a connection established', (t) => {
  t.strictSame(
    walk('>S >A >PA', false, true),
    ['SYN_RECV', 'SYN_RECV', 'SYN_RECV'],
    'a client that makes the handshake up gets nowhere',
  );
  t.strictSame(
    walk('>S <SA >A <A >FA <FA >A', false, true),
    ['SYN_RECV', 'SYNACK', 'SYNACK', 'ESTABLISHED', 'CLOSE_WAIT', 'TIME_WAIT', 'TIME_WAIT'],
    'a real one is established with the server’s first segment after the handshake',
  );
  t.strictSame(
    walk('>S >A >FA', true, true),
    ['SYNACK', 'ESTABLISHED', 'FIN_WAIT'],
    'with one half seen there is no answer to wait for',
  );
  t.end();
});

test('a connection goes on when secure_tcp comes or goes in its middle', (t) => {
  const { input } = Direction;
  t.equal(nextTcpState(established, Bits.A, input, true), established);
  t.equal(nextTcpState(synAck, Bits.A, input, false), established, 'it waited for an answer');
  t.end();
});

test('the timeouts are the kernel’s', (t) => {
  const timeouts = Object.fromEntries(
    StateNames.map((name, state) => [name, DefaultTimeouts[state]]),
  );
  t.strictSame(timeouts, {
    NONE: 2,
    ESTABLISHED: 900,
    SYN_SENT: 120,
    SYN_RECV: 60,
    FIN_WAIT: 120,
    TIME_WAIT: 120,
    CLOSE: 10,
    CLOSE_WAIT: 60,
    LAST_ACK: 30,
    LISTEN: 120,
    SYNACK: 120,
    UDP: 300,
  });
  t.end();
});

test('active are the states before a connection begins to end', (t) => {
  t.strictSame(Columns.filter(isActive), [established, synSent, synRecv, synAck]);
  t.equal(isActive(State.udp), false, 'UDP never');
  t.end();
});
