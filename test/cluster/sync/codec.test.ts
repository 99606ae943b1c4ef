import { test } from 'tap';

import { baton } from '#proto/sync.js';

import { decodeDatagram, encodeDatagram } from '../../../cluster/sync/codec.js';
import type { MessageBody } from '../../../cluster/sync/message.js';
import {
  recordSize,
  recordToWire,
  removalSize,
  removalToWire,
} from '../../../cluster/sync/record-codec.js';
import { keyOf, keyText, type SyncRecord } from '../../../cluster/sync/record.js';
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
  {
    kind: 'updates',
    sequence: 2 ** 40,
    records: [record(1), udp6],
    removals: [keyOf(record(2))],
    acknowledge: false,
  },
  {
    kind: 'updates',
    sequence: 1,
    records: [greatest, fullNat, markTemplate],
    removals: [keyOf(greatest), keyOf(markTemplate)],
    acknowledge: false,
  },
  {
    kind: 'hello',
    lastSequence: 0,
    entries: 812,
    tableComplete: true,
    master: false,
    acknowledge: false,
  },
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
    records: [record(1), { ...udp6, origin: 'd3' }, { ...greatest, origin: 'd3' }],
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
  acknowledge: false,
});

test('every message comes out of the wire as it went in', (t) => {
  for (const body of bodies) {
    t.same(decodeDatagram(encodeDatagram(envelope, body)), { kind: 'datagram', ...envelope, body });
  }
  t.end();
});

test('every protocol and method has its own number', (t) => {
  const protocols = ['TCP', 'UDP', 'SCTP', 'IP'] as const;
  const methods = ['Masq', 'Local', 'Tunnel', 'Route', 'FullNat'] as const;
  for (const protocol of protocols) {
    for (const method of methods) {
      const body = updatesOf({ ...record(1), protocol, method, isTemplate: protocol === 'IP' });
      const bytes = encodeDatagram(envelope, body);
      t.same(decodeDatagram(bytes), { kind: 'datagram', ...envelope, body });
    }
  }
  t.end();
});

test('the numbers on the wire do not change from one version to the next', (t) => {
  const expected = [
    // protocol, client, client port, virtual, virtual port, real, real port
    '088401 1204c0000205 188008 22040a010064 2850 32040a020001 3850',
    // method, state, timeout, remaining, packets, template, local address and port
    '4004 48ff01 588407 60a0f736 6801 7801 8201040a0200fe 880101',
  ];
  const item: SyncRecord = { ...fullNat, protocol: 'SCTP', isTemplate: true, state: 255 };
  const bytes = baton.sync.Record.encode(recordToWire(item)).finish();
  t.equal(Buffer.from(bytes).toString('hex'), expected.join('').replaceAll(' ', ''));
  const methods = { Masq: 1, Route: 2, Tunnel: 3, FullNat: 4, Local: 5 } as const;
  for (const method of ['Masq', 'Route', 'Tunnel', 'FullNat', 'Local'] as const) {
    t.equal(recordToWire({ ...record(1), method }).method, methods[method]);
  }
  t.end();
});

test('all 256 states of a protocol pass, and no other', (t) => {
  for (let state = 0; state < 256; state += 1) {
    const body = updatesOf({ ...record(1), state }, { ...udp6, state });
    t.same(decodeDatagram(encodeDatagram(envelope, body)), { kind: 'datagram', ...envelope, body });
  }
  t.equal(reasonFor(updatesOf({ ...record(1), state: 256 })), 'bad-state');
  t.equal(reasonFor(updatesOf({ ...record(1), state: 0xffff_ffff })), 'bad-state');
  t.end();
});

test('a template and a connection of the same endpoints are two keys', (t) => {
  const connection = { ...record(1), clientPort: 0 };
  const template = { ...connection, isTemplate: true };
  t.not(keyText(template), keyText(connection));
  t.equal(keyText(keyOf(template)), keyText(template));
  const removals = [keyOf(template), keyOf(connection)];
  const body: MessageBody = {
    kind: 'updates',
    sequence: 1,
    records: [],
    removals,
    acknowledge: false,
  };
  t.same(decodeDatagram(encodeDatagram(envelope, body)), { kind: 'datagram', ...envelope, body });
  t.end();
});

test('records are accepted only when their fields agree', (t) => {
  const mixed = { ...record(1), real: address('2001:db8::1') };
  t.equal(reasonFor(updatesOf(mixed)), 'mixed-families');
  t.equal(reasonFor(updatesOf({ ...record(1), virtual: address('::1') })), 'mixed-families');
  t.equal(reasonFor(updatesOf({ ...record(1), clientPort: 65_536 })), 'bad-port');
  t.equal(reasonFor(updatesOf({ ...record(1), virtualPort: 65_536 })), 'bad-port');
  t.equal(reasonFor(updatesOf({ ...record(1), realPort: 65_536 })), 'bad-port');
  t.equal(reasonFor(updatesOf({ ...markTemplate, isTemplate: false })), 'unknown-protocol');
  t.end();
});

/** Why a record is refused that is `fullNat` but for these fields of the wire. */
const reasonForWire = (fields: baton.sync.Record.$Properties): string => {
  const records = [{ ...recordToWire(fullNat), ...fields }];
  const wire = { ...envelope, updates: { sequence: 1, records } };
  return reasonOf(baton.sync.Datagram.encode(wire).finish());
};

test('a local endpoint is accepted whole, of the same family and under FullNat, or not at all', (t) => {
  t.equal(reasonForWire({}), 'accepted');
  t.equal(reasonForWire({ localAddress: null, localPort: 0 }), 'accepted');
  t.equal(reasonForWire({ localPort: 0 }), 'bad-local');
  t.equal(reasonForWire({ localAddress: null }), 'bad-local');
  t.equal(reasonForWire({ localAddress: new Uint8Array(0) }), 'bad-local');
  t.equal(reasonForWire({ localPort: 65_536 }), 'bad-port');
  t.equal(reasonForWire({ localPort: 0xffff_ffff }), 'bad-port');
  t.equal(reasonForWire({ localAddress: new Uint8Array(3) }), 'bad-address');
  t.equal(reasonForWire({ localAddress: new Uint8Array(17) }), 'bad-address');
  t.equal(reasonForWire({ localAddress: new Uint8Array(16).fill(32) }), 'mixed-families');
  t.equal(reasonForWire({ method: recordToWire(record(1)).method ?? 0 }), 'bad-local');
  t.end();
});

test('numbers that stand for no protocol or method are refused, in removals too', (t) => {
  for (const number of [1, 5, 7, 131, 133, 255, 256, -1, 0x7fff_ffff]) {
    t.equal(reasonForWire({ protocol: number }), 'unknown-protocol', `protocol ${number}`);
    const removals = [{ ...removalToWire(markTemplate), protocol: number }];
    const wire = { ...envelope, updates: { sequence: 1, removals } };
    t.equal(reasonOf(baton.sync.Datagram.encode(wire).finish()), 'unknown-protocol');
  }
  t.equal(reasonForWire({ protocol: null }), 'unknown-protocol', 'a connection without one');
  for (const number of [0, 6, -1, 0x7fff_ffff]) {
    t.equal(reasonForWire({ method: number }), 'unknown-method', `method ${number}`);
  }
  t.end();
});

test('numbers, names and cursors out of range are rejected', (t) => {
  const sequence0: MessageBody = {
    kind: 'updates',
    sequence: 0,
    records: [],
    removals: [],
    acknowledge: false,
  };
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
    records: [],
  };
  t.equal(reasonFor(chunk), 'bad-number', 'a cursor that does not advance');
  t.end();
});

test('counts and lengths are bounded', (t) => {
  t.equal(reasonOf(new Uint8Array(8_973)), 'too-long');
  const ranges = Array.from({ length: 33 }, (_, index) => ({ first: index + 1, last: index + 1 }));
  t.equal(reasonFor({ kind: 'nack', node: 'd2', epoch: 5, ranges }), 'too-many-items');
  t.throws(
    () => encodeDatagram(envelope, updatesOf(...Array.from({ length: 200 }, () => udp6))),
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
  const zeros = { ...record(1), clientPort: 0, realPort: 0, state: 0, packets: 0 };
  const times = { ...record(1), timeout: seconds(1e7), remaining: milliseconds(0) };
  const states = [127, 128, 255].map((state) => ({ ...record(1), state }));
  const kinds = [greatest, fullNat, markTemplate, { ...udp6, isTemplate: true }];
  for (const item of [record(1), record(70_000, 300), udp6, zeros, times, ...states, ...kinds]) {
    const lengthOf = (body: MessageBody): number => encodeDatagram(envelope, body).length;
    const growth = lengthOf(updatesOf(udp6, udp6, item)) - lengthOf(updatesOf(udp6, udp6));
    t.equal(recordSize(item), growth);
    const fewer: MessageBody = {
      kind: 'updates',
      sequence: 1,
      records: [udp6, udp6],
      removals: [],
      acknowledge: false,
    };
    const removal = lengthOf({ ...fewer, removals: [keyOf(item)] }) - lengthOf(fewer);
    t.equal(removalSize(keyOf(item)), removal);
  }
  t.end();
});
