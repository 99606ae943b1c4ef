import { test } from 'tap';

import { TrafficProcess } from '../../../../cluster/lab/traffic/client-process.js';
import { TrafficServer } from '../../../../cluster/lab/traffic/server.js';

const address = '127.0.0.1';

const targetsOf = (server: TrafficServer) => [
  { protocol: 'TCP' as const, address, port: server.tcpPorts[0] ?? 0, count: 4 },
  { protocol: 'UDP' as const, address, port: server.udpPorts[0] ?? 0, count: 2 },
];

const listen = (): Promise<TrafficServer> =>
  TrafficServer.listen({ name: 's1', tcp: [0], udp: [0], addresses: [address] });

test('a client in a process of its own answers marks, counts and the stop', async (t) => {
  const server = await listen();
  const plan = { targets: targetsOf(server), durationMs: 20_000 };
  const client = new TrafficProcess(['env', 'LANG=C'], plan);
  let flows = await client.count();
  while (flows.leastExchanges < 3 || flows.alive < flows.total) flows = await client.count();
  await client.mark('here');
  t.equal((await client.count()).total, 6);
  const report = await client.stop();
  await server.close();
  t.equal(report.flows.length, 6);
  t.ok(report.flows.every((flow) => flow.exchanges >= 3 && flow.broken === undefined));
  t.same(
    report.flows.map((flow) => flow.phases.length),
    [1, 1, 1, 1, 1, 1],
  );
});

test('a client that ends early fails the question, with what it said', async (t) => {
  const plan = { targets: [], durationMs: 1_000 };
  const client = new TrafficProcess([], plan);
  await t.rejects(client.count(), { message: /has ended: .*names no target/ });
});

test('a client that was killed fails the question, and killing it again does nothing', async (t) => {
  const server = await listen();
  const plan = { targets: targetsOf(server), durationMs: 20_000 };
  const client = new TrafficProcess([], plan);
  await client.count();
  const stopped = client.stop();
  client.kill();
  client.kill();
  await t.rejects(stopped, { message: /has ended/ });
  await server.close();
});

test('a program that cannot be run is an error that names it', async (t) => {
  const client = new TrafficProcess(['/nonexistent/enter'], { targets: [], durationMs: 1 });
  await t.rejects(client.count(), { message: /cannot run \/nonexistent\/enter/ });
});
