import { readFileSync } from 'node:fs';

import { test } from 'tap';

import type {
  IpvsMessage,
  IpvsMessageReject,
  IpvsRecord,
} from '../../../../cluster/sync/ipvs/message.js';
import { readIpvsMessage } from '../../../../cluster/sync/ipvs/reader.js';
import { IpvsMessageWriter, writeIpvsMessage } from '../../../../cluster/sync/ipvs/writer.js';
import { InvariantError } from '../../../../director/base/invariant.js';
import { Prng } from '../../../../director/base/prng.js';
import { readPcap } from '../../../../scripts/oracle/pcap.js';
import { address } from '../toy-table.js';
import { bytesOf, golden, hexOf, wireRecord } from './records.js';

function read(text: string): IpvsMessage {
  const message = readIpvsMessage(bytesOf(text));
  if (typeof message === 'string') throw new Error(`rejected: ${message}`);
  return message;
}

const squeeze = (text: string): string => text.replaceAll(/\s/g, '');

test('a version 1 message of a kernel is read', (t) => {
  t.strictSame(read(golden.version1), { version: 1, syncId: 7, records: [wireRecord] });
  t.end();
});

test('a version 1 message for IPv6 is read', (t) => {
  const [record] = read(golden.ipv6).records;
  t.match(record, {
    client: 'fd00::2',
    virtual: 'fd00::100',
    real: 'fd00::21',
    clientPort: 0x840a,
    flags: 0x183,
    state: 4,
    timeout: 120,
  });
  t.end();
});

test('the data and the name of a persistence engine are read', (t) => {
  const [record] = read(golden.engine).records;
  const options = record?.options.map(({ type, data }) => [type, Buffer.from(data).toString()]);
  t.strictSame(options, [
    [2, 'abc123@10.0.0.2'],
    [3, 'sip'],
  ]);
  t.end();
});

test('a version 0 message of a kernel is read; it has no mark and no timeout', (t) => {
  const expected: IpvsRecord = {
    ...wireRecord,
    clientPort: 0x8ecc,
    real: address('10.0.0.21'),
    timeout: 0,
  };
  t.strictSame(read(golden.version0), { version: 0, syncId: 7, records: [expected] });
  t.end();
});

for (const [name, text] of Object.entries(golden)) {
  test(`the message ${name} of a kernel is written again byte for byte`, (t) => {
    t.equal(hexOf(writeIpvsMessage(read(text))), squeeze(text));
    t.end();
  });

  test(`every truncation of the message ${name} is rejected, whatever size it names`, (t) => {
    const whole = bytesOf(text);
    for (let length = 0; length < whole.length; length += 1) {
      const cut = whole.slice(0, length);
      t.type(readIpvsMessage(cut), 'string', `cut to ${length}`);
      if (length < 4) continue;
      new DataView(cut.buffer).setUint16(2, length);
      // What is shorter than the header of version 1 is a message of version 0 without records.
      if (cut[0] === 0 && length < 8) continue;
      t.type(readIpvsMessage(cut), 'string', `cut to ${length}, and saying so`);
    }
    t.end();
  });
}

test('records of version 1 start at multiples of four, and nothing follows the last', (t) => {
  const [engine] = read(golden.engine).records;
  if (engine === undefined) throw new Error('the golden message has a record');
  const text = hexOf(writeIpvsMessage({ version: 1, syncId: 7, records: [engine, wireRecord] }));
  t.equal(text.length / 2, 8 + 58 + 2 + 36);
  t.equal(text.slice(2 * (8 + 58), 2 * (8 + 60)), '0000', 'padding between the records');
  const other = hexOf(writeIpvsMessage({ version: 1, syncId: 7, records: [wireRecord, engine] }));
  t.equal(other.length / 2, 8 + 36 + 58, 'and none behind them');
  for (const message of [text, other]) t.equal(read(message).records.length, 2);
  t.end();
});

test('shifted sequence numbers follow a record of version 0 as they are, if a flag says so', (t) => {
  const data = Uint8Array.from({ length: 24 }, (_, index) => index);
  const shifted = { ...wireRecord, timeout: 0, flags: 0x683, options: [{ type: 1, data }] };
  const plain = { ...wireRecord, timeout: 0 };
  const message: IpvsMessage = { version: 0, syncId: 3, records: [shifted, plain, shifted] };
  const bytes = writeIpvsMessage(message);
  t.equal(bytes.length, 4 + 48 + 24 + 48);
  t.strictSame(readIpvsMessage(bytes), message);
  t.end();
});

test('the recorded messages of both versions are all there', (t) => {
  const url = new URL(
    '../../../../../test/fixtures/sync-ipvs/kernel-sync-v1-and-v0.pcap',
    import.meta.url,
  );
  const { frames } = readPcap('kernel', readFileSync(url));
  const messages = frames.map(({ bytes }) => readIpvsMessage(bytes.subarray(42)));
  const summary = messages.map((message) =>
    typeof message === 'string' ? message : [message.version, message.records.length],
  );
  t.strictSame(summary, [
    [1, 1],
    [1, 1],
    [1, 2],
    [1, 2],
    [1, 1],
    [1, 11],
    [1, 4],
    [1, 1],
    [0, 1],
  ]);
  t.end();
});

/** The golden message of version 1 with other bytes behind its first 24 and the size made right. */
function altered(changes: Readonly<Record<number, number>>, tail = ''): Uint8Array {
  const bytes = bytesOf(`${golden.version1}${tail}`);
  new DataView(bytes.buffer).setUint16(2, bytes.length);
  new DataView(bytes.buffer).setUint16(10, bytes.length - 8);
  for (const [offset, value] of Object.entries(changes)) bytes[Number(offset)] = value;
  return bytes;
}

const sequences = `01 18 ${'00'.repeat(24)}`;

const rejections: readonly [string, Uint8Array, IpvsMessageReject][] = [
  ['nothing', new Uint8Array(), 'too-short'],
  ['three bytes', bytesOf('000700'), 'too-short'],
  ['a size that is not its own', altered({ 3: 0x2d }), 'wrong-size'],
  ['a record that says it is longer than the message', altered({ 11: 0x25 }), 'record-cut'],
  ['a record that says it is shorter than a record', altered({ 11: 0x23 }), 'record-cut'],
  ['one record less than it counts', altered({ 4: 2 }), 'record-cut'],
  ['a record of a version to come', altered({ 10: 0x10 }), 'record-version'],
  ['a record of neither family', altered({ 8: 2 }), 'record-type'],
  ['IPv6 in a record with room for IPv4', altered({ 8: 1 }), 'record-cut'],
  ['half an option', altered({}, '02'), 'bad-option'],
  ['an option of no length', altered({}, '0200'), 'bad-option'],
  ['an option behind the end of its record', altered({}, '0203 6162'), 'bad-option'],
  ['sequences of another length', altered({}, '0103 616263'), 'bad-sequences'],
  ['sequences twice', altered({}, `${sequences} ${sequences}`), 'bad-sequences'],
  ['the data of an engine twice', altered({}, '0201 61 0201 61'), 'bad-engine'],
  ['the name of an engine twice', altered({}, '0301 61 4301 61'), 'bad-engine'],
  ['a name of 17 bytes', altered({}, `0311 ${'61'.repeat(17)}`), 'bad-engine'],
  ['version 0 and more records than bytes', bytesOf('0207001c'.padEnd(56, '0')), 'record-cut'],
  [
    'version 0 and a flag for sequences that are not there',
    bytesOf(golden.version0.replace('0083', '0283')),
    'record-cut',
  ],
];

for (const [description, bytes, reason] of rejections) {
  test(`a message with ${description} is rejected: ${reason}`, (t) => {
    t.equal(readIpvsMessage(bytes), reason);
    t.end();
  });
}

test('options that nobody knows are kept, optional or not, and so is the optional bit', (t) => {
  const message = readIpvsMessage(altered({}, '7e02 6162 4201 63 05 01 64'));
  if (typeof message === 'string') return t.fail(message);
  t.strictSame(
    message.records[0]?.options.map(({ type }) => type),
    [0x7e, 0x42, 0x05],
  );
  t.equal(hexOf(writeIpvsMessage(message)), hexOf(altered({}, '7e02 6162 4201 63 05 01 64')));
  return t.end();
});

for (const [description, offset] of [
  ['version 2', 5],
  ['a reserved byte that is not zero', 0],
  ['spare bytes that are not zero', 7],
] as const) {
  test(`a message with ${description} is taken for version 0`, (t) => {
    const message = readIpvsMessage(altered({ [offset]: 2 }));
    t.ok(message === 'record-cut' || (typeof message === 'object' && message.version === 0));
    t.end();
  });
}

test('a writer holds 40 IPv4 records in 1472 bytes, as a kernel does', (t) => {
  const writer = new IpvsMessageWriter(1, 7, 1472);
  let records = 0;
  while (writer.add(wireRecord)) records += 1;
  t.equal(records, 40);
  t.equal(writer.take().length, 1448);
  t.equal(writer.count, 0);
  t.ok(writer.add(wireRecord), 'and begins anew');
  t.equal(hexOf(writer.take()), squeeze(golden.version1));
  t.end();
});

test('a writer holds 255 records and no more, because the count is a byte', (t) => {
  for (const version of [0, 1] as const) {
    const writer = new IpvsMessageWriter(version, 7, 65_535);
    let records = 0;
    while (writer.add({ ...wireRecord, timeout: 0 })) records += 1;
    t.equal(records, 255);
    const message = readIpvsMessage(writer.take());
    t.equal(typeof message === 'string' ? message : message.records.length, 255);
  }
  t.end();
});

test('padding is zero also where an earlier message had something else', (t) => {
  const [engine] = read(golden.engine).records;
  if (engine === undefined) throw new Error('the golden message has a record');
  const noise = { ...wireRecord, flags: 0xffff_ffff, timeout: 0xffff_ffff };
  const writer = new IpvsMessageWriter(1, 7, 1472);
  for (let count = 0; count < 8; count += 1) writer.add(noise);
  writer.take();
  writer.add(engine);
  writer.add(wireRecord);
  const expected = writeIpvsMessage({ version: 1, syncId: 7, records: [engine, wireRecord] });
  t.equal(hexOf(writer.take()), hexOf(expected));
  t.end();
});

test('a limit in which no record fits, and mixed families, are mistakes of ours', (t) => {
  t.throws(() => new IpvsMessageWriter(1, 7, 79), InvariantError);
  t.throws(() => new IpvsMessageWriter(1, 256, 1472), InvariantError);
  const mixed = { ...wireRecord, real: address('fd00::1') };
  t.throws(() => writeIpvsMessage({ version: 1, syncId: 7, records: [mixed] }), InvariantError);
  t.end();
});

const randomRecord = (random: Prng, version: 0 | 1): IpvsRecord => {
  const isIpv6 = version === 1 && random.below(2) === 0;
  const any = (): ReturnType<typeof address> =>
    address(
      isIpv6
        ? `fd00::${random.below(65_536).toString(16)}:${random.below(65_536).toString(16)}`
        : `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
    );
  const hasSequences = random.below(3) === 0;
  const data = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));
  const options = hasSequences ? [{ type: 1, data: data(24) }] : [];
  if (version === 1 && random.below(3) === 0) {
    options.push({ type: 2 + 0x40 * random.below(2), data: data(1 + random.below(255)) });
    options.push({ type: 3, data: data(1 + random.below(16)) });
  }
  return {
    protocol: random.below(256),
    client: any(),
    clientPort: random.below(65_536),
    virtual: any(),
    virtualPort: random.below(65_536),
    real: any(),
    realPort: random.below(65_536),
    flags:
      version === 1
        ? random.uint32()
        : (random.below(65_536) & ~0x600) | (hasSequences ? 0x200 : 0),
    state: random.below(65_536),
    firewallMark: version === 1 ? random.uint32() : 0,
    timeout: version === 1 ? random.uint32() : 0,
    options,
  };
};

test('what is written is read back, whatever the records', (t) => {
  const random = new Prng(81);
  for (let round = 0; round < 300; round += 1) {
    const version = random.below(2) === 0 ? 0 : 1;
    const records = Array.from({ length: random.below(12) }, () => randomRecord(random, version));
    const message: IpvsMessage = { version, syncId: random.below(256), records };
    t.strictSame(readIpvsMessage(writeIpvsMessage(message)), message);
  }
  t.end();
});
