import { test } from 'tap';

import { relistenLimit } from '../../../cluster/vrrp/master-watch.js';
import { after, milliseconds, Never } from '../../../director/base/time.js';
import {
  address,
  at,
  backup,
  drain,
  heard,
  master,
  resignation,
  serve,
  takeOverAt,
} from './routers.js';

const down = 3_609.375;
const skew = 609.375;
/** What a backup grants the others after a pause: one interval and the skew. */
const relisten = 1_000 + skew;
const lower = heard({ priority: 50 });

test('a timer that is late by half an interval is still a timer', (t) => {
  const election = backup();
  serve(election, at(3_600));
  election.handleDeadline(at(down + 500));
  t.equal(election.snapshot().state, 'master');
  t.equal(election.snapshot().lateTimers, 0);
  t.end();
});

test('a backup that was paused listens for an interval and the skew before it takes over', (t) => {
  const election = backup();
  serve(election, at(3_600));
  election.handleDeadline(at(5_000));
  t.same(drain(election), [], 'the timer was due at 3609');
  t.equal(takeOverAt(election), at(5_000 + relisten));
  t.equal(election.snapshot().lateTimers, 1);
  serve(election, takeOverAt(election));
  t.ok(drain(election).includes('backup->master master-silent'));
  t.end();
});

test('a master that is heard after the pause is followed', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard());
  election.handleDeadline(at(5_000));
  election.handleAdvertisement(at(5_900), heard());
  t.equal(takeOverAt(election), at(5_900 + down));
  t.end();
});

test('a pause shows wherever in the silence it happens, by a timer that runs once an interval', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard());
  election.handleDeadline(at(3_650));
  t.equal(election.snapshot().lateTimers, 1);
  t.equal(takeOverAt(election), at(3_650 + relisten), 'not 59 ms later');
  t.end();
});

test('a master that died and came back during the pause is not taken for dead', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard());
  election.handleAdvertisement(at(9_000), heard());
  election.handlePeerDeath(at(9_000), address('10.0.0.1'));
  t.equal(election.snapshot().state, 'backup', 'the one that speaks is its next life');
  t.equal(takeOverAt(election), at(9_000 + down));
  election.handleAdvertisement(at(10_000), heard());
  t.equal(takeOverAt(election), at(10_000 + down), 'and it is heard');
  t.end();
});

test('a pause shows when an advertisement comes, too', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard());
  election.handleAdvertisement(at(9_000), heard());
  t.equal(election.snapshot().lateTimers, 1);
  t.equal(takeOverAt(election), at(9_000 + down));
  t.end();
});

test('a backup that hears its master in time is never late', (t) => {
  const election = backup();
  for (let time = 100; time < 60_000; time += 1_000) {
    election.handleAdvertisement(at(time), heard());
  }
  t.equal(election.snapshot().lateTimers, 0);
  t.end();
});

test('a node that is held up again and again takes over in the end', (t) => {
  const election = backup();
  let now = at(0);
  for (let pause = 0; pause < relistenLimit; pause += 1) {
    now = after(takeOverAt(election), milliseconds(600));
    election.handleDeadline(now);
    t.equal(election.snapshot().state, 'backup');
  }
  election.handleDeadline(after(takeOverAt(election), milliseconds(600)));
  t.equal(election.snapshot().state, 'master');
  t.equal(election.snapshot().lateTimers, relistenLimit + 1);
  t.end();
});

test('after a sign of life it may ask for more time again', (t) => {
  const election = backup();
  for (let round = 0; round < 10; round += 1) {
    election.handleDeadline(after(takeOverAt(election), milliseconds(600)));
    t.equal(election.snapshot().state, 'backup');
    election.handleAdvertisement(after(election.deadline, milliseconds(-1)), heard());
  }
  t.end();
});

test('a resignation from before the pause is not acted on at once', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard());
  election.handleAdvertisement(at(200), resignation);
  election.handleDeadline(at(3_000));
  t.equal(takeOverAt(election), at(3_000 + relisten));
  serve(election, takeOverAt(election));
  t.ok(drain(election).includes('backup->master master-resigned'));
  t.end();
});

test('nor is a death notice that comes right after the pause', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard());
  election.handlePeerDeath(at(9_000), address('10.0.0.1'));
  t.equal(election.snapshot().state, 'backup');
  t.equal(takeOverAt(election), at(9_000 + relisten));
  t.end();
});

test('a backup that was about to preempt asks for its table first', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), lower);
  election.handleDeadline(at(9_000));
  t.same(drain(election), ['stale']);
  election.handleAdvertisement(at(9_100), lower);
  t.equal(takeOverAt(election), at(9_100 + down), 'it follows the lower one meanwhile');
  election.allowPreemption(at(9_200));
  t.equal(takeOverAt(election), at(9_200 + skew));
  t.end();
});

test('a pause in which nobody can have taken over costs no table', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), lower);
  election.handleDeadline(at(2_500));
  t.same(drain(election), []);
  election.handleAdvertisement(at(2_600), lower);
  t.equal(takeOverAt(election), at(2_500 + relisten), 'a better one might be there as well');
  t.end();
});

test('a master that was held up for a short while advertises at once and goes on', (t) => {
  const election = master();
  election.handleDeadline(at(7_000));
  t.same(drain(election), ['advertise 100']);
  t.equal(election.snapshot().lateTimers, 1);
  t.equal(election.deadline, at(8_000));
  t.end();
});

test('a master that others have replaced meanwhile gives up before it does anything else', (t) => {
  const election = master();
  election.handleDeadline(at(8_609));
  t.same(drain(election), ['advertise 0', 'release stale', 'master->backup paused', 'stale']);
  t.equal(takeOverAt(election), at(8_609 + relisten));
  t.end();
});

test('it gives up just as well when something else wakes it', (t) => {
  const gone = ['advertise 0', 'release stale', 'master->backup paused', 'stale'];
  const hearing = master();
  hearing.handleAdvertisement(at(9_000), lower);
  t.same(drain(hearing), gone, 'no answer to the new master');
  t.equal(hearing.snapshot().master, '10.0.0.1');
  const moved = master();
  moved.setPriority(at(9_000), 10);
  t.same(drain(moved), gone);
  const stopped = master();
  stopped.stop(at(9_000));
  t.same(drain(stopped), [...gone, 'backup->initialize stopped']);
  const faulty = master();
  faulty.setFault(at(9_000), true, 'eth0 has no carrier');
  t.same(drain(faulty), [...gone, 'backup->fault faulty']);
  t.end();
});

test('an old master follows the new one, though lower, until its table is complete', (t) => {
  const election = master();
  election.handleAdvertisement(at(9_000), lower);
  drain(election);
  for (let time = 9_900; time < 20_000; time += 900) {
    election.handleAdvertisement(at(time), lower);
    t.equal(takeOverAt(election), at(time + down));
  }
  election.allowPreemption(at(20_000));
  t.equal(takeOverAt(election), at(20_000 + skew));
  serve(election, takeOverAt(election));
  t.ok(drain(election).includes('backup->master preempted-lower-priority'));
  t.end();
});

test('a master without peers is master again an interval and the skew after its pause', (t) => {
  const election = master();
  election.handleDeadline(at(60_000));
  drain(election);
  serve(election, at(60_000 + relisten));
  t.ok(drain(election).includes('backup->master master-silent'));
  t.end();
});

test('the driver can see that a node was held up before it forwards a packet', (t) => {
  const election = backup();
  t.equal(election.lateAt, at(1_500));
  serve(election, takeOverAt(election));
  t.equal(election.lateAt, at(down + 1_500));
  election.setFault(at(down), true, 'eth0 has no carrier');
  t.equal(election.lateAt, Never);
  t.end();
});
