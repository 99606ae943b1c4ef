import { test } from 'tap';

import { encodeDatagram } from '../../../cluster/sync/codec.js';
import type { MessageBody } from '../../../cluster/sync/message.js';
import { Prng } from '../../../director/base/prng.js';
import {
  after,
  between,
  microseconds,
  milliseconds,
  seconds,
  type Instant,
} from '../../../director/base/time.js';
import { address, record } from './toy-table.js';
import { bodyOf, hello, kindOf, pair, updatesOf, World } from './world.js';

/** What `from` would send in this epoch. */
function forge(epoch: number, body: MessageBody, node = 'b', syncId = 7): Uint8Array {
  return encodeDatagram({ syncId, node, epoch }, body);
}

test('the first update after a quiet time leaves at once, with its sender as origin', (t) => {
  const world = pair();
  world.get('a').update(world.now, 1, 5);
  world.run(milliseconds(1));
  t.match(world.get('b').table.find(record(1)), { packets: 5, origin: 'a' });
  t.end();
});

test('updates of a busy node wait for company, 20 ms at most', (t) => {
  const world = pair();
  const a = world.get('a');
  const b = world.get('b');
  for (let index = 0; index < 19; index += 1) {
    a.update(world.now, index, 1);
    world.run(milliseconds(1));
  }
  t.equal(b.table.size, 1, 'only the first has left');
  world.run(milliseconds(2));
  t.equal(b.table.size, 19);
  t.equal(a.sync.snapshot().acknowledgement.lastSequence, 2);
  t.end();
});

test('no update waits longer than the flush bound, whatever the rate', (t) => {
  const world = pair({ flushBound: milliseconds(5) });
  const made: Instant[] = [];
  let longest = 0;
  world.tap = (bytes) => {
    const body = bodyOf(bytes);
    for (const { packets } of body?.kind === 'updates' ? body.changes.records : []) {
      longest = Math.max(longest, between(made[packets] ?? world.now, world.now));
    }
    return true;
  };
  for (let index = 0; index < 1_000; index += 1) {
    made[index] = world.now;
    world.get('a').update(world.now, index, index);
    world.drain(world.get('a'));
    world.run(microseconds(100 + (index % 900)));
  }
  t.ok(longest > 4_000 && longest <= 5_100, `${longest} us with 100 us on the way`);
  t.end();
});

test('a longer limit makes longer datagrams, and a peer with a shorter one takes them', (t) => {
  const world = new World(1, { tuning: { maxLength: 8_972 } });
  const a = world.start('a');
  const b = world.start('b');
  world.run(seconds(2));
  let longest = 0;
  world.tap = (bytes) => (longest = Math.max(longest, bytes.length)) > 0;
  for (let index = 0; index < 400; index += 1) a.update(world.now, index, 1);
  world.run(milliseconds(30));
  t.ok(longest > 8_500 && longest <= 8_972, `${longest} bytes`);
  t.equal(b.table.size, 400);
  t.end();
});

test('a node that sends updates all the time says Hello once a second, not with each', (t) => {
  const world = pair();
  let hellos = 0;
  world.tap = (bytes, to) => {
    if (to === 'b' && kindOf(bytes) === 'hello') hellos += 1;
    return true;
  };
  for (let index = 0; index < 400; index += 1) {
    world.get('a').update(world.now, index % 100, index);
    world.run(milliseconds(10));
  }
  t.ok(hellos >= 3 && hellos <= 6, `${hellos} in four seconds`);
  t.end();
});

test('the removal of a template leaves the connection of the same endpoints, and the reverse', (t) => {
  const world = pair();
  const { sync } = world.get('a');
  const { table } = world.get('b');
  const connection = { ...record(1), clientPort: 0 };
  const template = { ...connection, isTemplate: true };
  sync.update(world.now, connection);
  sync.update(world.now, template);
  world.run(milliseconds(30));
  t.equal(table.size, 2);
  sync.remove(world.now, template);
  world.run(milliseconds(30));
  t.same([table.size, table.find(connection)?.isTemplate], [1, false]);
  sync.update(world.now, template);
  sync.remove(world.now, connection);
  world.run(milliseconds(30));
  t.same([table.size, table.find(template)?.isTemplate], [1, true]);
  t.end();
});

test('flush sends what waits at once', (t) => {
  const world = pair();
  const a = world.get('a');
  a.update(world.now, 1, 1);
  a.sync.flush(world.now);
  t.same(
    a.sync.effects.map((effect) => effect.kind),
    ['send'],
  );
  t.end();
});

test('a burst is packed into datagrams that are nearly full', (t) => {
  const world = pair();
  const a = world.get('a');
  for (let index = 0; index < 260; index += 1) a.update(world.now, index, 1);
  a.sync.flush(world.now);
  const sizes = a.sync.effects.flatMap((effect) =>
    effect.kind === 'send' ? [effect.bytes.length] : [],
  );
  t.ok(sizes.length <= 13, `${sizes.length} datagrams`);
  t.ok(sizes.every((size) => size <= 1400));
  t.ok(
    sizes.slice(0, -1).every((size) => size > 1200),
    sizes.join(' '),
  );
  t.end();
});

test('of several changes of one key in a datagram the last one counts', (t) => {
  const world = pair();
  const a = world.get('a');
  a.update(world.now, 1, 1);
  a.remove(world.now, 1);
  a.update(world.now, 1, 2);
  a.update(world.now, 2, 1);
  a.remove(world.now, 2);
  world.run(milliseconds(5));
  t.match(world.get('b').table.find(record(1)), { packets: 2 });
  t.equal(world.get('b').table.size, 1);
  t.equal(a.sync.snapshot().sent.records, 1);
  t.end();
});

test('a lost datagram is asked for after 2 ms, and later ones wait for it', (t) => {
  const world = pair();
  const a = world.get('a');
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || (dropped += 1) > 1;
  a.update(world.now, 1, 1);
  a.sync.flush(world.now);
  a.remove(world.now, 1);
  a.sync.flush(world.now);
  world.drain(a);
  world.run(milliseconds(1));
  t.equal(world.get('b').sync.snapshot().peers[0]?.missing, 1);
  world.run(milliseconds(2));
  t.equal(world.get('b').table.size, 0, 'update and removal were applied in their order');
  t.match(world.get('b').sync.snapshot(), {
    received: { records: 1, removals: 1, retransmissions: 1 },
    peers: [{ node: 'a', missing: 0 }],
    reliability: { nacksSent: 1, gaps: 0 },
  });
  t.end();
});

test('a lost tail is noticed by the Hello that follows 20 ms after it', (t) => {
  const world = pair();
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || (dropped += 1) > 1;
  world.get('a').update(world.now, 1, 1);
  world.run(milliseconds(20));
  t.equal(world.get('b').table.size, 0);
  world.run(milliseconds(8));
  t.equal(world.get('b').table.size, 1);
  t.end();
});

test('a tail of which the first Hello is lost too is noticed by the second, after 100 ms', (t) => {
  const world = pair();
  world.run(milliseconds(10));
  let dropped = 0;
  world.tap = (bytes) => !['updates', 'hello'].includes(kindOf(bytes)) || (dropped += 1) > 2;
  world.get('a').update(world.now, 1, 1);
  world.run(milliseconds(110));
  t.equal(world.get('b').table.size, 1);
  t.end();
});

test('once a peer answers, the next Nack does not wait out the pauses that grew', (t) => {
  const world = pair({ nackBatch: 1 });
  const a = world.get('a');
  let dropping = true;
  world.tap = (bytes) => !dropping || kindOf(bytes) !== 'updates';
  for (let index = 0; index < 6; index += 1) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
  }
  world.drain(a);
  const b = world.get('b');
  world.runUntil(() => b.sync.snapshot().reliability.nacksSent === 6, seconds(2));
  dropping = false;
  world.run(milliseconds(490 + 6 * 25));
  t.equal(b.table.size, 6);
  t.end();
});

test('a stopping node sends what waits, and the latest once more', (t) => {
  const world = pair();
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || (dropped += 1) > 1;
  const a = world.get('a');
  a.update(world.now, 1, 1);
  a.sync.stop(world.now);
  world.drain(a);
  t.equal(a.sync.deadline, Number.POSITIVE_INFINITY);
  world.run(milliseconds(1));
  t.equal(world.get('b').table.size, 1);
  t.end();
});

test('a repeated datagram is applied once', (t) => {
  const world = pair();
  world.weather = { ...world.weather, duplication: 100 };
  world.get('a').update(world.now, 1, 1);
  world.run(milliseconds(5));
  t.match(world.get('b').sync.snapshot(), {
    received: { records: 1 },
    reliability: { duplicates: 1 },
  });
  t.end();
});

test('a peer that restarts begins a new stream, and late datagrams of its old life are dropped', (t) => {
  const world = pair();
  world.get('a').update(world.now, 1, 1);
  world.run(milliseconds(5));
  world.kill('a');
  world.start('a');
  world.run(milliseconds(1));
  const b = world.get('b');
  t.same(b.effects.filter((effect) => effect.kind === 'peer-restarted').length, 1);
  const late = updatesOf(2, [record(9)]);
  b.sync.handleDatagram(world.now, forge(1001, late, 'a'), address('10.0.0.1'));
  t.same(b.sync.effects, []);
  t.match(b.sync.snapshot().rejected, { 'old-epoch': 1 });
  world.run(seconds(1));
  t.equal(world.get('a').table.size, 1, 'and the new life has fetched what the old one had');
  t.end();
});

test('after long silence a peer may come back with a lesser epoch and another address', (t) => {
  const world = new World(1);
  const { sync } = world.start('a');
  sync.handleDatagram(world.now, forge(9, hello()), address('10.1.0.1'));
  sync.handleDatagram(world.now, forge(5, hello()), address('10.1.0.1'));
  t.same(sync.snapshot().rejected, { 'old-epoch': 1 });
  world.run(seconds(11));
  sync.handleDatagram(world.now, forge(5, hello()), address('10.1.0.2'));
  t.match(sync.snapshot().peers, [{ node: 'b', address: '10.1.0.2' }]);
  t.end();
});

test('datagrams that are not from a peer are counted by reason', (t) => {
  const world = pair();
  const { sync } = world.get('a');
  const from = address('10.0.0.2');
  sync.handleDatagram(world.now, forge(1002, hello(), 'b', 8), from);
  sync.handleDatagram(world.now, forge(1001, hello(), 'a'), from);
  sync.handleDatagram(world.now, forge(1009, hello(), 'a'), from);
  sync.handleDatagram(world.now, forge(1002, hello()), address('10.0.0.99'));
  sync.handleDatagram(world.now, new Uint8Array([1, 2, 3]), from);
  const nack: MessageBody = { kind: 'nack', node: 'c', epoch: 1, ranges: [] };
  sync.handleDatagram(world.now, forge(1002, nack), from);
  t.same(sync.snapshot().rejected, {
    'other-sync-id': 1,
    'own-datagram': 1,
    'own-name': 1,
    'address-conflict': 1,
    malformed: 1,
    'not-for-us': 1,
  });
  t.end();
});

test('more peers than there is room for are turned away until one falls silent', (t) => {
  const world = new World(1);
  const { sync } = world.start('a');
  const meet = (index: number): void =>
    sync.handleDatagram(world.now, forge(5, hello(), `p${index}`), address(`10.1.0.${index}`));
  for (let index = 1; index <= 64; index += 1) meet(index);
  t.equal(sync.snapshot().peers.length, 63);
  t.same(sync.snapshot().rejected, { 'too-many-peers': 1 });
  world.run(seconds(11));
  meet(64);
  t.ok(sync.snapshot().peers.some((peer) => peer.node === 'p64'));
  t.end();
});

test('one Nack brings at most a batch, and a hole of any announced size is asked for in bounded parts', (t) => {
  const world = pair({ nackBatch: 10 });
  const a = world.get('a');
  for (let index = 0; index < 50; index += 1) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
  }
  a.sync.effects.length = 0;
  const nack: MessageBody = {
    kind: 'nack',
    node: 'a',
    epoch: 1001,
    ranges: [{ first: 1, last: 2 ** 50 }],
  };
  a.sync.handleDatagram(world.now, forge(1002, nack), address('10.0.0.2'));
  t.equal(a.sync.effects.length, 10);
  a.sync.effects.length = 0;
  const far = forge(1002, { ...hello(), lastSequence: 2 ** 52 });
  a.sync.handleDatagram(world.now, far, address('10.0.0.2'));
  a.sync.handleDeadline(after(world.now, milliseconds(2)));
  const sent = a.sync.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.bytes] : []));
  t.same(sent.map(kindOf), ['nack']);
  t.end();
});

test('5,000 mutated datagrams leave a running node running', (t) => {
  const world = pair();
  const random = new Prng(3);
  const seen: Uint8Array[] = [];
  world.tap = (bytes) => seen.push(bytes) > 0;
  for (let index = 0; index < 40; index += 1) {
    world.get('a').update(world.now, index, 1);
    world.run(milliseconds(5));
  }
  world.kill('b');
  world.start('b');
  world.run(seconds(1));
  const a = world.get('a');
  for (let round = 0; round < 5_000; round += 1) {
    const bytes = Uint8Array.from(seen[random.below(seen.length)] ?? []);
    bytes[random.below(bytes.length)] = random.below(256);
    a.sync.handleDatagram(world.now, bytes, address(`10.0.0.${1 + random.below(3)}`));
    a.sync.effects.length = 0;
    if (round % 10 === 0) world.run(milliseconds(3));
  }
  t.ok(a.sync.snapshot().peers.length <= 63);
  t.end();
});
