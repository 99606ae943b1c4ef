import { test } from 'tap';

import type { WorldObserver } from '../../../cluster/sim/world.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import { wordsOf } from './addresses.js';
import { quietCluster, type QuietCluster } from './quiet-cluster.js';

/** Counts the frames that come out at a node and are not for it. */
function countStrays({ world }: QuietCluster, node: string): () => number {
  const cable = world.network.cable(node, 'clients');
  let strays = 0;
  const observer: WorldObserver = {
    delivered: (channel, frame) => {
      const { view, start } = frame;
      if (channel !== cable?.down || ethernet.isMulticast(view, start)) return;
      if (ethernet.destinationLow(view, start) !== cable.card.mac.low) strays += 1;
    },
  };
  world.observe(observer);
  return () => strays;
}

test('a switch sends frames where their destination is, and everywhere after it has forgotten', (t) => {
  const cluster = quietCluster();
  const strays = countStrays(cluster, 'd2');
  cluster.until(12);
  const before = strays();
  cluster.until(20);
  t.equal(strays(), before, 'd2 gets nothing of the traffic between c1 and d1');
  cluster.inflict({ kind: 'flush', network: 'clients' }, 20.5, 0);
  cluster.until(30);
  t.ok(strays() > before, 'until the switch has learnt again');
  t.end();
});

test('a host that misses the announcements goes on sending to the dead master', (t) => {
  const vip = wordsOf('10.1.0.100');
  const cluster = quietCluster({ deathNotice: true });
  cluster.until(10);
  t.equal(cluster.hostKnows('c1', vip), 'd1');
  const deaf = { kind: 'filter', node: 'c1', network: 'clients', direction: 'in' } as const;
  cluster.inflict({ ...deaf, drops: 'announcement' }, 10, 12);
  cluster.inflict({ kind: 'power-off', node: 'd1' }, 11, 200);
  cluster.until(16);
  t.equal(cluster.world.director('d2')?.state, 'master');
  t.equal(cluster.hostKnows('c1', vip), 'd1', 'the cache is believed');
  cluster.until(100);
  t.equal(cluster.hostKnows('c1', vip), 'd2', 'until its probes have failed');
  t.end();
});

test('a partition cuts both ways or one, and ends', (t) => {
  const cluster = quietCluster({ deathNotice: false });
  cluster.until(10);
  const split = { kind: 'partition', network: 'clients', shape: 'isolate', salt: 3 } as const;
  cluster.inflict({ ...split, isOneWay: false }, 10, 5);
  cluster.until(14);
  const masters = cluster.world.directors.filter(({ state }) => state === 'master');
  t.ok(masters.length >= 1);
  cluster.until(30);
  t.equal(cluster.world.director('d1')?.state, 'master');
  t.equal(cluster.world.director('d2')?.state, 'backup');
  t.end();
});
