import { test } from 'tap';

import { milliseconds, seconds } from '../../../director/base/time.js';
import { LocalOrigin } from '../../../director/core/connections.js';
import { fromClient } from '../../packets/packet-case.js';
import { BenchCluster, type BenchNode } from './bench-cluster.js';

const masq = '10.1.0.100:80';

/** Opens connections of these client ports at a node, up to the packet that has them synced. */
function open(cluster: BenchCluster, name: string, ports: readonly number[]): void {
  for (const port of ports) {
    for (const tcp of ['S', 'A', 'A']) {
      cluster.receive(name, 'clients', fromClient({ from: `10.1.0.2:${port}`, to: masq, tcp }));
    }
  }
  cluster.run(milliseconds(50));
}

const ownOf = ({ bench }: BenchNode): number =>
  bench.director.connections.digests.entries(LocalOrigin);

test('quiet connections of a dead master become the new master’s own, and reach who never heard of them', (t) => {
  const cluster = new BenchCluster(['d1', 'd2', 'd3']);
  cluster.cut = (_, to) => to === 'd3';
  open(cluster, 'd1', [2_000, 2_001, 2_002]);
  t.equal(cluster.node('d2').bench.director.connections.size, 3);
  cluster.cut = () => false;
  cluster.kill('d1');
  t.equal(cluster.node('d3').bench.director.connections.size, 0);
  cluster.node('d2').setMaster(true);
  cluster.run(seconds(2));
  t.equal(ownOf(cluster.node('d2')), 3);
  for (const port of [2_000, 2_001, 2_002]) {
    t.equal(cluster.node('d3').ownerOf(`10.1.0.2:${port}`, masq), 'd2');
  }
  t.end();
});

test('what a node had told before its restart becomes the master’s', (t) => {
  const cluster = new BenchCluster(['d1', 'd2']);
  open(cluster, 'd1', [2_000]);
  cluster.kill('d1');
  cluster.node('d2').setMaster(true);
  const again = cluster.start('d1');
  cluster.run(seconds(3));
  t.equal(ownOf(cluster.node('d2')), 1);
  t.equal(again.ownerOf('10.1.0.2:2000', masq), 'd2');
  t.end();
});

test('a backup, and a master while the owner lives, leave entries alone', (t) => {
  const cluster = new BenchCluster(['d1', 'd2', 'd3']);
  open(cluster, 'd1', [2_000]);
  cluster.node('d1').setMaster(false);
  cluster.node('d2').setMaster(true);
  cluster.run(seconds(5));
  t.equal(ownOf(cluster.node('d2')), 0, 'd1 is alive');
  cluster.kill('d1');
  cluster.run(seconds(5));
  t.equal(ownOf(cluster.node('d3')), 0);
  t.equal(ownOf(cluster.node('d2')), 1);
  t.end();
});

test('a large inheritance is taken step by step', (t) => {
  const cluster = new BenchCluster(['d1', 'd2'], { capacity: 8_192 });
  open(
    cluster,
    'd1',
    Array.from({ length: 4_000 }, (_, index) => 2_000 + index),
  );
  const heir = cluster.node('d2');
  t.equal(heir.bench.director.connections.size, 4_000);
  cluster.kill('d1');
  heir.setMaster(true);
  // It looks around once a second, and goes on more often when it finds something.
  cluster.run(milliseconds(1_150));
  t.ok(ownOf(heir) >= 1_000 && ownOf(heir) <= 2_000, `${ownOf(heir)} at first`);
  cluster.run(milliseconds(600));
  t.equal(ownOf(heir), 4_000);
  t.end();
});
