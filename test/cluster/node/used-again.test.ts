import { test, type Test } from 'tap';

import { instant, milliseconds } from '../../../director/base/time.js';
import { fromClient, fromServer } from '../../packets/packet-case.js';
import { BenchCluster } from './bench-cluster.js';

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';

/** What the client sends, to a node and in this order; what becomes of each. */
const send = (cluster: BenchCluster, name: string, ...flags: readonly string[]): string[] =>
  flags.flatMap((tcp) =>
    cluster.receive(name, 'clients', fromClient({ from: client, to: vip, tcp })),
  );

/** A connection that is over, as both nodes know, and another one on the same ports, of which d1 has told nobody. */
function beUsedAgain(cluster: BenchCluster, t: Test): void {
  const [d1, d2] = [cluster.node('d1'), cluster.node('d2')];
  send(cluster, 'd1', 'S', 'A', 'FA');
  const before = d1.serverOf(client, vip);
  cluster.receive('d1', 'servers', fromServer({ from: before, to: client, tcp: 'FA' }));
  send(cluster, 'd1', 'A');
  cluster.run(milliseconds(100));
  t.equal(d2.serverOf(client, vip), before, 'both know that it is over');
  send(cluster, 'd1', 'S');
  t.not(d1.serverOf(client, vip), before, 'the next one has the next server');
}

/*
 * d2 takes over from d1, which lives and has not heard of it yet, while a client uses the ports of a connection that is
 * over for another one.
 */
for (const [told, outcome] of [
  ['before', 'drop: no-connection'],
  ['afterwards', 'drop: no-connection'],
  ['not yet', 'drop: doubtful'],
] as const) {
  test(`a new master sends nothing to the server of an earlier connection on the same ports, of whose end it was told ${told}`, (t) => {
    const cluster = new BenchCluster(['d1', 'd2']);
    const [d1, d2] = [cluster.node('d1'), cluster.node('d2')];
    beUsedAgain(cluster, t);
    const server = d1.serverOf(client, vip);
    if (told === 'before') cluster.run(milliseconds(30));
    d2.setMaster(true);
    if (told === 'afterwards') cluster.run(milliseconds(30));
    t.strictSame(send(cluster, 'd2', 'A'), [outcome]);

    d1.link.handOver(cluster.now);
    d1.setMaster(false);
    cluster.run(milliseconds(1));
    t.equal(d2.serverOf(client, vip), server);
    t.strictSame(send(cluster, 'd2', 'A', 'PA'), ['forward', 'forward']);
    t.equal(d2.serverOf(client, vip), server);
    cluster.run(milliseconds(100));
    t.equal(d1.ownerOf(client, vip), 'd2');
    t.equal(d1.serverOf(client, vip), server);
    t.end();
  });
}

test('two whose words cross agree on the connection that goes on, at once', (t) => {
  const cluster = new BenchCluster(['d1', 'd2']);
  const [d1, d2] = [cluster.node('d1'), cluster.node('d2')];
  beUsedAgain(cluster, t);
  const server = d1.serverOf(client, vip);
  d2.setMaster(true);
  d2.bench.director.doubtfulUntil = instant(0);
  t.strictSame(send(cluster, 'd2', 'A'), ['forward'], 'd2 tells that the old one is its own now');
  d1.link.handOver(cluster.now);
  d1.setMaster(false);
  cluster.run(milliseconds(50));
  for (const node of [d1, d2]) {
    t.equal(node.serverOf(client, vip), server);
    t.equal(node.ownerOf(client, vip), 'd2');
  }
  t.end();
});

test('a port that is used again at a new master is known everywhere, although the former one has not been missed yet', (t) => {
  const cluster = new BenchCluster(['d1', 'd2', 'd3']);
  const [d1, d2, d3] = [cluster.node('d1'), cluster.node('d2'), cluster.node('d3')];
  send(cluster, 'd1', 'S', 'A', 'PA', 'PA', 'PA', 'PA', 'PA', 'FA');
  const before = d1.serverOf(client, vip);
  cluster.receive('d1', 'servers', fromServer({ from: before, to: client, tcp: 'FA' }));
  send(cluster, 'd1', 'A');
  cluster.run(milliseconds(100));
  t.equal(d3.serverOf(client, vip), before);

  cluster.cut = (from, to) => from === 'd1' || to === 'd1';
  d2.setMaster(true);
  cluster.run(milliseconds(30));
  // Of which d2 tells at once, and of what follows a little later.
  for (const tcp of ['S', 'A', 'PA']) {
    cluster.receive('d2', 'clients', fromClient({ from: '10.1.0.2:40001', to: vip, tcp }));
  }
  send(cluster, 'd2', 'S', 'A', 'PA');
  const after = d2.serverOf(client, vip);
  t.not(after, before, 'the next one has the next server');
  cluster.run(milliseconds(100));
  t.equal(d3.serverOf(client, vip), after);
  t.equal(d3.ownerOf(client, vip), 'd2');
  t.end();
});
