import { test } from 'tap';

import type { Election } from '../../../cluster/vrrp/election.js';
import { seconds } from '../../../director/base/time.js';
import { address, at, backup, drain, heard, master, serve, testRules, trace } from './routers.js';

const took = 3_609.375;
const { announce } = testRules;
const rival = heard({ priority: 99, intervalCentiseconds: 50 });

/** When the router announces its addresses, and how often each time. */
const bursts = (election: Election, until: number): [number, string][] =>
  trace(election, at(until)).filter(([, effect]) => effect.startsWith('announce'));

test('a new master announces its addresses at once and again after a while, and then no more', (t) => {
  const election = backup();
  t.same(bursts(election, 60_000), [
    [took, 'announce 5'],
    [took + 5_000, 'announce 5'],
  ]);
  t.end();
});

test('garp_master_repeat and garp_master_delay are obeyed', (t) => {
  const election = backup({ announce: { ...announce, repeat: 2, delay: seconds(1) } });
  t.same(bursts(election, 60_000), [
    [took, 'announce 2'],
    [took + 1_000, 'announce 2'],
  ]);
  const once = backup({ announce: { ...announce, repeat: 2, delay: seconds(0) } });
  t.same(bursts(once, 60_000), [[took, 'announce 2']]);
  const never = backup({ announce: { ...announce, repeat: 0 } });
  t.same(bursts(never, 60_000), []);
  t.end();
});

test('garp_master_refresh repeats them for as long as this node is master', (t) => {
  const election = backup({
    announce: { ...announce, refresh: seconds(10), refreshRepeat: 3 },
  });
  t.same(bursts(election, 40_000), [
    [took, 'announce 5'],
    [took + 5_000, 'announce 5'],
    [took + 15_000, 'announce 3'],
    [took + 25_000, 'announce 3'],
    [took + 35_000, 'announce 3'],
  ]);
  election.handleAdvertisement(at(40_000), heard());
  election.stop(at(40_001));
  drain(election);
  t.same(bursts(election, 100_000), []);
  t.end();
});

test('the survivor of two masters announces at once, when the rival is over, and once more', (t) => {
  const election = master({ announce: { ...announce, repeat: 0 } });
  election.handleAdvertisement(at(4_000), rival);
  election.handleAdvertisement(at(4_500), rival);
  t.same(drain(election), ['advertise 100', 'announce 5', 'advertise 100', 'announce 5']);
  t.same(bursts(election, 60_000), [
    [5_000, 'announce 5'],
    [9_500, 'announce 5'],
  ]);
  t.end();
});

test('garp_lower_prio_repeat and garp_lower_prio_delay are obeyed', (t) => {
  const short = { ...announce, repeat: 0, lowerPriorityRepeat: 1, lowerPriorityDelay: seconds(2) };
  const election = master({ announce: short });
  election.handleAdvertisement(at(4_000), rival);
  t.same(drain(election), ['advertise 100', 'announce 1']);
  t.same(bursts(election, 60_000), [
    [4_500, 'announce 1'],
    [6_000, 'announce 1'],
  ]);
  const silent = master({ announce: { ...short, lowerPriorityRepeat: 0 } });
  silent.handleAdvertisement(at(4_000), rival);
  t.same(drain(silent), ['advertise 100']);
  t.same(bursts(silent, 60_000), []);
  t.end();
});

test('who yields says so, and so the survivor announces whichever side it is on', (t) => {
  const loser = master();
  loser.handleAdvertisement(at(5_000), heard());
  t.same(drain(loser).slice(0, 2), ['advertise 100', 'release']);
  const survivor = master({ priority: 200, primaryAddress: address('10.0.0.1') });
  const lastWord = heard({ priority: 100, source: address('10.0.0.2') });
  survivor.handleAdvertisement(at(5_001), lastWord);
  t.same(drain(survivor), ['advertise 200', 'announce 5']);
  t.end();
});

test('right after a burst, the burst because of a rival waits a moment', (t) => {
  const election = backup({ announce: { ...announce, delay: seconds(0) } });
  serve(election, at(took));
  drain(election);
  election.handleAdvertisement(at(took + 2), rival);
  t.same(bursts(election, took + 400), [[took + 100, 'announce 5']]);
  t.end();
});

test('a flood of rivals causes no more than ten bursts a second', (t) => {
  const election = master({ announce: { ...announce, repeat: 0 } });
  let announced = 0;
  for (let time = 4_000; time < 6_000; time += 5) {
    serve(election, at(time));
    election.handleAdvertisement(at(time), heard({ priority: 1, intervalCentiseconds: 1 }));
    announced += drain(election).filter((effect) => effect.startsWith('announce')).length;
  }
  t.equal(announced, 20);
  t.end();
});

test('a master that is outranked owes no more announcements', (t) => {
  const election = master();
  election.handleAdvertisement(at(4_000), rival);
  election.handleAdvertisement(at(4_050), rival);
  election.handleAdvertisement(at(4_060), heard());
  drain(election);
  serve(election, at(7_000));
  t.same(drain(election), []);
  t.end();
});
