import { test } from 'tap';

import { Method } from '../../director/core/services.js';
import type { TrafficStats } from '../../director/core/stats.js';
import { ip } from '../base/values.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { send } from './entries.js';

const client = '10.1.0.2:40000';

/** Conns, InPkts, OutPkts, InBytes and OutBytes, in the order of `ipvsadm --stats`. */
const row = (stats: TrafficStats): number[] => [
  stats.connections,
  stats.inPackets,
  stats.outPackets,
  stats.inBytes,
  stats.outBytes,
];

test('Masq: packets and bytes of both ways count for the service and its server', (t) => {
  const bench = new BenchDirector();
  const back = { from: '10.2.0.23:8080', to: client };
  send(bench, client, '10.1.0.100:80');
  bench.receive('servers', fromServer({ ...back, tcp: 'SA', tcpOptions: '020405b4' }));
  const segment = { from: client, to: '10.1.0.100:80', tcp: 'PA', payload: 'GET /' };
  bench.receive('clients', fromClient({ ...segment, padding: 9 }));
  bench.receive('servers', fromServer({ ...back, tcp: 'PA', payload: 'x'.repeat(100) }));
  // Bytes of the IP packet: no Ethernet header, no padding.
  const expected = [1, 2, 2, 40 + 45, 44 + 140];
  t.strictSame(row(bench.service('10.1.0.100', 80).stats), expected);
  t.strictSame(row(bench.server('10.1.0.100', 80, '10.2.0.23').stats), expected);
  t.strictSame(row(bench.server('10.1.0.100', 80, '10.2.0.22').stats), [0, 0, 0, 0, 0]);
  t.end();
});

test('Route: only the way to the server is seen', (t) => {
  const bench = new BenchDirector();
  for (const tcp of ['S', 'A', 'FA']) send(bench, client, '10.1.0.101:80', tcp);
  t.strictSame(row(bench.service('10.1.0.101', 80).stats), [1, 3, 0, 120, 0]);
  t.end();
});

test('IPv6: the 40 bytes of the header count', (t) => {
  const bench = new BenchDirector();
  send(bench, '[fd01::2]:40000', '[fd01::100]:80');
  t.strictSame(row(bench.service('fd01::100', 80).stats), [1, 1, 0, 60, 0]);
  t.end();
});

test('Tunnel and FullNat: what was received counts, not what is added to it', (t) => {
  const bench = new BenchDirector();
  const { director } = bench;
  director.localEndpoints.setPool([ip('10.2.0.254')]);
  for (const [port, method] of [
    [81, Method.tunnel],
    [82, Method.fullNat],
  ] as const) {
    const service = bench.addService({ vip: '10.1.0.100', port });
    bench.addServer(service, { address: '10.2.0.21', method });
    for (const tcp of ['S', 'A']) send(bench, client, `10.1.0.100:${port}`, tcp);
    t.strictSame(row(service.stats), [1, 2, 0, 80, 0], `${method}`);
  }
  t.end();
});

test('a packet that cannot go on counts as received by its server, one that is refused does not', (t) => {
  const bench = new BenchDirector();
  const spent = { from: client, to: '10.1.0.100:80', tcp: 'S', ttl: 1 };
  bench.receive('clients', fromClient(spent));
  send(bench, '10.1.0.2:1', '10.1.0.100:80', 'A');
  t.strictSame(row(bench.service('10.1.0.100', 80).stats), [1, 1, 0, 40, 0]);
  t.end();
});

test('stats go back to 0 and count on from there', (t) => {
  const bench = new BenchDirector();
  send(bench, client, '10.1.0.100:80');
  const { stats } = bench.service('10.1.0.100', 80);
  stats.reset();
  send(bench, client, '10.1.0.100:80', 'A');
  t.strictSame(row(stats), [0, 1, 0, 40, 0]);
  t.end();
});

test('rates come from the counters every two seconds, unless run_estimation is 0', (t) => {
  for (const isOn of [1, 0]) {
    const bench = new BenchDirector({ settings: { run_estimation: isOn } });
    bench.wait(0.25);
    for (let port = 1; port <= 40; port += 1) send(bench, `10.1.0.2:${port}`, '10.1.0.101:80');
    bench.wait(2);
    const { rates } = bench.service('10.1.0.101', 80);
    // 40 in the first two seconds: a quarter of 20 a second.
    t.strictSame([rates.cps, rates.inPps, rates.inBps], isOn === 1 ? [5, 5, 200] : [0, 0, 0]);
  }
  t.end();
});

test('every server of the default services together has what its service has', (t) => {
  const bench = new BenchDirector({ capacity: 128 });
  for (let port = 1; port <= 60; port += 1) {
    for (const tcp of ['S', 'A', 'FA']) send(bench, `10.1.0.2:${port}`, '10.1.0.100:80', tcp);
  }
  const service = bench.service('10.1.0.100', 80);
  const sums = service.servers.map(({ stats }) => row(stats));
  const total = sums.reduce((sum, one) => sum.map((value, index) => value + (one[index] ?? 0)));
  t.strictSame(total, row(service.stats));
  t.strictSame(row(service.stats), [60, 180, 0, 7_200, 0]);
  t.end();
});
