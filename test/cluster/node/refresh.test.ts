import { test, type Test } from 'tap';

import { Prng } from '../../../director/base/prng.js';
import { seconds } from '../../../director/base/time.js';
import { NoConnection } from '../../../director/core/connections.js';
import type { Settings } from '../../../director/core/settings.js';
import { flowOf } from '../../core/flows.js';
import { fromClient } from '../../packets/packet-case.js';
import { BenchCluster, type BenchNode } from './bench-cluster.js';

const masq = '10.1.0.100:80';

/** Seconds between two looks. */
const Step = 3;

interface Client {
  readonly from: string;
  readonly isUdp: boolean;
  /** Seconds until its next packet, roughly. */
  wait: number;
}

const portOf = ({ isUdp }: Client): string => (isUdp ? '10.1.0.100:53' : masq);

/** Seconds that a node keeps a client's entry for, or 0 when it has none, or one that peers do not know. */
function left({ bench }: BenchNode, client: Client): number {
  const { connections } = bench.director;
  const index = connections.find(flowOf(client.from, portOf(client), client.isUdp ? 17 : 6));
  return index === NoConnection ? 0 : connections.remaining(index, bench.now);
}

/**
 * Clients that are silent for almost as long as their entries live, over and over, for hours; whenever the master has
 * an entry that it has told of, the backup has to have it for longer.
 */
function live(t: Test, seed: number, settings: Partial<Settings>, loss: number): void {
  const random = new Prng(seed);
  const cluster = new BenchCluster(['d1', 'd2'], { seed, settings });
  cluster.weather = { ...cluster.weather, loss };
  const clients = Array.from({ length: 12 }, (_, index): Client => {
    const isUdp = index % 3 === 0;
    return { from: `10.1.0.2:${3_000 + index}`, isUdp, wait: 0 };
  });
  const send = (client: Client, tcp: string): void => {
    const { from, isUdp } = client;
    const packet = isUdp ? { udp: {}, payload: 'hello' } : { tcp };
    cluster.receive('d1', 'clients', fromClient({ from, to: portOf(client), ...packet }));
  };
  for (const client of clients) for (const tcp of ['S', 'A', 'A', 'A']) send(client, tcp);
  cluster.run(seconds(2));
  for (let second = 0; second < 3_600; second += Step) {
    for (const client of clients) {
      client.wait -= Step;
      if (client.wait > 0) continue;
      send(client, 'A');
      client.wait = 1 + random.below(client.isUdp ? 295 : 895);
    }
    cluster.run(seconds(Step));
    const [master, backup] = [cluster.node('d1'), cluster.node('d2')];
    // A message that is lost is repaired within a second or two, and the copy has half a timeout until then.
    const least = loss === 0 ? 1 : 0.2;
    const short = clients.filter((client) => left(backup, client) < left(master, client) * least);
    if (short.length > 0) {
      t.fail(`seed ${seed}, second ${second}: ${short.map(({ from }) => from).join(' ')}`);
      return;
    }
  }
  t.ok(clients.every((client) => left(cluster.node('d1'), client) > 0));
}

test('a quiet connection never dies on the backup first', (t) => {
  live(t, 1, {}, 0);
  live(t, 2, { sync_threshold: [3, 0] }, 0);
  t.end();
});

test('nor with a refresh period and repeats', (t) => {
  live(t, 3, { sync_threshold: [3, 0], sync_refresh_period: 700, sync_retries: 0 }, 0);
  live(t, 4, { sync_threshold: [3, 50], sync_refresh_period: 60, sync_retries: 3 }, 0);
  t.end();
});

test('nor when sync messages are lost', (t) => {
  live(t, 5, {}, 30);
  live(t, 6, { sync_threshold: [3, 0], sync_refresh_period: 700, sync_retries: 1 }, 30);
  t.end();
});

test('a copy ends soon after the original, told or not', (t) => {
  const cluster = new BenchCluster(['d1', 'd2']);
  for (const from of ['10.1.0.2:3000', '10.1.0.2:3001']) {
    for (const tcp of ['S', 'A', 'A']) {
      cluster.receive('d1', 'clients', fromClient({ from, to: masq, tcp }));
    }
  }
  cluster.run(seconds(890));
  t.equal(cluster.node('d2').bench.director.connections.size, 2);
  cluster.run(seconds(15));
  t.equal(cluster.node('d2').bench.director.connections.size, 0, 'its end is told');
  t.end();
});
