import { test } from 'tap';

import { ChangeList } from '../../../cluster/sync/change-list.js';
import { decodeDatagram, encodeDatagram } from '../../../cluster/sync/codec.js';
import type { MessageBody } from '../../../cluster/sync/message.js';
import type { SyncRecord } from '../../../cluster/sync/record.js';
import { Prng } from '../../../director/base/prng.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { address, keyText, plainRecord, record } from './toy-table.js';
import { hello, updatesOf } from './world.js';

const envelope = { syncId: 42, node: 'd1', epoch: 1_700_000_000_000_000 };

const udp6: SyncRecord = {
  protocol: 'UDP',
  client: address('2001:db8::1'),
  clientPort: 65535,
  virtual: address('2001:db8:1::100'),
  virtualPort: 53,
  isTemplate: false,
  real: address('fd00::ffff:1'),
  realPort: 5353,
  method: 'Masq',
  state: 11,
  flags: 0xffff_ffff,
  timeout: seconds(300),
  remaining: milliseconds(299_999),
  packets: 0xffff_ffff,
};

/** Of every field the greatest. */
const greatest: SyncRecord = {
  ...udp6,
  protocol: 'SCTP',
  virtualPort: 65535,
  isTemplate: true,
  realPort: 65535,
  method: 'FullNat',
  local: { address: address('fd00::ffff:2'), port: 65535 },
  state: 255,
};

const fullNat: SyncRecord = {
  ...record(5),
  method: 'FullNat',
  local: { address: address('10.2.0.254'), port: 1 },
};

/** As small as can be: the template of firewall mark 7. */
const markTemplate: SyncRecord = {
  ...record(4),
  protocol: 'IP',
  clientPort: 0,
  virtual: address('0.0.0.7'),
  virtualPort: 0,
  isTemplate: true,
  realPort: 0,
  state: 0,
};

const bodies: readonly MessageBody[] = [
  updatesOf(2 ** 40, [record(1), udp6], [record(2)]),
  {
    ...updatesOf(1, [greatest, fullNat, markTemplate], [greatest, markTemplate]),
    acknowledge: true,
  },
  hello(812, true, { entries: 7, high: 0xffff_ffff, low: 1 }),
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
  { kind: 'challenge' },
  { kind: 'relay', node: 'd2', epoch: 5, updates: updatesOf(9, [udp6], [record(1)]) },
  { ...hello(), heard: [{ node: 'd2', epoch: 5, sequence: 2 ** 43 }] },
  { kind: 'response', node: 'd2', epoch: 5, counter: 2 ** 42 },
  { kind: 'ack', node: 'd2', epoch: 5, sequence: 2 ** 41 },
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
    lives: [
      { node: 'd3', epoch: 8 },
      { node: 'd4', epoch: 2 ** 52 },
    ],
    records: ChangeList.of([record(1), udp6, greatest]),
    origins: Uint8Array.of(0, 2, 1),
  },
  {
    kind: 'bulk-chunk',
    joinerEpoch: 9,
    transfer: 3,
    cursor: 24,
    next: -1,
    asOf: [],
    lives: [],
    records: ChangeList.of([]),
    origins: new Uint8Array(0),
  },
  { kind: 'goodbye', lastSequence: 12 },
];

const reasonOf = (bytes: Uint8Array): string => {
  const decoded = decodeDatagram(bytes);
  return decoded.kind === 'rejected' ? decoded.reason : 'accepted';
};

const reasonFor = (body: MessageBody): string => reasonOf(encodeDatagram(envelope, body));

/** A message as what it says, to compare. */
function saidBy(body: MessageBody): unknown {
  if (body.kind === 'bulk-chunk') {
    return { ...body, origins: [...body.origins], records: body.records.records.map(plainRecord) };
  }
  if (body.kind === 'relay') return { ...body, updates: saidBy(body.updates) };
  if (body.kind !== 'updates') return body;
  const { records, removals } = body.changes;
  return { ...body, changes: [records.map(plainRecord), removals.map(keyText)] };
}

test('every message comes out of the wire as it went in', (t) => {
  for (const body of bodies) {
    const decoded = decodeDatagram(encodeDatagram(envelope, body));
    t.match(decoded, { kind: 'datagram', ...envelope });
    if (decoded.kind === 'datagram') t.same(saidBy(decoded.body), saidBy(body));
  }
  t.end();
});

test('numbers, names and cursors out of range are rejected', (t) => {
  const sequence0 = updatesOf(0, []);
  t.equal(reasonFor(sequence0), 'bad-number');
  t.equal(reasonFor({ ...sequence0, sequence: 0.5 }), 'bad-number');
  t.equal(reasonFor({ ...sequence0, sequence: Number.NaN }), 'bad-number');
  t.equal(reasonFor({ ...sequence0, sequence: 2 ** 53 }), 'bad-number');
  t.equal(reasonFor({ kind: 'goodbye', lastSequence: -1 }), 'bad-number');
  t.equal(reasonFor({ kind: 'ack', node: 'd2', epoch: 5, sequence: 0.5 }), 'bad-number');
  t.equal(reasonFor({ kind: 'ack', node: '', epoch: 5, sequence: 1 }), 'bad-node-name');
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
    lives: [],
    records: ChangeList.of([]),
    origins: new Uint8Array(0),
  };
  t.equal(reasonFor(chunk), 'bad-number', 'a cursor that does not advance');
  const records = ChangeList.of([record(1), record(2)]);
  const filled = { ...chunk, next: 25, records, origins: Uint8Array.of(0, 0) };
  t.equal(reasonFor(filled), 'accepted');
  t.equal(reasonFor({ ...filled, origins: Uint8Array.of(0) }), 'bad-origin', 'one is missing');
  t.equal(reasonFor({ ...filled, origins: Uint8Array.of(0, 1) }), 'bad-origin', 'nobody is meant');
  const gone = ChangeList.of([record(1)], [record(2)]);
  t.equal(reasonFor({ ...filled, records: gone }), 'unknown-kind', 'a chunk removes nothing');
  t.end();
});

test('counts and lengths are bounded', (t) => {
  t.equal(reasonOf(new Uint8Array(8_973)), 'too-long');
  const ranges = Array.from({ length: 33 }, (_, index) => ({ first: index + 1, last: index + 1 }));
  t.equal(reasonFor({ kind: 'nack', node: 'd2', epoch: 5, ranges }), 'too-many-items');
  const many = Array.from({ length: 300 }, (_, index) => ({ ...udp6, clientPort: index }));
  t.throws(() => encodeDatagram(envelope, updatesOf(1, many)), /fits its limit/);
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
