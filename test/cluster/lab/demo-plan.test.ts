import { readFileSync } from 'node:fs';

import { test } from 'tap';

import type { LabConfig } from '../../../cluster/config/lab-config.js';
import { loadLab } from '../../../cluster/config/lab-file.js';
import {
  blackoutLimitMs,
  demoTargets,
  withAdvertInterval,
} from '../../../cluster/lab/demo-plan.js';

const file = 'cluster/lab/default.yaml';
const lab: LabConfig = loadLab(readFileSync(file, 'utf8'), file);

test('the default lab takes 250 flows, to all four kinds of service', (t) => {
  const targets = demoTargets(lab);
  t.same(
    targets.map(({ protocol, count }) => `${protocol} ${count}`),
    ['TCP 100', 'TCP 100', 'UDP 25', 'UDP 25'],
  );
  t.equal(
    new Set(targets.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`)).size,
    4,
  );
  t.end();
});

test('a lab without a service of some kind is refused', (t) => {
  const services = lab.services.filter(({ protocol }) => protocol === 'tcp');
  t.throws(() => demoTargets({ services }), /no udp service with method Masq/);
  t.end();
});

test('the bound is the master down interval and a margin', (t) => {
  t.equal(blackoutLimitMs(withAdvertInterval(lab, 1_000), 90), 3_900);
  t.equal(blackoutLimitMs(withAdvertInterval(lab, 100), 90), 600);
  t.end();
});

test('an advertisement interval that VRRPv3 cannot say is refused', (t) => {
  for (const interval of [0, 5, 15, 40_960]) {
    t.throws(() => withAdvertInterval(lab, interval), /not an advertisement interval/);
  }
  t.equal(withAdvertInterval(lab, 10).cluster.advertInterval, 10_000);
  t.end();
});
