import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { TrafficClient, type TrafficEvent } from '../../../../cluster/lab/traffic/client.js';
import { encodePatternFrame } from '../../../../cluster/lab/traffic/frame.js';
import { parsePlan, type TrafficPlan } from '../../../../cluster/lab/traffic/plan.js';
import { TrafficServer } from '../../../../cluster/lab/traffic/server.js';

const address = '127.0.0.1';

const listen = (name: string, tcp: number, udp: number): Promise<TrafficServer> =>
  TrafficServer.listen({ name, tcp: [tcp], udp: [udp], addresses: [address] });

const ports = (server: TrafficServer): { tcp: number; udp: number } => ({
  tcp: server.tcpPorts[0] ?? 0,
  udp: server.udpPorts[0] ?? 0,
});

const plan = (tcp: readonly [number, number], udp: readonly [number, number]): TrafficPlan =>
  parsePlan({
    targets: [
      { protocol: 'TCP', address, port: tcp[0], count: tcp[1] },
      { protocol: 'UDP', address, port: udp[0], count: udp[1] },
    ].filter((target) => target.count > 0),
    intervalMs: 20,
    udpIntervalMs: 20,
    connectTimeoutMs: 2_000,
  });

/** Waits for a condition for up to ten seconds; the assertions behind it say whether it came true. */
async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 500 && !condition(); round += 1) await sleep(20);
}

/** A client that runs, and what it says. */
function run(of: TrafficPlan): {
  client: TrafficClient;
  events: TrafficEvent[];
} {
  const events: TrafficEvent[] = [];
  const client = new TrafficClient(of, (event) => events.push(event));
  client.start();
  return { client, events };
}

test('flows over loopback exchange checked bytes and none breaks', async (t) => {
  const server = await listen('s1', 0, 0);
  const { client, events } = run(plan([ports(server).tcp, 20], [ports(server).udp, 10]));
  await until(() => client.summary().leastExchanges >= 10 && client.summary().alive === 30);
  client.mark('checkpoint');
  await until(() => client.summary().answered === 30);
  const report = client.stop();
  await server.close();

  t.equal(report.flows.length, 30);
  t.same(
    report.flows.filter((flow) => flow.broken !== undefined),
    [],
  );
  t.ok(report.flows.every((flow) => flow.exchanges >= 10 && flow.bytesChecked > 0));
  t.ok(report.flows.every((flow) => flow.server === 's1'));
  t.equal(new Set(report.flows.map((flow) => flow.client + flow.protocol)).size, 30);
  t.equal(server.faults, 0);
  const kinds = events.map((event) => event.kind);
  t.equal(kinds.filter((kind) => kind === 'ready').length, 1);
  t.ok(kinds.includes('mark'));
});

test('when another server takes over, every flow is broken and says how', async (t) => {
  const first = await listen('s1', 0, 0);
  const { tcp, udp } = ports(first);
  const { client, events } = run(plan([tcp, 5], [udp, 5]));
  await until(() => client.summary().alive === 10);
  await first.close();
  const second = await listen('s2', tcp, udp);
  await until(() => client.summary().broken === 10);
  const report = client.stop();
  await second.close();

  for (const flow of report.flows) {
    if (flow.protocol === 'TCP') t.match(flow.broken?.reason, /^(closed|reset)$/);
    else t.match(flow.broken, { reason: 'another-server', text: 's2 answered instead of s1' });
  }
  t.equal(events.filter((event) => event.kind === 'broken').length, 10);
});

test('a server that goes away leaves UDP flows unanswered but not yet broken', async (t) => {
  const first = await listen('s1', 0, 0);
  const { tcp, udp } = ports(first);
  const { client, events } = run(plan([tcp, 0], [udp, 3]));
  await until(() => client.summary().alive === 3);
  await first.close();
  client.mark('gone');
  await sleep(400);
  t.match(client.summary(), { alive: 3, broken: 0 });
  const again = await listen('s1', tcp, udp);
  await until(() => client.summary().answered === 3);
  const report = client.stop();
  await again.close();
  for (const flow of report.flows) {
    t.equal(flow.broken, undefined);
    t.ok(flow.stalls.some((gap) => gap.to - gap.from >= 300));
    t.ok(flow.sent > flow.exchanges);
  }
  t.equal(events.filter((event) => event.kind === 'answer-after-gap').length, 1);
});

/** Passes connections on to `port`, and flips a bit of the byte at `offset` of what flows in one direction. */
async function corruptingProxy(
  port: number,
  direction: 'to-server' | 'to-client',
  offset: number,
): Promise<Server> {
  const proxy = createServer((near) => {
    const far = connect(port, address);
    let seen = 0;
    const damage = (bytes: Buffer): Buffer => {
      const index = offset - seen;
      seen += bytes.length;
      if (index >= 0 && index < bytes.length) bytes[index] = (bytes[index] ?? 0) ^ 1;
      return bytes;
    };
    near.on('data', (bytes: Buffer) =>
      far.write(direction === 'to-server' ? damage(bytes) : bytes),
    );
    far.on('data', (bytes: Buffer) =>
      near.write(direction === 'to-client' ? damage(bytes) : bytes),
    );
    near.on('close', () => far.destroy()).on('error', () => {});
    far.on('close', () => near.end()).on('error', () => {});
  });
  await new Promise<void>((resolve) => void proxy.listen(0, address, resolve));
  return proxy;
}

const portOf = (info: AddressInfo | string | null): number =>
  info === null || typeof info === 'string' ? 0 : info.port;

for (const [direction, pattern] of [
  ['to-server', /^server s1 says: .*(byte \d+ is|bad header check|bad magic|bad name)/],
  ['to-client', /^answer \d+: (byte \d+ is|bad header check|bad magic|bad name)/],
] as const) {
  test(`one byte corrupted ${direction} breaks the flow as a mismatch`, async (t) => {
    const server = await listen('s1', 0, 0);
    for (const offset of [0, 2, 17, 20, 5_000]) {
      const proxy = await corruptingProxy(ports(server).tcp, direction, offset);
      const { client } = run(plan([portOf(proxy.address()), 1], [1, 0]));
      await until(() => client.summary().broken === 1);
      const [flow] = client.stop().flows;
      t.equal(flow?.broken?.reason, 'mismatch', `offset ${offset}`);
      t.match(flow?.broken?.text, pattern, `offset ${offset}`);
      proxy.close();
    }
    await server.close();
  });
}

test('the server hangs up on a request out of order, and names it', async (t) => {
  const server = await listen('s1', 0, 0);
  const socket = connect(ports(server).tcp, address);
  const key = { seed: 1, flow: 1, sender: '' };
  socket.write(encodePatternFrame('request', { ...key, sequence: 0 }, 8));
  socket.write(encodePatternFrame('request', { ...key, sequence: 2 }, 8));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(Buffer.from(chunk));
  t.match(Buffer.concat(chunks).toString('latin1'), 'request 2 came, not 1');
  t.equal(server.faults, 1);
  await server.close();
});

test('flows to a port where nobody listens are never established', async (t) => {
  const server = await listen('s1', 0, 0);
  const { tcp, udp } = ports(server);
  await server.close();
  const { client, events } = run({ ...plan([tcp, 2], [udp, 2]), connectTimeoutMs: 200 });
  await until(() => events.some((event) => event.kind === 'ready'));
  const report = client.stop();
  t.ok(report.flows.every((flow) => flow.connectedAt === undefined && flow.broken !== undefined));
  const reasons = report.flows.map((flow) => flow.broken?.reason);
  t.same(reasons, ['refused', 'refused', 'timeout', 'timeout']);
});

test('a port that is taken is an error that names it', async (t) => {
  const server = await listen('s1', 0, 0);
  const { tcp } = ports(server);
  await t.rejects(listen('s2', tcp, 0), {
    details: { code: 'cannot-listen' },
    message: new RegExp(`cannot listen on TCP port ${tcp} of 127.0.0.1: .*EADDRINUSE`),
  });
  await server.close();
});
