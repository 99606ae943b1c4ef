import { test } from 'tap';

import { InvariantError } from '../../director/base/invariant.js';
import { MostOfClient } from '../../director/core/client-index.js';
import {
  ConnectionTable,
  DefaultCapacity,
  Flag,
  LocalOrigin,
  NoConnection,
} from '../../director/core/connections.js';
import { Method, NoServer } from '../../director/core/services.js';
import { at } from '../base/values.js';
import { flowOf, keyOf } from './flows.js';

const client = '10.1.0.2:40000';
const virtual = '10.1.0.100:80';
const real = '10.2.0.21:8080';
const key = keyOf({ client, virtual, real });
const now = at(0);

const smallTable = (capacity = 8): ConnectionTable => new ConnectionTable({ capacity, seed: 1 });

test('an entry is found from both sides', (t) => {
  const table = smallTable();
  const index = table.insert(key, now);
  t.not(index, NoConnection);
  t.equal(table.find(flowOf(client, virtual)), index);
  t.equal(table.findReply(flowOf(real, client)), index);
  t.equal(table.size, 1);
  t.end();
});

test('every part of the endpoints counts', (t) => {
  const table = smallTable();
  table.insert(key, now);
  const others: [string, string, number?][] = [
    ['10.1.0.3:40000', virtual],
    ['10.1.0.2:40001', virtual],
    [client, '10.1.0.101:80'],
    [client, '10.1.0.100:81'],
    [client, virtual, 17],
    [virtual, client],
    [real, client],
  ];
  for (const [from, to, protocol] of others) {
    t.equal(table.find(flowOf(from, to, protocol)), NoConnection, `${from} to ${to}`);
  }
  const replies: [string, string, number?][] = [
    ['10.2.0.22:8080', client],
    ['10.2.0.21:80', client],
    [real, '10.1.0.3:40000'],
    [real, '10.1.0.2:40001'],
    [real, client, 17],
    [virtual, client],
    [client, virtual],
  ];
  for (const [from, to, protocol] of replies) {
    t.equal(table.findReply(flowOf(from, to, protocol)), NoConnection, `${from} to ${to}`);
  }
  t.end();
});

test('an IPv6 address that ends like an IPv4 one is another address', (t) => {
  const table = smallTable();
  const four = table.insert(key, now);
  const six = table.insert(
    keyOf({ client: '[::a01:2]:40000', virtual: '[::a01:64]:80', real: '[::a02:15]:8080' }),
    now,
  );
  t.equal(table.find(flowOf(client, virtual)), four);
  t.equal(table.find(flowOf('[::a01:2]:40000', '[::a01:64]:80')), six);
  t.equal(table.find(flowOf('[1::a01:2]:40000', '[::a01:64]:80')), NoConnection);
  t.end();
});

test('a new entry starts empty, also where an old one has been', (t) => {
  const table = smallTable(1);
  const old = table.insert(key, now);
  table.state[old] = 5;
  table.method[old] = 3;
  table.server[old] = 7;
  table.packets[old] = 99;
  table.origin[old] = 2;
  table.syncedState[old] = 1;
  table.syncedAt[old] = 1;
  table.setFlag(old, Flag.synced | Flag.queued | Flag.inactive | Flag.noOutput);
  table.expireAfter(old, 900, now);
  table.release(old);

  const index = table.insert(key, at(1));
  t.equal(index, old);
  t.strictSame(
    [table.state[index], table.method[index], table.packets[index], table.flags[index]],
    [0, 0, 0, 0],
  );
  t.equal(table.server[index], NoServer);
  t.equal(table.origin[index], LocalOrigin);
  t.strictSame([table.syncedState[index], table.syncedAt[index]], [0, 0]);
  t.equal(table.remaining(index, at(1)), 0);
  t.end();
});

test('a full table takes nothing and throws nothing out', (t) => {
  const table = smallTable(3);
  const ports = [1, 2, 3];
  for (const port of ports) {
    table.insert(keyOf({ client: `10.1.0.2:${port}`, virtual, real }), now);
  }
  t.equal(table.insert(key, now), NoConnection);
  t.equal(table.size, 3);
  for (const port of ports) {
    t.not(table.find(flowOf(`10.1.0.2:${port}`, virtual)), NoConnection, `port ${port}`);
  }
  t.end();
});

test('a released entry makes room for another', (t) => {
  const table = smallTable(2);
  const first = table.insert(key, now);
  table.insert(keyOf({ client: '10.1.0.2:1', virtual, real }), now);
  table.release(first);
  t.equal(table.isInUse(first), false);
  t.equal(table.find(flowOf(client, virtual)), NoConnection);
  t.equal(table.size, 1);
  const next = table.insert(keyOf({ client: '10.1.0.2:2', virtual, real }), now);
  t.equal(next, first, 'its index is used again');
  t.equal(table.end, 2);
  t.end();
});

test('entries with one client endpoint share a bucket and are told apart', (t) => {
  // The hash covers protocol and client endpoint only, so these collide whatever the seed.
  for (const released of [0, 1, 2, 3]) {
    const table = smallTable();
    const vips = [100, 101, 102, 103].map((last) => `10.1.0.${last}:80`);
    const indices = vips.map((vip, number) =>
      table.insert(keyOf({ client, virtual: vip, real: `10.2.0.${number + 1}:80` }), now),
    );
    table.release(indices[released] ?? NoConnection);
    for (const [number, vip] of vips.entries()) {
      const expected = number === released ? NoConnection : indices[number];
      t.equal(table.find(flowOf(client, vip)), expected, `without ${released}: ${vip}`);
      t.equal(table.findReply(flowOf(`10.2.0.${number + 1}:80`, client)), expected);
    }
  }
  t.end();
});

test('a reply is not looked for among entries whose replies take another way', (t) => {
  const table = smallTable();
  const masq = table.insert(key, now);
  const route = table.insert(keyOf({ client, virtual: '10.1.0.101:80', real }), now);
  table.method[route] = Method.route;
  t.equal(table.findReply(flowOf(real, client)), masq);
  table.release(masq);
  t.equal(table.findReply(flowOf(real, client)), NoConnection);
  t.end();
});

test('flags are set and cleared one by one', (t) => {
  const table = smallTable();
  const index = table.insert(key, now);
  table.setFlag(index, Flag.synced);
  table.setFlag(index, Flag.queued);
  table.clearFlag(index, Flag.synced);
  t.equal(table.hasFlag(index, Flag.synced), false);
  t.equal(table.hasFlag(index, Flag.queued), true);
  t.equal(table.hasFlag(index, Flag.inactive), false);
  t.end();
});

test('releasing what is not in use is a mistake of ours', (t) => {
  const table = smallTable();
  const index = table.insert(key, now);
  table.release(index);
  t.throws(() => table.release(index), InvariantError);
  t.throws(() => table.release(NoConnection), InvariantError);
  t.throws(() => new ConnectionTable({ capacity: 0, seed: 1 }), InvariantError);
  t.end();
});

test('a table of default size costs little before it is used', (t) => {
  const before = process.memoryUsage().rss;
  const table = new ConnectionTable({ seed: 1 });
  t.equal(table.capacity, DefaultCapacity);
  table.insert(key, now);
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  t.ok(
    grown < 40,
    `${grown.toFixed(0)} MiB for room that would fill ${(DefaultCapacity * 87) / 2 ** 20}`,
  );
  t.end();
});

test('one client endpoint has so many entries and no more, however much room there is', (t) => {
  const table = new ConnectionTable({ capacity: 2 * MostOfClient, seed: 1 });
  const to = (port: number, protocol = 6): number =>
    table.insert(keyOf({ client, virtual: `10.1.0.100:${port}`, real, protocol }), now);
  const indexes = Array.from({ length: MostOfClient }, (_, port) => to(port + 1));
  t.notOk(indexes.includes(NoConnection));
  const another = { virtual, real };
  t.equal(table.isCrowded(keyOf({ client, ...another })), true);
  t.equal(to(9_999), NoConnection);
  t.equal(table.size, MostOfClient, 'what is refused leaves nothing');
  for (const [other, protocol] of [
    ['10.1.0.2:40001', 6],
    ['10.1.0.3:40000', 6],
    [client, 17],
  ] as const) {
    t.not(table.insert(keyOf({ client: other, ...another, protocol }), now), NoConnection);
  }
  table.release(indexes[7] ?? NoConnection);
  t.not(to(9_999), NoConnection, 'one for one');
  t.equal(to(9_998), NoConnection);
  t.end();
});

test('the templates of one client network count together, also those out of use', (t) => {
  const table = new ConnectionTable({ capacity: 8, seed: 1, mostOfClient: 2 });
  const template = (port: number): number => {
    const ends = keyOf({ client: '10.1.0.0:0', virtual: `10.1.0.100:${port}`, real });
    return table.insert({ ...ends, isTemplate: true }, now);
  };
  table.retireTemplate(template(80));
  t.not(template(80), NoConnection);
  t.equal(template(443), NoConnection);
  t.end();
});
