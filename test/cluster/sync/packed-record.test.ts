import { test } from 'tap';

import { ChangeList, ChangeWriter } from '../../../cluster/sync/change-list.js';
import { GreatestRecord } from '../../../cluster/sync/packed-layout.js';
import {
  loadRecord,
  PackedRemoval,
  packFields,
  packRecord,
  packRemoval,
} from '../../../cluster/sync/packed-record.js';
import { RecordFields } from '../../../cluster/sync/record-fields.js';
import type { SyncRecord } from '../../../cluster/sync/record.js';
import { Prng } from '../../../director/base/prng.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { address, keyText, plainRecord, record } from './toy-table.js';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(/[^0-9a-f]/g, ''), 'hex'));

const plain: SyncRecord = {
  protocol: 'TCP',
  client: address('192.0.2.5'),
  clientPort: 40_000,
  virtual: address('10.1.0.100'),
  virtualPort: 80,
  isTemplate: false,
  real: address('10.2.0.1'),
  realPort: 8_080,
  method: 'Route',
  state: 1,
  flags: 0,
  timeout: seconds(900),
  remaining: milliseconds(899_500),
  packets: 17,
};

/** Of every field the greatest. */
const greatest: SyncRecord = {
  ...plain,
  protocol: 'SCTP',
  client: address('2001:db8::1'),
  clientPort: 65_535,
  virtual: address('2001:db8:1::100'),
  virtualPort: 65_535,
  isTemplate: true,
  real: address('fd00::ffff:1'),
  realPort: 65_535,
  method: 'FullNat',
  local: { address: address('fd00::ffff:2'), port: 65_535 },
  firewallMark: 0xffff_ffff,
  state: 255,
  flags: 0xffff_ffff,
  timeout: seconds(0xffff_ffff),
  remaining: milliseconds(0xffff_ffff),
  packets: 0xffff_ffff,
};

/** The template of firewall mark 7, which is for no one protocol. */
const markTemplate: SyncRecord = {
  ...plain,
  protocol: 'IP',
  clientPort: 0,
  virtual: address('0.0.0.7'),
  virtualPort: 0,
  isTemplate: true,
  realPort: 0,
  state: 0,
};

/** What stands on the wire must not change from one version to the next. */
const golden: readonly (readonly [string, SyncRecord, string])[] = [
  [
    'IPv4',
    plain,
    '00 06 9c40 0050 c0000205 0a010064 | 03 01 1f90 0a020001 | 00000384 000db9ac 00000011',
  ],
  [
    'the template of a mark',
    markTemplate,
    '02 00 0000 0000 c0000205 00000007 | 03 00 0000 0a020001 | 00000384 000db9ac 00000011',
  ],
  [
    'IPv6 with all that may follow',
    greatest,
    `73 84 ffff ffff 20010db8000000000000000000000001 20010db8000100000000000000000100
     | 05 ff ffff fd0000000000000000000000ffff0001 | ffffffff ffffffff ffffffff
     | ffffffff | ffffffff | fd0000000000000000000000ffff0002 ffff`,
  ],
];

const reasonFor = (bytes: Uint8Array): string => {
  const list = ChangeList.read(bytes);
  return typeof list === 'string' ? list : 'accepted';
};

test('records are these bytes', (t) => {
  for (const [name, item, bytes] of golden) {
    t.equal(
      Buffer.from(ChangeList.of([item]).bytes).toString('hex'),
      Buffer.from(hex(bytes)).toString('hex'),
      name,
    );
    const list = ChangeList.read(hex(bytes));
    if (typeof list === 'string') t.fail(list);
    else t.same(list.records.map(plainRecord), [item], name);
  }
  t.equal(hex(golden[2]?.[2] ?? '').length, GreatestRecord);
  t.end();
});

test('removals are these bytes', (t) => {
  const bytes = ChangeList.of([], [plain, markTemplate]).bytes;
  t.equal(
    Buffer.from(bytes).toString('hex'),
    Buffer.from(
      hex('0c 06 9c40 0050 c0000205 0a010064 | 0e 00 0000 0000 c0000205 00000007'),
    ).toString('hex'),
  );
  const own = packRemoval(plain, false);
  t.equal(own.view.getUint8(own.at), 0x04);
  t.equal(own.isServed, false);
  t.equal(packRemoval(plain, true).isServed, true);
  t.end();
});

test('every protocol, method and state comes back', (t) => {
  for (const protocol of ['TCP', 'UDP', 'SCTP', 'IP'] as const) {
    for (const method of ['Masq', 'Local', 'Tunnel', 'Route', 'FullNat'] as const) {
      const item = { ...plain, protocol, method, isTemplate: protocol === 'IP' };
      t.same(plainRecord(packRecord(item)), item);
    }
  }
  const states = Array.from({ length: 256 }, (_, state) => state);
  t.same(
    states.map((state) => packRecord({ ...plain, state }).state),
    states,
  );
  t.end();
});

test('a record in bytes and the fields of it say the same', (t) => {
  const fields = new RecordFields();
  for (const [name, item] of [...golden, ...golden.toReversed()]) {
    loadRecord(packRecord(item), fields);
    t.same(plainRecord(packFields(fields)), item, name);
    loadRecord(item, fields);
    t.same(plainRecord(packFields(fields)), item, `${name}, from words`);
  }
  t.end();
});

test('times are rounded up, and what does not fit is the greatest', (t) => {
  const packed = packRecord({
    ...plain,
    timeout: seconds(1.2),
    remaining: milliseconds(0.001),
    packets: 2 ** 40,
  });
  t.same([packed.timeout, packed.remaining], [seconds(2), milliseconds(1)]);
  t.equal(packed.packets, 0xffff_ffff);
  t.equal(packRecord({ ...plain, timeout: seconds(1e12) }).timeout, seconds(0xffff_ffff));
  t.end();
});

/** Why a record is refused of which one byte is another. */
const withByte = (item: SyncRecord, at: number, byte: number): string => {
  const changed = Uint8Array.from(ChangeList.of([item]).bytes);
  changed[at] = byte;
  return reasonFor(changed);
};

test('bytes that are no list of changes are refused with a reason', (t) => {
  const bytes = ChangeList.of([plain]).bytes;
  for (let length = 1; length < bytes.length; length += 1) {
    t.equal(reasonFor(bytes.subarray(0, length)), 'truncated-record', `${length} bytes`);
  }
  t.equal(withByte(plain, 0, 0x80), 'unknown-kind');
  t.equal(withByte(plain, 0, 0x08), 'unknown-kind', 'only a removal is served');
  t.equal(withByte(plain, 0, 0x14), 'unknown-kind', 'a removal has no flags');
  for (const number of [1, 5, 7, 131, 133, 255]) {
    t.equal(withByte(plain, 1, number), 'unknown-protocol', `protocol ${number}`);
  }
  t.equal(withByte(plain, 1, 0), 'unknown-protocol', 'a connection has one');
  t.equal(withByte(markTemplate, 1, 0), 'accepted');
  for (const number of [4, 6, 255]) {
    t.equal(withByte(plain, 14, number), 'unknown-method', `method ${number}`);
  }
  t.end();
});

test('a local endpoint is accepted under FullNat and with a port, or not at all', (t) => {
  const fullNat: SyncRecord = {
    ...plain,
    method: 'FullNat',
    local: { address: address('10.2.0.254'), port: 1 },
  };
  const bytes = ChangeList.of([fullNat]).bytes;
  t.equal(reasonFor(bytes), 'accepted');
  const withoutPort = Uint8Array.from(bytes);
  withoutPort[bytes.length - 1] = 0;
  t.equal(reasonFor(withoutPort), 'bad-local');
  const asRoute = Uint8Array.from(bytes);
  asRoute[14] = 3;
  t.equal(reasonFor(asRoute), 'bad-local');
  t.end();
});

test('keys have equal hashes exactly when they are equal', (t) => {
  const hashes = new Map<number, string>();
  const note = (item: SyncRecord): void => {
    const { keyHash } = packRecord(item);
    t.equal(packRemoval(item, true).keyHash, keyHash);
    t.equal(hashes.get(keyHash) ?? keyText(item), keyText(item));
    hashes.set(keyHash, keyText(item));
  };
  for (let index = 0; index < 2_000; index += 1) note(record(index, index));
  const variants: SyncRecord[] = [
    plain,
    { ...plain, isTemplate: true },
    { ...plain, protocol: 'UDP' },
    { ...plain, clientPort: 80, virtualPort: 40_000 },
    { ...plain, client: plain.virtual, virtual: plain.client },
    { ...plain, client: address('::192.0.2.5'), virtual: address('::10.1.0.100') },
    markTemplate,
    greatest,
  ];
  for (const item of variants) note(item);
  t.equal(hashes.size, 2_000 + variants.length);
  const other = { ...plain, real: address('10.2.0.9'), state: 4, packets: 99 };
  t.equal(packRecord(other).keyHash, packRecord(plain).keyHash, 'only the key counts');
  t.end();
});

test('a message holds the last change of a key, and ends before it', (t) => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const random = new Prng(seed);
    const writer = new ChangeWriter(4_000);
    const last = new Map<string, string>();
    for (let step = 0; step < 60; step += 1) {
      const item =
        random.below(2) === 0
          ? record(random.below(8), step)
          : { ...greatest, clientPort: random.below(4), packets: step };
      const isGone = random.below(3) === 0;
      t.ok(writer.add(isGone ? packRemoval(item, random.below(2) === 0) : packRecord(item)));
      last.set(keyText(item), isGone ? 'gone' : `v${step}`);
    }
    const list = writer.take();
    const told = list.items.map(
      (item) =>
        [keyText(item), item instanceof PackedRemoval ? 'gone' : `v${item.packets}`] as const,
    );
    t.same(new Map(told), last, `seed ${seed}`);
    const living = [...last.values()].filter((what) => what !== 'gone');
    t.equal(list.records.length, living.length, `seed ${seed}`);
    t.ok(writer.isEmpty);
  }
  t.end();
});

test('the end of a connection stays before the next one on its ports, a word that is withdrawn does not', (t) => {
  for (const [isServed, count] of [
    [true, 2],
    [false, 1],
  ] as const) {
    const writer = new ChangeWriter(4_000);
    for (const change of [packRecord(record(1)), packRemoval(record(1), isServed)]) {
      writer.add(change);
    }
    for (const packets of [1, 2]) writer.add(packRecord(record(1, packets)));
    const { items, records } = writer.take();
    t.equal(items.length, count);
    t.equal(items[0] instanceof PackedRemoval, isServed);
    t.same(
      records.map(({ packets }) => packets),
      [2],
    );
  }
  t.end();
});

test('a change that does not fit is left out, and one that takes another’s place needs no room', (t) => {
  const writer = new ChangeWriter(100);
  t.equal(writer.add(packRecord(record(1))), true);
  t.equal(writer.add(packRecord(record(2))), true);
  t.equal(writer.add(packRecord(record(3))), false);
  t.equal(writer.add(packRecord(record(2, 9))), true);
  t.equal(writer.add(packRemoval(record(1), true)), true);
  const list = writer.take();
  t.same(list.items.map(keyText), [record(2), record(1)].map(keyText));
  t.same(
    list.records.map(({ packets }) => packets),
    [9],
  );
  t.end();
});
