import { test } from 'tap';

import { ConnectionTable, Flag } from '../../director/core/connections.js';
import { State } from '../../director/core/states.js';
import { SyncQueue } from '../../director/core/sync-queue.js';
import { at } from '../base/values.js';
import { keyOf } from './flows.js';

/** A table with some entries, established and with their full timeout. */
function tableWith(entries: number): ConnectionTable {
  const table = new ConnectionTable({ capacity: 8, seed: 1 });
  for (let port = 1; port <= entries; port += 1) {
    const client = `10.1.0.2:${port}`;
    const index = table.insert(
      keyOf({ client, virtual: '10.1.0.100:80', real: '10.2.0.21:8080' }),
      at(0),
    );
    table.state[index] = State.established;
    table.expireAfter(index, 900, at(0));
  }
  return table;
}

test('an entry waits in the queue once', (t) => {
  const table = tableWith(2);
  const queue = new SyncQueue(100);
  queue.add(table, 1);
  queue.add(table, 0);
  queue.add(table, 1);
  t.equal(queue.length, 2);
  const taken: number[] = [];
  queue.drain(table, (index) => taken.push(index));
  t.strictSame(taken, [1, 0], 'in the order in which they came');
  t.equal(queue.length, 0);
  t.equal(table.hasFlag(1, Flag.queued), false);

  queue.add(table, 1);
  t.equal(queue.length, 1, 'and again after it has been taken');
  t.end();
});

test('an entry that is gone before the drain is not handed over', (t) => {
  const table = tableWith(2);
  const queue = new SyncQueue(100);
  queue.add(table, 0);
  queue.add(table, 1);
  table.release(0);
  const taken: number[] = [];
  queue.drain(table, (index) => taken.push(index));
  t.strictSame(taken, [1]);
  t.end();
});

test('an index that was given to another entry stands for that one, and once', (t) => {
  const table = tableWith(1);
  const queue = new SyncQueue(100);
  const key = keyOf({ client: '10.1.0.3:9', virtual: '10.1.0.100:80', real: '10.2.0.21:8080' });
  queue.add(table, 0);
  table.release(0);
  t.equal(table.insert(key, at(1)), 0);
  const untold: number[] = [];
  queue.drain(table, (index) => untold.push(index));
  t.strictSame(untold, [], 'nobody asked for the new one');

  queue.add(table, 0);
  table.release(0);
  t.equal(table.insert(key, at(1)), 0);
  queue.add(table, 0);
  const taken: number[] = [];
  queue.drain(table, (index) => taken.push(index));
  t.strictSame(taken, [0]);
  t.end();
});

test('an entry added while the queue is drained waits for the next time', (t) => {
  const table = tableWith(2);
  const queue = new SyncQueue(100);
  queue.add(table, 0);
  const taken: number[] = [];
  queue.drain(table, (index) => {
    taken.push(index);
    queue.add(table, 1);
  });
  t.strictSame(taken, [0]);
  t.equal(queue.length, 1);
  t.end();
});

test('a full queue leaves entries out and counts them', (t) => {
  const entries = 104;
  const table = new ConnectionTable({ capacity: entries, seed: 1 });
  const queue = new SyncQueue(100);
  const key = keyOf({ client: '10.1.0.2:1', virtual: '10.1.0.100:80', real: '10.2.0.21:8080' });
  for (let index = 0; index < entries; index += 1) {
    // The endpoints do not matter here, but entries of one client would share a bucket.
    key.clientWords[3] = index;
    queue.add(table, table.insert(key, at(0)));
  }
  t.equal(queue.length, 100);
  t.equal(queue.overflows, 4);
  t.equal(table.hasFlag(entries - 1, Flag.queued), false, 'its next packet may try again');
  t.end();
});
