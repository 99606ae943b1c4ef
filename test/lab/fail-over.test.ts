import { test } from 'tap';

import { withDriver } from '../../cluster/lab/demo-plan.js';
import { runDemo } from '../../cluster/lab/demo.js';
import type { FailOverReport } from '../../cluster/lab/report.js';
import { labWith } from './cluster.js';
import { stateFolder } from './state-folder.js';

/*
 * The whole story with 250 flows: the master is killed, its successor carries every connection on, the old master comes
 * back, fetches the table and takes over again.
 */

const cases = [
  { advertMs: 1_000, deathNotice: true, driver: 'offload' },
  { advertMs: 1_000, deathNotice: true, driver: 'xdp' },
  { advertMs: 1_000, deathNotice: false, driver: 'ring' },
  { advertMs: 100, deathNotice: false, driver: 'pcap' },
] as const;

for (const { advertMs, deathNotice, driver } of cases) {
  const how = deathNotice ? 'with a death notice' : 'by timers alone';
  test(`no flow breaks when the master dies and returns, ${how}, ${advertMs} ms, driver ${driver}`, async (t) => {
    process.env['BATON_STATE'] = stateFolder(t);
    const report: FailOverReport = await runDemo(
      withDriver(labWith(advertMs, { deathNotice }), driver),
      {
        signal: new AbortController().signal,
        progress: (text) => t.comment(text),
        print: () => {},
      },
    );
    t.strictSame(report.missing, [], 'the fail-over and the fail-back took place');
    t.equal(report.summary.flows, 250);
    t.strictSame(
      report.flows.filter(({ verdict }) => verdict !== 'survived'),
      [],
      'every flow survived',
    );
    // The demo holds itself to the bound; a test on a busy machine gets a second more.
    const { measuredMs = Infinity, limitMs } = report.bound;
    t.ok(measuredMs <= limitMs + 1_000, `a blackout of ${Math.round(measuredMs)} ms`);
  });
}
