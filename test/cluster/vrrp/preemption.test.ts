import { test } from 'tap';

import { seconds } from '../../../director/base/time.js';
import { address, at, backup, drain, heard, serve, takeOverAt } from './routers.js';

const masterDown = 3_609.375;
const skew = 609.375;
const lower = heard({ priority: 50 });

test('a backup without its table leaves a living master of lower priority alone', (t) => {
  const election = backup({}, false);
  for (let second = 1; second <= 30; second += 1) {
    election.handleAdvertisement(at(second * 1_000), lower);
    t.ok(takeOverAt(election) > at(second * 1_000 + 3_000));
  }
  t.equal(election.snapshot().state, 'backup');
  t.end();
});

test('a backup without its table takes over when the master falls silent, and nobody who may have it does', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), lower);
  t.equal(takeOverAt(election), at(1_000 + masterDown));
  serve(election, takeOverAt(election));
  t.equal(election.snapshot().state, 'backup');
  t.equal(takeOverAt(election), at(2_000 + masterDown));
  serve(election, takeOverAt(election));
  t.ok(drain(election).includes('backup->master master-silent'));
  t.end();
});

test('a backup without its table does not hurry after a master that resigned, though it never heard it', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), heard({ priority: 0 }));
  serve(election, at(1_000 + skew));
  t.equal(election.snapshot().state, 'backup', 'who resigned may come back, with the table');
  t.equal(takeOverAt(election), at(2_000 + skew));
  serve(election, takeOverAt(election));
  t.ok(drain(election).includes('backup->master master-resigned'));
  t.end();
});

test('when the table is complete, fail-back follows within the skew time', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), lower);
  election.allowPreemption(at(1_200));
  t.equal(takeOverAt(election), at(1_200 + skew));
  election.handleAdvertisement(at(1_500), lower);
  election.handleDeadline(at(1_200 + skew));
  t.ok(drain(election).includes('backup->master preempted-lower-priority'));
  t.end();
});

test('a table that turns out to lack something closes the gate again', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), lower);
  t.equal(takeOverAt(election), at(1_000 + skew));
  election.forbidPreemption(at(1_100));
  t.equal(takeOverAt(election), at(1_000 + masterDown), 'only silence counts');
  t.end();
});

test('when the table is complete, a better master is still followed', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), heard());
  election.allowPreemption(at(1_200));
  t.equal(takeOverAt(election), at(1_000 + masterDown));
  t.end();
});

test('a better master that appears in the last moment calls the preemption off', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), lower);
  election.handleAdvertisement(at(1_600), heard({ source: address('10.0.0.9') }));
  t.equal(takeOverAt(election), at(1_600 + masterDown));
  serve(election, takeOverAt(election));
  t.ok(drain(election).includes('backup->master master-silent'));
  t.end();
});

test('with preemption off, a complete table changes nothing', (t) => {
  const election = backup({ preempt: false }, false);
  election.handleAdvertisement(at(1_000), lower);
  election.allowPreemption(at(1_200));
  election.handleAdvertisement(at(2_000), lower);
  t.equal(takeOverAt(election), at(2_000 + masterDown));
  t.equal(election.snapshot().mayPreempt, false);
  t.end();
});

test('the preemption delay counts from the first sight of a master of lower priority', (t) => {
  const election = backup({ preemptDelay: seconds(2) });
  serve(election, at(900));
  election.handleAdvertisement(at(900), lower);
  election.handleAdvertisement(at(1_800), lower);
  t.equal(takeOverAt(election), at(1_800 + masterDown), 'it is followed meanwhile');
  serve(election, at(2_899));
  t.equal(election.snapshot().mayPreempt, false);
  serve(election, at(2_900));
  t.equal(election.snapshot().mayPreempt, true);
  t.equal(takeOverAt(election), at(2_900 + skew));
  t.end();
});

test('a better master in between starts the preemption delay anew', (t) => {
  const election = backup({ preemptDelay: seconds(2) });
  election.handleAdvertisement(at(0), lower);
  election.handleAdvertisement(at(900), heard());
  election.handleAdvertisement(at(1_500), lower);
  serve(election, at(2_100));
  election.handleAdvertisement(at(2_100), lower);
  t.equal(election.snapshot().mayPreempt, false, 'not two seconds after the first sight');
  serve(election, at(3_500));
  t.equal(takeOverAt(election), at(3_500 + skew));
  t.end();
});

test('the preemption delay is no delay when nobody is master', (t) => {
  const election = backup({ preemptDelay: seconds(1_000) });
  election.handleAdvertisement(at(0), lower);
  election.handleAdvertisement(at(100), heard({ priority: 0 }));
  t.equal(takeOverAt(election), at(100 + skew));
  t.end();
});

test('a table that is complete after the master was seen starts the delay', (t) => {
  const election = backup({ preemptDelay: seconds(2) }, false);
  election.handleAdvertisement(at(0), lower);
  election.handleAdvertisement(at(900), lower);
  election.allowPreemption(at(1_000));
  t.equal(election.snapshot().mayPreempt, false);
  serve(election, at(1_900));
  election.handleAdvertisement(at(1_900), lower);
  serve(election, at(3_000));
  t.equal(takeOverAt(election), at(3_000 + skew));
  t.end();
});

test('when the master is proven dead, the only backup takes over at once', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), heard());
  election.handlePeerDeath(at(1_100), address('10.0.0.1'));
  t.same(drain(election), ['acquire', 'advertise 100', 'announce 5', 'backup->master peer-died']);
  t.end();
});

test('without its table the next in line lets the others go first', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(1_000), heard());
  election.handlePeerDeath(at(1_100), address('10.0.0.1'), [
    { address: address('10.0.0.3'), priority: 50 },
  ]);
  serve(election, takeOverAt(election));
  t.equal(election.snapshot().state, 'backup');
  election.allowPreemption(at(1_900));
  serve(election, takeOverAt(election));
  t.ok(drain(election).includes('backup->master peer-died'));
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
  t.equal(takeOverAt(smaller), at(1_100 + skew));
  smaller.handleDeadline(smaller.deadline);
  t.ok(drain(smaller).includes('backup->master peer-died'));
  t.end();
});

test('the death of a peer that is not the master changes nothing', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  election.handlePeerDeath(at(1_100), address('10.0.0.3'));
  t.equal(election.snapshot().state, 'backup');
  t.equal(takeOverAt(election), at(1_000 + masterDown));
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
