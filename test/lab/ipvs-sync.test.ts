import { test } from 'tap';

import { labWith, reaches, runLab } from './cluster.js';
import { ordeal, settles } from './survival.js';

for (const format of ['ipvs-v1', 'ipvs-v0'] as const) {
  test(`with ${format} every synced flow survives the death of the master`, async (t) => {
    const plain = labWith(100);
    const sync = { ...plain.cluster.sync, format };
    const lab = await runLab(t, { ...plain, cluster: { ...plain.cluster, sync } });
    await settles(t, lab);
    const result = await ordeal(
      t,
      lab,
      async () => {
        await lab.killNode('d1');
        t.ok(await reaches(lab, 'd2', 'master', 10_000), 'd2 takes over');
      },
      { counts: [50, 50, 20, 20] },
    );
    t.strictSame(result.brokenSynced, []);
    t.equal(result.synced, 140, 'all of them were synced');
  });
}
