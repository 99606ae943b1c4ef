import { test } from 'tap';

import { seconds } from '../../../director/base/time.js';
import { at, backup, drain, heard, master, resignation, serve, takeOverAt } from './routers.js';

const down = (priority: number): number => 3_000 + ((256 - priority) * 1_000) / 256;
const skew = (priority: number): number => ((256 - priority) * 1_000) / 256;

test('a master whose priority falls advertises it at once, and then every interval', (t) => {
  const election = master();
  election.setPriority(at(4_000), 60);
  t.same(drain(election), ['advertise 60']);
  serve(election, at(5_000));
  t.same(drain(election), ['advertise 60']);
  t.match(election.snapshot(), { priority: 100, effectivePriority: 60, masterPriority: 60 });
  t.end();
});

test('a master whose priority rises says so with its next advertisement', (t) => {
  const election = master();
  election.setPriority(at(4_000), 150);
  t.same(drain(election), []);
  serve(election, at(4_609.375));
  t.same(drain(election), ['advertise 150']);
  t.end();
});

test('a priority that moves without end does not flood the link', (t) => {
  const election = master();
  for (let change = 0; change < 200; change += 1) {
    const now = at(4_000 + change / 10);
    serve(election, now);
    election.setPriority(now, 99 - (change % 90));
    election.setPriority(now, 100);
  }
  t.equal(drain(election).length, 2);
  t.end();
});

test('the effective priority decides who outranks a master', (t) => {
  const election = master();
  election.setPriority(at(3_700), 80);
  election.handleAdvertisement(at(3_800), heard({ priority: 90 }));
  t.equal(election.snapshot().state, 'backup');
  t.end();
});

test('a backup waits for a silence that fits its new priority', (t) => {
  const election = backup();
  election.handleAdvertisement(at(500), heard());
  election.setPriority(at(600), 180);
  t.equal(takeOverAt(election), at(500 + down(180)));
  election.setPriority(at(700), 20);
  t.equal(takeOverAt(election), at(500 + down(20)));
  election.setPriority(at(800), 20);
  t.equal(takeOverAt(election), at(500 + down(20)));
  t.end();
});

test('so does one that knows no master', (t) => {
  const election = backup();
  election.setPriority(at(600), 20);
  t.equal(takeOverAt(election), at(down(20)));
  election.handleAdvertisement(at(900), resignation);
  election.setPriority(at(901), 10);
  t.equal(takeOverAt(election), at(900 + skew(20)), 'after a resignation the skew has begun');
  t.end();
});

test('a backup that comes to outrank the master preempts it', (t) => {
  const election = backup();
  election.handleAdvertisement(at(500), heard());
  election.setPriority(at(600), 201);
  t.equal(takeOverAt(election), at(600 + skew(201)));
  serve(election, takeOverAt(election));
  t.ok(drain(election).includes('backup->master preempted-lower-priority'));
  t.end();
});

test('a backup that falls below the master again leaves it alone', (t) => {
  const election = backup();
  election.handleAdvertisement(at(500), heard());
  election.setPriority(at(600), 201);
  election.setPriority(at(700), 100);
  t.equal(takeOverAt(election), at(500 + down(100)));
  t.end();
});

test('a backup in the middle of preempting, that falls below, listens to the last advertisement', (t) => {
  const election = backup({ priority: 50 });
  election.handleAdvertisement(at(500), heard({ priority: 40 }));
  election.handleAdvertisement(at(1_200), heard({ priority: 40 }));
  election.setPriority(at(1_201), 30);
  t.equal(takeOverAt(election), at(1_200 + down(30)));
  t.end();
});

test('a backup that comes to outrank the master still waits for its table, and for the delay', (t) => {
  const closed = backup({}, false);
  closed.handleAdvertisement(at(500), heard());
  closed.setPriority(at(600), 250);
  t.equal(takeOverAt(closed), at(500 + down(250)));

  const delayed = backup({ preemptDelay: seconds(2) });
  delayed.handleAdvertisement(at(500), heard());
  delayed.setPriority(at(600), 250);
  serve(delayed, at(1_400));
  delayed.handleAdvertisement(at(1_400), heard());
  serve(delayed, at(2_300));
  delayed.handleAdvertisement(at(2_300), heard());
  serve(delayed, at(2_600));
  t.equal(takeOverAt(delayed), at(2_600 + skew(250)));
  t.end();
});
