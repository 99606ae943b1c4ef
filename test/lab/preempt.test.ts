import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { partition } from '../../cluster/lab/network-faults.js';
import { seconds } from '../../director/base/time.js';
import { labWith, reaches, runLab } from './cluster.js';

test('a director without the table waits, and takes over when it is told to', async (t) => {
  const config = labWith(100, { deathNotice: false });
  const sync = { ...config.cluster.sync, bulkTimeout: seconds(60) };
  const lab = await runLab(t, { ...config, cluster: { ...config.cluster, sync } });
  await lab.killNode('d1');
  t.ok(await reaches(lab, 'd2', 'master', 10_000));
  await partition(lab, { sides: [['d1'], ['d2']], plane: 'sync', oneWay: false });
  await lab.startNode('d1');
  await sleep(3_000);
  const waiting = await lab.request('d1', '/status');
  t.match(waiting, { state: 'backup', tableComplete: false }, 'it has nobody to fetch from');

  t.equal(await lab.preempt('d1'), false, 'the table is still incomplete');
  const deadline = performance.now() + 10_000;
  let state = '';
  while (state !== 'master' && performance.now() < deadline) {
    await sleep(20);
    ({ state } = await lab.request('d1', '/status'));
  }
  t.equal(state, 'master');
});
