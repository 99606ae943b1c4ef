import { createHmac } from 'node:crypto';

import { test } from 'tap';

import {
  decodeAdvertisement,
  encodeAdvertisement,
  type AdvertisementFields,
} from '../../../cluster/vrrp/advertisement.js';
import type { TrailerOrigin } from '../../../cluster/vrrp/auth-trailer.js';
import {
  Authenticator,
  mostReplayMarks,
  type AuthenticatorConfig,
} from '../../../cluster/vrrp/authenticator.js';
import type { HmacSha256 } from '../../../director/base/hmac.js';
import { InvariantError } from '../../../director/base/invariant.js';
import { microseconds, seconds, type Duration } from '../../../director/base/time.js';
import { address } from './routers.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (message: Uint8Array): string => Buffer.from(message).toString('hex');
const hmac: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();

/** The appendix of keepalived's draft: key 00..1f, sequence 0x6800000080000000. */
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const otherKey = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
/** The time of the sequence: 0x68000000 and a half seconds. */
const wallClock = microseconds(0x68000000 * 1_000_000 + 500_000);
const config: AuthenticatorConfig = {
  keys: [{ id: 1, key }],
  activeKey: 1,
  antiReplay: 'time',
  timeWindow: seconds(5),
  mode: 'enforce',
};

const fresh = (change: Partial<AuthenticatorConfig> = {}): Authenticator =>
  new Authenticator({ ...config, ...change }, hmac);

const ipv4 = {
  image: '3133c80100644402c00002640101000068000000800000001b84bc4e8e43892dc6d98448f8ee2265',
  source: address('198.51.100.10'),
  destination: address('224.0.0.18'),
  virtualAddress: address('192.0.2.100'),
  checksumAsV2: true,
};
const ipv6 = {
  image:
    '3133c8010064a2e9fe800000000000000000000000000100' +
    '010100006800000080000000' +
    'c8c56146ebfd66ee10ec4d8186461b78',
  source: address('fe80::10'),
  destination: address('fe80::20'),
  virtualAddress: address('fe80::100'),
  checksumAsV2: false,
};
type Vector = typeof ipv4;

const fieldsOf = (vector: Vector): AdvertisementFields => ({
  virtualRouterId: 51,
  priority: 200,
  intervalCentiseconds: 100,
  addresses: [vector.virtualAddress],
});

const written = (vector: Vector, authenticator: Authenticator, time = wallClock): Uint8Array =>
  encodeAdvertisement(fieldsOf(vector), vector.source, vector.destination, {
    version: 3,
    checksumAsV2: vector.checksumAsV2,
    authentication: { kind: 'hmac', authenticator, wallClock: time },
  });

/** What a receiver thinks of an image that arrives from a vector's source. */
function outcome(
  message: Uint8Array,
  authenticator: Authenticator,
  { source, destination }: Pick<Vector, 'source' | 'destination'> = ipv6,
  time: Duration = wallClock,
): string {
  const decoded = decodeAdvertisement(
    message,
    { source, destination, ttl: 255 },
    {
      version: 3,
      virtualRouterId: 51,
      authentication: { kind: 'hmac', authenticator, wallClock: time },
    },
  );
  return decoded.kind === 'rejected' ? decoded.reason : decoded.kind;
}

/** What the authenticator alone thinks of an image: what the published table is about. */
function verdict(
  image: string,
  authenticator = fresh({ antiReplay: 'monotonic' }),
  origin: TrailerOrigin = { version: 3, virtualRouterId: 51, source: ipv6.source },
  time: Duration = wallClock,
): string {
  const message = bytes(image);
  const end = message.length - 28;
  const body = message.subarray(0, end);
  return authenticator.verify(body, message.subarray(end), origin, time) ?? 'ok';
}

for (const [name, vector] of [
  ['IPv4', ipv4],
  ['IPv6', ipv6],
] as const) {
  test(`the published ${name} image is written byte for byte`, (t) => {
    t.equal(hex(written(vector, fresh())), vector.image);
    t.end();
  });

  test(`the published ${name} image is accepted, once`, (t) => {
    const receiver = fresh();
    t.equal(outcome(bytes(vector.image), receiver, vector), 'advertisement');
    t.equal(outcome(bytes(vector.image), receiver, vector), 'auth-replay');
    t.equal(outcome(bytes(vector.image), fresh(), vector), 'advertisement', 'at a second peer');
    t.end();
  });
}

for (const [what, offset, expected] of [
  ['priority', 2, 'auth-hmac'],
  ['interval', 4, 'auth-hmac'],
  ['checksum', 6, 'ok'],
  ['virtual address', 23, 'auth-hmac'],
  ['extension type', 24, 'auth-malformed'],
  ['key id', 25, 'auth-key'],
  ['reserved field', 26, 'auth-malformed'],
  ['seconds', 28, 'auth-hmac'],
  ['counter', 34, 'auth-hmac'],
  ['HMAC', 36, 'auth-hmac'],
] as const) {
  test(`one changed bit in the ${what} of the published image: ${expected}`, (t) => {
    const message = bytes(ipv6.image);
    message[offset] = (message[offset] ?? 0) ^ 1;
    t.equal(verdict(hex(message)), expected);
    t.end();
  });
}

test('the HMAC binds the source address, the virtual router and the version', (t) => {
  const origin = { version: 3, virtualRouterId: 51, source: ipv6.source } as const;
  const authenticator = fresh();
  const judge = (change: Partial<TrailerOrigin>): string =>
    verdict(ipv6.image, authenticator, { ...origin, ...change });
  t.equal(judge({ source: ipv6.destination }), 'auth-hmac');
  t.equal(judge({ virtualRouterId: 52 }), 'auth-hmac');
  t.equal(judge({ version: 2 }), 'auth-hmac');
  t.equal(judge({}), 'ok');
  t.end();
});

test('a message from outside the time window is stale, before and after, and its HMAC is not computed', (t) => {
  let computed = 0;
  const counting: HmacSha256 = (secret, message) => {
    computed += 1;
    return hmac(secret, message);
  };
  const receiver = new Authenticator(config, counting);
  for (const shift of [-100, -6, 6, 100]) {
    const time = microseconds(wallClock + shift * 1_000_000);
    t.equal(outcome(bytes(ipv6.image), receiver, ipv6, time), 'auth-stale', `${shift} s`);
  }
  t.equal(computed, 0);
  const edge = microseconds(wallClock + 5_000_000);
  t.equal(outcome(bytes(ipv6.image), receiver, ipv6, edge), 'advertisement', 'the edge is inside');
  t.end();
});

test('a monotonic receiver needs no clock, but every message must be newer than the last', (t) => {
  const receiver = fresh({ antiReplay: 'monotonic' });
  const sender = fresh();
  const old = written(ipv6, sender);
  const next = written(ipv6, sender);
  const later = seconds(9_999_999);
  t.equal(outcome(next, receiver, ipv6, later), 'advertisement');
  t.equal(outcome(old, receiver, ipv6, later), 'auth-replay');
  t.equal(outcome(written(ipv6, sender), receiver, ipv6, later), 'advertisement');
  t.end();
});

test('the sequence grows while the clock stands still, and when it goes back by less than the window', (t) => {
  const sender = fresh();
  const sequences = [0, 0, -2_000_000, 1_000_000].map((shift) =>
    hex(written(ipv6, sender, microseconds(wallClock + shift)).subarray(28, 36)),
  );
  t.same(sequences, [
    '6800000080000000',
    '6800000080000001',
    '6800000080000002',
    '6800000180000000',
  ]);
  t.end();
});

test('in time mode a clock set back by more than the window starts the sequence anew', (t) => {
  const sender = fresh();
  const receiver = fresh();
  const ahead = microseconds(wallClock + 3_600_000_000);
  t.equal(outcome(written(ipv6, sender, ahead), receiver, ipv6, ahead), 'advertisement');
  const message = written(ipv6, sender);
  t.equal(hex(message.subarray(28, 36)), '6800000080000000');
  t.equal(outcome(message, receiver), 'advertisement', 'the mark in the future has expired');
  t.equal(outcome(message, receiver), 'auth-replay', 'and there is a new one');
  t.end();
});

test('in monotonic mode the sequence and the mark never go back', (t) => {
  const sender = fresh({ antiReplay: 'monotonic' });
  const receiver = fresh({ antiReplay: 'monotonic' });
  const ahead = microseconds(0x68000e10 * 1_000_000);
  written(ipv6, sender, ahead);
  const message = written(ipv6, sender);
  t.equal(hex(message.subarray(28, 36)), '68000e1000000001');
  t.equal(outcome(message, receiver), 'advertisement');
  t.equal(outcome(written(ipv6, fresh()), receiver), 'auth-replay');
  t.end();
});

test('keys are changed without a gap: both are accepted, then the new one signs, then the old one goes', (t) => {
  const both = [
    { id: 1, key },
    { id: 2, key: otherKey },
  ];
  const sender = fresh();
  const receiver = fresh();
  receiver.configure({ ...config, keys: both });
  t.equal(outcome(written(ipv6, sender), receiver), 'advertisement');
  sender.configure({ ...config, keys: both, activeKey: 2 });
  t.equal(outcome(written(ipv6, sender), receiver), 'advertisement');
  receiver.configure({ ...config, keys: both.slice(1), activeKey: 2 });
  t.equal(outcome(written(ipv6, sender), receiver), 'advertisement');
  t.equal(outcome(written(ipv6, fresh()), receiver), 'auth-key');
  t.end();
});

test('a change of keys forgets no mark', (t) => {
  const receiver = fresh();
  const message = written(ipv6, fresh());
  t.equal(outcome(message, receiver), 'advertisement');
  receiver.configure(config);
  t.equal(outcome(message, receiver), 'auth-replay');
  t.end();
});

test('the right key id with the wrong key is a wrong HMAC', (t) => {
  const impostor = fresh({ keys: [{ id: 1, key: otherKey }] });
  t.equal(outcome(written(ipv6, impostor), fresh()), 'auth-hmac');
  t.end();
});

for (const { mode, sends, takesPlain } of [
  { mode: 'enforce', sends: true, takesPlain: false },
  { mode: 'permissive', sends: true, takesPlain: true },
  { mode: 'receive-only', sends: false, takesPlain: true },
] as const) {
  test(`mode ${mode} ${sends ? 'sends' : 'does not send'} trailers and ${takesPlain ? 'takes' : 'refuses'} messages without`, (t) => {
    const router = fresh({ mode });
    t.equal(written(ipv6, router).length, sends ? 52 : 24);
    const plain = encodeAdvertisement(fieldsOf(ipv6), ipv6.source, ipv6.destination);
    t.equal(outcome(plain, router), takesPlain ? 'advertisement' : 'auth-missing');
    t.equal(outcome(bytes(ipv6.image), router), 'advertisement', 'a right trailer');
    const forged = written(ipv6, fresh({ keys: [{ id: 1, key: otherKey }] }));
    t.equal(outcome(forged, router), 'auth-hmac', 'a wrong trailer is never taken');
    t.end();
  });
}

test('a trailer of another length is malformed in every mode', (t) => {
  for (const mode of ['enforce', 'permissive', 'receive-only'] as const) {
    const image = bytes(ipv4.image);
    for (const length of [13, 39]) {
      t.equal(outcome(image.subarray(0, length), fresh({ mode }), ipv4), 'auth-malformed');
    }
    const longer = Uint8Array.from([...image, 0]);
    t.equal(outcome(longer, fresh({ mode }), ipv4), 'auth-malformed');
  }
  t.end();
});

test('a router that knows no authentication takes a message with a trailer', (t) => {
  for (const vector of [ipv4, ipv6]) {
    const envelope = { source: vector.source, destination: vector.destination, ttl: 255 };
    t.match(decodeAdvertisement(bytes(vector.image), envelope), { kind: 'advertisement' });
  }
  t.end();
});

test('over IPv4 the checksum does not cover the trailer, over IPv6 it does', (t) => {
  for (const checksumAsV2 of [true, false]) {
    const vector = { ...ipv4, checksumAsV2 };
    const plain = encodeAdvertisement(fieldsOf(vector), vector.source, vector.destination, {
      version: 3,
      checksumAsV2,
    });
    t.equal(hex(written(vector, fresh()).subarray(0, 12)), hex(plain));
  }
  const plain = encodeAdvertisement(fieldsOf(ipv6), ipv6.source, ipv6.destination);
  t.not(hex(written(ipv6, fresh()).subarray(0, 24)), hex(plain));
  t.end();
});

test('version 2 has its trailer behind the authentication data', (t) => {
  const link = { source: ipv4.source, destination: ipv4.destination };
  const authentication = { kind: 'hmac', authenticator: fresh(), wallClock } as const;
  const options = { version: 2, checksumAsV2: false, authentication } as const;
  const message = encodeAdvertisement(fieldsOf(ipv4), link.source, link.destination, options);
  t.equal(message.length, 8 + 4 + 8 + 28);
  t.equal(hex(message.subarray(12, 22)), '00000000000000000101');
  const expectations = { version: 2, virtualRouterId: 51 } as const;
  const receiver = { ...authentication, authenticator: fresh() };
  const envelope = { ...link, ttl: 255 };
  const outcomes = [1, 2].map(() =>
    decodeAdvertisement(message, envelope, { ...expectations, authentication: receiver }),
  );
  t.match(outcomes[0], { kind: 'advertisement', version: 2 });
  t.same(outcomes[1], { kind: 'rejected', reason: 'auth-replay' });
  t.end();
});

test('every sender has a mark of its own, and at the limit the one silent longest loses it', (t) => {
  const receiver = fresh();
  const senders = Array.from({ length: mostReplayMarks + 1 }, (_, index) => {
    const vector = { ...ipv6, source: address(`fe80::1:${(index + 1).toString(16)}`) };
    const authenticator = fresh();
    return { vector, authenticator, image: written(vector, authenticator) };
  });
  const again = (index: number): string => {
    const sender = senders[index];
    return sender === undefined ? 'nobody' : outcome(sender.image, receiver, sender.vector);
  };
  for (let index = 0; index < mostReplayMarks; index += 1) t.equal(again(index), 'advertisement');
  t.equal(again(0), 'auth-replay');
  const [first] = senders;
  if (first === undefined) throw new Error('there are senders');
  const next = written(first.vector, first.authenticator);
  t.equal(outcome(next, receiver, first.vector), 'advertisement', 'the first is heard again');
  t.equal(again(mostReplayMarks), 'advertisement', 'one more than there is room for');
  t.equal(again(0), 'auth-replay', 'which has not cost the first its mark');
  t.equal(again(2), 'auth-replay', 'nor the third');
  t.equal(again(1), 'advertisement', 'but the second, which was silent longest');
  t.end();
});

test('forgeries in other names push out no mark', (t) => {
  const receiver = fresh();
  t.equal(outcome(bytes(ipv6.image), receiver), 'advertisement');
  for (let index = 0; index < 2 * mostReplayMarks; index += 1) {
    const forger = { ...ipv6, source: address(`fe80::2:${(index + 1).toString(16)}`) };
    const message = written(forger, fresh({ keys: [{ id: 1, key: otherKey }] }));
    t.equal(outcome(message, receiver, forger), 'auth-hmac');
  }
  t.equal(outcome(bytes(ipv6.image), receiver), 'auth-replay');
  t.end();
});

test('a configuration that could not sign is a mistake of ours', (t) => {
  t.throws(() => fresh({ activeKey: 2 }), InvariantError);
  t.throws(() => fresh({ keys: [] }), InvariantError);
  t.throws(() => fresh({ keys: [...config.keys, ...config.keys] }), InvariantError);
  t.end();
});
