import { test } from 'tap';

import { encodeDatagram } from '../../../cluster/sync/codec.js';
import type { BulkChunk, MessageBody } from '../../../cluster/sync/message.js';
import type { SyncRecord } from '../../../cluster/sync/record.js';
import { milliseconds, seconds, toMilliseconds } from '../../../director/base/time.js';
import { address, record } from './toy-table.js';
import { bodyOf, completion, updatesOf, World, worldWith } from './world.js';

const fromB = (body: MessageBody): Uint8Array =>
  encodeDatagram({ syncId: 7, node: 'b', epoch: 1002 }, body);

const longName = (index: number): string => `${'n'.repeat(61)}${10 + index}`;

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

test('a removal of the joiner that has not even left it is not undone by a chunk', (t) => {
  const world = worldWith('a', 20, { flushBound: milliseconds(40) });
  const b = world.start('b');
  b.update(world.now, 100, 1);
  // The offer is chosen 100 ms after it came: remove just before that.
  world.run(milliseconds(85));
  b.update(world.now, 101, 1);
  world.run(milliseconds(5));
  b.remove(world.now, 100);
  world.run(milliseconds(100));
  t.ok(b.sync.tableComplete);
  t.equal(b.table.find(record(100)), undefined);
  t.equal(b.table.size, 21);
  t.equal(world.get('a').table.size, 21);
  t.end();
});

test('a chunk that waits for updates outlives any number of chunks that have no turn', (t) => {
  const world = worldWith('a', 20);
  const b = world.start('b');
  let sent = false;
  world.tap = (bytes, to) => {
    const body = bodyOf(bytes);
    if (to !== 'b' || body?.kind !== 'bulk-chunk' || sent) return true;
    sent = true;
    const chunk = (cursor: number, sequence: number): Uint8Array =>
      encodeDatagram(
        { syncId: 7, node: 'a', epoch: 1001 },
        { ...body, cursor, next: cursor + 1, asOf: [{ node: 'a', epoch: 1001, sequence }] },
      );
    const position = (body.asOf[0]?.sequence ?? 0) + 1;
    const { sync } = world.get('b');
    sync.handleDatagram(world.now, chunk(0, position), world.get('a').address);
    for (let cursor = 100; cursor < 120; cursor += 1) {
      sync.handleDatagram(world.now, chunk(cursor, position), world.get('a').address);
    }
    return false;
  };
  world.run(milliseconds(300));
  t.equal(b.sync.tableComplete, false);
  world.get('a').update(world.now, 5, 2);
  world.run(seconds(2));
  t.ok(b.sync.tableComplete);
  t.same(b.table.summary(), world.get('a').table.summary());
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
  world.tap = (bytes, ...way) => (bodyOf(bytes)?.kind === 'updates' ? false : hold(bytes, ...way));
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
  t.equal(chunk?.records.items.length, 6);
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
  const updates = updatesOf(1, [record(50)]);
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
  for (let index = 1; index <= 15; index += 1) {
    const greatest: SyncRecord = {
      ...record(index),
      protocol: 'SCTP',
      clientPort: 65_535,
      virtualPort: 65_535,
      isTemplate: true,
      realPort: 65_535,
      method: 'FullNat',
      local: { address: address('2001:db8:1111:2222:3333:4444:5555:8888'), port: 65_535 },
      firewallMark: 0xffff_ffff,
      state: 255,
      client: address(`2001:db8:1111:2222:3333:4444:5555:${index}`),
      virtual: address('2001:db8:1111:2222:3333:4444:5555:6666'),
      real: address('2001:db8:1111:2222:3333:4444:5555:7777'),
      flags: 0xffff_ffff,
      timeout: seconds(0xffff_ffff),
      remaining: milliseconds(0xffff_ffff),
      packets: 0xffff_ffff,
    };
    const updates = updatesOf(1, [greatest]);
    const bytes = encodeDatagram({ syncId: 7, node: longName(index), epoch: 2 ** 50 }, updates);
    donor.sync.handleDatagram(world.now, bytes, address(`10.1.0.${index}`));
  }
  world.drain(donor);
  t.equal(donor.table.size, 15);
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
    return body?.kind === 'bulk-chunk' ? body.records.items : [];
  });
  t.equal(records.length, 15);
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
