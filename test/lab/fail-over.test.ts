import { test } from 'tap';

import type { LabConfig } from '../../cluster/config/lab-config.js';
import { loadLab } from '../../cluster/config/lab-file.js';
import { withDriver } from '../../cluster/lab/demo-plan.js';
import { runDemo } from '../../cluster/lab/demo.js';
import type { FailOverReport } from '../../cluster/lab/report.js';
import { LabOfIpv6 } from '../cluster/config/samples.js';
import { labWith } from './cluster.js';
import { stateFolder } from './state-folder.js';

/*
 * The whole story with 250 flows: the master is killed, its successor carries every connection on, the old master comes
 * back, fetches the table and takes over again.
 */

/** The same lab, where another thread always carries besides the main one. */
function withThreads(lab: LabConfig): LabConfig {
  const dataPlane = { ...lab.cluster.dataPlane, carrierThreads: { most: 1, isAlways: true } };
  return { ...lab, cluster: { ...lab.cluster, dataPlane } };
}

const cases = [
  {
    how: 'with a death notice, 1000 ms',
    lab: labWith(1_000, { deathNotice: true }),
    drivers: ['offload', 'xdp'],
  },
  {
    how: 'by timers alone, 1000 ms',
    lab: labWith(1_000, { deathNotice: false }),
    drivers: ['ring'],
  },
  {
    how: 'by timers alone, 1000 ms, carrier threads',
    lab: withThreads(labWith(1_000, { deathNotice: false })),
    drivers: ['ring'],
  },
  {
    how: 'by timers alone, 100 ms',
    lab: labWith(100, { deathNotice: false }),
    drivers: ['pcap'],
  },
  { how: 'in IPv6', lab: loadLab(LabOfIpv6, 'six.yaml'), drivers: ['offload', 'xdp'] },
] as const;

for (const { how, lab, drivers } of cases) {
  for (const driver of drivers) {
    test(`no flow breaks when the master dies and returns, ${how}, driver ${driver}`, async (t) => {
      process.env['BATON_STATE'] = stateFolder(t);
      const report: FailOverReport = await runDemo(withDriver(lab, driver), {
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
      // The demo holds itself to the bound; a test on a busy machine gets a second more.
      const { measuredMs = Infinity, limitMs } = report.bound;
      t.ok(measuredMs <= limitMs + 1_000, `a blackout of ${Math.round(measuredMs)} ms`);
    });
  }
}
