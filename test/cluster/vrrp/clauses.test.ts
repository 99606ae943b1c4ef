// The election of RFC 9568 §6.4, one test for each step. RFC 9568 does not number its steps; the numbers here are those of
// RFC 5798 §6.4, whose machine it took over. What the router under test does otherwise, the name of the test says.
import { test } from 'tap';

import { Election } from '../../../cluster/vrrp/election.js';
import { InvariantError } from '../../../director/base/invariant.js';
import { Never } from '../../../director/base/time.js';
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
const skew = 609.375;

test('§6.1 Active_Down_Interval is three intervals and the skew, to the microsecond', (t) => {
  t.equal(takeOverAt(backup({ priority: 254 })), at(3_007.813));
  t.equal(takeOverAt(backup({ priority: 100 })), at(3_609.375));
  t.equal(takeOverAt(backup({ priority: 1 })), at(3_996.094));
  t.end();
});

test('§6.1 Active_Adver_Interval is Advertisement_Interval as long as no Active Router is known', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard({ intervalCentiseconds: 4_095 }));
  election.setFault(at(200), true, 'no carrier');
  election.setFault(at(300), false, 'no carrier');
  t.equal(takeOverAt(election), at(300 + down));
  t.equal(election.snapshot().master, undefined);
  t.end();
});

test('§6.1 Preempt_Mode False: a lower priority is followed like a higher one', (t) => {
  const election = backup({ preempt: false });
  election.handleAdvertisement(at(2_000), heard({ priority: 50 }));
  t.equal(takeOverAt(election), at(2_000 + down));
  t.end();
});

test('§6.4.1 before the Startup event nothing happens', (t) => {
  const election = new Election(config);
  election.handleAdvertisement(at(0), heard());
  t.equal(election.deadline, Never);
  t.same(drain(election), []);
  t.equal(election.snapshot().state, 'initialize');
  t.end();
});

test('§6.4.1 (105): the priority 255 of an address owner is refused, because a director owns no address', (t) => {
  t.throws(() => new Election({ ...config, priority: 255 }), InvariantError);
  t.throws(() => new Election({ ...config, priority: 0 }), InvariantError);
  t.throws(() => backup().setPriority(at(1), 255), InvariantError);
  t.end();
});

test('§6.4.1 (155-165): a router that owns no address becomes backup for Active_Down_Interval', (t) => {
  const election = new Election(config);
  election.start(at(7), { mayPreempt: true });
  t.same(drain(election), ['initialize->backup started']);
  t.equal(takeOverAt(election), at(7 + down));
  t.end();
});

test('§6.4.2 (310, 320, 340): a backup never holds the addresses, and sends nothing', (t) => {
  const election = backup();
  for (let time = 100; time < 20_000; time += 900) {
    serve(election, at(time));
    election.handleAdvertisement(at(time), heard());
    t.same(drain(election), []);
  }
  t.end();
});

test('§6.4.2 (345-355): on Shutdown a backup cancels the timer and becomes initialize', (t) => {
  const election = backup();
  election.stop(at(10));
  t.same(drain(election), ['backup->initialize stopped']);
  t.equal(election.deadline, Never);
  t.end();
});

test('§6.4.2 (365-410): when Active_Down_Timer fires, a backup advertises, announces, and is master', (t) => {
  const election = backup();
  serve(election, at(down - 0.001));
  t.same(drain(election), [], 'not before the timer');
  serve(election, at(down));
  t.same(drain(election), [...takeOver, 'backup->master master-silent']);
  t.equal(election.deadline, at(down + 1_000), '(405) the next after Advertisement_Interval');
  t.end();
});

test("§6.4.2 (405): a new master advertises at its own interval, not at the old master's", (t) => {
  const election = backup();
  election.handleAdvertisement(at(0), heard({ intervalCentiseconds: 10 }));
  serve(election, takeOverAt(election));
  t.equal(election.deadline, at(360.938 + 1_000));
  t.end();
});

test('§6.4.2 (430): an advertisement with priority 0 sets Active_Down_Timer to Skew_Time', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  election.handleAdvertisement(at(1_500), resignation);
  t.equal(takeOverAt(election), at(1_500 + skew));
  t.equal(election.snapshot().master, undefined, 'nobody is master');
  serve(election, takeOverAt(election));
  t.same(drain(election), [...takeOver, 'backup->master master-resigned']);
  t.end();
});

test('§6.4.2 (430): Skew_Time is that of the interval of the Active Router that resigned', (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard({ intervalCentiseconds: 10 }));
  election.handleAdvertisement(at(200), heard({ priority: 0, intervalCentiseconds: 10 }));
  t.equal(takeOverAt(election), at(200 + 60.938));
  t.end();
});

test('§6.4.2 (430) otherwise: a repeated priority 0 does not put the take-over off', (t) => {
  const election = backup();
  for (const time of [1_000, 1_200, 1_400]) election.handleAdvertisement(at(time), resignation);
  t.equal(takeOverAt(election), at(1_000 + skew));
  t.end();
});

test('§6.4.2 (430) otherwise: priority 0 of a router that is not the living master means nothing', (t) => {
  const election = backup();
  election.handleAdvertisement(at(1_000), heard());
  const other = address('10.0.0.3');
  election.handleAdvertisement(at(1_500), heard({ priority: 0, source: other }));
  t.equal(takeOverAt(election), at(1_000 + down));
  t.equal(election.snapshot().master, '10.0.0.1');
  t.end();
});

for (const priority of [100, 101, 200, 255]) {
  test(`§6.4.2 (445-460): priority ${priority} against 100 resets Active_Down_Timer`, (t) => {
    const election = backup();
    election.handleAdvertisement(at(900), heard({ priority }));
    t.equal(takeOverAt(election), at(900 + down));
    t.match(election.snapshot(), { master: '10.0.0.1', masterPriority: priority });
    t.end();
  });
}

test("§6.4.2 (450-460): the Active Router's interval is adopted for skew and down interval", (t) => {
  const election = backup();
  election.handleAdvertisement(at(100), heard({ intervalCentiseconds: 10 }));
  t.equal(takeOverAt(election), at(100 + 360.938));
  election.handleAdvertisement(at(200), heard({ intervalCentiseconds: 4_095 }));
  t.equal(takeOverAt(election), at(200 + 147_803.906));
  t.end();
});

test('§6.4.2 (475) otherwise: a lower priority is preempted after Skew_Time, not Active_Down_Interval', (t) => {
  const election = backup();
  for (const time of [0, 200, 400, 600]) {
    election.handleAdvertisement(at(time), heard({ priority: 99 }));
  }
  t.equal(takeOverAt(election), at(skew), 'after the first, which the others do not put off');
  election.handleDeadline(at(skew));
  t.same(drain(election), [...takeOver, 'backup->master preempted-lower-priority']);
  t.end();
});

test('§6.4.2 (475): a lower priority beside a living Active Router of higher priority is discarded', (t) => {
  const election = backup();
  election.handleAdvertisement(at(900), heard());
  election.handleAdvertisement(at(950), heard({ priority: 50, source: address('10.0.0.3') }));
  t.equal(takeOverAt(election), at(900 + down));
  t.equal(election.snapshot().master, '10.0.0.1');
  t.end();
});

test('§6.4.2 (475) otherwise: before its table is complete a backup follows a lower priority too', (t) => {
  const election = backup({}, false);
  election.handleAdvertisement(at(900), heard({ priority: 50 }));
  t.equal(takeOverAt(election), at(900 + down));
  t.end();
});

test('§6.4.3 (610, 625, 645, 650): a master holds the addresses until it is master no more', (t) => {
  const election = backup();
  serve(election, at(down));
  t.equal(drain(election).filter((effect) => effect === 'acquire').length, 1);
  serve(election, at(30_000));
  t.notOk(drain(election).some((effect) => effect === 'acquire' || effect === 'release'));
  election.handleAdvertisement(at(30_100), heard());
  t.ok(drain(election).includes('release'));
  t.end();
});

test('§6.4.3 (655-670): on Shutdown a master advertises priority 0 and becomes initialize', (t) => {
  const election = master();
  election.stop(at(4_000));
  t.same(drain(election), ['advertise 0', 'release', 'master->initialize stopped']);
  t.equal(election.deadline, Never, '(660) no timer is left');
  t.end();
});

test('§6.4.3 (680-690): when Adver_Timer fires, a master advertises, and resets it', (t) => {
  const election = master();
  for (const expected of [4_609.375, 5_609.375, 6_609.375]) {
    t.equal(election.deadline, at(expected));
    election.handleDeadline(election.deadline);
    t.same(drain(election), ['advertise 100']);
  }
  t.end();
});

test('§6.4.3 (705-715): a master answers priority 0 with an advertisement, and resets Adver_Timer', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), resignation);
  t.equal(drain(election)[0], 'advertise 100');
  serve(election, at(4_999.999));
  t.notOk(drain(election).includes('advertise 100'));
  serve(election, at(5_000));
  t.ok(drain(election).includes('advertise 100'));
  t.equal(election.snapshot().state, 'master');
  t.end();
});

test('§6.4.3 (725, 740-765): a higher priority makes a master a backup at once', (t) => {
  const election = master({ higherPrioritySendsAdvert: false });
  election.handleAdvertisement(at(4_000), heard({ priority: 101, intervalCentiseconds: 200 }));
  t.same(drain(election), ['release', 'master->backup outranked']);
  t.equal(takeOverAt(election), at(4_000 + 2 * down), '(745-760) in intervals of the new one');
  serve(election, at(9_000));
  t.same(drain(election), [], '(740) Adver_Timer is cancelled');
  t.end();
});

test('§6.4.3 (765) otherwise: a master that yields advertises once more, unless told not to', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), heard({ priority: 101 }));
  t.same(drain(election), ['advertise 100', 'release', 'master->backup outranked']);
  t.end();
});

test('§6.4.3 (735): of equal priorities the greater primary address wins, as an unsigned number', (t) => {
  const pairs: [string, string][] = [
    ['10.0.0.9', '10.0.0.10'],
    ['10.0.0.255', '10.0.1.0'],
    ['100.0.0.1', '200.0.0.1'],
    ['fe80::9', 'fe80::10'],
    ['fe80::1', 'fe80::1:0:0:0'],
  ];
  for (const [smaller, greater] of pairs) {
    const loser = master({ primaryAddress: address(smaller) });
    loser.handleAdvertisement(at(4_000), heard({ priority: 100, source: address(greater) }));
    t.equal(loser.snapshot().state, 'backup', `${smaller} yields to ${greater}`);
    const winner = master({ primaryAddress: address(greater) });
    winner.handleAdvertisement(at(4_000), heard({ priority: 100, source: address(smaller) }));
    t.equal(winner.snapshot().state, 'master');
  }
  t.end();
});

test('§6.4.3 (775): a master discards a lower priority, and asserts itself at once', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), heard({ priority: 99 }));
  t.same(drain(election), ['advertise 100', 'announce 5'], 'RFC 9568 has the advertisement');
  t.equal(election.snapshot().state, 'master');
  t.end();
});

test('§7.1 what the decoder rejects is counted and changes nothing', (t) => {
  const election = backup();
  election.handleRejected('checksum');
  election.handleRejected('checksum');
  election.handleRejected('ttl');
  t.equal(takeOverAt(election), at(down));
  t.same(election.snapshot().rejected, { checksum: 2, ttl: 1 });
  t.end();
});

test('§7.1 an advertisement with other virtual addresses is counted, and takes part', (t) => {
  const election = backup();
  election.handleAdvertisement(at(900), heard({ addresses: [address('10.0.0.99')] }));
  t.equal(election.snapshot().addressMismatches, 1);
  t.equal(takeOverAt(election), at(900 + down));
  election.handleAdvertisement(at(950), heard({ addresses: config.addresses.toReversed() }));
  t.equal(election.snapshot().addressMismatches, 1, 'their order means nothing');
  t.end();
});

test('§7.1 an advertisement from our own primary address is counted and ignored', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), heard({ source: config.primaryAddress, priority: 255 }));
  t.same(drain(election), []);
  t.same(election.snapshot().rejected, { 'own-address': 1 });
  t.end();
});

test('§7.2 a master advertises its effective priority', (t) => {
  const election = master();
  election.setPriority(at(3_700), 120);
  serve(election, at(4_609.375));
  t.same(drain(election), ['advertise 120']);
  t.end();
});
