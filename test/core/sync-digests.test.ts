import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { seconds, after } from '../../director/base/time.js';
import { Row } from '../../director/core/connection-row.js';
import { ConnectionTable, Flag, LocalOrigin } from '../../director/core/connections.js';
import { SyncDigests } from '../../director/core/sync-digests.js';
import { at } from '../base/values.js';
import { keyOf, type Endpoints } from './flows.js';

const now = at(1_000);

const numbersOf = (digests: SyncDigests, origin: number): number[] => [
  digests.entries(origin),
  digests.high(origin),
  digests.low(origin),
];

/** What the entries that peers know come to when they are counted one by one. */
function recount(table: ConnectionTable): SyncDigests {
  const digests = new SyncDigests();
  for (let index = 0; index < table.end; index += 1) {
    if (!table.isInUse(index) || !table.hasFlag(index, Flag.synced)) continue;
    digests.add(table.origin[index] ?? 0, table.rows, index * Row.words);
  }
  return digests;
}

const endpoints = (client: number, server = 1): Endpoints => ({
  client: `10.1.0.${client % 250}:${1_000 + client}`,
  virtual: '10.1.0.100:80',
  real: `10.2.0.${server}:80`,
});

/** The digest of this node's own entries in a table that holds these. */
function digestOf(entries: readonly Endpoints[]): number[] {
  const table = new ConnectionTable({ capacity: 64, seed: 7 });
  for (const entry of entries) table.markSynced(table.insert(keyOf(entry), now), now);
  return numbersOf(table.digests, LocalOrigin);
}

/** Does something to a table that its digests have to follow. */
function disturb(random: Prng, table: ConnectionTable, step: number): void {
  const index = random.below(table.capacity);
  const moment = after(now, seconds(step));
  const action = random.below(6);
  if (action === 0) {
    const isTemplate = random.below(4) === 0;
    const key = keyOf(endpoints(step, random.below(9)));
    table.insert(isTemplate ? { ...key, isTemplate, clientPort: 0 } : key, moment);
  }
  if (!table.isInUse(index)) return;
  if (action === 1) table.release(index);
  if (action === 2) table.forgetSync(index);
  if (action === 3 && table.hasFlag(index, Flag.template)) table.retireTemplate(index);
  if (action > 3) table.markSynced(index, moment, random.below(4));
}

test('digests follow every entry that comes, goes, or changes hands', (t) => {
  const random = new Prng(5);
  const table = new ConnectionTable({ capacity: 300, seed: 1 });
  for (let step = 0; step < 20_000; step += 1) {
    disturb(random, table, step);
    if (step % 100 !== 0) continue;
    const counted = recount(table);
    const all = [0, 1, 2, 3].map((origin) => numbersOf(table.digests, origin));
    const again = [0, 1, 2, 3].map((origin) => numbersOf(counted, origin));
    t.same(all, again, `step ${step}`);
  }
  t.ok(table.size > 50, `${table.size} entries`);
  t.end();
});

test('the same entries come to the same digest, in whatever order they came', (t) => {
  const some = Array.from({ length: 40 }, (_, index) => endpoints(index));
  t.same(digestOf(some.toReversed()), digestOf(some));
  t.equal(digestOf(some)[0], 40);
  t.same(digestOf([]), [0, 0, 0]);
  t.end();
});

test('whatever tells two entries apart, and their real servers, tells their digests apart', (t) => {
  const base = { client: '10.1.0.2:40000', virtual: '10.1.0.100:80', real: '10.2.0.21:80' };
  const variants: Endpoints[] = [
    base,
    { ...base, client: '10.1.0.3:40000' },
    { ...base, client: '10.1.0.2:40001' },
    { ...base, virtual: '10.1.0.101:80' },
    { ...base, virtual: '10.1.0.100:81' },
    { ...base, real: '10.2.0.22:80' },
    { ...base, real: '10.2.0.21:81' },
    { ...base, protocol: 17 },
    { client: '10.2.0.21:40000', virtual: '10.1.0.100:80', real: '10.1.0.2:80' },
    { client: '[fd01::2]:40000', virtual: '[fd01::100]:80', real: '[fd02::21]:80' },
  ];
  const digests = variants.map((variant) => digestOf([variant]).join(' '));
  t.equal(new Set(digests).size, variants.length);
  t.end();
});

test('state, counters and times are not in the digest', (t) => {
  const table = new ConnectionTable({ capacity: 4, seed: 1 });
  const index = table.insert(keyOf(endpoints(1)), now);
  table.markSynced(index, now);
  const before = numbersOf(table.digests, LocalOrigin);
  table.state[index] = 5;
  table.packets[index] = 900;
  table.expireAfter(index, 77, now);
  table.markSynced(index, after(now, seconds(9)));
  t.same(numbersOf(table.digests, LocalOrigin), before);
  t.end();
});
