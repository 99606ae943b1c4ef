import { test } from 'tap';

import { encodeDatagram } from '../../../cluster/sync/codec.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { address, record } from './toy-table.js';
import { fairWeather, kindOf, pair, World, worldWith, type SimNode } from './world.js';

/** The sequences that the node was told are in a peer's table. */
const acknowledged = (node: SimNode): readonly number[] =>
  node.effects.flatMap((effect) => (effect.kind === 'acknowledged' ? [effect.sequence] : []));

/** Opens session `index` on a node and asks for its acknowledgement at once. */
function open(world: World, node: SimNode, index: number): number {
  node.table.put(record(index));
  const sequence = node.sync.update(world.now, record(index));
  node.sync.flush(world.now, { acknowledge: true });
  world.drain(node);
  return sequence;
}

test('an update tells the sequence that will carry it, also when it goes into the next datagram', (t) => {
  const world = pair();
  const { sync } = world.get('a');
  const sequences = Array.from({ length: 60 }, (_, index) =>
    sync.update(world.now, record(index + 1)),
  );
  sync.flush(world.now);
  const sent = sync.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.bytes] : []));
  t.equal(sequences[0], 1);
  t.equal(sequences.at(-1), sent.length);
  t.ok(sent.length > 1);
  t.end();
});

test('a peer acknowledges within a round trip, after it has put the entry into its table', (t) => {
  const world = pair();
  const a = world.get('a');
  let heldAtAck = -1;
  world.tap = (bytes) => {
    if (kindOf(bytes) === 'ack') heldAtAck = world.get('b').table.size;
    return true;
  };
  const sequence = open(world, a, 1);
  world.run(milliseconds(1));
  t.same(acknowledged(a), [sequence]);
  t.equal(heldAtAck, 1);
  t.match(a.sync.snapshot().peers, [{ node: 'b', acknowledged: sequence }]);
  t.end();
});

test('the acknowledgement comes behind the effects that it vouches for', (t) => {
  const world = pair();
  const a = world.get('a');
  a.sync.update(world.now, record(1));
  a.sync.flush(world.now, { acknowledge: true });
  const b = world.get('b');
  for (const effect of a.sync.effects) {
    if (effect.kind === 'send') b.sync.handleDatagram(world.now, effect.bytes, a.address);
  }
  t.same(
    b.sync.effects.map(({ kind }) => kind),
    ['apply', 'send'],
  );
  t.match(b.sync.effects[1], { to: a.address });
  t.end();
});

test('nobody acknowledges Updates that did not ask', (t) => {
  const world = pair();
  world.get('a').update(world.now, 1, 1);
  world.run(seconds(3));
  t.same(acknowledged(world.get('a')), []);
  t.end();
});

test('Updates that are lost are sent again 5 ms later', (t) => {
  const world = pair();
  const a = world.get('a');
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || (dropped += 1) > 1;
  const sequence = open(world, a, 1);
  world.run(milliseconds(5));
  t.same(acknowledged(a), []);
  world.run(milliseconds(1));
  t.same(acknowledged(a), [sequence]);
  t.end();
});

test('an acknowledgement that is lost is asked for again', (t) => {
  const world = pair();
  const a = world.get('a');
  let dropped = 0;
  world.tap = (bytes) => kindOf(bytes) !== 'ack' || (dropped += 1) > 1;
  const sequence = open(world, a, 1);
  world.run(milliseconds(6));
  t.same(acknowledged(a), [sequence]);
  t.equal(world.get('b').sync.snapshot().received.records, 1);
  t.end();
});

test('a question without an answer is repeated six times, then given up and counted', (t) => {
  const world = pair();
  const a = world.get('a');
  world.cut = (from) => from === 'a';
  open(world, a, 1);
  world.run(seconds(2));
  t.match(a.sync.snapshot(), {
    sent: { retransmissions: 6 },
    acknowledgement: { repeats: 6, unanswered: 1, acknowledged: 0 },
  });
  t.end();
});

test('nothing is acknowledged over a hole', (t) => {
  const world = pair();
  const a = world.get('a');
  let isHoleOpen = true;
  world.tap = (bytes) => kindOf(bytes) !== 'updates' || !isHoleOpen;
  open(world, a, 1);
  world.run(milliseconds(0.2));
  isHoleOpen = false;
  a.sync.update(world.now, record(2));
  a.sync.flush(world.now, { acknowledge: true });
  world.drain(a);
  world.run(milliseconds(1));
  t.same(acknowledged(a), [], 'the second has arrived, the first has not');
  world.run(milliseconds(3));
  t.same(acknowledged(a), [2], 'one answer for both');
  t.end();
});

test('a peer whose stream has a gap acknowledges only when the gap is repaired', (t) => {
  const world = pair({ ringSize: 2, nackAttempts: 2 });
  const a = world.get('a');
  world.cut = () => true;
  for (let index = 1; index <= 5; index += 1) {
    a.update(world.now, index, 1);
    a.sync.flush(world.now);
  }
  world.drain(a);
  world.cut = () => false;
  let heldAtAck = -1;
  world.tap = (bytes) => {
    if (kindOf(bytes) === 'ack' && heldAtAck < 0) heldAtAck = world.get('b').table.size;
    return true;
  };
  open(world, a, 6);
  world.run(seconds(2));
  t.equal(heldAtAck, 6);
  t.same(acknowledged(a), [6]);
  t.equal(world.get('b').sync.snapshot().reliability.gaps, 1);
  t.end();
});

test('a joiner acknowledges nothing that stands on a table it has yet to fetch', (t) => {
  const world = worldWith('a', 400);
  const a = world.get('a');
  world.start('b');
  world.run(milliseconds(1));
  open(world, a, 500);
  let heldAtAck = -1;
  world.tap = (bytes) => {
    if (kindOf(bytes) === 'ack' && heldAtAck < 0) heldAtAck = world.get('b').table.size;
    return true;
  };
  world.run(seconds(3));
  t.equal(heldAtAck, 401);
  t.ok(acknowledged(a).length > 0);
  t.end();
});

test('one peer of two is enough, and what it says only grows', (t) => {
  const world = new World(1);
  for (const name of ['a', 'b', 'c']) world.start(name);
  world.run(seconds(2));
  const a = world.get('a');
  world.cut = (from, to) => to === 'c' || from === 'c';
  open(world, a, 1);
  world.run(milliseconds(50));
  t.same(acknowledged(a), [1]);
  world.cut = () => false;
  world.run(seconds(2));
  t.same(acknowledged(a), [1]);
  t.end();
});

test('under loss everything is acknowledged in order and nothing before its entry is there', (t) => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const world = new World(seed, { weather: fairWeather });
    world.start('a');
    world.start('b');
    world.run(seconds(2));
    world.weather = { ...fairWeather, loss: 20, duplication: 10, delayMax: milliseconds(1) };
    const a = world.get('a');
    const b = world.get('b');
    for (let index = 1; index <= 100; index += 1) {
      open(world, a, index);
      world.run(milliseconds(2));
      const told = Array.from({ length: acknowledged(a).at(-1) ?? 0 }, (_, at) => record(at + 1));
      t.ok(
        told.every((key) => b.table.find(key)),
        `seed ${seed}: round ${index}`,
      );
    }
    world.run(milliseconds(500));
    t.equal(acknowledged(a).at(-1), 100, `seed ${seed}`);
    t.same(
      acknowledged(a),
      [...acknowledged(a)].toSorted((x, y) => x - y),
    );
  }
  t.end();
});

test('flush asks about what has left already without asking', (t) => {
  const world = pair();
  const a = world.get('a');
  a.update(world.now, 1, 1);
  a.sync.flush(world.now);
  a.sync.flush(world.now, { acknowledge: true });
  world.drain(a);
  world.run(milliseconds(5));
  t.same(acknowledged(a), [1]);
  t.end();
});

test('peers are alive while they are heard, until they stop or are found dead', (t) => {
  const world = new World(1);
  for (const name of ['a', 'b', 'c', 'd']) world.start(name);
  world.run(seconds(2));
  const { sync } = world.get('a');
  t.equal(sync.peersAlive, 3);
  world.get('b').sync.stop(world.now);
  world.drain(world.get('b'));
  world.run(milliseconds(1));
  t.equal(sync.peersAlive, 2, 'b has said goodbye');
  world.kill('c');
  sync.handlePeerDeath(world.now, 'c');
  t.equal(sync.peersAlive, 1, 'the kernel of c has closed its stream');
  world.kill('d');
  world.run(seconds(2));
  t.equal(sync.peersAlive, 1);
  world.run(seconds(2));
  t.equal(sync.peersAlive, 0, 'd has not been heard');
  t.end();
});

test('a peer that was wrongly taken for dead is alive again when it is heard', (t) => {
  const world = pair();
  const { sync } = world.get('a');
  sync.handlePeerDeath(world.now, 'b');
  t.equal(sync.peersAlive, 0);
  world.run(seconds(2));
  t.equal(sync.peersAlive, 1);
  t.end();
});

test('without a living peer nothing is asked twice', (t) => {
  const world = new World(1);
  const a = world.start('a');
  world.run(seconds(2));
  open(world, a, 1);
  world.run(seconds(1));
  t.equal(a.sync.snapshot().sent.retransmissions, 0);
  t.end();
});

test('an acknowledgement of what was never sent, or of another life, is refused', (t) => {
  const world = pair();
  const { sync } = world.get('a');
  const say = (epoch: number, sequence: number): void => {
    const body = { kind: 'ack', node: 'a', epoch, sequence } as const;
    const bytes = encodeDatagram({ syncId: 7, node: 'b', epoch: 1002 }, body);
    sync.handleDatagram(world.now, bytes, address('10.0.0.2'));
  };
  say(1001, 1);
  say(1000, 0);
  t.match(sync.snapshot().rejected, { 'never-sent': 1, 'not-for-us': 1 });
  t.same(sync.effects, []);
  t.end();
});
