import { test } from 'tap';

import { Replication } from '../../../../cluster/member/replication.js';
import { IpvsSync } from '../../../../cluster/sync/ipvs/ipvs-sync.js';
import type { IpvsRecord } from '../../../../cluster/sync/ipvs/message.js';
import { writeIpvsMessage } from '../../../../cluster/sync/ipvs/writer.js';
import type { IpAddress } from '../../../../director/base/address.js';
import { assert } from '../../../../director/base/invariant.js';
import { Prng } from '../../../../director/base/prng.js';
import { milliseconds, seconds } from '../../../../director/base/time.js';
import { entries } from '../../../core/entries.js';
import { tableFaults } from '../../../core/table-faults.js';
import { BenchDirector } from '../../../packets/bench-director.js';
import { address } from '../toy-table.js';
import { wireRecord } from './records.js';

const peer = address('10.3.0.2');
const own = address('10.3.0.1');

const started = (bench: BenchDirector): IpvsSync => {
  const sync = new IpvsSync({
    version: 1,
    syncId: 7,
    maxLength: 1472,
    flushBound: milliseconds(20),
    threshold: 3,
    address: own,
    timeoutOf: () => seconds(60),
  });
  sync.start(bench.now);
  sync.effects.splice(0);
  return sync;
};

/** A client's connection to one of the services of the bench. */
const recordOf = (random: Prng): IpvsRecord => {
  const isIpv6 = random.below(3) === 0;
  const isUdp = random.below(4) === 0;
  const host = 21 + random.below(3);
  return {
    ...wireRecord,
    protocol: isUdp ? 17 : 6,
    client: address(isIpv6 ? `fd01::${1 + random.below(9)}` : `10.1.0.${1 + random.below(9)}`),
    clientPort: 40_000 + random.below(20),
    virtual: address(isIpv6 ? 'fd01::100' : '10.1.0.100'),
    virtualPort: isUdp ? 53 : 80,
    real: address(isIpv6 ? `fd02::${host}` : `10.2.0.${host}`),
    realPort: isUdp ? 53 : 80,
    flags: [0, 0x100, 0x1100][random.below(3)] ?? 0,
    state: isUdp ? 0 : random.below(2),
    timeout: 1 + random.below(900),
    options: random.below(8) === 0 ? [{ type: 1, data: new Uint8Array(24) }] : [],
  };
};

function messageOf(random: Prng, syncId = 7): Uint8Array {
  const version = random.below(4) === 0 ? 0 : 1;
  const records = Array.from({ length: 1 + random.below(4) }, () => recordOf(random));
  if (version === 1) return writeIpvsMessage({ version, syncId, records });
  const plain = records
    .filter(({ client, options }) => !client.includes(':') && options.length === 0)
    .map((record) => ({ ...record, timeout: 0 }));
  // A version 0 message without records begins like one of version 1.
  if (plain.length === 0) return messageOf(random, syncId);
  return writeIpvsMessage({ version, syncId, records: plain });
}

/** Messages of a small supply, so that the making of them costs nothing. */
const supplyOf = (random: Prng, syncId = 7): Uint8Array[] =>
  Array.from({ length: 512 }, () => messageOf(random, syncId));

const pick = <T>(random: Prng, values: readonly T[]): T => {
  const value = values[random.below(values.length)];
  assert(value !== undefined, 'there is something to pick from');
  return value;
};

interface Attack {
  readonly bytes: Uint8Array;
  readonly source: IpAddress;
}

const from = (bytes: Uint8Array, source = peer): Attack => ({ bytes, source });

/** What no receiver may take, however good the rest of it is. */
const forgeries = (random: Prng): readonly (() => Attack)[] => {
  const good = supplyOf(random);
  const others = supplyOf(random, 8);
  return [
    () => from(pick(random, good), own),
    () => from(pick(random, others)),
    () => {
      const bytes = pick(random, good);
      return from(bytes.subarray(0, random.below(bytes.length)));
    },
    () => from(Uint8Array.from([...pick(random, good), 0])),
    () => {
      // Cut inside its last record, and saying so.
      const bytes = pick(random, good);
      const cut = bytes.slice(0, bytes.length - 1 - random.below(20));
      new DataView(cut.buffer).setUint16(2, cut.length);
      return from(cut);
    },
    () => {
      const bytes = Uint8Array.from(pick(random, good));
      const isVersion1 = bytes[0] === 0;
      // One record more than there is, a record of a version to come, or one of no family.
      const kind = isVersion1 ? random.below(3) : 0;
      if (kind === 0) bytes[isVersion1 ? 4 : 0] = (bytes[isVersion1 ? 4 : 0] ?? 0) + 1;
      else if (kind === 1) bytes[10] = 0x10 | (bytes[10] ?? 0);
      else bytes[8] = 2 + random.below(254);
      return from(bytes);
    },
    () => from(Uint8Array.from({ length: random.below(40) }, () => 0xff)),
  ];
};

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

test('250,000 forged, cut and foreign datagrams change nothing but counters', (t) => {
  const random = new Prng(8848);
  const bench = new BenchDirector({ isMaster: false, capacity: 64 });
  const replication = new Replication(bench.director, () => bench.now);
  const sync = started(bench);
  const hear = ({ bytes, source }: Attack): number => {
    sync.handleDatagram(bench.now, bytes, source);
    const applied = sync.effects.splice(0);
    for (const effect of applied) if (effect.kind === 'apply') replication.apply(effect, bench.now);
    return applied.length;
  };
  for (let count = 0; count < 20; count += 1) hear({ bytes: messageOf(random), source: peer });
  const table = entries(bench);
  const { received, rejected } = sync.snapshot();
  const makers = forgeries(random);
  for (let round = 1; round <= 250_000; round += 1) {
    if (hear(pick(random, makers)()) > 0) return t.fail(`taken: datagram ${round}`);
  }
  t.strictSame(entries(bench), table);
  t.ok(table.length > 10, `${table.length} entries`);
  const after = sync.snapshot();
  t.strictSame(after.received.records, received.records);
  t.equal(sum(after.rejected) - sum(rejected), 250_000, 'each is counted once');
  for (const reason of [
    'wrong-size',
    'record-cut',
    'record-version',
    'record-type',
    'own-datagram',
  ]) {
    t.ok((after.rejected[reason] ?? 0) > 1_000, `${reason}: ${after.rejected[reason]}`);
  }
  t.equal(after.peers.length, 1);
  return t.end();
});

test('250,000 mutated datagrams are taken or counted, and leave a table that is true in itself', (t) => {
  const random = new Prng(224);
  const bench = new BenchDirector({ isMaster: false, capacity: 256 });
  const replication = new Replication(bench.director, () => bench.now);
  const sync = started(bench);
  const supply = supplyOf(random);
  let applied = 0;
  for (let round = 1; round <= 250_000; round += 1) {
    const bytes = Uint8Array.from(pick(random, supply));
    for (let flips = 1 + random.below(4); flips > 0; flips -= 1) {
      const isHeader = random.below(4) === 0;
      bytes[random.below(isHeader ? 12 : bytes.length)] = random.below(256);
    }
    if (random.below(2) === 0) bytes[1] = 7;
    if (random.below(2) === 0) new DataView(bytes.buffer).setUint16(2, bytes.length);
    sync.handleDatagram(bench.now, bytes, peer);
    for (const effect of sync.effects.splice(0)) {
      if (effect.kind !== 'apply') return t.fail(effect.kind);
      replication.apply(effect, bench.now);
      applied += 1;
    }
    if (round % 5_000 === 0) {
      bench.wait(0.25 * random.below(40));
      const found = tableFaults(bench);
      if (found.length > 0) return t.fail(`${found.join(', ')} after datagram ${round}`);
    }
  }
  const { rejected, received } = sync.snapshot();
  t.equal(applied, received.records);
  t.ok(applied > 50_000, `${applied} records were good enough`);
  t.ok(replication.counters['table-full'] > 0, 'the table was full');
  for (const reason of ['bad-state', 'unknown-protocol', 'bad-flags', 'bad-option', 'bad-method']) {
    t.ok((rejected[reason] ?? 0) > 100, `${reason}: ${rejected[reason]}`);
  }
  return t.end();
});
