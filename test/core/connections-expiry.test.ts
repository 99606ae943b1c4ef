import { test } from 'tap';

import { ConnectionTable } from '../../director/core/connections.js';
import { at } from '../base/values.js';
import { keyOf } from './flows.js';

/** A table with one entry, made at a time. */
function tableWithEntry(start: number): { table: ConnectionTable; index: number } {
  const table = new ConnectionTable({ capacity: 4, seed: 1 });
  table.expire(at(start), () => {});
  const index = table.insert(
    keyOf({ client: '10.1.0.2:40000', virtual: '10.1.0.100:80', real: '10.2.0.21:8080' }),
    at(start),
  );
  return { table, index };
}

/** Releases what is due, quarter second by quarter second, and says when the table became empty. */
function emptyAt(table: ConnectionTable, from: number, to: number): number | undefined {
  for (let time = from; time <= to; time += 0.25) {
    table.expire(at(time), (index) => table.release(index));
    if (table.size === 0) return time;
  }
  return undefined;
}

test('an entry lives for its timeout, and at most a quarter of a second longer', (t) => {
  for (const timeout of [2, 10, 60, 120, 900, 0.5]) {
    for (const start of [0, 1_000, 5_000.13, 123_456.78]) {
      const { table, index } = tableWithEntry(start);
      table.expireAfter(index, timeout, at(start));
      const end = emptyAt(table, start, start + timeout + 5) ?? Number.NaN;
      const late = end - (start + timeout);
      t.ok(late > -0.01 && late <= 0.26, `${timeout} s from ${start}: ${late.toFixed(3)} s late`);
    }
  }
  t.end();
});

test('an entry that is extended again and again lives on', (t) => {
  const { table, index } = tableWithEntry(1_000);
  for (let time = 1_000; time < 5_000; time += 7) {
    table.expireAfter(index, 10, at(time));
    t.equal(emptyAt(table, time, time + 6.75), undefined);
  }
  t.equal(emptyAt(table, 4_999, 5_100), 5_007, 'until ten seconds after the last time, 4997');
  t.end();
});

test('a timeout that becomes shorter takes effect at once', (t) => {
  const { table, index } = tableWithEntry(1_000);
  table.expireAfter(index, 900, at(1_000));
  table.expireAfter(index, 10, at(1_001));
  t.equal(table.remaining(index, at(1_001)), 10);
  t.equal(emptyAt(table, 1_001, 2_000), 1_011);
  t.end();
});

test('a timeout beyond one turn of the wheel is kept', (t) => {
  const { table, index } = tableWithEntry(1_000);
  table.expireAfter(index, 5_000, at(1_000));
  t.equal(emptyAt(table, 1_000, 7_000), 6_000);
  t.end();
});

test('a long pause expires everything that is due and nothing else', (t) => {
  const table = new ConnectionTable({ capacity: 100, seed: 1 });
  for (let port = 0; port < 100; port += 1) {
    const client = `10.1.0.2:${port}`;
    const index = table.insert(
      keyOf({ client, virtual: '10.1.0.100:80', real: '10.2.0.21:8080' }),
      at(0),
    );
    table.expireAfter(index, 100 * (port + 1), at(0));
  }
  const ports: number[] = [];
  table.expire(at(5_000), (index) => {
    ports.push(table.clientPort(index) ?? -1);
    table.release(index);
  });
  t.equal(table.size, 50);
  t.ok(ports.every((port) => port < 50));
  t.end();
});

test('an entry that is given more time in its last moment stays', (t) => {
  const { table, index } = tableWithEntry(1_000);
  table.expireAfter(index, 10, at(1_000));
  let visits = 0;
  table.expire(at(1_010), () => {
    visits += 1;
    table.expireAfter(index, 60, at(1_010));
  });
  t.equal(visits, 1);
  t.equal(emptyAt(table, 1_010, 1_200), 1_070);
  t.end();
});

test('a released index does not inherit the deadline of its former entry', (t) => {
  const { table, index } = tableWithEntry(1_000);
  table.expireAfter(index, 10, at(1_000));
  table.release(index);
  const next = table.insert(
    keyOf({ client: '10.1.0.3:40000', virtual: '10.1.0.100:80', real: '10.2.0.21:8080' }),
    at(1_001),
  );
  t.equal(next, index);
  table.expireAfter(next, 100, at(1_001));
  t.equal(emptyAt(table, 1_001, 1_200), 1_101);
  t.end();
});

test('the time that remains counts down to zero and stays there', (t) => {
  const { table, index } = tableWithEntry(1_000);
  table.expireAfter(index, 10, at(1_000));
  t.equal(table.remaining(index, at(1_000)), 10);
  t.equal(table.remaining(index, at(1_007.5)), 2.5);
  t.equal(table.remaining(index, at(1_010)), 0);
  t.equal(table.remaining(index, at(2_000)), 0);
  t.end();
});
