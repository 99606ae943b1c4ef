import { test } from 'tap';

import { decodeDatagram, encodeDatagram } from '../../../cluster/sync/codec.js';
import type { MessageBody } from '../../../cluster/sync/message.js';
import { recordSize, removalSize } from '../../../cluster/sync/record-codec.js';
import { keyOf, type SyncRecord } from '../../../cluster/sync/record.js';
import { Prng } from '../../../director/base/prng.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { address, record } from './toy-table.js';

const envelope = { syncId: 42, node: 'd1', epoch: 1_700_000_000_000_000 };

const udp6: SyncRecord = {
  protocol: 'UDP',
  client: address('2001:db8::1'),
  clientPort: 65535,
  virtual: address('2001:db8:1::100'),
  virtualPort: 53,
  real: address('fd00::ffff:1'),
  realPort: 5353,
  method: 'Masq',
  state: 'UDP',
  flags: 0xffff_ffff,
  timeout: seconds(300),
  remaining: milliseconds(299_999),
  packets: 0xffff_ffff,
};

const bodies: readonly MessageBody[] = [
  { kind: 'updates', sequence: 2 ** 40, records: [record(1), udp6], removals: [keyOf(record(2))] },
  { kind: 'hello', lastSequence: 0, entries: 812, tableComplete: true, master: false },
  {
    kind: 'nack',
    node: 'd2',
    epoch: 5,
    ranges: [
      { first: 1, last: 3 },
      { first: 9, last: 9 },
    ],
  },
  { kind: 'lost-notice', oldestKept: 77 },
  { kind: 'bulk-request' },
  {
    kind: 'bulk-fetch',
    node: 'd2',
    epoch: 5,
    transfer: 3,
    cursor: 400,
    window: 8,
    ownOnly: true,
  },
  {
    kind: 'bulk-chunk',
    joinerEpoch: 9,
    transfer: 3,
    cursor: 0,
    next: 24,
    asOf: [{ node: 'd1', epoch: 5, sequence: 17 }],
    records: [record(1), { ...udp6, origin: 'd3' }],
  },
  {
    kind: 'bulk-chunk',
    joinerEpoch: 9,
    transfer: 3,
    cursor: 24,
    next: -1,
    asOf: [],
    records: [],
  },
  { kind: 'goodbye', lastSequence: 12 },
];

const reasonOf = (bytes: Uint8Array): string => {
  const decoded = decodeDatagram(bytes);
  return decoded.kind === 'rejected' ? decoded.reason : 'accepted';
};

const reasonFor = (body: MessageBody): string => reasonOf(encodeDatagram(envelope, body));

const updatesOf = (...records: SyncRecord[]): MessageBody => ({
  kind: 'updates',
  sequence: 1,
  records,
  removals: [],
});

test('every message comes out of the wire as it went in', (t) => {
  for (const body of bodies) {
    t.same(decodeDatagram(encodeDatagram(envelope, body)), { kind: 'datagram', ...envelope, body });
  }
  t.end();
});

test('every state, protocol and method has its own number', (t) => {
  const states = ['NONE', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'TIME_WAIT'] as const;
  const more = ['CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'SYNACK'] as const;
  for (const state of [...states, ...more]) {
    const body = updatesOf({ ...record(1), state, method: 'Masq' }, { ...record(1), state });
    t.same(decodeDatagram(encodeDatagram(envelope, body)), { kind: 'datagram', ...envelope, body });
  }
  t.end();
});

test('records are accepted only when their fields agree', (t) => {
  const mixed = { ...record(1), real: address('2001:db8::1') };
  t.equal(reasonFor(updatesOf(mixed)), 'mixed-families');
  t.equal(reasonFor(updatesOf({ ...record(1), virtual: address('::1') })), 'mixed-families');
  t.equal(reasonFor(updatesOf({ ...record(1), clientPort: 65_536 })), 'bad-port');
  t.equal(reasonFor(updatesOf({ ...record(1), realPort: 65_536 })), 'bad-port');
  t.equal(reasonFor(updatesOf({ ...record(1), state: 'UDP' })), 'unknown-state');
  t.equal(reasonFor(updatesOf({ ...udp6, state: 'ESTABLISHED' })), 'unknown-state');
  t.end();
});

test('numbers, names and cursors out of range are rejected', (t) => {
  const sequence0: MessageBody = { kind: 'updates', sequence: 0, records: [], removals: [] };
  t.equal(reasonFor(sequence0), 'bad-number');
  t.equal(reasonFor({ ...sequence0, sequence: 0.5 }), 'bad-number');
  t.equal(reasonFor({ ...sequence0, sequence: Number.NaN }), 'bad-number');
  t.equal(reasonFor({ ...sequence0, sequence: 2 ** 53 }), 'bad-number');
  t.equal(reasonFor({ kind: 'goodbye', lastSequence: -1 }), 'bad-number');
  const nack: MessageBody = { kind: 'nack', node: 'd2', epoch: 5, ranges: [{ first: 4, last: 3 }] };
  t.equal(reasonFor(nack), 'bad-number');
  t.equal(reasonFor({ ...nack, node: '' }), 'bad-node-name');
  const bytes = encodeDatagram({ ...envelope, node: 'a b' }, { kind: 'bulk-request' });
  t.equal(reasonOf(bytes), 'bad-node-name');
  const chunk: MessageBody = {
    kind: 'bulk-chunk',
    joinerEpoch: 9,
    transfer: 3,
    cursor: 24,
    next: 24,
    asOf: [],
    records: [],
  };
  t.equal(reasonFor(chunk), 'bad-number', 'a cursor that does not advance');
  t.end();
});

test('counts and lengths are bounded', (t) => {
  t.equal(reasonOf(new Uint8Array(1401)), 'too-long');
  const ranges = Array.from({ length: 33 }, (_, index) => ({ first: index + 1, last: index + 1 }));
  t.equal(reasonFor({ kind: 'nack', node: 'd2', epoch: 5, ranges }), 'too-many-items');
  t.throws(
    () => encodeDatagram(envelope, updatesOf(...Array.from({ length: 60 }, () => udp6))),
    /fits its limit/,
  );
  t.end();
});

test('a datagram without a body is rejected, and of two bodies the last counts', (t) => {
  const request = encodeDatagram(envelope, { kind: 'bulk-request' });
  t.equal(reasonOf(request.subarray(0, request.length - 2)), 'no-body');
  // Fields of protobuf messages that stand one after the other are fields of one message.
  const goodbye = encodeDatagram(envelope, { kind: 'goodbye', lastSequence: 1 });
  t.match(decodeDatagram(Uint8Array.from([...request, ...goodbye])), { body: { kind: 'goodbye' } });
  t.equal(reasonOf(new Uint8Array(0)), 'bad-node-name');
  t.end();
});

test('no truncation of any message makes the decoder throw', (t) => {
  for (const body of bodies) {
    const bytes = encodeDatagram(envelope, body);
    for (let length = 0; length < bytes.length; length += 1) {
      const decoded = decodeDatagram(bytes.subarray(0, length));
      t.ok(decoded.kind === 'rejected' || decoded.node === 'd1');
    }
  }
  t.end();
});

test('20,000 mutations do not make the decoder throw, and what it accepts can be sent again', (t) => {
  const random = new Prng(1);
  let accepted = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const body = bodies[random.below(bodies.length)] ?? { kind: 'bulk-request' };
    const bytes = encodeDatagram(envelope, body).slice();
    for (let count = random.below(4); count >= 0; count -= 1) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const decoded = decodeDatagram(bytes);
    if (decoded.kind === 'rejected') continue;
    accepted += 1;
    const again = decodeDatagram(encodeDatagram(decoded, decoded.body));
    if (again.kind !== 'datagram') t.fail(`round ${round}: accepted, but not a second time`);
  }
  t.ok(accepted > 1000 && accepted < 19_000, `${accepted} of 20,000 were still well-formed`);
  t.end();
});

test('the size of a record in a datagram is known before it is encoded', (t) => {
  const zeros = { ...record(1), clientPort: 0, realPort: 0, state: 'NONE', packets: 0 } as const;
  const times = { ...record(1), timeout: seconds(1e7), remaining: milliseconds(0) };
  for (const item of [record(1), record(70_000, 300), udp6, zeros, times]) {
    const lengthOf = (body: MessageBody): number => encodeDatagram(envelope, body).length;
    const growth = lengthOf(updatesOf(udp6, udp6, item)) - lengthOf(updatesOf(udp6, udp6));
    t.equal(recordSize(item), growth);
    const fewer: MessageBody = {
      kind: 'updates',
      sequence: 1,
      records: [udp6, udp6],
      removals: [],
    };
    const removal = lengthOf({ ...fewer, removals: [keyOf(item)] }) - lengthOf(fewer);
    t.equal(removalSize(keyOf(item)), removal);
  }
  t.end();
});
