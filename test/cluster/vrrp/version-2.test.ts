import { test } from 'tap';

import {
  decodeAdvertisement,
  encodeAdvertisement,
  type AdvertisementExpectations,
  type AdvertisementFields,
  type Authentication,
} from '../../../cluster/vrrp/advertisement.js';
import { InvariantError } from '../../../director/base/invariant.js';
import { readRecording } from './recording.js';
import { address } from './routers.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (message: Uint8Array): string => Buffer.from(message).toString('hex');

/** keepalived 2.2.7, version 2, advert_int 1, from 10.0.0.11. */
const golden = '2133960100013e660a0000640000000000000000';
const fields: AdvertisementFields = {
  virtualRouterId: 51,
  priority: 150,
  intervalCentiseconds: 100,
  addresses: [address('10.0.0.100')],
};
const source = address('10.0.0.11');
const destination = address('224.0.0.18');
const envelope = { source, destination, ttl: 255 };
const version2 = { version: 2, checksumAsV2: false } as const;
const secret: Authentication = { kind: 'pass', password: 's3cret12' };

const written = (authentication?: Authentication): Uint8Array =>
  encodeAdvertisement(fields, source, destination, { ...version2, authentication });

const outcome = (message: Uint8Array, expectations: AdvertisementExpectations = {}): string => {
  const decoded = decodeAdvertisement(message, envelope, expectations);
  return decoded.kind === 'rejected' ? decoded.reason : decoded.kind;
};

test('the version 2 advertisement of keepalived is written byte for byte', (t) => {
  t.equal(hex(written()), golden);
  t.end();
});

test('the version 2 advertisement of keepalived is read, with its interval in centiseconds', (t) => {
  t.same(decodeAdvertisement(bytes(golden), envelope), {
    kind: 'advertisement',
    version: 2,
    ...fields,
    source,
  });
  t.end();
});

for (const [name, authentication] of [
  ['vrrp-v2-plain.pcap', undefined],
  ['vrrp-v2-auth-pass.pcap', secret],
] as const) {
  test(`every advertisement of ${name} is accepted, and written again byte for byte`, (t) => {
    const recording = readRecording(name);
    t.ok(recording.length >= 20, 'the recording holds a whole election');
    const expectations = { version: 2, virtualRouterId: 51, intervalCentiseconds: 100 } as const;
    for (const recorded of recording) {
      const decoded = decodeAdvertisement(recorded.message, recorded, {
        ...expectations,
        authentication,
      });
      if (decoded.kind === 'rejected') {
        t.fail(`rejected: ${decoded.reason}`);
        continue;
      }
      const again = encodeAdvertisement(decoded, recorded.source, recorded.destination, {
        ...version2,
        authentication,
      });
      t.equal(hex(again), hex(recorded.message));
    }
    t.end();
  });
}

test('eight bytes of authentication data follow the addresses, with and without a password', (t) => {
  t.equal(written().length, 8 + 4 + 8);
  t.equal(hex(written().subarray(12)), '0000000000000000');
  t.equal(written(secret).length, 8 + 4 + 8);
  t.equal(Buffer.from(written(secret).subarray(12)).toString(), 's3cret12');
  t.equal(written(secret)[4], 1, 'authentication type');
  t.end();
});

test('a message without the eight bytes is too short', (t) => {
  t.equal(outcome(bytes(golden).subarray(0, 12)), 'too-short');
  t.equal(outcome(bytes(golden).subarray(0, 19)), 'too-short');
  t.end();
});

test('a password counts by its first eight characters, and a shorter one by all of them', (t) => {
  const long: Authentication = { kind: 'pass', password: 's3cret12 and more' };
  const short: Authentication = { kind: 'pass', password: 's3cret' };
  t.equal(outcome(written(long), { authentication: secret }), 'advertisement');
  t.equal(outcome(written(short), { authentication: short }), 'advertisement');
  t.equal(outcome(written(short), { authentication: secret }), 'auth-password');
  t.equal(hex(written(short).subarray(12)), '7333637265740000', 'filled with zeros');
  t.end();
});

test('a wrong password is rejected wherever it differs', (t) => {
  for (let index = 0; index < 8; index += 1) {
    const password = `${'s3cret12'.slice(0, index)}x${'s3cret12'.slice(index + 1)}`;
    const other: Authentication = { kind: 'pass', password };
    t.equal(outcome(written(other), { authentication: secret }), 'auth-password');
  }
  t.end();
});

test('a missing password, and one that nobody asked for, are of the wrong type', (t) => {
  t.equal(outcome(written(), { authentication: secret }), 'auth-type');
  t.equal(outcome(written(secret)), 'auth-type');
  t.end();
});

test('an interval that is not ours is rejected in version 2, and only there', (t) => {
  const other = { intervalCentiseconds: 200 };
  t.equal(outcome(written(), other), 'interval-mismatch');
  t.equal(outcome(encodeAdvertisement(fields, source, destination), other), 'advertisement');
  t.end();
});

test('the other version is rejected, either way', (t) => {
  t.equal(outcome(written(), { version: 3 }), 'version');
  const version3 = encodeAdvertisement(fields, source, destination);
  t.equal(outcome(version3, { version: 2 }), 'version');
  t.end();
});

test('an advertisement for another virtual router is rejected before its authentication', (t) => {
  t.equal(
    outcome(written(secret), { virtualRouterId: 52, authentication: secret }),
    'virtual-router-id',
  );
  t.equal(outcome(written(), { virtualRouterId: 52, authentication: secret }), 'virtual-router-id');
  t.end();
});

test('a version 2 checksum with a pseudo-header is wrong', (t) => {
  const message = bytes(golden);
  // The pseudo-header of 20 bytes: 0x0a00 + 0x000b + 0xe000 + 0x0012 + 0x0070 + 0x0014 = 0xeaa1.
  // 0x3e66 - 0xeaa1 in ones' complement is 0x53c4.
  message.set([0x53, 0xc4], 6);
  t.equal(outcome(message), 'checksum');
  t.end();
});

test('version 2 does not exist over IPv6', (t) => {
  const link = { source: address('fe80::1'), destination: address('ff02::12'), ttl: 255 };
  t.same(decodeAdvertisement(bytes(golden), link), { kind: 'rejected', reason: 'version' });
  t.throws(
    () => encodeAdvertisement({ ...fields, addresses: [] }, link.source, destination, version2),
    InvariantError,
  );
  t.end();
});

test('an interval that is no whole second cannot be said in version 2', (t) => {
  for (const intervalCentiseconds of [10, 150, 25_600]) {
    t.throws(
      () => encodeAdvertisement({ ...fields, intervalCentiseconds }, source, destination, version2),
      InvariantError,
    );
  }
  t.end();
});

test('an IP authentication header (type 2) is of the wrong type whatever is configured', (t) => {
  const message = bytes(golden);
  message.set([2], 4);
  message.set([0x3c, 0x66], 6);
  t.equal(outcome(message), 'auth-type');
  t.equal(outcome(message, { authentication: secret }), 'auth-type');
  t.end();
});
