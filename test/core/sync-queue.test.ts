import { test } from 'tap';

import { ConnectionTable, Flag } from '../../director/core/connections.js';
import { State } from '../../director/core/states.js';
import { isSyncDue, SyncQueue, type SyncSettings } from '../../director/core/sync-queue.js';
import { at } from '../base/values.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { keyOf } from './flows.js';

/** IPVS's default: `sync_threshold = 3 50`. */
const Default = policy(3, 50);

function policy(threshold: number, period: number, refresh = 0): SyncSettings {
  return {
    sync_threshold: [threshold, period],
    sync_refresh_period: refresh,
    sync_persist_mode: 0,
  };
}

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

/** The client packets, of the first 200, at which an entry is synced when each sync is sent at once. */
function packetsSynced(settings: SyncSettings): number[] {
  const table = tableWith(1);
  const synced: number[] = [];
  for (let packet = 1; packet <= 200; packet += 1) {
    table.packets[0] = packet;
    if (!isSyncDue(table, 0, settings, true, at(0))) continue;
    synced.push(packet);
    table.markSynced(0, at(0));
  }
  return synced;
}

test('the default syncs the 3rd, 53rd, 103rd and 153rd packet, as IPVS does', (t) => {
  t.strictSame(packetsSynced(Default), [3, 53, 103, 153]);
  t.end();
});

test('other thresholds and periods', (t) => {
  t.strictSame(packetsSynced(policy(1, 50)), [1, 51, 101, 151]);
  t.strictSame(packetsSynced(policy(3, 0)), [3], 'no period: once');
  t.strictSame(packetsSynced(policy(60, 50)), [60, 110, 160], 'period below it');
  t.strictSame(packetsSynced(policy(199, 1)), [199, 200]);
  t.strictSame(packetsSynced(policy(0, 50)), [], 'threshold 0 never syncs');
  t.end();
});

test('the threshold is not passed by when its very packet was not synced', (t) => {
  const table = tableWith(1);
  table.packets[0] = 7;
  t.equal(isSyncDue(table, 0, Default, true, at(0)), true);
  t.end();
});

test('a changed state is told at once, from either side, also below the threshold', (t) => {
  const table = tableWith(1);
  table.packets[0] = 5;
  table.markSynced(0, at(0));
  t.equal(isSyncDue(table, 0, Default, true, at(0)), false);
  table.state[0] = State.finWait;
  t.equal(isSyncDue(table, 0, Default, true, at(0)), true);
  t.equal(isSyncDue(table, 0, Default, false, at(0)), true);
  table.packets[0] = 2;
  t.equal(isSyncDue(table, 0, Default, true, at(0)), true, 'of what they know already');
  t.end();
});

test('a period is counted in packets of the client only', (t) => {
  const table = tableWith(1);
  table.packets[0] = 53;
  table.markSynced(0, at(0));
  t.equal(isSyncDue(table, 0, Default, true, at(0)), true);
  t.equal(isSyncDue(table, 0, Default, false, at(0)), false, 'replies between 53 and 54');
  t.end();
});

test('a copy that has aged by half is told again, whoever’s packet it is', (t) => {
  for (const isFromClient of [true, false]) {
    const table = tableWith(1);
    table.packets[0] = 10;
    table.markSynced(0, at(0));
    table.expireAfter(0, 900, at(449));
    t.equal(isSyncDue(table, 0, Default, isFromClient, at(449)), false);
    table.expireAfter(0, 900, at(450));
    t.equal(isSyncDue(table, 0, Default, isFromClient, at(450)), true);
    table.markSynced(0, at(450));
    t.equal(isSyncDue(table, 0, Default, isFromClient, at(450)), false);
  }
  t.end();
});

test('an entry waits in the queue once', (t) => {
  const table = tableWith(2);
  const queue = new SyncQueue();
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
  const queue = new SyncQueue();
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
  const queue = new SyncQueue();
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
  const queue = new SyncQueue();
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
  const entries = 65_540;
  const table = new ConnectionTable({ capacity: entries, seed: 1 });
  const queue = new SyncQueue();
  const key = keyOf({ client: '10.1.0.2:1', virtual: '10.1.0.100:80', real: '10.2.0.21:8080' });
  for (let index = 0; index < entries; index += 1) {
    // The endpoints do not matter here, but entries of one client would share a bucket.
    key.clientWords[3] = index;
    queue.add(table, table.insert(key, at(0)));
  }
  t.equal(queue.length, 65_536);
  t.equal(queue.overflows, 4);
  t.equal(table.hasFlag(entries - 1, Flag.queued), false, 'its next packet may try again');
  t.end();
});

test('the packet path queues a connection when it is due', (t) => {
  const bench = new BenchDirector({ settings: Default });
  const { connections, sync } = bench.director;
  const segment = { from: '10.1.0.2:40000', to: '10.1.0.100:80' };
  const reply = { from: '10.2.0.23:8080', to: '10.1.0.2:40000' };
  bench.receive('clients', fromClient({ ...segment, tcp: 'S' }));
  bench.receive('servers', fromServer({ ...reply, tcp: 'SA' }));
  bench.receive('clients', fromClient({ ...segment, tcp: 'A' }));
  t.equal(sync.length, 0, 'a handshake is two packets of the client');
  bench.receive('clients', fromClient({ ...segment, tcp: 'PA', payload: 'x' }));
  t.equal(sync.length, 1);
  sync.drain(connections, (index) => connections.markSynced(index, bench.now));
  bench.receive('clients', fromClient({ ...segment, tcp: 'A' }));
  t.equal(sync.length, 0);
  bench.receive('servers', fromServer({ ...reply, tcp: 'FA' }));
  t.equal(sync.length, 1, 'the server closes');
  t.end();
});

test('a policy may sync from the first packet', (t) => {
  const bench = new BenchDirector({ settings: policy(1, 50) });
  bench.receive('clients', fromClient({ from: '10.1.0.2:40000', to: '10.1.0.101:80', tcp: 'S' }));
  t.equal(bench.director.sync.length, 1);
  t.end();
});
