// What an election of VRRPv2 (RFC 3768) does otherwise.
import { test } from 'tap';

import { InvariantError } from '../../../director/base/invariant.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { at, backup, drain, heard, master, resignation, serve, takeOverAt } from './routers.js';

const version2 = { version: 2, advertInterval: seconds(2) } as const;
const skew = 609.375;
const down = 3 * 2_000 + skew;

test('RFC 3768 §6.1: Skew_Time is (256 - priority) / 256 of a second, whatever the interval', (t) => {
  t.equal(takeOverAt(backup(version2)), at(down));
  t.equal(takeOverAt(backup({ ...version2, advertInterval: seconds(255) })), at(765_000 + skew));
  t.equal(takeOverAt(backup({ ...version2, priority: 254 })), at(6_007.813));
  t.equal(takeOverAt(backup({ ...version2, downTimerAdverts: 5 })), at(10_000 + skew));
  t.end();
});

test("RFC 3768 §6.4.2: Master_Down_Timer counts in our own intervals, not in the master's", (t) => {
  const election = backup(version2);
  election.handleAdvertisement(at(500), heard({ version: 2, intervalCentiseconds: 500 }));
  t.equal(takeOverAt(election), at(500 + down));
  t.end();
});

test('RFC 3768 §6.4.2: priority 0 sets Master_Down_Timer to Skew_Time', (t) => {
  const election = backup(version2);
  election.handleAdvertisement(at(500), heard({ version: 2, intervalCentiseconds: 200 }));
  election.handleAdvertisement(at(600), { ...resignation, version: 2 });
  t.equal(takeOverAt(election), at(600 + skew));
  t.end();
});

test('RFC 3768 §6.4.3 otherwise: a master answers a lower priority, as keepalived does', (t) => {
  const election = master(version2);
  election.handleAdvertisement(at(down + 100), heard({ version: 2, priority: 99 }));
  t.ok(drain(election).includes('advertise 100'));
  serve(election, at(down + 2_100));
  t.ok(drain(election).includes('advertise 100'));
  t.end();
});

test('version 2 knows whole seconds only, from 1 to 255', (t) => {
  for (const advertInterval of [milliseconds(100), seconds(1.5), seconds(0), seconds(256)]) {
    t.throws(() => backup({ version: 2, advertInterval }), InvariantError);
  }
  t.doesNotThrow(() => backup({ version: 2, advertInterval: seconds(255) }));
  t.throws(() => backup({ version: 3, advertInterval: seconds(255) }), InvariantError);
  t.end();
});
