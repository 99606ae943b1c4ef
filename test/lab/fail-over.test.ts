import { test } from 'tap';

import { runDemo } from '../../cluster/lab/demo.js';
import type { FailOverReport } from '../../cluster/lab/report.js';
import { labWith } from './cluster.js';
import { stateFolder } from './state-folder.js';

/*
 * The whole story with 250 flows: the master is killed, its successor carries every connection on, the old master comes
 * back, fetches the table and takes over again.
 */

const cases = [
  { advertMs: 1_000, deathNotice: true },
  { advertMs: 1_000, deathNotice: false },
  { advertMs: 100, deathNotice: false },
];

for (const { advertMs, deathNotice } of cases) {
  const how = deathNotice ? 'with a death notice' : 'by timers alone';
  test(`no flow breaks when the master dies and returns, ${how}, ${advertMs} ms`, async (t) => {
    process.env['BATON_STATE'] = stateFolder(t);
    const report: FailOverReport = await runDemo(labWith(advertMs, { deathNotice }), {
      signal: new AbortController().signal,
      progress: (text) => t.comment(text),
      print: () => {},
    });
    t.strictSame(report.missing, [], 'the fail-over and the fail-back took place');
    t.equal(report.summary.flows, 250);
    t.strictSame(
      report.flows.filter(({ verdict }) => verdict !== 'survived'),
      [],
      'every flow survived',
    );
    t.ok(report.bound.measuredMs !== undefined, 'the blackout was measured');
    t.ok(report.bound.within, `a blackout of ${report.bound.measuredMs} ms is within the bound`);
  });
}
