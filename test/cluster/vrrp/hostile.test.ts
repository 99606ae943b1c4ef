import { createHmac } from 'node:crypto';

import { test } from 'tap';

import {
  decodeAdvertisement,
  encodeAdvertisement,
  type AdvertisementEnvelope,
  type AdvertisementExpectations,
  type AdvertisementFields,
  type AdvertisementOptions,
  type Authentication,
} from '../../../cluster/vrrp/advertisement.js';
import { Authenticator, type AuthenticatorConfig } from '../../../cluster/vrrp/authenticator.js';
import type { Election } from '../../../cluster/vrrp/election.js';
import type { IpAddress } from '../../../director/base/address.js';
import type { HmacSha256 } from '../../../director/base/hmac.js';
import { assert } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import { microseconds, seconds } from '../../../director/base/time.js';
import { address, at, backup, drain, heard, master } from './routers.js';

const hmac: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();
const wallClock = microseconds(0x68000000 * 1_000_000);
const authenticatorConfig: AuthenticatorConfig = {
  keys: [{ id: 1, key: new Uint8Array(32).fill(7) }],
  activeKey: 1,
  antiReplay: 'time',
  timeWindow: seconds(5),
  mode: 'enforce',
};
const authenticated = (key = 7): Authentication & { readonly kind: 'hmac' } => ({
  kind: 'hmac',
  authenticator: new Authenticator(
    { ...authenticatorConfig, keys: [{ id: 1, key: new Uint8Array(32).fill(key) }] },
    hmac,
  ),
  wallClock,
});

/** A message on its way to the router under test. */
interface Attack {
  readonly bytes: Uint8Array;
  readonly envelope: AdvertisementEnvelope;
}

/** The better master that the forgeries speak for. Anything of it that is accepted moves the router under test. */
const rival: AdvertisementFields = {
  virtualRouterId: 51,
  priority: 254,
  intervalCentiseconds: 100,
  addresses: heard().addresses,
};
const source = address('10.0.0.1');
const destination = address('224.0.0.18');

function attack(
  change: Partial<AdvertisementFields> = {},
  options: AdvertisementOptions = { version: 3, checksumAsV2: false },
  from: IpAddress = source,
): Attack {
  const bytes = encodeAdvertisement({ ...rival, ...change }, from, destination, options);
  return { bytes, envelope: { source: from, destination, ttl: 255 } };
}

const version3 = { version: 3, checksumAsV2: false } as const;
const version2 = { version: 2, checksumAsV2: false } as const;

/** Each breaks one rule and obeys all others. */
const forgeries: readonly ((random: Prng) => Attack)[] = [
  (random) => {
    const made = attack();
    return { ...made, envelope: { ...made.envelope, ttl: random.below(255) } };
  },
  (random) => attack({ virtualRouterId: 52 + random.below(200) }),
  (random) => attack({}, { version: 3, checksumAsV2: random.below(2) === 0 }, address('10.0.0.2')),
  () => attack({}, version2),
  (random) => {
    const { bytes, envelope } = attack();
    return { bytes: bytes.subarray(0, random.below(bytes.length)), envelope };
  },
  (random) => {
    const made = attack();
    const bit = random.below(8 * made.bytes.length);
    made.bytes[bit >> 3] = (made.bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return made;
  },
  (random) => ({
    bytes: Uint8Array.from({ length: random.below(60) }, () => random.below(0x20)),
    envelope: attack().envelope,
  }),
];

/** What may not change, whatever comes in. */
const conditionOf = (election: Election): string => {
  const { rejected: _rejected, ...condition } = election.snapshot();
  return JSON.stringify([condition, election.deadline, election.effects.length]);
};

/** Lets the router under test hear an attack as its driver does, and answers what came of it. */
function hear(
  election: Election,
  { bytes, envelope }: Attack,
  expectations: AdvertisementExpectations,
): string {
  const decoded = decodeAdvertisement(bytes, envelope, expectations);
  if (decoded.kind === 'rejected') {
    election.handleRejected(decoded.reason);
    return decoded.reason;
  }
  election.handleAdvertisement(at(9_000), decoded);
  return decoded.kind;
}

const rejections = (election: Election): number =>
  Object.values(election.snapshot().rejected).reduce((sum, count) => sum + count, 0);

const pick = <T>(random: Prng, values: readonly T[]): T => {
  const value = values[random.below(values.length)];
  assert(value !== undefined, 'there is something to pick from');
  return value;
};

for (const [state, make] of [
  ['backup', backup],
  ['master', master],
] as const) {
  test(`150,000 forged advertisements change nothing of a ${state} but its counters`, (t) => {
    const random = new Prng(51);
    const election = make();
    election.handleAdvertisement(at(8_000), heard({ priority: 50 }));
    drain(election);
    const condition = conditionOf(election);
    const reasons = new Set<string>();
    const expectations = { version: 3, virtualRouterId: 51 } as const;
    for (let round = 1; round <= 150_000; round += 1) {
      reasons.add(hear(election, pick(random, forgeries)(random), expectations));
      if (conditionOf(election) !== condition) return t.fail(`moved by message ${round}`);
    }
    t.equal(rejections(election), 150_000, 'each of them is counted');
    for (const reason of ['ttl', 'version', 'type', 'count', 'checksum', 'too-short']) {
      t.ok(reasons.has(reason), `${reason} was among the reasons`);
    }
    t.equal(election.snapshot().rejected['own-address'] === undefined, false, 'own-address too');
    hear(election, attack(), expectations);
    t.not(conditionOf(election), condition, 'a true one does move it');
    return t.end();
  });
}

test('100,000 wrong version 2 advertisements change nothing but counters', (t) => {
  const random = new Prng(2);
  const election = backup();
  const password: Authentication = { kind: 'pass', password: 's3cret12' };
  const expectations = {
    version: 2,
    virtualRouterId: 51,
    intervalCentiseconds: 100,
    authentication: password,
  } as const;
  const makers: readonly ((random: Prng) => Attack)[] = [
    ...forgeries.filter((_, index) => index !== 3 && index !== 5 && index !== 6),
    () => attack({}, version2),
    () =>
      attack(
        {},
        {
          ...version2,
          authentication: { kind: 'pass', password: `s3cret${10 + random.below(2)}` },
        },
      ),
    () =>
      attack(
        { intervalCentiseconds: 200 + 100 * random.below(200) },
        { ...version2, authentication: password },
      ),
    () => {
      const made = attack({}, { ...version2, authentication: password });
      const bit = random.below(8 * made.bytes.length);
      made.bytes[bit >> 3] = (made.bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return made;
    },
  ];
  const condition = conditionOf(election);
  const reasons = new Set<string>();
  for (let round = 1; round <= 100_000; round += 1) {
    reasons.add(hear(election, pick(random, makers)(random), expectations));
    if (conditionOf(election) !== condition) return t.fail(`moved by message ${round}`);
  }
  t.equal(rejections(election), 100_000);
  for (const reason of ['auth-type', 'auth-password', 'interval-mismatch', 'version']) {
    t.ok(reasons.has(reason), `${reason} was among the reasons`);
  }
  hear(election, attack({}, { ...version2, authentication: password }), expectations);
  t.not(conditionOf(election), condition, 'a true one does move it');
  return t.end();
});

test('100,000 mutated, replayed and forged messages change nothing of a router with auth_hmac', (t) => {
  const random = new Prng(2026);
  const election = backup();
  const peer = authenticated();
  const expectations = {
    version: 3,
    virtualRouterId: 51,
    authentication: authenticated(),
  } as const;
  const old = Array.from({ length: 16 }, () => attack({}, { ...version3, authentication: peer }));
  for (const message of old) hear(election, message, expectations);
  drain(election);
  const condition = conditionOf(election);
  const before = rejections(election);
  const impostor = authenticated(8);
  const makers: readonly (() => Attack)[] = [
    () => pick(random, old),
    () => attack(),
    () => attack({}, { ...version3, authentication: impostor }),
    () => mutated(random, pick(random, old)),
    () => mutated(random, pick(random, old)),
  ];
  const reasons = new Set<string>();
  for (let round = 1; round <= 100_000; round += 1) {
    reasons.add(hear(election, pick(random, makers)(), expectations));
    if (conditionOf(election) !== condition) return t.fail(`moved by message ${round}`);
  }
  t.equal(rejections(election) - before, 100_000);
  for (const kind of ['missing', 'malformed', 'key', 'hmac', 'stale', 'replay']) {
    t.ok(reasons.has(`auth-${kind}`), `auth-${kind} was among the reasons`);
  }
  const next = attack({ priority: 253 }, { ...version3, authentication: peer });
  hear(election, next, expectations);
  t.not(conditionOf(election), condition, 'the next true one does move it');
  return t.end();
});

/** A message with some bytes changed, behind a checksum that is right again: IPv4 does not cover the trailer. */
function mutated(random: Prng, { bytes, envelope }: Attack): Attack {
  const copy = Uint8Array.from(bytes.subarray(0, bytes.length - random.below(2)));
  const isTrailer = random.below(2) === 0;
  for (let flips = 1 + random.below(3); flips > 0; flips -= 1) {
    const offset = isTrailer ? 16 + random.below(28) : random.below(16);
    copy[offset] = random.below(256);
  }
  copy.set([0, 0], 6);
  let sum = 0;
  for (let offset = 0; offset < 16; offset += 2) {
    sum += (copy[offset] ?? 0) * 256 + (copy[offset + 1] ?? 0);
  }
  sum = (sum % 65_536) + Math.floor(sum / 65_536);
  const checksum = 65_535 - sum;
  copy.set([checksum >> 8, checksum % 256], 6);
  return { bytes: copy, envelope };
}
