import { test } from 'tap';

import {
  decodeAdvertisement,
  encodeAdvertisement,
  type AdvertisementFields,
  type RejectReason,
} from '../../../cluster/vrrp/advertisement.js';
import { assert, InvariantError } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import { readRecording } from './recording.js';
import { address } from './routers.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (message: Uint8Array): string => Buffer.from(message).toString('hex');

/** keepalived 2.2.7, version 3, advert_int 0.1, from 10.0.0.11. */
const golden = '31339601000a43c30a000064';
const fields: AdvertisementFields = {
  virtualRouterId: 51,
  priority: 150,
  intervalCentiseconds: 10,
  addresses: [address('10.0.0.100')],
};
const source = address('10.0.0.11');
const destination = address('224.0.0.18');
const envelope = { source, destination, ttl: 255 };

test('the advertisement of keepalived is written byte for byte', (t) => {
  t.equal(hex(encodeAdvertisement(fields, source, destination)), golden);
  t.end();
});

test('the advertisement of keepalived is read', (t) => {
  t.same(decodeAdvertisement(bytes(golden), envelope), {
    kind: 'advertisement',
    version: 3,
    ...fields,
    source,
  });
  t.end();
});

test('an IPv4 checksum of the message alone, as RFC 9568 has it, is accepted', (t) => {
  const message = bytes('31339601000a2e5d0a000064');
  t.match(decodeAdvertisement(message, envelope), { kind: 'advertisement', priority: 150 });
  t.end();
});

test('an IPv6 checksum of the message alone is refused', (t) => {
  const link = { source: address('fe80::1'), destination: address('ff02::12'), ttl: 255 };
  const message = bytes('3133960100640000fe800000000000000000000000510001');
  // 0x3133 + 0x9601 + 0x0064 + 0xfe80 + 0x0051 + 0x0001 = 0x1c66a, folded 0xc66b, complement 0x3994.
  message.set([0x39, 0x94], 6);
  t.same(decodeAdvertisement(message, link), { kind: 'rejected', reason: 'checksum' });
  t.end();
});

for (const [name, count] of [
  ['vrrp-v3-ipv4.pcap', 20],
  ['vrrp-v3-ipv6.pcap', 20],
] as const) {
  test(`every advertisement of ${name} is read, and written again byte for byte`, (t) => {
    const recording = readRecording(name);
    t.ok(recording.length >= count, 'the recording holds a whole election');
    const priorities = new Set<number>();
    for (const recorded of recording) {
      const decoded = decodeAdvertisement(recorded.message, recorded);
      if (decoded.kind === 'rejected') {
        t.fail(`rejected: ${decoded.reason}`);
        continue;
      }
      t.match(decoded, { virtualRouterId: 51, intervalCentiseconds: 100 });
      t.equal(decoded.addresses.length, 2);
      priorities.add(decoded.priority);
      const written = encodeAdvertisement(decoded, recorded.source, recorded.destination);
      t.equal(hex(written), hex(recorded.message));
    }
    t.same(
      [...priorities].toSorted((a, b) => a - b),
      [0, 150, 200],
    );
    t.end();
  });
}

function addressesIn(name: string): unknown {
  const recorded = readRecording(name)[0];
  assert(recorded !== undefined, 'the recording has advertisements');
  const decoded = decodeAdvertisement(recorded.message, recorded);
  return decoded.kind === 'advertisement' ? decoded.addresses : decoded.reason;
}

test('the addresses of a recording are the configured ones', (t) => {
  t.same(addressesIn('vrrp-v3-ipv4.pcap'), ['10.4.0.100', '10.4.0.101']);
  t.same(addressesIn('vrrp-v3-ipv6.pcap'), ['fe80::51:1', 'fd04::100']);
  t.end();
});

/** The golden message with some bytes replaced and the checksum of the message alone made right again. */
function altered(changes: Readonly<Record<number, number>>, length = 12): Uint8Array {
  const message = bytes(golden).slice(0, length);
  for (const [offset, value] of Object.entries(changes)) message[Number(offset)] = value;
  message.set([0, 0], 6);
  let sum = 0;
  for (let index = 0; index < message.length; index += 2) {
    sum += (message[index] ?? 0) * 256 + (message[index + 1] ?? 0);
  }
  sum = (sum % 65_536) + Math.floor(sum / 65_536);
  const checksum = 65_535 - sum;
  message.set([checksum >> 8, checksum % 256], 6);
  return message;
}

const rejections: readonly {
  readonly description: string;
  readonly message: Uint8Array;
  readonly ttl?: number;
  readonly reason: RejectReason;
}[] = [
  { description: 'has crossed a router', message: bytes(golden), ttl: 254, reason: 'ttl' },
  {
    description: 'is shorter than the header',
    message: bytes('31339601000a43'),
    reason: 'too-short',
  },
  { description: 'is of version 4', message: altered({ 0: 0x41 }), reason: 'version' },
  { description: 'is of another type', message: altered({ 0: 0x32 }), reason: 'type' },
  {
    description: 'has a wrong checksum',
    message: bytes('31339601000a43c40a000064'),
    reason: 'checksum',
  },
  {
    description: 'is for virtual router 0',
    message: altered({ 1: 0 }),
    reason: 'virtual-router-id',
  },
  { description: 'has no addresses', message: altered({ 3: 0 }), reason: 'count' },
  { description: 'has not room for its addresses', message: altered({ 3: 2 }), reason: 'count' },
  { description: 'has the interval zero', message: altered({ 4: 0, 5: 0 }), reason: 'interval' },
];

for (const { description, message, ttl, reason } of rejections) {
  test(`a message that ${description} is rejected for its ${reason}`, (t) => {
    const outcome = decodeAdvertisement(message, { ...envelope, ttl: ttl ?? 255 });
    t.same(outcome, { kind: 'rejected', reason });
    t.end();
  });
}

test('the reserved bits before the interval are ignored', (t) => {
  const outcome = decodeAdvertisement(altered({ 4: 0xf0 }), envelope);
  t.match(outcome, { kind: 'advertisement', intervalCentiseconds: 10 });
  t.end();
});

test('bytes after the last address are ignored when the checksum covers them', (t) => {
  const longer = new Uint8Array(40);
  longer.set(bytes('31339601000a2e5d0a000064'));
  t.match(decodeAdvertisement(longer, envelope), {
    kind: 'advertisement',
    addresses: ['10.0.0.100'],
  });
  t.end();
});

test('a message inside a larger buffer is read from its own start', (t) => {
  const buffer = Buffer.concat([Buffer.alloc(20, 0xff), bytes(golden)]);
  t.match(decodeAdvertisement(buffer.subarray(20), envelope), { kind: 'advertisement' });
  t.end();
});

test('every truncation of a recorded advertisement is rejected', (t) => {
  for (const name of ['vrrp-v3-ipv4.pcap', 'vrrp-v3-ipv6.pcap']) {
    const recorded = readRecording(name)[0];
    assert(recorded !== undefined, 'the recording has advertisements');
    for (let length = 0; length < recorded.message.length; length += 1) {
      const outcome = decodeAdvertisement(recorded.message.subarray(0, length), recorded);
      t.equal(outcome.kind, 'rejected', `${name} cut to ${length}`);
    }
  }
  t.end();
});

test('what is written is read back, whatever the fields', (t) => {
  const random = new Prng(11);
  for (let round = 0; round < 500; round += 1) {
    const written: AdvertisementFields = {
      virtualRouterId: 1 + random.below(255),
      priority: random.below(256),
      intervalCentiseconds: 1 + random.below(4095),
      addresses: Array.from({ length: 1 + random.below(255) }, () =>
        address(`10.${random.below(256)}.${random.below(256)}.${random.below(256)}`),
      ),
    };
    const message = encodeAdvertisement(written, source, destination);
    const read = decodeAdvertisement(message, envelope);
    t.strictSame(read, { kind: 'advertisement', version: 3, ...written, source });
  }
  t.end();
});

test('20,000 random and damaged messages are answered with a value, never an exception', (t) => {
  const random = new Prng(2026);
  const recordings = [...readRecording('vrrp-v3-ipv4.pcap'), ...readRecording('vrrp-v3-ipv6.pcap')];
  const outcomes = new Map<string, number>();
  for (let round = 0; round < 20_000; round += 1) {
    const recorded = recordings[random.below(recordings.length)];
    assert(recorded !== undefined, 'the recordings have advertisements');
    const message =
      round % 2 === 0
        ? Uint8Array.from({ length: random.below(80) }, () => random.below(256))
        : recorded.message.slice(0, recorded.message.length - random.below(3));
    for (let flips = random.below(3); flips > 0; flips -= 1) {
      message[random.below(message.length)] = random.below(256);
    }
    const outcome = decodeAdvertisement(message, recorded);
    const name = outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  }
  for (const name of ['advertisement', 'too-short', 'version', 'type', 'checksum']) {
    t.ok((outcomes.get(name) ?? 0) > 10, `${name} was among the outcomes`);
  }
  t.end();
});

test('an advertisement that the format cannot hold is a mistake of ours', (t) => {
  const wrong: readonly Partial<AdvertisementFields>[] = [
    { virtualRouterId: 0 },
    { priority: 256 },
    { intervalCentiseconds: 0 },
    { intervalCentiseconds: 4096 },
    { addresses: [] },
    { addresses: [address('fd00::1')] },
  ];
  for (const change of wrong) {
    t.throws(
      () => encodeAdvertisement({ ...fields, ...change }, source, destination),
      InvariantError,
    );
  }
  t.end();
});
