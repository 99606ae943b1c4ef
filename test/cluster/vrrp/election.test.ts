import { test } from 'tap';

import { answerGap } from '../../../cluster/vrrp/mastership.js';
import { InvariantError } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import { after, microseconds, milliseconds, Never } from '../../../director/base/time.js';
import {
  address,
  at,
  backup,
  config,
  drain,
  heard,
  master,
  resignation,
  serve,
  takeOverAt,
} from './routers.js';

const takeOver = ['acquire', 'advertise 100', 'announce 5'];
const down = 3_609.375;

test('down_timer_adverts is how many advertisements may be missing', (t) => {
  for (const downTimerAdverts of [1, 2, 3, 10, 100]) {
    const election = backup({ downTimerAdverts });
    const silence = downTimerAdverts * 1_000 + 609.375;
    t.equal(takeOverAt(election), at(silence));
    election.handleAdvertisement(at(500), heard({ intervalCentiseconds: 10 }));
    t.equal(takeOverAt(election), at(500 + downTimerAdverts * 100 + 60.938));
  }
  t.throws(() => backup({ downTimerAdverts: 0 }), InvariantError);
  t.throws(() => backup({ downTimerAdverts: 101 }), InvariantError);
  t.end();
});

test('a flood of lower priorities is answered once a gap, and the last of it too', (t) => {
  const election = master();
  for (let packet = 0; packet < 500; packet += 1) {
    const now = at(4_000 + packet / 10);
    serve(election, now);
    election.handleAdvertisement(now, heard({ priority: 99 }));
  }
  t.equal(drain(election).filter((effect) => effect === 'advertise 100').length, 5);
  t.equal(election.deadline, after(at(4_040), answerGap));
  election.handleDeadline(election.deadline);
  t.same(drain(election), ['advertise 100']);
  t.end();
});

test('with lower_prio_no_advert a lower priority is not answered, but a resignation is', (t) => {
  const election = master({ lowerPriorityNoAdvert: true });
  election.handleAdvertisement(at(4_000), heard({ priority: 99 }));
  t.same(drain(election), ['announce 5']);
  serve(election, at(4_609.375));
  t.ok(drain(election).includes('advertise 100'), 'the next one comes when it is due');
  election.handleAdvertisement(at(4_700), resignation);
  t.ok(drain(election).includes('advertise 100'));
  t.end();
});

test('with higher_prio_send_advert off, a master that is outranked says nothing more', (t) => {
  const election = master({ higherPrioritySendsAdvert: false });
  election.handleAdvertisement(at(4_000), heard());
  t.same(drain(election), ['release', 'master->backup outranked']);
  t.end();
});

test('a master that is outranked owes its rivals no more answers', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), heard({ priority: 99 }));
  election.handleAdvertisement(at(4_001), heard({ priority: 99 }));
  election.handleAdvertisement(at(4_002), heard());
  drain(election);
  serve(election, at(7_000));
  t.same(drain(election), []);
  t.end();
});

test('a router that flaps from master to backup becomes master again, however often', (t) => {
  const election = master();
  let now = at(4_000);
  for (let flap = 0; flap < 3; flap += 1) {
    election.handleAdvertisement(now, heard({ source: address('10.0.0.1') }));
    t.same(drain(election), ['advertise 100', 'release', 'master->backup outranked']);
    now = after(now, microseconds(down * 1_000));
    t.equal(takeOverAt(election), now);
    serve(election, now);
    t.same(drain(election), [...takeOver, 'backup->master master-silent']);
    t.equal(election.deadline, after(now, config.advertInterval), 'no other timer is left');
    now = after(now, milliseconds(100));
  }
  t.equal(election.snapshot().transitions, 2 + 6);
  t.end();
});

test('after any sequence of flaps, a master that dies is replaced in time', (t) => {
  const prng = new Prng(20_261_120);
  const election = backup({ advertInterval: milliseconds(100) });
  let now = at(0);
  for (let round = 0; round < 2_000; round += 1) {
    now = after(now, milliseconds(prng.below(500)));
    serve(election, now);
    const priority = [0, 50, 99, 100, 101, 200][prng.below(6)] ?? 0;
    const source = address(`10.0.0.${1 + 2 * prng.below(2)}`);
    election.handleAdvertisement(now, heard({ priority, source, intervalCentiseconds: 10 }));
    if (round % 10 !== 0) continue;
    const dies = after(now, milliseconds(1 + prng.below(50)));
    serve(election, dies);
    election.handleAdvertisement(dies, heard({ intervalCentiseconds: 10 }));
    t.equal(election.snapshot().state, 'backup');
    now = after(dies, microseconds(360_938));
    serve(election, now);
    t.equal(election.snapshot().state, 'master', `round ${round}`);
    election.effects.length = 0;
  }
  t.equal(election.snapshot().lateTimers, 0);
  t.end();
});

test('a stopped router starts again as a backup', (t) => {
  const election = master();
  election.stop(at(4_000));
  election.stop(at(4_001));
  drain(election);
  election.start(at(5_000), { mayPreempt: false });
  t.same(drain(election), ['initialize->backup started']);
  t.equal(takeOverAt(election), at(5_000 + down));
  t.equal(election.snapshot().mayPreempt, false);
  t.end();
});

test('the snapshot tells what the election knows and has counted', (t) => {
  const election = backup();
  election.handleAdvertisement(at(900), heard());
  election.handleAdvertisement(at(1_800), heard());
  election.handleRejected('checksum');
  t.strictSame(election.snapshot(), {
    name: 'VI',
    virtualRouterId: 51,
    priority: 100,
    effectivePriority: 100,
    state: 'backup',
    since: at(0),
    fault: undefined,
    transitions: 1,
    master: address('10.0.0.1'),
    masterPriority: 200,
    mayPreempt: true,
    takeOverAt: at(1_800 + down),
    advertisementsSent: 0,
    advertisementsReceived: 2,
    addressMismatches: 0,
    rivalAdvertisements: 0,
    lateTimers: 0,
    rejected: { checksum: 1 },
  });
  serve(election, takeOverAt(election));
  election.handleAdvertisement(at(6_000), heard({ priority: 1 }));
  const { master: self, masterPriority, advertisementsSent, ...rest } = election.snapshot();
  t.same([self, masterPriority, advertisementsSent], ['10.0.0.2', 100, 2]);
  t.match(rest, { rivalAdvertisements: 1, takeOverAt: Never, since: at(1_800 + down) });
  t.end();
});

test('time that goes back is a mistake of ours', (t) => {
  const election = backup();
  election.handleAdvertisement(at(10), heard());
  t.throws(() => election.handleAdvertisement(at(9), heard()), InvariantError);
  t.throws(() => election.handleDeadline(at(9)), InvariantError);
  t.end();
});
