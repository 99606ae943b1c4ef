import { test } from 'tap';

import { Never, seconds } from '../../../director/base/time.js';
import { address, at, backup, drain, heard } from './routers.js';

const masterDown = 3_609.375;
const skew = 609.375;
const lower = heard({ priority: 50 });

test('a backup without its table leaves a living master of lower priority alone', (t) => {
  const election = backup({}, false);
  for (let second = 1; second <= 30; second += 1) {
    election.handleAdvertisement(at(second * 1_000), lower);
    t.ok(election.deadline > at(second * 1_000 + 3_000));
  }
  t.equal(election.snapshot().state, 'backup');
  t.end();
});

test('a backup without its table takes over when the master falls silent', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), lower);
  t.equal(election.deadline, at(1_000 + masterDown));
  election.handleDeadline(election.deadline);
  t.ok(drain(election).includes('backup->master master-silent'));
  t.end();
});

test('when the table is complete, fail-back follows within the skew time', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), lower);
  election.allowPreemption(at(1_200));
  t.equal(election.deadline, at(1_200 + skew));
  election.handleAdvertisement(at(1_500), lower);
  election.handleDeadline(at(1_200 + skew));
  t.ok(drain(election).includes('backup->master preempted-lower-priority'));
  t.end();
});

test('when the table is complete, a better master is still followed', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), heard());
  election.allowPreemption(at(1_200));
  t.equal(election.deadline, at(1_000 + masterDown));
  t.end();
});

test('a better master that appears in the last moment calls the preemption off', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), lower);
  election.handleAdvertisement(at(1_600), heard({ source: address('10.0.0.9') }));
  t.equal(election.deadline, at(1_600 + masterDown));
  election.handleDeadline(election.deadline);
  t.ok(drain(election).includes('backup->master master-silent'));
  t.end();
});

test('with preemption off, a complete table changes nothing', (t) => {
  const election = backup({ preempt: false }, false);
  election.handleAdvertisement(at(1_000), lower);
  election.allowPreemption(at(1_200));
  election.handleAdvertisement(at(2_000), lower);
  t.equal(election.deadline, at(2_000 + masterDown));
  t.equal(election.snapshot().mayPreempt, false);
  t.end();
});

test('the preemption delay counts from the moment that the table is complete', (t) => {
  const election = backup({ preemptDelay: seconds(10) }, false);
  election.allowPreemption(at(500));
  election.allowPreemption(at(900));
  for (let second = 1; second <= 10; second += 1) {
    election.handleAdvertisement(at(second * 1_000), lower);
  }
  t.equal(election.deadline, at(10_500), 'the delay is over');
  election.handleDeadline(at(10_500));
  t.equal(election.deadline, at(10_500 + skew), 'and then the skew time');
  election.handleDeadline(election.deadline);
  t.equal(election.snapshot().state, 'master');
  t.end();
});

test('a table that is complete during a fault counts when the link is back', (t) => {
  const election = backup({}, false);
  election.handleLinkDown(at(1_000));
  election.allowPreemption(at(2_000));
  election.handleLinkUp(at(3_000));
  election.handleAdvertisement(at(4_000), lower);
  t.equal(election.deadline, at(4_000 + skew));
  t.end();
});

test('in a fault nothing is waited for, not even the preemption delay', (t) => {
  const election = backup({ preemptDelay: seconds(2) }, false);
  election.handleLinkDown(at(1_000));
  election.allowPreemption(at(2_000));
  t.equal(election.deadline, Never);
  t.end();
});

test('a table that missed changes during a fault closes the gate until it is complete', (t) => {
  const election = backup();
  election.handleLinkDown(at(1_000));
  election.handleLinkUp(at(3_000), { mayPreempt: false });
  election.handleAdvertisement(at(4_000), lower);
  t.equal(election.deadline, at(4_000 + masterDown));
  election.allowPreemption(at(4_100));
  t.equal(election.deadline, at(4_100 + skew));
  t.end();
});

test('a fault interrupts the preemption delay', (t) => {
  const election = backup({ preemptDelay: seconds(2) });
  election.handleLinkDown(at(1_000));
  election.handleLinkUp(at(1_500));
  election.handleDeadline(at(2_500));
  t.equal(election.snapshot().mayPreempt, false);
  election.handleDeadline(at(3_500));
  t.equal(election.snapshot().mayPreempt, true);
  t.end();
});

test('when the master is proven dead, the only backup takes over at once', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), heard());
  election.handlePeerDeath(at(1_100), address('10.0.0.1'));
  t.same(drain(election), [
    'acquire-addresses',
    'advertise 100',
    'announce-addresses',
    'backup->master peer-died',
  ]);
  t.end();
});

test('among several backups the next in line takes over at once, the others after their skew', (t) => {
  const third = { address: address('10.0.0.3'), priority: 100 };
  const greater = backup({ primaryAddress: address('10.0.0.4') });
  greater.handleAdvertisement(at(1_000), heard());
  greater.handlePeerDeath(at(1_100), address('10.0.0.1'), [third]);
  t.equal(greater.snapshot().state, 'master');

  const smaller = backup();
  smaller.handleAdvertisement(at(1_000), heard());
  smaller.handlePeerDeath(at(1_100), address('10.0.0.1'), [third]);
  t.equal(smaller.snapshot().state, 'backup');
  t.equal(smaller.deadline, at(1_100 + skew));
  smaller.handleDeadline(smaller.deadline);
  t.ok(drain(smaller).includes('backup->master peer-died'));
  t.end();
});

test('the death of a peer that is not the master changes nothing', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  election.handlePeerDeath(at(1_100), address('10.0.0.3'));
  t.equal(election.snapshot().state, 'backup');
  t.equal(election.deadline, at(1_000 + masterDown));
  t.end();
});

test('an advertisement that the dead sent before does not depose the new master', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  election.handlePeerDeath(at(1_100), address('10.0.0.1'));
  election.handleAdvertisement(at(1_101), heard());
  t.equal(election.snapshot().state, 'master');
  t.same(election.snapshot().rejected, { 'dead-peer': 1 });
  election.handleAdvertisement(at(2_100), heard());
  t.equal(election.snapshot().state, 'backup', 'an interval later it is alive again');
  t.end();
});
