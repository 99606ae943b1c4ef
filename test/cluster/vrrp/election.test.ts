import { test } from 'tap';

import { announceAgainDelay, answerGap, Election } from '../../../cluster/vrrp/election.js';
import { InvariantError } from '../../../director/base/invariant.js';
import { after, microseconds, milliseconds, Never } from '../../../director/base/time.js';
import { address, at, backup, config, drain, heard, master, resignation } from './routers.js';

const takeOver = ['acquire-addresses', 'advertise 100', 'announce-addresses'];

test('before its start an election wants nothing', (t) => {
  const election = new Election(config);
  election.handleAdvertisement(at(0), heard());
  t.equal(election.deadline, Never);
  t.same(drain(election), []);
  t.equal(election.snapshot().state, 'initialize');
  t.end();
});

test('§6.4.1 startup: a router that owns no address becomes backup for a master-down interval', (t) => {
  const election = new Election(config);
  election.start(at(7), { mayPreempt: true });
  t.same(drain(election), ['initialize->backup started']);
  t.equal(election.deadline, at(7 + 3_609.375));
  t.end();
});

test('§6.4.1 startup: the priority of an address owner is refused', (t) => {
  t.throws(() => new Election({ ...config, priority: 255 }), InvariantError);
  t.throws(() => new Election({ ...config, priority: 0 }), InvariantError);
  t.end();
});

test('§6.4.2 shutdown: a backup stops silently', (t) => {
  const election = backup();
  election.stop(at(10));
  t.same(drain(election), ['backup->initialize stopped']);
  t.equal(election.deadline, Never);
  t.end();
});

test('§6.4.2 master-down timer: the backup takes over, advertising before it announces', (t) => {
  const election = backup();
  election.handleDeadline(at(3_609.374));
  t.same(drain(election), [], 'not before the timer');
  election.handleDeadline(at(3_609.375));
  t.same(drain(election), [...takeOver, 'backup->master master-silent']);
  t.equal(election.deadline, at(4_609.375), 'the next advertisement');
  t.end();
});

test('§6.4.2 priority zero: the backup waits for the skew time only', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  election.handleAdvertisement(at(1_500), resignation);
  t.equal(election.deadline, at(1_500 + 609.375));
  t.equal(election.snapshot().master, undefined, 'nobody is master');
  election.handleDeadline(election.deadline);
  t.same(drain(election), [...takeOver, 'backup->master master-resigned']);
  t.end();
});

test('§6.4.2 priority zero: repeated, it does not put the take-over off', (t) => {
  const election = backup();
  for (const time of [1_000, 1_200, 1_400]) election.handleAdvertisement(at(time), resignation);
  t.equal(election.deadline, at(1_000 + 609.375));
  t.end();
});

for (const priority of [100, 101, 200, 255]) {
  test(`§6.4.2 priority ${priority} against 100: the master-down timer starts anew`, (t) => {
    const election = backup();
    election.handleAdvertisement(at(2_000), heard({ priority }));
    t.equal(election.deadline, at(2_000 + 3_609.375));
    t.match(election.snapshot(), { master: '10.0.0.1', masterPriority: priority });
    t.end();
  });
}

test("§6.4.2 the master's interval is adopted for skew and master-down interval", (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard({ intervalCentiseconds: 10 }));
  t.equal(election.deadline, at(100 + 360.938));
  election.handleAdvertisement(at(200), heard({ priority: 0, intervalCentiseconds: 10 }));
  t.equal(election.deadline, at(200 + 60.938));
  t.end();
});

test('§6.4.2 without preemption a lower priority starts the master-down timer anew', (t) => {
  const election = backup({ preempt: false });
  election.handleAdvertisement(at(2_000), heard({ priority: 50 }));
  t.equal(election.deadline, at(2_000 + 3_609.375));
  t.end();
});

test('§6.4.2 with preemption lower priorities do not put the take-over off', (t) => {
  const election = backup();
  for (const time of [0, 200, 400, 600]) {
    election.handleAdvertisement(at(time), heard({ priority: 99 }));
  }
  t.equal(election.deadline, at(609.375), 'a skew time after the first');
  election.handleDeadline(at(610));
  t.same(drain(election), [...takeOver, 'backup->master preempted-lower-priority']);
  t.end();
});

test('§6.4.2 a lower priority beside a living master of higher priority is discarded', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  election.handleAdvertisement(at(1_100), heard({ priority: 50, source: address('10.0.0.3') }));
  t.equal(election.deadline, at(1_000 + 3_609.375));
  t.equal(election.snapshot().master, '10.0.0.1');
  t.end();
});

test('§6.4.2 a master that lowers its own priority below ours is preempted', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  election.handleAdvertisement(at(2_000), heard({ priority: 50 }));
  t.equal(election.deadline, at(2_000 + 609.375));
  t.end();
});

test('§6.4.3 shutdown: a master resigns, then releases the addresses', (t) => {
  const election = master();
  election.stop(at(4_000));
  t.same(drain(election), ['advertise 0', 'release-addresses', 'master->initialize stopped']);
  t.equal(election.deadline, Never);
  t.end();
});

test('§6.4.3 advertisement timer: a master advertises every interval', (t) => {
  const election = master();
  for (const expected of [4_609.375, 5_609.375, 6_609.375]) {
    t.equal(election.deadline, at(expected));
    election.handleDeadline(election.deadline);
    t.same(drain(election), ['advertise 100']);
  }
  t.end();
});

test('§6.4.3 priority zero: a master answers at once and stays master', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), resignation);
  t.equal(drain(election)[0], 'advertise 100');
  t.equal(election.deadline, at(5_000), 'the advertisement timer starts anew');
  t.equal(election.snapshot().state, 'master');
  t.end();
});

test('§6.4.3 higher priority: a master becomes backup at once', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), heard({ priority: 101, intervalCentiseconds: 200 }));
  t.same(drain(election), ['release-addresses', 'master->backup outranked']);
  t.equal(election.deadline, at(4_000 + 2 * 3_609.375), 'in the intervals of the new master');
  t.end();
});

test('§6.4.3 equal priority: the greater address wins, as a number', (t) => {
  const loser = master({ primaryAddress: address('10.0.0.9') });
  loser.handleAdvertisement(at(4_000), heard({ priority: 100, source: address('10.0.0.10') }));
  t.equal(loser.snapshot().state, 'backup');
  const winner = master({ primaryAddress: address('10.0.0.10') });
  winner.handleAdvertisement(at(4_000), heard({ priority: 100, source: address('10.0.0.9') }));
  t.equal(winner.snapshot().state, 'master');
  t.end();
});

test('§6.4.3 lower priority: a master asserts itself at once, and announces its addresses', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), heard({ priority: 99 }));
  t.same(drain(election), ['advertise 100', 'announce-addresses']);
  t.equal(election.deadline, at(5_000));
  t.end();
});

test('a flood of lower priorities is answered once a gap, and the last of it too', (t) => {
  const election = master();
  for (let packet = 0; packet < 500; packet += 1) {
    const now = at(4_000 + packet / 10);
    while (election.deadline <= now) election.handleDeadline(election.deadline);
    election.handleAdvertisement(now, heard({ priority: 99 }));
  }
  t.equal(drain(election).filter((effect) => effect === 'advertise 100').length, 5);
  t.equal(election.deadline, after(at(4_040), answerGap));
  election.handleDeadline(election.deadline);
  t.same(drain(election), ['advertise 100', 'announce-addresses']);
  t.end();
});

test('a master that is outranked owes its rivals no more answers', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), heard({ priority: 99 }));
  election.handleAdvertisement(at(4_001), heard({ priority: 99 }));
  election.handleAdvertisement(at(4_002), heard());
  drain(election);
  election.handleDeadline(at(4_500));
  t.same(drain(election), []);
  t.end();
});

test('a new master announces its addresses again after a while, and then no more', (t) => {
  const election = master();
  const again = after(at(3_609.375), announceAgainDelay);
  const announced: number[] = [];
  while (election.deadline < at(60_000)) {
    const now = election.deadline;
    election.handleDeadline(now);
    if (drain(election).includes('announce-addresses')) announced.push(now);
  }
  t.same(announced, [again]);
  t.end();
});

test('a router that flaps from master to backup becomes master again', (t) => {
  const election = master();
  let now = at(4_000);
  for (let flap = 0; flap < 3; flap += 1) {
    election.handleAdvertisement(now, heard());
    t.same(drain(election), ['release-addresses', 'master->backup outranked']);
    now = after(now, microseconds(3_609_375));
    t.equal(election.deadline, now, 'no timer of the master is left');
    election.handleDeadline(now);
    t.same(drain(election), [...takeOver, 'backup->master master-silent']);
    t.equal(election.deadline, after(now, config.advertInterval));
    now = after(now, milliseconds(100));
  }
  t.equal(election.snapshot().transitions, 2 + 6);
  t.end();
});

test('a stopped router starts again as a backup', (t) => {
  const election = master();
  election.stop(at(4_000));
  election.stop(at(4_001));
  drain(election);
  election.start(at(5_000), { mayPreempt: false });
  t.same(drain(election), ['initialize->backup started']);
  t.equal(election.deadline, at(5_000 + 3_609.375));
  t.equal(election.snapshot().mayPreempt, false);
  t.end();
});

test('a master whose link goes down releases the addresses, and listens when it is back', (t) => {
  const election = master();
  election.handleLinkDown(at(4_000));
  election.handleLinkDown(at(4_001));
  t.same(drain(election), ['release-addresses', 'master->fault link-down']);
  t.equal(election.deadline, Never);
  election.handleAdvertisement(at(4_500), heard());
  election.handleLinkUp(at(5_000));
  election.handleLinkUp(at(5_001));
  t.same(drain(election), ['fault->backup link-up']);
  t.equal(election.deadline, at(5_000 + 3_609.375));
  t.end();
});

test('after a fault no master is known, and silence counts in our own intervals', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard({ intervalCentiseconds: 4_095 }));
  election.handleLinkDown(at(200));
  election.handleLinkUp(at(300));
  t.equal(election.deadline, at(300 + 3_609.375));
  t.equal(election.snapshot().master, undefined);
  t.end();
});

test('a stop in fault is silent', (t) => {
  const election = master();
  election.handleLinkDown(at(4_000));
  drain(election);
  election.stop(at(4_100));
  t.same(drain(election), ['fault->initialize stopped']);
  t.end();
});

test('an advertisement with our own address is counted and ignored', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), heard({ source: config.primaryAddress, priority: 255 }));
  t.same(drain(election), []);
  t.same(election.snapshot().rejected, { 'own-address': 1 });
  t.end();
});

test('the snapshot tells what the election knows and has counted', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  election.handleAdvertisement(at(2_000), heard({ addresses: [address('10.0.0.99')] }));
  const reordered = config.addresses.toReversed();
  election.handleAdvertisement(at(3_000), heard({ addresses: reordered }));
  election.handleRejected('checksum');
  election.handleRejected('checksum');
  election.handleRejected('ttl');
  t.strictSame(election.snapshot(), {
    name: 'VI',
    virtualRouterId: 51,
    priority: 100,
    state: 'backup',
    since: at(0),
    transitions: 1,
    master: address('10.0.0.1'),
    masterPriority: 200,
    mayPreempt: true,
    advertisementsSent: 0,
    advertisementsReceived: 3,
    addressMismatches: 1,
    rejected: { checksum: 2, ttl: 1 },
  });
  election.handleDeadline(election.deadline);
  const { master: self, masterPriority, advertisementsSent, since } = election.snapshot();
  t.same([self, masterPriority, advertisementsSent], ['10.0.0.2', 100, 1]);
  t.equal(since, at(3_000 + 3_609.375));
  t.end();
});

test('time that goes back is a mistake of ours', (t) => {
  const election = backup();
  election.handleAdvertisement(at(10), heard());
  t.throws(() => election.handleAdvertisement(at(9), heard()), InvariantError);
  t.throws(() => election.handleDeadline(at(9)), InvariantError);
  t.end();
});

test('a deadline that is served much too late leaves nothing due', (t) => {
  const election = backup();
  election.handleDeadline(at(60_000));
  t.equal(election.deadline, at(61_000));
  election.handleDeadline(at(120_000));
  t.ok(election.deadline > at(120_000));
  t.end();
});
