import { test } from 'tap';

import { quietCluster, type QuietCluster } from './quiet-cluster.js';

/** The weights that a director gives a real server in its services, each once; absent ones count as -1. */
function weights({ world }: QuietCluster, director: string, server: string): number[] {
  const machine = world.director(director);
  const own = world
    .host(server)
    .cards.flatMap(({ addresses }) => addresses.map(({ address }) => address));
  const services = [...(machine?.process?.node.director.services.services() ?? [])];
  const found = services.map(
    ({ servers }) => servers.find(({ address }) => own.includes(address))?.weight ?? -1,
  );
  return [...new Set(found)];
}

const linesOf = ({ world }: QuietCluster, who: string, pattern: RegExp): number =>
  world.trace.lines.filter((line) => line.who === who && pattern.test(line.text)).length;

test('a real server that refuses checks gets no new flows, keeps those that it has, and comes back', (t) => {
  const cluster = quietCluster();
  cluster.until(10);
  cluster.inflict({ kind: 'health-flap', server: 's1' }, 10, 8);
  cluster.until(12.5);
  for (const director of ['d1', 'd2']) {
    t.same(weights(cluster, director, 's1'), [0], director);
    t.same(weights(cluster, director, 's2'), [1], director);
    t.equal(linesOf(cluster, director, /^server-down: .*connection refused$/), 4);
  }
  cluster.until(21);
  t.same(weights(cluster, 'd1', 's1'), [1]);
  t.same(weights(cluster, 'd2', 's1'), [1]);
  t.ok(cluster.world.load.flows.length > 0);
  for (const { record } of cluster.world.load.flows) t.equal(record.broken, undefined);
  t.end();
});

test('a real server without power is found by its silence', (t) => {
  const cluster = quietCluster();
  cluster.until(10);
  cluster.inflict({ kind: 'power-off', node: 's2' }, 10, 10);
  cluster.until(16);
  t.same(weights(cluster, 'd1', 's2'), [0]);
  t.equal(linesOf(cluster, 'd1', /^server-down: .*no connection in time$/), 4);
  cluster.until(25);
  t.same(weights(cluster, 'd1', 's2'), [1]);
  t.end();
});

test('a director that loses its carrier does not blame the real servers', (t) => {
  const cluster = quietCluster({ methods: ['Masq'] });
  cluster.until(10);
  cluster.inflict({ kind: 'unplug', node: 'd1', network: 'servers' }, 10, 8);
  cluster.until(25);
  t.equal(linesOf(cluster, 'd1', /^server-down/), 0);
  t.ok((cluster.world.director('d1')?.process?.health.voids ?? 0) > 0);
  t.end();
});

test('a director that hears nobody at all does not either', (t) => {
  const cluster = quietCluster();
  cluster.until(10);
  for (const network of ['clients', 'servers', 'sync']) {
    cluster.inflict({ kind: 'filter', node: 'd2', network, direction: 'in', drops: 'all' }, 10, 8);
  }
  cluster.until(25);
  t.equal(linesOf(cluster, 'd2', /^server-down/), 0);
  t.ok((cluster.world.director('d2')?.process?.health.voids ?? 0) > 0);
  t.end();
});

test('a director that was held up finds out when it goes on', (t) => {
  const cluster = quietCluster();
  cluster.until(10);
  cluster.inflict({ kind: 'pause', director: 'd2' }, 10, 6);
  cluster.inflict({ kind: 'health-flap', server: 's1' }, 10.1, 12);
  cluster.until(15.9);
  t.same(weights(cluster, 'd2', 's1'), [1]);
  cluster.until(19.5);
  t.same(weights(cluster, 'd2', 's1'), [0]);
  t.same(weights(cluster, 'd2', 's2'), [1], 'and nothing else');
  t.end();
});

test('a director that starts while a reload is in force begins with that configuration', (t) => {
  const cluster = quietCluster();
  cluster.until(9);
  cluster.inflict({ kind: 'reload', server: 's1' }, 9, 10);
  cluster.inflict({ kind: 'kill', director: 'd2' }, 10, 3);
  cluster.until(9.5);
  t.same(weights(cluster, 'd2', 's1'), [-1]);
  cluster.until(14);
  t.same(weights(cluster, 'd1', 's1'), [-1]);
  t.same(weights(cluster, 'd2', 's1'), [-1]);
  cluster.until(20);
  t.same(weights(cluster, 'd1', 's1'), [1]);
  t.same(weights(cluster, 'd2', 's1'), [1]);
  t.equal(linesOf(cluster, 'd1', /^reloaded: /), 2);
  t.equal(linesOf(cluster, 'd2', /^reloaded: /), 2);
  t.end();
});
