import { test, type Test } from 'tap';

import { encodeDatagram } from '../../../cluster/sync/codec.js';
import type { KeyRing } from '../../../cluster/sync/key-ring.js';
import type { MessageBody } from '../../../cluster/sync/message.js';
import { sign } from '../../../cluster/sync/signature.js';
import type { IpAddress } from '../../../director/base/address.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { ringOf } from './keys.js';
import { Run, seeds } from './run.js';
import { address, record } from './toy-table.js';
import { completion, hello, kindOf, updatesOf, World, type SimNode } from './world.js';

const keys = ringOf(1);

/** Two nodes that have been up for a while, with keys and empty tables. */
function signedPair(): World {
  const world = new World(1, { tuning: { keys } });
  world.start('a');
  world.start('b');
  world.run(seconds(2));
  return world;
}

interface Recorded {
  readonly bytes: Uint8Array;
  readonly to: string;
  readonly source: IpAddress;
}

/** Everything that is delivered from now on. */
function tapeOf(world: World): Recorded[] {
  const tape: Recorded[] = [];
  world.tap = (bytes, to, source) => tape.push({ bytes, to, source }) > 0;
  return tape;
}

const rejectedBy = (node: SimNode): Readonly<Record<string, number>> =>
  node.sync.snapshot().rejected;

/** What table and effects of a node are, to see that nothing has changed. */
const stateOf = (node: SimNode): unknown => ({
  table: node.table.summary(),
  effects: node.effects.length,
  peers: node.sync
    .snapshot()
    .peers.map(({ node: name, address: at, missing }) => [name, at, missing]),
});

test('nodes with the same key sync as without', (t) => {
  const world = signedPair();
  const a = world.get('a');
  a.update(world.now, 1, 5);
  world.run(milliseconds(1));
  t.match(world.get('b').table.find(record(1)), { packets: 5, origin: 'a' });
  t.same(rejectedBy(a), { unproven: a.sync.snapshot().rejected['unproven'] });
  t.match(a.sync.snapshot().admission, { proofs: 1 });
  t.end();
});

test('a joiner with keys has the table as soon as one without', (t) => {
  const joinTime = (ring: KeyRing | undefined): number => {
    const world = new World(1, { tuning: ring === undefined ? {} : { keys: ring } });
    const a = world.start('a');
    world.run(seconds(2));
    for (let index = 0; index < 100; index += 1) a.update(world.now, index, 1);
    world.run(seconds(1));
    const start = world.now;
    const b = world.start('b');
    world.runUntil(() => b.sync.tableComplete, seconds(5));
    t.match(completion(b), { reason: 'bulk', entries: 100 });
    return world.now - start;
  };
  t.ok(joinTime(keys) - joinTime(undefined) <= 2_000, 'but for two round trips');
  t.end();
});

test('a node with keys hears nobody without, and nobody with another key', (t) => {
  const world = new World(1);
  const a = world.start('a', { keys });
  world.start('b');
  world.start('c', { keys: ringOf(2) });
  world.run(seconds(3));
  t.same(a.sync.snapshot().peers, []);
  t.ok((rejectedBy(a)['unsigned'] ?? 0) > 0);
  t.ok((rejectedBy(a)['unknown-key'] ?? 0) > 0);
  t.same(Object.keys(rejectedBy(a)).toSorted(), ['unknown-key', 'unsigned']);
  t.end();
});

test('a key is changed node by node without a datagram refused', (t) => {
  const world = new World(1, { tuning: { keys: ringOf(1) } });
  for (const name of ['a', 'b']) world.start(name);
  world.run(seconds(2));
  const steps = [ringOf(1, 2), ringOf(2, 1), ringOf(2)];
  for (const ring of steps) {
    for (const name of ['a', 'b']) {
      world.kill(name);
      world.start(name, { keys: ring });
      world.run(seconds(2));
      for (const node of world.nodes) {
        t.same(
          [rejectedBy(node)['unknown-key'], rejectedBy(node)['bad-mac']],
          [undefined, undefined],
        );
        t.equal(node.sync.peersAlive, 1);
      }
    }
  }
  t.end();
});

test('a datagram that is repeated by somebody else is refused', (t) => {
  const world = signedPair();
  const tape = tapeOf(world);
  const a = world.get('a');
  a.update(world.now, 1, 1);
  world.run(milliseconds(50));
  a.remove(world.now, 1);
  world.run(milliseconds(50));
  const b = world.get('b');
  const before = stateOf(b);
  const toB = tape.filter(({ to }) => to === 'b');
  for (const { bytes, source } of toB) b.sync.handleDatagram(world.now, bytes, source);
  t.same(rejectedBy(b)['replayed'], toB.length);
  t.same(stateOf(b), before);
  t.same(b.sync.effects, []);
  t.end();
});

test('Updates that a peer sends again on request are no replay', (t) => {
  const world = signedPair();
  const a = world.get('a');
  const b = world.get('b');
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || (dropped += 1) > 1;
  a.update(world.now, 1, 1);
  world.run(milliseconds(100));
  t.equal(b.table.size, 1);
  t.equal(b.sync.snapshot().received.retransmissions, 1);
  t.equal(rejectedBy(b)['replayed'], undefined);
  t.end();
});

/** Plays everything on the tape that was for `to`, over and over, while time goes on. */
function replay(world: World, tape: readonly Recorded[], to: string, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    for (const { bytes, source } of tape.filter((one) => one.to === to)) {
      world.get(to).sync.handleDatagram(world.now, bytes, source);
      world.drain(world.get(to));
    }
    world.run(milliseconds(200));
  }
}

test('a recorded life of a peer is refused after the peer has restarted', (t) => {
  const world = signedPair();
  const tape = tapeOf(world);
  world.get('a').update(world.now, 1, 1);
  world.run(milliseconds(200));
  world.kill('a');
  const again = world.start('a');
  world.run(seconds(3));
  again.remove(world.now, 1);
  again.update(world.now, 2, 1);
  world.run(milliseconds(200));
  world.tap = () => true;
  const b = world.get('b');
  const before = b.table.summary();
  replay(world, tape.slice(0, 40), 'b', 5);
  t.same(b.table.summary(), before);
  t.match(b.sync.snapshot().peers, [{ node: 'a', address: '10.0.0.1' }]);
  again.update(world.now, 3, 1);
  world.run(milliseconds(200));
  t.ok(b.table.find(record(3)), 'and the life that runs is still heard');
  t.end();
});

test('a recorded life is refused while the peer is dead, however long', (t) => {
  const world = signedPair();
  const tape = tapeOf(world);
  world.get('a').update(world.now, 1, 1);
  world.run(milliseconds(200));
  world.kill('a');
  world.tap = () => true;
  const b = world.get('b');
  b.table.delete(record(1));
  world.run(seconds(60));
  replay(world, tape, 'b', 20);
  t.equal(b.table.size, 0);
  t.equal(b.sync.peersAlive, 0);
  t.end();
});

test('a recorded life is refused by a node that has just started and knows nothing', (t) => {
  const world = signedPair();
  const tape = tapeOf(world);
  world.get('a').update(world.now, 1, 1);
  world.run(milliseconds(200));
  world.kill('a');
  world.kill('b');
  world.tap = () => true;
  const b = world.start('b');
  replay(world, tape, 'b', 20);
  t.equal(b.table.size, 0);
  t.same(b.sync.snapshot().peers, []);
  t.ok((rejectedBy(b)['unproven'] ?? 0) > 0);
  t.match(completion(b), { reason: 'alone' });
  t.end();
});

test('a recorded answer to a Challenge proves nothing to a later life of the one who asked', (t) => {
  const world = new World(1, { tuning: { keys } });
  const tape = tapeOf(world);
  world.start('a');
  world.start('b');
  world.run(seconds(2));
  t.ok(tape.some(({ bytes, to }) => to === 'b' && kindOf(bytes) === 'response'));
  world.kill('a');
  world.kill('b');
  world.tap = () => true;
  const b = world.start('b');
  replay(world, tape, 'b', 5);
  t.equal(b.sync.snapshot().admission.proofs, 0);
  t.same(b.sync.snapshot().peers, []);
  t.end();
});

test('a recorded answer proves nothing to the same asker either: it asks a new question', (t) => {
  const world = new World(1, { tuning: { keys } });
  const tape = tapeOf(world);
  world.start('a');
  world.start('b');
  world.run(seconds(2));
  world.kill('a');
  world.start('a');
  world.run(seconds(2));
  world.tap = () => true;
  const { proofs } = world.get('b').sync.snapshot().admission;
  t.equal(proofs, 2);
  replay(world, tape, 'b', 5);
  t.equal(world.get('b').sync.snapshot().admission.proofs, proofs);
  t.end();
});

test('a peer whose clock was set back is admitted at once after its restart', (t) => {
  const world = signedPair();
  const a = world.get('a');
  a.update(world.now, 1, 1);
  world.run(milliseconds(100));
  world.kill('a');
  const again = world.start('a', { epoch: 3 });
  world.run(seconds(1));
  t.match(completion(again), { reason: 'bulk', entries: 1 });
  again.update(world.now, 2, 1);
  world.run(milliseconds(100));
  t.ok(world.get('b').table.find(record(2)));
  t.end();
});

test('a lost Challenge or Response is made good by the next datagram', (t) => {
  for (const kind of ['challenge', 'response']) {
    const world = new World(1, { tuning: { keys } });
    let dropped = 0;
    world.tap = (bytes) => kindOf(bytes) !== kind || (dropped += 1) > 3;
    world.start('a');
    world.start('b');
    world.run(seconds(4));
    t.ok(dropped > 3, kind);
    for (const node of world.nodes) t.equal(node.sync.peersAlive, 1, kind);
  }
  t.end();
});

test('questions are bounded: a thousand recorded lives do not make a node ask without end', (t) => {
  const world = new World(1, { tuning: { keys } });
  const a = world.start('a');
  world.run(seconds(2));
  for (let epoch = 1; epoch <= 1_000; epoch += 1) {
    const content = encodeDatagram({ syncId: 7, node: 'b', epoch }, hello());
    const bytes = sign(keys, content, 1);
    for (let count = 0; count < 3; count += 1) {
      a.sync.handleDatagram(world.now, bytes, address('10.0.0.2'));
    }
  }
  t.equal(a.sync.snapshot().admission.challenges, 1_000, 'one a life, not one a datagram');
  a.sync.effects.length = 0;
  const b = world.start('b');
  world.run(seconds(2));
  t.equal(a.sync.peersAlive, 1, 'and the life that runs gets through');
  t.equal(b.sync.peersAlive, 1);
  t.end();
});

test('forged datagrams change nothing but counters', (t) => {
  const world = signedPair();
  const b = world.get('b');
  const before = stateOf(b);
  const bodies: MessageBody[] = [
    updatesOf(1, [record(9)]),
    updatesOf(1, [], [record(1)]),
    { kind: 'goodbye', lastSequence: 2 ** 50 },
    { kind: 'lost-notice', oldestKept: 2 ** 50 },
    { kind: 'challenge' },
    { kind: 'bulk-request' },
  ];
  const send = (bytes: Uint8Array): void =>
    b.sync.handleDatagram(world.now, bytes, address('10.0.0.1'));
  for (const body of bodies) {
    for (const epoch of [1_000, 1_001, 5_000]) {
      const content = encodeDatagram({ syncId: 7, node: 'a', epoch }, body);
      send(content);
      send(sign(ringOf(9), content, 10_000));
      const tampered = sign(keys, content, 10_000);
      tampered[1] = (tampered[1] ?? 0) ^ 1;
      send(tampered);
    }
  }
  t.match(rejectedBy(b), { unsigned: 18, 'unknown-key': 18, 'bad-mac': 18 });
  t.same(b.sync.effects, []);
  t.same(stateOf(b), before);
  t.end();
});

/** Three nodes with keys that change their sessions, die and come back over a bad network. */
function stormy(t: Test, seed: number): void {
  const run = new Run(seed, ['a', 'b', 'c'], { keys });
  for (const name of ['a', 'b', 'c']) run.start(name);
  run.work(300);
  run.world.run(seconds(6));
  run.kill('a');
  run.work(100);
  run.start('a');
  run.work(300);
  run.world.run(seconds(6));
  run.settle();
  t.same(run.faults(), [], `seed ${seed}`);
  t.ok(run.agree(), `seed ${seed}: tables agree`);
  const replayed = run.world.nodes.map((node) => rejectedBy(node)['replayed'] ?? 0);
  t.ok(
    replayed.some((count) => count > 0),
    `seed ${seed}: duplicates of the network are replays`,
  );
}

test('nodes with keys agree over a bad network', (t) => {
  for (const seed of seeds.slice(0, 12)) stormy(t, seed);
  t.end();
});
