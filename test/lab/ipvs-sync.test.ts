import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test, type Test } from 'tap';

import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { labWith, reaches, runLab } from './cluster.js';
import { ordeal, settles } from './survival.js';

/** Starts the directors again with IPVS's format on the sync network. */
async function speakIpvs(t: Test, lab: RunningLab, format: string): Promise<void> {
  for (const node of ['d2', 'd1']) {
    await lab.stopNode(node);
    const file = join(lab.folder, `${node}.conf`);
    const text = readFileSync(file, 'utf8')
      // There is no table to fetch, so there is no time to wait for it.
      .replace(/^.*sync_bulk_timeout.*\n/m, '')
      .replace(/^(.*)sync_threshold/m, `$1sync_format ${format}\n$&`);
    writeFileSync(file, text);
    await lab.startNode(node);
  }
  await settles(t, lab);
}

for (const format of ['ipvs-v1', 'ipvs-v0'] as const) {
  test(`with ${format} every synced flow survives the death of the master`, async (t) => {
    const lab = await runLab(t, labWith(100));
    await speakIpvs(t, lab, format);
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
