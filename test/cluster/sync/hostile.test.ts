import { test } from 'tap';

import { Replication } from '../../../cluster/member/replication.js';
import { ChangeList } from '../../../cluster/sync/change-list.js';
import { encodeDatagram } from '../../../cluster/sync/codec.js';
import type { BulkChunk, MessageBody } from '../../../cluster/sync/message.js';
import { encodePresence, PresenceReader } from '../../../cluster/sync/presence-codec.js';
import { PresenceSeal } from '../../../cluster/sync/presence-seal.js';
import type { SyncRecord } from '../../../cluster/sync/record.js';
import { SessionSync } from '../../../cluster/sync/session-sync.js';
import { sign, SignatureLength } from '../../../cluster/sync/signature.js';
import type { IpAddress } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { tableFaults } from '../../core/table-faults.js';
import { BenchDirector } from '../../packets/bench-director.js';
import { ringOf } from './keys.js';
import { address, record } from './toy-table.js';
import { hello, kindOf, updatesOf, World, type SimNode } from './world.js';

/** What an attacker does takes its time, also on a busy machine. */
const patience = { timeout: 280_000 };

const pick = <T>(random: Prng, values: readonly T[]): T => {
  const value = values[random.below(values.length)];
  assert(value !== undefined, 'there is something to pick from');
  return value;
};

/** Changes some bytes, or cuts some off. */
function mutate(random: Prng, bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  if (random.below(6) === 0) return changed.subarray(0, random.below(changed.length));
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    changed[random.below(changed.length)] = random.below(256);
  }
  return changed;
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

const keys = ringOf(1, 2);

/** What was said to and by b: by this life of a, by an earlier one, and by b itself. */
interface Tapes {
  readonly world: World;
  readonly present: readonly Uint8Array[];
  readonly past: readonly Uint8Array[];
  readonly own: readonly Uint8Array[];
}

/** Two nodes with keys that have done all there is to do, with everything recorded. */
function recorded(): Tapes {
  const world = new World(1, { tuning: { keys } });
  const past: Uint8Array[] = [];
  const present: Uint8Array[] = [];
  const own: Uint8Array[] = [];
  let tape = past;
  world.tap = (bytes, to) => (to === 'b' ? tape : own).push(bytes) > 0;
  const live = (): void => {
    const a = world.start('a');
    world.run(seconds(2));
    for (let index = 0; index < 200; index += 1) {
      a.update(world.now, index, index);
      if (index % 3 === 0) a.remove(world.now, index);
      a.sync.flush(world.now, { acknowledge: index % 7 === 0 });
      world.drain(a);
      if (index % 10 === 0) world.run(milliseconds(30));
    }
    world.run(seconds(2));
  };
  world.start('b');
  live();
  world.kill('a');
  tape = present;
  live();
  world.tap = () => true;
  return { world, present, past, own };
}

/** What is to stay as it is. */
const stateOf = (node: SimNode): unknown => ({
  table: node.table.summary(),
  effects: node.effects.length,
  peers: node.sync.snapshot().peers.map((peer) => ({ ...peer, rejected: 0 })),
  received: node.sync.snapshot().received,
});

/** Ways to make something that a node with keys must not take. */
function forgeries({ present, past, own }: Tapes, random: Prng): readonly (() => Uint8Array)[] {
  const contents = present.map((bytes) => bytes.slice(0, bytes.length - SignatureLength));
  return [
    () => pick(random, present),
    () => pick(random, past),
    () => pick(random, own),
    () => mutate(random, pick(random, present)),
    () => pick(random, contents),
    () => sign(ringOf(7), pick(random, contents), 1_000_000 + random.below(1_000_000)),
    () => {
      // The signature of another datagram.
      const signature = pick(random, present).slice(-SignatureLength);
      const content = pick(random, contents);
      const bytes = new Uint8Array(content.length + SignatureLength);
      bytes.set(content);
      bytes.set(signature, content.length);
      return bytes;
    },
    () => Uint8Array.from({ length: random.below(200) }, () => random.below(256)),
  ];
}

test(
  'with keys, 250,000 forged, replayed and damaged datagrams change nothing but counters',
  patience,
  (t) => {
    const tapes = recorded();
    const { world } = tapes;
    const b = world.get('b');
    const random = new Prng(25);
    // A signature of its own datagram may be picked for it: that is a replay.
    const makers = forgeries(tapes, random);
    const before = stateOf(b);
    const counted = sum(b.sync.snapshot().rejected);
    const sent = new Map<string, number>();
    for (let round = 0; round < 250_000; round += 1) {
      const source = address(`10.0.0.${1 + random.below(4)}`);
      b.sync.handleDatagram(world.now, pick(random, makers)(), source);
      for (const effect of b.sync.effects.splice(0)) {
        const kind = effect.kind === 'send' ? kindOf(effect.bytes) : effect.kind;
        sent.set(kind, (sent.get(kind) ?? 0) + 1);
      }
    }
    t.same(stateOf(b), before);
    // A recorded life is asked whether it lives, and told that this one does. Nothing else happens.
    t.same([...sent.keys()].toSorted(), ['challenge', 'response']);
    const { rejected } = b.sync.snapshot();
    const answered = sent.get('response') ?? 0;
    t.equal(sum(rejected) - counted + answered, 250_000, 'each is counted once');
    for (const reason of [
      'replayed',
      'unproven',
      'own-datagram',
      'unsigned',
      'unknown-key',
      'bad-mac',
    ]) {
      t.ok((rejected[reason] ?? 0) > 5_000, `${reason}: ${rejected[reason]}`);
    }
    world.get('a').update(world.now, 900, 1);
    world.run(milliseconds(50));
    t.ok(b.table.find(record(900)), 'and the peer is still heard');
    t.end();
  },
);

const own = { node: 'b', epoch: 77 };

/** A connection of some client to one of the services of the bench. */
function recordOf(random: Prng): SyncRecord {
  const isIpv6 = random.below(3) === 0;
  const host = 21 + random.below(4);
  const method = pick(random, ['Masq', 'Route', 'Tunnel', 'FullNat'] as const);
  const isTemplate = random.below(5) === 0;
  return {
    ...record(0),
    protocol: pick(random, ['TCP', 'UDP', 'SCTP'] as const),
    client: address(isIpv6 ? `fd01::${1 + random.below(9)}` : `10.1.0.${1 + random.below(9)}`),
    clientPort: isTemplate ? 0 : 40_000 + random.below(20),
    virtual: address(isIpv6 ? 'fd01::100' : '10.1.0.100'),
    virtualPort: pick(random, [80, 53]),
    isTemplate,
    real: address(isIpv6 ? `fd02::${host}` : `10.2.0.${host}`),
    realPort: pick(random, [80, 53]),
    method,
    state: random.below(isTemplate ? 2 : 12),
    timeout: seconds(random.below(900)),
    remaining: seconds(random.below(900)),
    packets: random.below(100),
    ...(method === 'FullNat' && {
      local: {
        address: address(isIpv6 ? 'fd02::fe' : '10.2.0.254'),
        port: 5_000 + random.below(9),
      },
    }),
  };
}

const recordsOf = (random: Prng): SyncRecord[] =>
  Array.from({ length: random.below(6) }, () => recordOf(random));

function chunkOf(random: Prng): BulkChunk {
  const records = recordsOf(random);
  const cursor = random.below(3) * 100;
  return {
    kind: 'bulk-chunk',
    joinerEpoch: own.epoch,
    transfer: 1 + random.below(3),
    cursor,
    next: random.below(3) === 0 ? -1 : cursor + 100,
    asOf: [
      { node: 'a', epoch: 1, sequence: random.below(40) },
      { ...own, sequence: 0 },
    ],
    lives: [{ node: 'c', epoch: 1 + random.below(3) }],
    records: ChangeList.of(records),
    origins: Uint8Array.from(records, () => random.below(2)),
  };
}

/** Something that a peer might say. */
function bodyOfPeer(random: Prng, sequence: number): MessageBody {
  const makers: readonly (() => MessageBody)[] = [
    () => updatesOf(sequence, recordsOf(random), recordsOf(random)),
    () => updatesOf(sequence, recordsOf(random), recordsOf(random)),
    () => updatesOf(sequence, recordsOf(random), recordsOf(random)),
    () => ({
      ...hello(random.below(9), true),
      lastSequence: sequence - 1,
      master: random.below(2) === 0,
    }),
    () => ({ kind: 'nack', ...own, ranges: [{ first: 1, last: sequence }] }),
    () => ({ kind: 'lost-notice', oldestKept: sequence }),
    () => ({ kind: 'bulk-request' }),
    () => ({
      kind: 'bulk-fetch',
      ...own,
      transfer: 1,
      cursor: 0,
      window: 16,
      ownOnly: random.below(2) === 0,
    }),
    () => chunkOf(random),
    () => chunkOf(random),
    () => ({ kind: 'goodbye', lastSequence: sequence }),
    () => ({ kind: 'ack', ...own, sequence: random.below(3) }),
    () => ({ kind: 'challenge' }),
    () => ({ kind: 'relay', node: 'c', epoch: 1, updates: updatesOf(sequence, recordsOf(random)) }),
    () => ({ kind: 'response', ...own, counter: sequence }),
  ];
  return pick(random, makers)();
}

/** Where the epoch stands in a datagram of a node with a name of one letter. */
const EpochAt = 6;

/** What peers say in turn, each with its own sequence, out of which it falls now and then. */
function conversation(random: Prng, length: number): Uint8Array[] {
  const sequences = new Map<string, number>();
  return Array.from({ length }, () => {
    const node = pick(random, ['a', 'c', 'd', 'e']);
    const sequence = (sequences.get(node) ?? 0) + (random.below(20) === 0 ? 2 : 1);
    const body = bodyOfPeer(random, sequence);
    if (body.kind === 'updates') sequences.set(node, sequence);
    return encodeDatagram({ syncId: 7, node, epoch: 1 }, body);
  });
}

/** The same, said in another life. */
function inLife(bytes: Uint8Array, epoch: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  new DataView(changed.buffer).setFloat64(EpochAt, epoch, true);
  return changed;
}

/** A director without keys: what it is told well-formed, it takes. */
class Victim {
  readonly bench = new BenchDirector({ isMaster: false, capacity: 128 });
  readonly replication = new Replication(this.bench.director, () => this.bench.now, own);
  readonly sync = new SessionSync({ ...own, syncId: 7, bulkTimeout: seconds(5) }, this.replication);
  /** The most that one datagram had it do. */
  mostEffects = 0;

  constructor() {
    this.sync.start(this.bench.now);
  }

  hear(bytes: Uint8Array, source: IpAddress): void {
    this.sync.handleDatagram(this.bench.now, bytes, source);
    this.#drain();
  }

  wait(time: number): void {
    this.bench.wait(time);
    while (this.sync.deadline <= this.bench.now) this.sync.handleDeadline(this.bench.now);
    this.#drain();
  }

  #drain(): void {
    const effects = this.sync.effects.splice(0);
    this.mostEffects = Math.max(this.mostEffects, effects.length);
    const { lives } = this.replication;
    for (const effect of effects) {
      if (effect.kind === 'apply') this.replication.apply(effect, this.bench.now);
      if (effect.kind === 'remove') this.replication.remove(effect);
      if (effect.kind === 'standing') lives.setStanding(effect.from, effect.epoch, effect.standing);
    }
  }
}

test(
  'without keys, 250,000 mutated datagrams are taken or counted, and leave a table that is true in itself',
  patience,
  (t) => {
    const random = new Prng(26);
    const victim = new Victim();
    const said = conversation(random, 10_000);
    for (let round = 1; round <= 250_000; round += 1) {
      const good = said[round % said.length] ?? new Uint8Array(0);
      const own = inLife(good, 1 + Math.floor(round / said.length));
      const bytes = random.below(3) > 0 ? own : mutate(random, own);
      const host = random.below(50) === 0 ? 9 : (good[4] ?? 0);
      victim.hear(bytes, address(`10.3.0.${host}`));
      if (round % 500 === 0) victim.wait(0.01 * random.below(200));
      if (round % 5_000 !== 0) continue;
      victim.wait(5 + random.below(12));
      const found = tableFaults(victim.bench);
      if (found.length > 0) return t.fail(`${found.join(', ')} after datagram ${round}`);
    }
    const { rejected, received, peers } = victim.sync.snapshot();
    t.ok(received.records > 20_000, `${received.records} records were good enough`);
    t.ok(peers.length <= 63);
    t.ok(victim.mostEffects < 20_000, `${victim.mostEffects} effects at once`);
    const { counters } = victim.replication;
    for (const outcome of ['created', 'updated', 'kept-own', 'removed', 'unknown-state'] as const) {
      t.ok(counters[outcome] > 100, `${outcome}: ${counters[outcome]}`);
    }
    for (const reason of [
      'malformed',
      'unknown-kind',
      'unknown-protocol',
      'truncated-record',
      'address-conflict',
      'old-epoch',
    ]) {
      t.ok((rejected[reason] ?? 0) > 10, `${reason}: ${rejected[reason]}`);
    }
    return t.end();
  },
);

test('a flood of questions is answered within bounds', (t) => {
  const world = new World(1);
  const a = world.start('a');
  world.start('b');
  world.run(seconds(2));
  for (let index = 0; index < 2_000; index += 1) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
  }
  world.drain(a);
  world.run(seconds(1));
  const ask = (body: MessageBody): number => {
    const bytes = encodeDatagram({ syncId: 7, node: 'b', epoch: 1002 }, body);
    for (let count = 0; count < 1_000; count += 1) {
      a.sync.handleDatagram(world.now, bytes, address('10.0.0.2'));
    }
    return a.sync.effects.splice(0).length;
  };
  const life = { node: 'a', epoch: 1001 };
  t.equal(ask({ kind: 'nack', ...life, ranges: [{ first: 1, last: 2_000 }] }), 1_024);
  const fetch = { kind: 'bulk-fetch', ...life, transfer: 1, cursor: 0, ownOnly: false } as const;
  t.equal(ask({ ...fetch, window: 16 }), 256);
  const { reliability, bulk } = a.sync.snapshot();
  t.ok(reliability.nackOverflows > 900 && bulk.overflows > 900);
  world.run(milliseconds(20));
  t.ok(ask({ ...fetch, window: 1 }) === 256, 'and goes on later');
  t.end();
});

test('100,000 mutated lists of changes are read, or refused with a reason', (t) => {
  const random = new Prng(27);
  let accepted = 0;
  for (let round = 0; round < 100_000; round += 1) {
    const list = ChangeList.read(
      mutate(random, ChangeList.of([recordOf(random)], [recordOf(random)]).bytes),
    );
    if (typeof list === 'string') continue;
    accepted += 1;
    const again = ChangeList.of(list.records, list.removals);
    if (again.items.length !== list.items.length) t.fail(`round ${round}`);
  }
  t.ok(accepted > 10_000 && accepted < 90_000, `${accepted} were still well-formed`);
  t.end();
});

test('50,000 mutated presence streams are read or cut, and with keys say nothing new', (t) => {
  const random = new Prng(28);
  const seal = new PresenceSeal(keys, new Uint8Array(32));
  const routers = [{ virtualRouterId: 51, address: address('10.1.0.11'), priority: 150 }];
  const messages = [{ kind: 'introduction', node: 'd1', routers }, { kind: 'goodbye' }] as const;
  for (const seals of [undefined, seal]) {
    const stream = Buffer.concat(messages.map((message) => encodePresence(message, seals)));
    for (let round = 0; round < 25_000; round += 1) {
      const reader = new PresenceReader(seals);
      const read = reader.read(mutate(random, stream));
      const isOld = read.every((message, index) => message.kind === messages[index]?.kind);
      if (seals !== undefined && !isOld) t.fail(`round ${round}: a new message`);
    }
  }
  t.end();
});

test('every kind of message was among the good ones', (t) => {
  const random = new Prng(26);
  const bodies = Array.from({ length: 500 }, () => bodyOfPeer(random, 1).kind);
  t.equal(new Set(bodies).size, 12);
  t.end();
});
