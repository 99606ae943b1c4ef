import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { Flag, LocalOrigin, NoConnection } from '../../director/core/connections.js';
import { Rank, type Standings } from '../../director/core/precedence.js';
import { applyReplica, removeReplica, type Replica } from '../../director/core/replica.js';
import { Method } from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromClient } from '../packets/packet-case.js';
import { flowOf, keyOf } from './flows.js';

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';

const replicaOf = (real: string, fields: Partial<Replica> = {}): Replica => ({
  ...keyOf({ client, virtual: vip, real }),
  method: Method.masq,
  state: State.established,
  packets: 10,
  remaining: 900,
  timeout: 900,
  origin: 3,
  isDated: false,
  ...fields,
});

const first = '10.2.0.21:80';
const second = '10.2.0.22:80';

/** Peers with these ranks by number; names in the order of numbers. */
const ranked = (ranks: Readonly<Record<number, Rank>>): Standings => ({
  rank: (origin) => ranks[origin] ?? Rank.backup,
  precedes: (left, right) => left < right,
  hasMaster: Object.values(ranks).includes(Rank.master),
});

function backup(ranks: Readonly<Record<number, Rank>> = {}): BenchDirector {
  const bench = new BenchDirector({ isMaster: false });
  bench.director.standings = ranked(ranks);
  return bench;
}

/** The one entry: real server's last byte, packets, state, origin. */
function entry(bench: BenchDirector): number[] {
  const { connections } = bench.director;
  const index = connections.find(flowOf(client, vip));
  if (index === NoConnection) return [];
  return [
    (connections.rows[connections.realAt(index) + 3] ?? 0) & 0xff,
    connections.packets[index] ?? -1,
    connections.state[index] ?? -1,
    connections.origin[index] ?? -1,
  ];
}

/** The client opens the connection here. */
function open(bench: BenchDirector): void {
  for (const tcp of ['S', 'A', 'A']) {
    bench.receive('clients', fromClient({ from: client, to: vip, tcp }));
  }
}

const tell = (bench: BenchDirector, replica: Replica): string =>
  applyReplica(bench.director, replica, bench.now);

test('what the owner says is news, whatever it says', (t) => {
  const bench = backup();
  tell(bench, replicaOf(first));
  tell(bench, replicaOf(second, { packets: 2, state: State.synRecv }));
  t.same(entry(bench), [22, 2, State.synRecv, 3]);
  t.end();
});

test('a master’s word counts more than a backup’s, and that of a life that has ended least', (t) => {
  const bench = backup({ 3: Rank.master, 4: Rank.backup, 5: Rank.gone });
  tell(bench, replicaOf(first, { origin: 5, packets: 99 }));
  t.equal(tell(bench, replicaOf(first, { origin: 4, packets: 50 })), 'updated');
  t.equal(tell(bench, replicaOf(second, { origin: 3, packets: 1 })), 'created');
  t.equal(tell(bench, replicaOf(first, { origin: 4, packets: 500 })), 'kept-own');
  t.equal(tell(bench, replicaOf(second, { origin: 5, packets: 500 })), 'kept-own');
  t.same(entry(bench), [22, 1, State.established, 3]);
  t.end();
});

test('between equals, of one connection the later state counts, then more packets, then the order of names', (t) => {
  const bench = backup();
  tell(bench, replicaOf(first, { origin: 3, packets: 10, state: State.finWait }));
  t.equal(
    tell(bench, replicaOf(first, { origin: 4, packets: 10 })),
    'kept-own',
    'back to ESTABLISHED',
  );
  t.equal(
    tell(bench, replicaOf(first, { origin: 4, packets: 9, state: State.finWait })),
    'kept-own',
  );
  t.equal(
    tell(bench, replicaOf(first, { origin: 4, packets: 9, state: State.timeWait })),
    'updated',
  );
  t.equal(
    tell(bench, replicaOf(first, { origin: 3, packets: 10, state: State.timeWait })),
    'updated',
  );
  t.equal(
    tell(bench, replicaOf(first, { origin: 5, packets: 10, state: State.timeWait })),
    'kept-own',
  );
  t.equal(
    tell(bench, replicaOf(first, { origin: 2, packets: 10, state: State.timeWait })),
    'updated',
  );
  t.same(entry(bench), [21, 10, State.timeWait, 2]);
  t.end();
});

test('between equals, of connections to two servers the one with more packets counts', (t) => {
  const bench = backup();
  tell(bench, replicaOf(first, { origin: 3, packets: 10 }));
  t.equal(
    tell(bench, replicaOf(second, { origin: 4, packets: 9, state: State.finWait })),
    'kept-own',
  );
  t.equal(tell(bench, replicaOf(second, { origin: 4, packets: 11 })), 'created');
  t.same(entry(bench), [22, 11, State.established, 4]);
  t.end();
});

test('where it is served by two, the end of a connection counts, whoever has seen more of its packets', (t) => {
  const bench = backup({ 3: Rank.master });
  tell(bench, replicaOf(first, { origin: 3, packets: 15 }));
  bench.setMaster(true);
  t.equal(tell(bench, replicaOf(first, { origin: 3, packets: 8 })), 'kept-own');
  t.equal(
    tell(bench, replicaOf(first, { origin: 3, packets: 8, state: State.timeWait })),
    'updated',
  );
  t.same(entry(bench), [21, 8, State.timeWait, 3]);
  t.end();
});

test('where it is served, a connection that is over makes way for one that its client has opened since', (t) => {
  const anew = replicaOf(second, { state: State.synRecv, packets: 1 });
  for (const origin of [3, 4]) {
    for (const state of [State.timeWait, State.close]) {
      const bench = backup({ 3: Rank.backup, 4: Rank.gone });
      tell(bench, replicaOf(first, { origin, state, packets: 50 }));
      bench.setMaster(true);
      t.equal(tell(bench, anew), 'created');
      t.same(entry(bench), [22, 1, State.synRecv, 3]);
      const late = replicaOf(first, { origin, state, packets: 50 });
      t.equal(tell(bench, late), 'kept-own', 'and is not brought back by a late word of its end');
    }
  }
  t.end();
});

test('where it is served, a connection that is over begins anew on its own server by the word of its owner only', (t) => {
  const over = replicaOf(first, { state: State.timeWait, packets: 50 });
  const anew = replicaOf(first, { state: State.synRecv, packets: 1 });
  const bench = backup({ 3: Rank.master, 4: Rank.master });
  tell(bench, over);
  bench.setMaster(true);
  t.equal(tell(bench, { ...anew, origin: 4 }), 'kept-own', 'it may be old news');
  t.equal(tell(bench, { ...anew, isDated: true }), 'kept-own');
  t.equal(tell(bench, anew), 'updated');
  t.same(entry(bench), [21, 1, State.synRecv, 3]);
  t.end();
});

test('a connection that lives keeps its server where it is served, whatever a peer has opened', (t) => {
  const bench = backup({ 3: Rank.master });
  bench.setMaster(true);
  open(bench);
  const before = entry(bench);
  t.equal(tell(bench, replicaOf(second, { state: State.synRecv, packets: 1 })), 'kept-own');
  t.same(entry(bench), before);
  t.end();
});

test('a node’s own entry that it does not serve gives way to a master’s', (t) => {
  const bench = new BenchDirector();
  bench.director.standings = ranked({ 3: Rank.master });
  open(bench);
  const { connections, sync } = bench.director;
  sync.drain(connections, (index) => connections.markSynced(index, bench.now));
  const [real] = entry(bench);
  bench.setMaster(false);
  const other = real === 21 ? second : first;
  t.equal(
    tell(bench, replicaOf(other, { origin: 4, packets: 2 })),
    'kept-own',
    'not to a backup’s',
  );
  t.equal(tell(bench, replicaOf(other, { packets: 2 })), 'created');
  t.equal(entry(bench)[3], 3);
  t.end();
});

test('who serves a connection and is contradicted by a node that does not, says so', (t) => {
  const bench = new BenchDirector();
  const { connections, sync } = bench.director;
  bench.director.standings = ranked({ 4: Rank.master });
  open(bench);
  sync.drain(connections, (index) => connections.markSynced(index, bench.now));
  const [real] = entry(bench);
  const other = real === 21 ? second : first;
  t.equal(tell(bench, replicaOf(other, { origin: 4, packets: 500 })), 'kept-own');
  t.equal(sync.length, 0, 'two masters do not argue without end');
  t.equal(tell(bench, replicaOf(other, { packets: 500 })), 'kept-own');
  t.equal(sync.length, 1);
  t.end();
});

test('an entry that two backups claim is settled by the word of the node that serves it', (t) => {
  const bench = backup();
  const { connections, sync } = bench.director;
  tell(bench, replicaOf(first, { origin: 3 }));
  bench.setMaster(true);
  t.equal(tell(bench, replicaOf(first, { origin: 3 })), 'updated', 'whose it is may repeat it');
  t.equal(sync.length, 0);
  t.equal(tell(bench, replicaOf(first, { origin: 4, isDated: true })), 'kept-own');
  t.equal(sync.length, 1);
  sync.drain(connections, (index) => connections.markSynced(index, bench.now));
  t.equal(entry(bench)[3], LocalOrigin);
  t.end();
});

test('a connection that was opened here and carried on by a node not met yet is taken from a donor', (t) => {
  const bench = backup({ 5: Rank.gone });
  tell(bench, replicaOf(first, { origin: LocalOrigin, packets: 2 }));
  const carriedOn = replicaOf(first, { origin: 5, isDated: true });
  t.equal(tell(bench, { ...carriedOn, packets: 2 }), 'kept-own', 'not without news');
  t.equal(tell(bench, { ...carriedOn, packets: 3, isDated: false }), 'kept-own');
  t.equal(tell(bench, { ...carriedOn, packets: 3 }), 'updated');
  t.same(entry(bench), [21, 3, State.established, 5]);
  t.end();
});

test('an entry that counts for more lives as long as a peer says that the connection goes on', (t) => {
  const bench = backup({ 4: Rank.master });
  const { connections } = bench.director;
  tell(bench, replicaOf(first, { origin: LocalOrigin, remaining: 3, timeout: 2 }));
  bench.setMaster(true);
  const index = connections.find(flowOf(client, vip));
  const news = replicaOf(first, { origin: 4, packets: 3 });
  for (const useless of [{ isDated: true }, { createsOnly: true }, { state: State.synRecv }]) {
    tell(bench, { ...news, ...useless });
    t.equal(connections.remaining(index, bench.now), 2);
  }
  tell(bench, { ...replicaOf(second, { origin: 4, packets: 3 }) });
  t.equal(connections.remaining(index, bench.now), 2, 'not one to another server');
  t.equal(tell(bench, news), 'kept-own');
  t.equal(connections.remaining(index, bench.now), 1350);
  t.same(entry(bench), [21, 10, State.established, LocalOrigin]);
  t.end();
});

test("what a peer has kept of this node's own word does not bring an entry back to that", (t) => {
  const bench = backup();
  tell(bench, replicaOf(first, { origin: LocalOrigin, packets: 15, remaining: 12 }));
  const kept = replicaOf(first, {
    origin: LocalOrigin,
    packets: 10,
    remaining: 600,
    isDated: true,
  });
  t.equal(tell(bench, kept), 'kept-own');
  t.same(entry(bench), [21, 15, State.established, LocalOrigin]);
  t.end();
});

test('what this node has told, dropped and gets back ends before the copies of its peers do', (t) => {
  for (const [remaining, rest] of [
    [17, 11],
    [5, 0],
    [1e9, 1.5 * 31 * 86_400],
  ] as const) {
    const bench = backup();
    const kept = { origin: LocalOrigin, isDated: true, remaining, timeout: 12 };
    t.equal(tell(bench, replicaOf(first, kept)), 'created');
    const { connections } = bench.director;
    const left = connections.remaining(connections.find(flowOf(client, vip)), bench.now);
    t.ok(Math.abs(left - rest) <= 1, `${left} of ${rest}`);
  }
  t.end();
});

test('an entry that its owner no longer has goes, unless somebody else has told of it since', (t) => {
  const bench = backup();
  const withdrawal = { ...keyOf({ client, virtual: vip, real: first }), isServed: false };
  tell(bench, replicaOf(first, { origin: 4 }));
  t.equal(removeReplica(bench.director, { ...withdrawal, origin: 3 }), false);
  t.equal(removeReplica(bench.director, { ...withdrawal, origin: 4 }), true);
  t.same(entry(bench), []);
  t.end();
});

test('a connection that is over is over for everybody, but not by the word of a lesser node', (t) => {
  const bench = backup({ 3: Rank.master, 4: Rank.backup });
  const end = { ...keyOf({ client, virtual: vip, real: first }), isServed: true };
  tell(bench, replicaOf(first, { origin: 3 }));
  t.equal(removeReplica(bench.director, { ...end, origin: 4 }), false, 'it was master once');
  tell(bench, replicaOf(first, { origin: 3 }));
  t.equal(removeReplica(bench.director, { ...end, origin: 3 }), true);
  tell(bench, replicaOf(first, { origin: 4 }));
  t.equal(removeReplica(bench.director, { ...end, origin: 3 }), true, 'the master serves it');
  t.end();
});

test('what is over goes with the word of the master that has ended it, although this node is master as well', (t) => {
  for (const [state, isServed, isRemoved] of [
    [State.timeWait, true, true],
    [State.close, true, true],
    [State.timeWait, false, false],
    [State.established, true, false],
  ] as const) {
    const bench = backup({ 3: Rank.master });
    tell(bench, replicaOf(first, { state }));
    bench.setMaster(true);
    const removal = { ...keyOf({ client, virtual: vip, real: first }), origin: 3, isServed };
    t.equal(removeReplica(bench.director, removal), isRemoved);
    t.equal(bench.director.connections.size, isRemoved ? 0 : 1);
  }
  t.end();
});

test('what an owner no longer has, but this node serves, becomes this node’s own', (t) => {
  const bench = backup();
  const { connections, sync } = bench.director;
  tell(bench, replicaOf(first));
  bench.setMaster(true);
  const withdrawal = {
    ...keyOf({ client, virtual: vip, real: first }),
    isServed: false,
    origin: 3,
  };
  t.equal(removeReplica(bench.director, withdrawal), false);
  t.equal(sync.length, 1);
  sync.drain(connections, (index) => connections.markSynced(index, bench.now));
  t.equal(entry(bench)[3], LocalOrigin);
  t.same([connections.digests.entries(3), connections.digests.entries(LocalOrigin)], [0, 1]);
  t.end();
});

test('the first packet of a connection that was taken over tells peers whose it is now', (t) => {
  const bench = backup();
  const { connections, sync } = bench.director;
  tell(bench, replicaOf(first));
  bench.receive('clients', fromClient({ from: client, to: vip, tcp: 'A' }));
  t.equal(sync.length, 0, 'a backup that a stray packet reaches does not claim it');
  bench.setMaster(true);
  bench.receive('clients', fromClient({ from: client, to: vip, tcp: 'A' }));
  t.equal(sync.length, 1);
  sync.drain(connections, (index) => connections.markSynced(index, bench.now));
  for (let count = 0; count < 5; count += 1) {
    bench.receive('clients', fromClient({ from: client, to: vip, tcp: 'A' }));
  }
  t.equal(sync.length, 0, 'once');
  t.end();
});

/** The messages of one peer about the connection, in its order: packets only grow. */
function streamOf(random: Prng, origin: number): Replica[] {
  let packets = 1 + random.below(5);
  return Array.from({ length: 1 + random.below(4) }, () => {
    packets += random.below(4);
    const states = [State.synRecv, State.established, State.finWait, State.timeWait];
    const state = states[Math.min(3, Math.floor(packets / 4))] ?? State.none;
    return replicaOf(random.below(4) === 0 ? second : first, { origin, packets, state });
  });
}

/** One order in which the streams may arrive: each in its own order. */
function interleave(random: Prng, streams: readonly Replica[][]): Replica[] {
  const left = streams.map((stream) => [...stream]);
  const order: Replica[] = [];
  while (left.some((stream) => stream.length > 0)) {
    const next = left[random.below(left.length)]?.shift();
    if (next !== undefined) order.push(next);
  }
  return order;
}

test('messages of two to four senders come to the same entry in whatever order they arrive', (t) => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = new Prng(seed);
    const origins = [1, 2, 3, 4].slice(0, 2 + random.below(3));
    const ranks = Object.fromEntries(
      origins.map((origin) => [
        origin,
        [Rank.gone, Rank.backup, Rank.master][random.below(3)] ?? 0,
      ]),
    );
    const streams = origins.map((origin) => streamOf(random, origin));
    const ends = Array.from({ length: 12 }, () => {
      const bench = backup(ranks);
      for (const replica of interleave(random, streams)) tell(bench, replica);
      t.equal(bench.director.connections.size, 1);
      return entry(bench).join(' ');
    });
    t.equal(new Set(ends).size, 1, `seed ${seed}: ${[...new Set(ends)].join(' | ')}`);
  }
  t.end();
});

test('a repeated message changes nothing', (t) => {
  const bench = backup();
  const { connections } = bench.director;
  const replica = replicaOf(first, { packets: 12, state: State.finWait });
  tell(bench, replica);
  const before = [entry(bench), connections.digests.low(3), connections.size];
  tell(bench, replica);
  t.same([entry(bench), connections.digests.low(3), connections.size], before);
  t.ok(connections.hasFlag(connections.find(flowOf(client, vip)), Flag.synced));
  t.end();
});
