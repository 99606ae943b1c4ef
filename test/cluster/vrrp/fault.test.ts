import { test } from 'tap';

import { Election } from '../../../cluster/vrrp/election.js';
import { Never } from '../../../director/base/time.js';
import { at, backup, config, drain, heard, master, serve, takeOverAt } from './routers.js';

const down = 3_609.375;
const skew = 609.375;
const lower = heard({ priority: 50 });

test('a master in fault resigns, as in keepalived, and is silent until it has recovered', (t) => {
  const election = master();
  election.setFault(at(4_000), true, 'eth0 has no carrier');
  election.setFault(at(4_001), true, 'eth0 has no carrier');
  t.same(drain(election), ['advertise 0', 'release', 'master->fault faulty']);
  t.equal(election.deadline, Never);
  election.handleAdvertisement(at(4_500), heard({ priority: 1 }));
  t.same(drain(election), []);
  election.setFault(at(5_000), false, 'eth0 has no carrier');
  election.setFault(at(5_001), false, 'eth0 has no carrier');
  t.same(drain(election), ['fault->backup recovered', 'stale']);
  t.equal(takeOverAt(election), at(5_000 + down));
  t.end();
});

test('what is faulty is told in the snapshot, and with the change of state', (t) => {
  const election = backup();
  election.setFault(at(100), true, 'script check failed');
  t.equal(election.snapshot().fault, 'script check failed');
  t.match(election.effects.at(-1), { kind: 'state', detail: 'script check failed' });
  election.setFault(at(200), true, 'process nginx is gone');
  t.equal(election.snapshot().fault, 'process nginx is gone');
  election.setFault(at(300), false, '');
  t.equal(election.snapshot().fault, undefined);
  t.notOk('detail' in (election.effects.at(-2) ?? {}));
  t.end();
});

test('a router that is faulty before its start begins in fault', (t) => {
  const election = new Election(config);
  election.setFault(at(1), true, 'eth0 has no carrier');
  t.same(drain(election), []);
  election.start(at(2), { mayPreempt: true });
  t.same(drain(election), ['initialize->fault faulty']);
  election.setFault(at(3), false, '');
  t.same(drain(election), ['fault->backup recovered', 'stale']);
  t.end();
});

test('a fault that is over before the start leaves no trace', (t) => {
  const election = new Election(config);
  election.setFault(at(1), true, 'eth0 has no carrier');
  election.setFault(at(1), false, '');
  election.start(at(2), { mayPreempt: true });
  t.same(drain(election), ['initialize->backup started']);
  t.end();
});

test('a stop in fault is silent', (t) => {
  const election = master();
  election.setFault(at(4_000), true, 'eth0 has no carrier');
  drain(election);
  election.stop(at(4_100));
  t.same(drain(election), ['fault->initialize stopped']);
  t.end();
});

test('after a fault nobody is preempted before the table is complete again', (t) => {
  const election = backup();
  election.setFault(at(1_000), true, 'eth0 has no carrier');
  election.allowPreemption(at(2_000));
  election.setFault(at(3_000), false, '');
  t.ok(drain(election).includes('stale'), 'the driver is asked to see to it');
  election.handleAdvertisement(at(3_900), lower);
  t.equal(takeOverAt(election), at(3_900 + down));
  election.allowPreemption(at(4_000));
  t.equal(takeOverAt(election), at(4_000 + skew));
  t.end();
});

test('after a fault, the preemption delay counts anew', (t) => {
  const election = backup({ preemptDelay: config.advertInterval });
  election.handleAdvertisement(at(0), lower);
  election.setFault(at(500), true, 'eth0 has no carrier');
  election.setFault(at(600), false, '');
  election.allowPreemption(at(600));
  election.handleAdvertisement(at(800), lower);
  serve(election, at(1_700));
  t.equal(takeOverAt(election), at(800 + down));
  serve(election, at(1_800));
  t.equal(takeOverAt(election), at(1_800 + skew));
  t.end();
});

test('with preemption off, a recovered router leaves a living master alone for ever', (t) => {
  const election = backup({ preempt: false });
  election.setFault(at(500), true, 'eth0 has no carrier');
  election.setFault(at(600), false, '');
  election.allowPreemption(at(600));
  for (let time = 1_000; time < 20_000; time += 900) {
    serve(election, at(time));
    election.handleAdvertisement(at(time), lower);
  }
  t.equal(election.snapshot().state, 'backup');
  t.end();
});
