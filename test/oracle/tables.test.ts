import { test } from 'tap';

import { placeMarks } from '../../scripts/oracle/clock.js';
import { compareConnections, compareServices } from '../../scripts/oracle/compare-tables.js';
import { parseConnectionListing } from '../../scripts/oracle/connection-listing.js';
import { parseServiceListing } from '../../scripts/oracle/service-listing.js';
import { readTopology } from '../../scripts/oracle/topology.js';
import { recordings } from './recordings.js';

const refuse = (line: string): never => {
  throw new Error(`cannot read ${line}`);
};

const entries = (text: string): ReturnType<typeof parseConnectionListing> =>
  parseConnectionListing(text.split('\n'), refuse);

const services = (text: string): ReturnType<typeof parseServiceListing> =>
  parseServiceListing(text.split('\n'), refuse);

const table = `TCP 14:56  ESTABLISHED 10.1.0.2:40000     10.1.0.100:80      10.2.0.12:8080
TCP 01:56  TIME_WAIT   10.1.0.2:40002     10.1.0.100:80      10.2.0.12:8080`;

test('equal tables compare equal, with two seconds of tolerance', (t) => {
  t.strictSame(compareConnections(entries(table), entries(table)), []);
  const later = table.replace('14:56', '14:58').replace('01:56', '01:54');
  t.strictSame(compareConnections(entries(later), entries(table)), []);
  t.end();
});

test('each difference between tables is told', (t) => {
  for (const [ours, told] of [
    [table.replace('14:56', '14:53'), /expires in 893 s, not 896 s/],
    [table.replace('TIME_WAIT  ', 'FIN_WAIT   '), /is FIN_WAIT, not TIME_WAIT/],
    [table.replace('10.2.0.12:8080', '10.2.0.11:8080'), /goes to 10\.2\.0\.11:8080, not/],
    [table.split('\n')[0] ?? '', /10\.1\.0\.2:40002 -> 10\.1\.0\.100:80 is missing/],
    [`${table}\n${table.split('\n')[0]?.replace('40000', '40009')}`, /40009 .* is only ours/],
  ] as const) {
    const lines = compareConnections(entries(ours), entries(table));
    t.equal(lines.length, 1, lines.join(', '));
    t.match(lines[0], told);
  }
  t.end();
});

test('the counts of connections are compared for each real server', (t) => {
  const listing = `TCP  10.1.0.100:80 rr
  -> 10.2.0.11:8080               Masq    1      2          1
  -> 10.2.0.12:8080               Masq    1      2          1`;
  t.strictSame(compareServices(services(listing), services(listing)), []);
  t.strictSame(
    compareServices(services(listing.replace('2          1', '1          2')), services(listing)),
    [
      'TCP 10.1.0.100:80 has at 10.2.0.11:8080 1 active and 2 inactive, not 2 active and 1 inactive',
    ],
  );
  t.strictSame(compareServices([], services(listing)).length, 2);
  t.end();
});

test('marks are placed in time by what the entries say about their last packets', (t) => {
  // Seconds from the first packet to the marks, which the recorded expiries bound to a second or less.
  const expected: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
    'tcp4-nat': [
      [3.1, 4.1],
      [14, 15],
    ],
    'tcp4-dr': [
      [3.1, 4.2],
      [14.5, 16.1],
    ],
    'udp46-nat': [[15, 17]],
  };
  for (const scenario of recordings()) {
    const packets = readTopology(scenario).sides[0]?.packets ?? [];
    const { offset = 0, agreeing, known } = placeMarks(packets, scenario.marks);
    t.equal(agreeing, known, `${scenario.name}: all entries agree`);
    for (const [index, [first, last]] of (expected[scenario.name] ?? []).entries()) {
      const mark = (scenario.marks[index]?.time ?? 0) * 1_000_000 + offset;
      const after = (mark - (packets[0]?.at ?? 0)) / 1_000_000;
      t.ok(after > first && after < last, `${scenario.name}: mark ${index + 1} after ${after} s`);
    }
  }
  t.end();
});

test('without any packet no mark can be placed', (t) => {
  const [scenario] = recordings();
  t.equal(placeMarks([], scenario?.marks ?? []).offset, undefined);
  t.end();
});
