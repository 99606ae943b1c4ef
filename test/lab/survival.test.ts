import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { heal, partition, setLink } from '../../cluster/lab/network-faults.js';
import { TrafficProcess } from '../../cluster/lab/traffic/client-process.js';
import { flowKey } from '../../cluster/lab/traffic/flow-record.js';
import { until } from '../../cluster/lab/wait.js';
import { labWith, reaches, runLab } from './cluster.js';
import { ordeal, settles } from './survival.js';

/*
 * Whatever happens to one director, no flow that was synced breaks: a thousand TCP and two hundred UDP flows, half by
 * NAT and half by DR, and every byte of every answer is compared.
 */

test('every synced flow survives', async (t) => {
  const lab = await runLab(t, labWith(100));
  const unheard = { sides: [['d1'], ['d2']], oneWay: false } as const;

  await t.test('the death of the master, and its return with an empty table', async (t) => {
    const result = await ordeal(t, lab, async () => {
      await lab.killNode('d1');
      t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over');
      await sleep(1_000);
      await lab.startNode('d1');
      await settles(t, lab);
    });
    t.strictSame(result.brokenSynced, []);
    t.equal(result.synced, 1_200, 'all of them were synced');
  });

  await t.test('a planned stop and a start', async (t) => {
    const result = await ordeal(t, lab, async () => {
      await lab.stopNode('d1');
      t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over');
      await sleep(1_000);
      await lab.startNode('d1');
      await settles(t, lab);
    });
    t.strictSame([...result.brokenSynced, ...result.brokenUnsynced], []);
  });

  await t.test('a master that is halted for five seconds', async (t) => {
    const result = await ordeal(t, lab, async () => {
      await lab.pauseNode('d1');
      await sleep(5_000);
      t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over');
      lab.resumeNode('d1');
      await sleep(1_000);
      await settles(t, lab);
    });
    t.strictSame(result.brokenSynced, []);
  });

  await t.test('a pulled cable', async (t) => {
    const result = await ordeal(t, lab, async () => {
      await setLink(lab, 'd1', undefined, false);
      t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over');
      await sleep(2_000);
      await heal(lab);
      await settles(t, lab);
    });
    t.strictSame(result.brokenSynced, []);
  });

  await t.test('directors that do not hear each other’s advertisements', async (t) => {
    const result = await ordeal(t, lab, async () => {
      await partition(lab, { ...unheard, plane: 'vrrp' });
      t.ok(await reaches(lab, 'd2', 'master', 10_000), 'both are master');
      await sleep(3_000);
      await heal(lab);
      await settles(t, lab);
    });
    t.strictSame(result.brokenSynced, []);
  });

  await t.test('directors that cannot sync for a while', async (t) => {
    const result = await ordeal(t, lab, async () => {
      await partition(lab, { ...unheard, plane: 'sync' });
      await sleep(5_000);
      await heal(lab);
      await sleep(3_000);
      await lab.killNode('d1');
      t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over after the healing');
      await lab.startNode('d1');
      await settles(t, lab);
    });
    t.strictSame(result.brokenSynced, []);
  });
});

test('flows that are being opened when the master dies', async (t) => {
  const config = labWith(100);
  const first = { ...config.cluster.sync, threshold: 1 };
  const lab = await runLab(t, { ...config, cluster: { ...config.cluster, sync: first } });
  const client = new TrafficProcess(lab.execArgs('client', []), {
    targets: [
      { protocol: 'TCP', address: '10.1.0.100', port: 80, count: 600 },
      { protocol: 'TCP', address: '10.1.0.101', port: 80, count: 600 },
    ],
    durationMs: 60_000,
    intervalMs: 500,
  });
  t.teardown(() => client.kill());
  await until(async () => (await client.count()).established > 500 || undefined, {
    timeoutMs: 20_000,
    everyMs: 20,
  });
  await lab.killNode('d1');
  t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over');
  const { sessions } = await lab.request('d2', '/sessions');
  const told = new Set(sessions.map(flowKey));
  // The last ones were opened within the time that an update waits for others.
  t.ok(told.size > 200, `${told.size} connections were told with their first packet`);
  await sleep(8_000);
  const { flows } = await client.stop();
  const broken = flows.filter((flow) => flow.broken !== undefined).map(flowKey);
  t.strictSame(
    broken.filter((key) => told.has(key)),
    [],
    'none of those breaks',
  );
});

test('signed sync messages by unicast, where multicast does not pass', async (t) => {
  const config = labWith(100);
  const key = 'a secret of thirty-two characters';
  const sync = { ...config.cluster.sync, key, isUnicast: true };
  const lab = await runLab(t, { ...config, cluster: { ...config.cluster, sync } });
  const result = await ordeal(
    t,
    lab,
    async () => {
      await lab.killNode('d1');
      t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over');
      await lab.startNode('d1');
      await settles(t, lab);
    },
    { counts: [50, 50, 20, 20] },
  );
  t.equal(result.synced, 140);
  t.strictSame(result.brokenSynced, []);
});

test('without sync the same death breaks flows: the tests above can fail', async (t) => {
  const config = labWith(100);
  const sync = { ...config.cluster.sync, threshold: 60_000, period: 0 };
  const lab = await runLab(t, { ...config, cluster: { ...config.cluster, sync } });
  const counts = [50, 50, 20, 20] as const;
  const result = await ordeal(
    t,
    lab,
    async () => {
      await lab.killNode('d1');
      t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over');
    },
    { counts, patienceMs: 8_000 },
  );
  t.equal(result.synced, 0, 'd2 knew nothing');
  const tcp = result.brokenUnsynced.filter((key) => key.startsWith('TCP'));
  t.equal(tcp.length, 100, 'every TCP flow broke');
});
