import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { TrafficClient } from '../../../../cluster/lab/traffic/client.js';
import { parsePlan, type TrafficPlan } from '../../../../cluster/lab/traffic/plan.js';
import { TrafficServer } from '../../../../cluster/lab/traffic/server.js';

const address = '127.0.0.1';

test('short flows end after a few exchanges, others take their place, and lasting ones go on', async (t) => {
  const server = await TrafficServer.listen({
    name: 's1',
    tcp: [0],
    udp: [0],
    addresses: [address],
  });
  const [tcp = 0] = server.tcpPorts;
  const [udp = 0] = server.udpPorts;
  const plan: TrafficPlan = parsePlan({
    targets: [{ protocol: 'TCP', address, port: tcp, count: 2 }],
    short: [
      { protocol: 'TCP', address, port: tcp, count: 3 },
      { protocol: 'UDP', address, port: udp, count: 3 },
    ],
    intervalMs: 20,
    udpIntervalMs: 20,
  });
  const client = new TrafficClient(plan, () => {});
  client.start();
  await sleep(1_500);
  t.equal(client.summary().total, 2, 'counts are of those that last');
  const { flows } = client.stop();
  await server.close();

  const short = flows.filter(({ isShort }) => isShort === true);
  t.equal(flows.length - short.length, 2);
  t.ok(short.length > 12, `${short.length} short flows`);
  t.ok(short.every(({ exchanges }) => exchanges <= 9));
  const ended = short.filter(({ exchanges }) => exchanges >= 2);
  t.ok(ended.length >= short.length - 6, 'all but those under way have made their exchanges');
  t.ok(short.some(({ protocol }) => protocol === 'UDP'));
  t.same(
    flows.filter(({ broken }) => broken !== undefined),
    [],
  );
  t.equal(
    new Set(flows.map(({ flow }) => flow)).size,
    flows.length,
    'each has a number of its own',
  );
});

test('a short flow that breaks makes way for another too', async (t) => {
  const client = new TrafficClient(
    parsePlan({ targets: [], short: [{ protocol: 'TCP', address, port: 9, count: 1 }] }),
    () => {},
  );
  client.start();
  await sleep(300);
  const { flows } = client.stop();
  t.ok(flows.length > 1);
  t.equal(flows[0]?.broken?.reason, 'refused');
});
