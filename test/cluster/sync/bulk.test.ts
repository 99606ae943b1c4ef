import { test } from 'tap';

import { decodeDatagram, encodeDatagram } from '../../../cluster/sync/codec.js';
import type { BulkChunk, MessageBody } from '../../../cluster/sync/message.js';
import { milliseconds, seconds, toMilliseconds } from '../../../director/base/time.js';
import { address, record } from './toy-table.js';
import { World, type SimNode } from './world.js';

function bodyOf(bytes: Uint8Array): MessageBody | undefined {
  const datagram = decodeDatagram(bytes);
  return datagram.kind === 'rejected' ? undefined : datagram.body;
}

const fromB = (body: MessageBody): Uint8Array =>
  encodeDatagram({ syncId: 7, node: 'b', epoch: 1002 }, body);

const longName = (index: number): string => `${'n'.repeat(61)}${10 + index}`;

const completion = (node: SimNode): unknown =>
  node.effects.find((effect) => effect.kind === 'table-complete');

/** A world in which `name` is up alone and holds sessions 0 to `count`. */
function worldWith(name: string, count: number, tuning = {}): World {
  const world = new World(1, { tuning });
  const node = world.start(name);
  world.run(seconds(2));
  for (let index = 0; index < count; index += 1) node.update(world.now, index, 1);
  world.run(seconds(1));
  return world;
}

test('a node that starts alone is complete after the solo timeout', (t) => {
  const world = new World(1);
  const a = world.start('a');
  world.run(milliseconds(999));
  t.equal(a.sync.tableComplete, false);
  world.run(milliseconds(2));
  t.same(completion(a), { kind: 'table-complete', reason: 'alone', entries: 0 });
  t.end();
});

test('two nodes that start together do not wait for each other', (t) => {
  const world = new World(1);
  const a = world.start('a');
  const b = world.start('b');
  world.run(milliseconds(1500));
  t.match(completion(a), { reason: 'alone' });
  t.ok(b.sync.tableComplete);
  t.end();
});

test('a joiner has the whole table in little more than the offer window', (t) => {
  const world = worldWith('a', 2000);
  const b = world.start('b');
  const done = world.runUntil(() => b.sync.tableComplete, seconds(1));
  t.ok(done);
  t.same(b.table.summary(), world.get('a').table.summary());
  t.same(completion(b), { kind: 'table-complete', reason: 'bulk', entries: 2000 });
  t.match(b.table.find(record(1)), { origin: 'a' });
  t.end();
});

test('the origin of an entry survives a transfer through a third node', (t) => {
  const world = worldWith('a', 10);
  world.start('b');
  world.run(seconds(2));
  world.kill('a');
  const c = world.start('c');
  world.run(seconds(2));
  t.match(completion(c), { reason: 'bulk', entries: 10 });
  t.match(c.table.find(record(1)), { origin: 'a' });
  t.end();
});

test('the master is chosen as donor, then who has most entries, then the first by name', (t) => {
  const world = new World(1);
  for (const name of ['a', 'b', 'c']) world.start(name);
  world.run(seconds(2));
  let donor = '';
  world.tap = (bytes) => {
    const datagram = decodeDatagram(bytes);
    if (datagram.kind === 'datagram' && datagram.body.kind === 'bulk-chunk') donor = datagram.node;
    return true;
  };
  const join = (): string => {
    world.start('j');
    world.run(seconds(1));
    world.kill('j');
    return donor;
  };
  t.equal(join(), 'a');
  world.get('b').table.put(record(1));
  t.equal(join(), 'b');
  world.get('c').sync.setMaster(world.now, true);
  t.equal(join(), 'c');
  t.end();
});

test('a donor that dies during the transfer is replaced', (t) => {
  const world = worldWith('a', 3000);
  world.start('b');
  world.run(seconds(2));
  world.get('a').sync.setMaster(world.now, true);
  let chunks = 0;
  world.tap = (bytes, to) => {
    if (to === 'c' && bodyOf(bytes)?.kind === 'bulk-chunk') chunks += 1;
    return true;
  };
  const c = world.start('c');
  world.runUntil(() => chunks > 20, seconds(1));
  world.kill('a');
  t.equal(c.sync.tableComplete, false);
  world.run(milliseconds(2600));
  t.match(completion(c), { reason: 'bulk' });
  t.equal(c.table.size, 3000);
  t.equal(c.sync.snapshot().bulk.failures, 1);
  t.end();
});

test('a donor that says goodbye is replaced at once', (t) => {
  const world = worldWith('a', 3000);
  world.start('b');
  world.run(seconds(2));
  world.get('a').sync.setMaster(world.now, true);
  let chunks = 0;
  world.tap = (bytes, to) => {
    if (to === 'c' && bodyOf(bytes)?.kind === 'bulk-chunk') chunks += 1;
    return true;
  };
  const c = world.start('c');
  world.runUntil(() => chunks > 20, seconds(1));
  const a = world.get('a');
  a.sync.stop(world.now);
  world.drain(a);
  world.kill('a');
  world.run(milliseconds(500));
  t.match(completion(c), { reason: 'bulk' });
  t.equal(c.table.size, 3000);
  t.end();
});

test('a joiner whose only donor dies ends up complete with what it got', (t) => {
  const world = worldWith('a', 3000);
  const b = world.start('b');
  world.runUntil(() => b.table.size > 100, seconds(1));
  world.kill('a');
  world.run(seconds(4));
  t.match(completion(b), { reason: 'alone' });
  t.ok(b.table.size > 100);
  t.end();
});

test('a transfer that takes too long makes the table complete by timeout, and goes on', (t) => {
  const world = worldWith('a', 3000, { bulkTimeout: milliseconds(150) });
  world.weather = { ...world.weather, delayMin: milliseconds(10), delayMax: milliseconds(10) };
  const b = world.start('b');
  world.run(milliseconds(151));
  t.match(completion(b), { reason: 'timeout' });
  t.ok(b.table.size < 3000);
  world.run(seconds(2));
  t.equal(b.table.size, 3000);
  t.equal(b.effects.filter((effect) => effect.kind === 'table-complete').length, 1);
  t.end();
});

test('a node whose link came up late fetches the table that it did not know of', (t) => {
  const world = worldWith('a', 500);
  world.cut = () => true;
  const b = world.start('b');
  world.run(seconds(2));
  t.match(completion(b), { reason: 'alone' });
  world.cut = () => false;
  world.run(seconds(3));
  t.equal(b.table.size, 500);
  t.end();
});

test('a late link also brings what only a third node had written', (t) => {
  const world = worldWith('a', 50);
  world.start('b');
  world.run(seconds(2));
  world.kill('a');
  world.cut = () => true;
  const c = world.start('c');
  world.run(seconds(2));
  world.cut = () => false;
  world.run(seconds(3));
  t.equal(c.table.size, 50);
  t.end();
});

test('a stream that only the donor knows is followed from where the donor was', (t) => {
  const world = worldWith('a', 0, { ringSize: 8 });
  world.start('b');
  world.run(seconds(2));
  const a = world.get('a');
  for (let index = 0; index < 40; index += 1) {
    a.update(world.now, index, 1);
    world.run(milliseconds(3));
  }
  world.cut = (from, to) => from === 'a' && to === 'c';
  const c = world.start('c');
  world.run(milliseconds(500));
  t.match(completion(c), { reason: 'bulk', entries: 40 });
  a.update(world.now, 50, 1);
  a.remove(world.now, 3);
  world.run(milliseconds(10));
  world.cut = () => false;
  world.run(seconds(2));
  t.same(c.table.summary(), a.table.summary());
  t.match(c.sync.snapshot().reliability, { gaps: 0, duplicates: 0 });
  t.end();
});

test('a donor that never catches up with a stream is in the end taken as it is', (t) => {
  const world = worldWith('a', 50);
  // The donor hears what the joiner asks, but none of its updates.
  world.tap = (bytes, to) => to !== 'a' || bodyOf(bytes)?.kind !== 'updates';
  const b = world.start('b');
  b.update(world.now, 900, 1);
  world.run(seconds(3));
  t.match(completion(b), { reason: 'bulk', entries: 50 });
  t.equal(b.sync.snapshot().bulk.lagging > 0, true);
  t.equal(b.table.size, 51);
  t.end();
});

test('a joiner that hears a complete peer keeps asking beyond the solo timeout', (t) => {
  const world = worldWith('a', 100);
  // Nothing of b reaches a: a says Hello every second and answers nothing.
  world.cut = (from) => from === 'b';
  const b = world.start('b');
  world.run(seconds(5));
  t.equal(b.sync.tableComplete, false);
  world.cut = () => false;
  world.run(seconds(4));
  t.match(completion(b), { reason: 'bulk', entries: 100 });
  t.end();
});

/** Holds every chunk to `b` back for a while, so that it is older than the updates that overtake it. */
function delayChunks(world: World): { release(): void } {
  const held: Uint8Array[] = [];
  world.tap = (bytes, to) => {
    if (to !== 'b' || bodyOf(bytes)?.kind !== 'bulk-chunk') return true;
    held.push(bytes);
    return false;
  };
  return {
    release() {
      world.tap = () => true;
      const b = world.get('b');
      for (const bytes of held) b.sync.handleDatagram(world.now, bytes, world.get('a').address);
      world.drain(b);
    },
  };
}

test('a removal is not undone by a chunk that is older', (t) => {
  const world = worldWith('a', 20);
  const b = world.start('b');
  const chunks = delayChunks(world);
  world.run(milliseconds(110));
  world.get('a').remove(world.now, 3);
  world.get('a').update(world.now, 4, 2);
  world.run(milliseconds(10));
  chunks.release();
  t.ok(b.sync.tableComplete);
  t.equal(b.table.find(record(3)), undefined);
  t.match(b.table.find(record(4)), { packets: 2 });
  t.equal(b.table.size, 19);
  t.equal(b.sync.snapshot().bulk.superseded, 2);
  t.end();
});

test('a chunk waits until the updates that it contains have arrived', (t) => {
  const world = worldWith('a', 20);
  const a = world.get('a');
  a.update(world.now, 30, 1);
  world.run(milliseconds(100));
  const b = world.start('b');
  const chunks = delayChunks(world);
  // From here on no Updates pass: the chunk that is fetched next is ahead of the stream.
  const hold = world.tap;
  world.tap = (bytes, to) => (bodyOf(bytes)?.kind === 'updates' ? false : hold(bytes, to));
  world.run(milliseconds(90));
  a.update(world.now, 31, 1);
  world.run(milliseconds(30));
  chunks.release();
  t.equal(b.sync.tableComplete, false);
  t.equal(b.table.size, 0);
  world.run(milliseconds(200));
  t.ok(b.sync.tableComplete);
  t.same(b.table.summary(), a.table.summary());
  t.end();
});

test('a donor sends its pending updates before it reads its table', (t) => {
  const world = worldWith('a', 5);
  const a = world.get('a');
  const kinds: string[] = [];
  const b = world.start('b');
  world.run(milliseconds(90));
  a.update(world.now, 9, 1);
  const fetch: MessageBody = {
    kind: 'bulk-fetch',
    node: 'a',
    epoch: 1001,
    transfer: 1,
    cursor: 0,
    window: 1,
    ownOnly: false,
  };
  const bytes = fromB(fetch);
  a.sync.handleDatagram(world.now, bytes, b.address);
  let chunk: BulkChunk | undefined;
  let sequence = 0;
  for (const effect of a.sync.effects) {
    const body = effect.kind === 'send' ? bodyOf(effect.bytes) : undefined;
    kinds.push(body?.kind ?? effect.kind);
    if (body?.kind === 'updates') sequence = body.sequence;
    if (body?.kind === 'bulk-chunk') chunk = body;
  }
  t.same(kinds, ['updates', 'bulk-chunk']);
  t.equal(chunk?.asOf[0]?.sequence, sequence);
  t.equal(chunk?.records.length, 6);
  t.end();
});

test('a donor whose driver has not caught up sends no chunk', (t) => {
  const world = worldWith('a', 5);
  const a = world.get('a');
  const from = address('10.0.0.2');
  const fetch: MessageBody = {
    kind: 'bulk-fetch',
    node: 'a',
    epoch: 1001,
    transfer: 1,
    cursor: 0,
    window: 1,
    ownOnly: false,
  };
  const updates: MessageBody = {
    kind: 'updates',
    sequence: 1,
    records: [record(50)],
    removals: [],
  };
  a.sync.handleDatagram(world.now, fromB(updates), from);
  a.sync.handleDatagram(world.now, fromB(fetch), from);
  t.match(a.sync.snapshot().rejected, { 'table-behind': 1 });
  world.drain(a);
  a.sync.handleDatagram(world.now, fromB(fetch), from);
  t.equal(a.sync.snapshot().bulk.chunksSent, 1);
  t.end();
});

test('the greatest records fit beside the longest names', (t) => {
  const world = new World(1);
  const donor = world.start(longName(0));
  world.run(seconds(2));
  for (let index = 1; index <= 10; index += 1) {
    const updates: MessageBody = {
      kind: 'updates',
      sequence: 1,
      records: [
        {
          ...record(index),
          client: address(`2001:db8:1111:2222:3333:4444:5555:${index}`),
          virtual: address('2001:db8:1111:2222:3333:4444:5555:6666'),
          real: address('2001:db8:1111:2222:3333:4444:5555:7777'),
          flags: 0xffff_ffff,
          packets: 0xffff_ffff,
        },
      ],
      removals: [],
    };
    const bytes = encodeDatagram({ syncId: 7, node: longName(index), epoch: 2 ** 50 }, updates);
    donor.sync.handleDatagram(world.now, bytes, address(`10.1.0.${index}`));
  }
  world.drain(donor);
  t.equal(donor.table.size, 10);
  const fetch: MessageBody = {
    kind: 'bulk-fetch',
    node: longName(0),
    epoch: 1001,
    transfer: 0xffff_ffff,
    cursor: 0,
    window: 16,
    ownOnly: false,
  };
  const bytes = encodeDatagram({ syncId: 7, node: longName(1), epoch: 2 ** 50 }, fetch);
  donor.sync.handleDatagram(world.now, bytes, address('10.1.0.1'));
  const records = donor.sync.effects.flatMap((effect) => {
    const body = effect.kind === 'send' ? bodyOf(effect.bytes) : undefined;
    return body?.kind === 'bulk-chunk' ? body.records : [];
  });
  t.equal(records.length, 10);
  t.end();
});

test('a journal that overflows makes older chunks be fetched anew, and loses nothing', (t) => {
  const world = worldWith('a', 40, { journalLimit: 4 });
  const a = world.get('a');
  const b = world.start('b');
  const chunks = delayChunks(world);
  world.run(milliseconds(110));
  for (let index = 0; index < 10; index += 1) a.remove(world.now, index);
  world.run(milliseconds(10));
  chunks.release();
  t.equal(b.sync.tableComplete, false);
  const started = world.now;
  world.runUntil(() => b.sync.tableComplete, seconds(1));
  t.ok(toMilliseconds(milliseconds((world.now - started) / 1000)) < 100);
  t.same(b.table.summary(), a.table.summary());
  t.ok(b.sync.snapshot().bulk.stale > 0);
  t.ok(b.sync.snapshot().bulk.journalEvictions > 0);
  t.end();
});
