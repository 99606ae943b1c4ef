import { test } from 'tap';

import { vagrantLab } from '../../cluster/config/vagrant-lab.js';
import { defaultLabFile, readLabFile } from '../../cluster/lab/default-lab.js';
import { loadScenario, type Scenario } from '../../cluster/sim/scenario/scenario-file.js';
import { scenarioOnVms } from '../../cluster/vagrant/scenario-on-vms.js';

const plan = vagrantLab(readLabFile(defaultLabFile), {
  directors: 2,
  realServers: 3,
  method: 'both',
  profile: 'baton',
});

const scenario = (cluster: string): Scenario =>
  loadScenario(`name: x\nabout: y\ncluster: ${cluster}\n`, 'x.yaml');

test('a scenario takes the first VMs with their addresses, and its own settings', (t) => {
  const lab = scenarioOnVms(
    plan,
    scenario('{ servers: 2, advert: 100ms, methods: [FULLNAT, DR], scheduler: sh, threshold: 7 }'),
  );
  t.same(
    lab.nodes.map(({ name }) => name),
    ['client', 'd1', 'd2', 's1', 's2'],
  );
  t.equal(lab.cluster.sync.threshold, 7);
  t.equal(lab.cluster.sync.network, plan.lab.cluster.sync.network, 'there are but two networks');
  t.same(
    lab.services.map(({ method, address, scheduler }) => `${method} ${address} ${scheduler}`),
    [
      'FullNat 10.1.0.100 sh',
      'FullNat 10.1.0.100 sh',
      'Route 10.1.0.101 sh',
      'Route 10.1.0.101 sh',
    ],
  );
  t.same(
    lab.services.map(({ realServers }) => realServers.length),
    [2, 2, 2, 2],
  );
  t.equal(lab.cluster.localAddresses.length, 1);
  t.end();
});

test('what the VMs are too few for, or cannot do, is refused with what to do', (t) => {
  const refused = (cluster: string, expected: RegExp): void => {
    t.throws(() => scenarioOnVms(plan, scenario(cluster)), { message: expected }, cluster);
  };
  refused('{ directors: 5 }', /needs 5 VMs that are a director; make them with BATON_DIRECTORS=5/);
  refused('{ servers: 4 }', /BATON_REAL_SERVERS=4 vagrant up/);
  refused('{ methods: [TUN] }', /TUN runs in a lab/);
  t.throws(() => scenarioOnVms({ ...plan, ipvsDirectors: ['d2'] }, scenario('{}')), {
    message: /BATON_PROFILE=baton/,
  });
  t.end();
});
