import { test } from 'tap';

import { quietCluster } from './quiet-cluster.js';

test('frames that arrived while a node that stops was held up are dealt with before it ends', (t) => {
  const { world, inflict, until } = quietCluster({ directors: 2 });
  until(10);
  const process = world.director('d1')?.process;
  if (process === undefined) throw new Error('d1 runs');
  const { counters } = process.node.director;
  // The client goes on sending to d1.
  const drops = 'announcement';
  inflict({ kind: 'filter', node: 'c1', network: 'clients', direction: 'in', drops }, 10, 60);
  inflict({ kind: 'stop', director: 'd1' }, 10, 60);
  for (let steps = 1; world.director('d2')?.state !== 'master' && steps < 100; steps += 1) {
    until(10 + steps / 100);
  }
  const pausedAt = world.queue.now / 1_000_000 + 0.1;
  until(pausedAt);
  inflict({ kind: 'pause', director: 'd1' }, pausedAt, 1);
  until(pausedAt + 0.999);
  const waiting = process.inbox.frames;
  t.ok(waiting > 1, 'longer than it would have gone on');
  const { received, forwarded } = counters;
  until(pausedAt + 5);
  t.ok(process.isDead);
  t.ok(counters.received - received >= waiting, `${counters.received - received} of ${waiting}`);
  t.ok(counters.forwarded > forwarded);
  t.strictSame(Object.keys(counters.droppedByName()), ['not-for-us']);
  t.equal(world.director('d2')?.state, 'master');
  t.end();
});
