import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { after, instant, seconds, type Instant } from '../../director/base/time.js';
import { FragmentTable } from '../../director/core/fragments.js';
import { toWords } from '../../director/wire/address-words.js';
import { Flow } from '../../director/wire/flow.js';
import { ip } from '../base/values.js';

interface Part {
  readonly from?: string;
  readonly to?: string;
  readonly id?: number;
  readonly protocol?: number;
  readonly ports?: readonly [source: number, destination: number];
}

/** A part of a datagram; a first one with ports, a later one without. */
function part({ from = '10.1.0.2', to = '10.1.0.100', id = 1, protocol = 17, ports }: Part): Flow {
  const flow = new Flow();
  const { family, words } = toWords(ip(from));
  flow.family = family;
  flow.protocol = protocol;
  flow.source.set(words);
  flow.destination.set(toWords(ip(to)).words);
  flow.fragmentId = id;
  flow.fragmentOffset = ports === undefined ? 1_480 : 0;
  flow.moreFragments = true;
  [flow.sourcePort, flow.destinationPort] = ports ?? [0, 0];
  return flow;
}

const start: Instant = instant(5_000_000_000);

test('a later part gets the ports of its first part, again and again', (t) => {
  const table = new FragmentTable();
  table.remember(part({ ports: [40_000, 53] }), start);
  for (let count = 0; count < 3; count += 1) {
    const later = part({});
    t.equal(table.recall(later, start), true);
    t.match(later, { sourcePort: 40_000, destinationPort: 53 });
  }
  t.end();
});

test('a part of another datagram gets nothing', (t) => {
  const table = new FragmentTable();
  table.remember(part({ ports: [40_000, 53] }), start);
  for (const other of [
    { id: 2 },
    { from: '10.1.0.3' },
    { to: '10.1.0.101' },
    { protocol: 6 },
    { from: '::a01:2', to: '::a01:64' },
  ]) {
    const later = part(other);
    t.equal(table.recall(later, start), false, JSON.stringify(other));
    t.match(later, { sourcePort: 0, destinationPort: 0 });
  }
  t.end();
});

test('in IPv6 the protocol comes with the ports: a later part may begin with options', (t) => {
  const table = new FragmentTable();
  const ends = { from: 'fd01::2', to: 'fd01::100', id: 0x0bad_cafe };
  table.remember(part({ ...ends, protocol: 17, ports: [40_000, 53] }), start);
  const later = part({ ...ends, protocol: 60 });
  t.equal(table.recall(later, start), true);
  t.match(later, { protocol: 17, sourcePort: 40_000, destinationPort: 53 });
  t.end();
});

test('a datagram is forgotten after its lifetime', (t) => {
  const table = new FragmentTable(16, seconds(30));
  table.remember(part({ ports: [1, 2] }), start);
  t.equal(table.recall(part({}), after(start, seconds(29.999))), true);
  t.equal(table.recall(part({}), after(start, seconds(30))), false);
  t.equal(table.recall(part({}), start), false, 'for good');
  t.end();
});

test('an identification that is used again stands for the newer datagram', (t) => {
  const table = new FragmentTable(16, seconds(30));
  table.remember(part({ ports: [1, 2] }), start);
  table.remember(part({ ports: [3, 4] }), after(start, seconds(20)));
  const later = part({});
  t.equal(table.recall(later, after(start, seconds(40))), true);
  t.match(later, { sourcePort: 3, destinationPort: 4 });
  t.equal(table.evicted, 0);
  t.end();
});

test('a full table forgets the oldest and counts it', (t) => {
  const table = new FragmentTable(4);
  for (let id = 1; id <= 6; id += 1) table.remember(part({ id, ports: [id, id] }), start);
  t.equal(table.evicted, 2);
  for (let id = 1; id <= 6; id += 1) {
    t.equal(table.recall(part({ id }), start), id > 2, `datagram ${id}`);
  }
  t.end();
});

test('what is over does not count as forgotten too early', (t) => {
  const table = new FragmentTable(2, seconds(30));
  for (let id = 1; id <= 2; id += 1) table.remember(part({ id, ports: [id, id] }), start);
  table.remember(part({ id: 3, ports: [3, 3] }), after(start, seconds(30)));
  t.equal(table.evicted, 0);
  t.end();
});

test('the table agrees with a list of the last datagrams, whatever happens', (t) => {
  const random = new Prng(21);
  const capacity = 32;
  const table = new FragmentTable(capacity, seconds(30));
  let model: { key: string; port: number; until: number; isLive: boolean }[] = [];
  const wrong: string[] = [];
  let now = start;
  for (let round = 0; round < 100_000; round += 1) {
    now = after(now, seconds(random.below(3)));
    const [id, host] = [random.below(20), random.below(4)];
    const ends = { id, from: `10.1.0.${host}` };
    const key = `${id} ${host}`;
    const known = model.find((entry) => entry.key === key && entry.isLive);
    if (random.below(2) === 0) {
      const port = random.below(65_536);
      table.remember(part({ ...ends, ports: [port, 53] }), now);
      if (known !== undefined) known.isLive = false;
      model.push({ key, port, until: after(now, seconds(30)), isLive: true });
      model = model.slice(-capacity);
      continue;
    }
    const later = part(ends);
    const isKnown = table.recall(later, now);
    const expected = known !== undefined && known.until > now;
    if (isKnown !== expected) wrong.push(`round ${round}: ${isKnown}`);
    else if (isKnown && later.sourcePort !== known?.port) wrong.push(`round ${round}: port`);
  }
  t.strictSame(wrong.slice(0, 3), []);
  t.end();
});
