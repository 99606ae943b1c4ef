import { test } from 'tap';

import { loadLab } from '../../cluster/config/lab-file.js';
import { withDriver } from '../../cluster/lab/demo-plan.js';
import { runDemo } from '../../cluster/lab/demo.js';
import type { FailOverReport } from '../../cluster/lab/report.js';
import { labWith } from './cluster.js';
import { stateFolder } from './state-folder.js';

/*
 * The whole story with 250 flows: the master is killed, its successor carries every connection on, the old master comes
 * back, fetches the table and takes over again.
 */

const labOfIpv6 = loadLab(
  `name: six
networks:
  clients: [10.1.0.0/24, fd01::/64]
  servers: [10.2.0.0/24, fd02::/64]
  sync: 10.3.0.0/24
nodes:
  client: { kind: client, links: { clients: [10.1.0.2, fd01::2] } }
  d1:
    kind: director
    priority: 150
    links: { clients: [10.1.0.11, fd01::11], servers: [10.2.0.11, fd02::11], sync: 10.3.0.11 }
  d2:
    kind: director
    priority: 100
    links: { clients: [10.1.0.12, fd01::12], servers: [10.2.0.12, fd02::12], sync: 10.3.0.12 }
  s1: { kind: real-server, links: { clients: [10.1.0.21, fd01::21], servers: [10.2.0.21, fd02::21] } }
  s2: { kind: real-server, links: { clients: [10.1.0.22, fd01::22], servers: [10.2.0.22, fd02::22] } }
cluster:
  virtual-router-id: 51
  gateway: [10.2.0.254, fd02::254]
services:
  - { protocol: tcp, address: fd01::100, port: 80, method: NAT, scheduler: rr, real-servers: [s1, s2] }
  - { protocol: tcp, address: fd01::101, port: 80, method: DR, scheduler: rr, real-servers: [s1, s2] }
  - { protocol: udp, address: fd01::100, port: 53, method: NAT, scheduler: rr, real-servers: [s1, s2] }
  - { protocol: udp, address: fd01::101, port: 53, method: DR, scheduler: rr, real-servers: [s1, s2] }
`,
  'six.yaml',
);

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
    how: 'by timers alone, 100 ms',
    lab: labWith(100, { deathNotice: false }),
    drivers: ['pcap'],
  },
  { how: 'in IPv6', lab: labOfIpv6, drivers: ['offload', 'xdp'] },
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
