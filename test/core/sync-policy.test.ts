import { test } from 'tap';

import { ConnectionTable } from '../../director/core/connections.js';
import { SctpState } from '../../director/core/sctp-states.js';
import { State } from '../../director/core/states.js';
import { isSyncDue, type SyncSettings } from '../../director/core/sync-policy.js';
import { at } from '../base/values.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { keyOf } from './flows.js';

/** IPVS's default: `sync_threshold = 3 50`. */
const Default = policy(3, 50);

function policy(threshold: number, period: number, refresh = 0, retries = 0): SyncSettings {
  return {
    sync_threshold: [threshold, period],
    sync_refresh_period: refresh,
    sync_retries: retries,
    sync_persist_mode: 0,
  };
}

/** A table with one entry, with its full timeout. */
function tableWith(
  state: number = State.established,
  protocol = 6,
  timeout = 900,
): ConnectionTable {
  const table = new ConnectionTable({ capacity: 8, seed: 1 });
  const ends = { client: '10.1.0.2:1', virtual: '10.1.0.100:80', real: '10.2.0.21:8080' };
  const index = table.insert(keyOf({ ...ends, protocol }), at(0));
  table.state[index] = state;
  table.expireAfter(index, timeout, at(0));
  return table;
}

/** The client packets, of the first 200, at which an entry is synced when each sync is sent at once. */
function packetsSynced(settings: SyncSettings): number[] {
  const table = tableWith();
  const synced: number[] = [];
  for (let packet = 1; packet <= 200; packet += 1) {
    table.packets[0] = packet;
    if (!isSyncDue(table, 0, settings, 1, at(0))) continue;
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
  t.strictSame(
    packetsSynced(policy(0, 50)),
    [50, 100, 150, 200],
    'threshold 0 is the period’s end',
  );
  t.strictSame(packetsSynced(policy(0, 0)), [], 'both 0: off');
  t.end();
});

test('the threshold is not passed by when its very packet was not synced', (t) => {
  const table = tableWith();
  table.packets[0] = 7;
  t.equal(isSyncDue(table, 0, Default, 1, at(0)), true);
  t.end();
});

test('a changed state is told at once, from either side, also below the threshold', (t) => {
  const table = tableWith();
  table.packets[0] = 5;
  table.markSynced(0, at(0));
  t.equal(isSyncDue(table, 0, Default, 1, at(0)), false);
  table.state[0] = State.finWait;
  t.equal(isSyncDue(table, 0, Default, 1, at(0)), true);
  t.equal(isSyncDue(table, 0, Default, 0, at(0)), true);
  table.packets[0] = 2;
  t.equal(isSyncDue(table, 0, Default, 1, at(0)), true, 'of what they know already');
  t.end();
});

test('a period is counted in packets of the client only', (t) => {
  const table = tableWith();
  table.packets[0] = 53;
  table.markSynced(0, at(0));
  t.equal(isSyncDue(table, 0, Default, 1, at(0)), true);
  t.equal(isSyncDue(table, 0, Default, 0, at(0)), false, 'replies between 53 and 54');
  t.end();
});

test('a copy that has aged by half is told again, whoever’s packet it is', (t) => {
  for (const isFromClient of [true, false]) {
    const table = tableWith();
    table.packets[0] = 10;
    table.markSynced(0, at(0));
    table.expireAfter(0, 900, at(449));
    t.equal(isSyncDue(table, 0, Default, isFromClient ? 1 : 0, at(449)), false);
    table.expireAfter(0, 900, at(450));
    t.equal(isSyncDue(table, 0, Default, isFromClient ? 1 : 0, at(450)), true);
    table.markSynced(0, at(450));
    t.equal(isSyncDue(table, 0, Default, isFromClient ? 1 : 0, at(450)), false);
  }
  t.end();
});

/** True when a connection that peers do not know is due with that many packets. */
const isFirstDue = (table: ConnectionTable, packets: number, settings = Default): boolean => {
  table.packets[0] = packets;
  return isSyncDue(table, 0, settings, 1, at(0));
};

test('TCP below the first-packet mode: only what is open or half closed is told', (t) => {
  const due = Object.entries(State).filter(
    ([, state]) => state !== State.udp && isFirstDue(tableWith(state), 9),
  );
  t.strictSame(
    due.map(([name]) => name),
    ['established', 'finWait', 'closeWait'],
  );
  t.end();
});

test('SCTP below the first-packet mode: only what is open or half closed is told', (t) => {
  const due = Object.entries(SctpState).filter(([, state]) => isFirstDue(tableWith(state, 132), 9));
  t.strictSame(
    due.map(([name]) => name),
    ['established', 'shutdownSent', 'shutdownReceived', 'shutdownAckSent'],
  );
  t.end();
});

test('a half-closed connection is told at once, below the threshold as well', (t) => {
  t.equal(isFirstDue(tableWith(State.established), 2), false);
  t.equal(isFirstDue(tableWith(State.finWait), 2), true);
  t.equal(isFirstDue(tableWith(State.closeWait), 1), true);
  t.equal(isFirstDue(tableWith(SctpState.shutdownSent, 132), 1), true);
  t.equal(
    isFirstDue(tableWith(State.timeWait), 2),
    false,
    'an end of which peers know no beginning',
  );
  t.equal(isFirstDue(tableWith(State.finWait), 2, policy(0, 0)), false, 'unless sync is off');
  t.end();
});

test('UDP has one state, and the threshold alone decides', (t) => {
  const table = tableWith(State.udp, 17, 300);
  t.equal(isFirstDue(table, 2), false);
  t.equal(isFirstDue(table, 3), true);
  t.end();
});

test('from the first packet on every state is told, and every change of it', (t) => {
  const settings = policy(1, 50);
  for (const state of Object.values(State)) {
    t.equal(isFirstDue(tableWith(state), 1, settings), true, `state ${state}`);
  }
  const table = tableWith(State.synRecv);
  table.packets[0] = 1;
  table.markSynced(0, at(0));
  table.state[0] = State.established;
  t.equal(isSyncDue(table, 0, settings, 1, at(0)), true);
  t.end();
});

/** The seconds, of the first so many, at which an entry is synced that has a packet every second. */
function secondsSynced(settings: SyncSettings, seconds: number, timeout = 900): number[] {
  const table = tableWith(State.established, 6, timeout);
  const synced: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    table.packets[0] = second + 1;
    table.expireAfter(0, timeout, at(second));
    if (!isSyncDue(table, 0, settings, 1, at(second))) continue;
    synced.push(second);
    table.markSynced(0, at(second));
  }
  return synced;
}

test('a refresh period without a period: as often as it says, and the threshold is not looked at', (t) => {
  t.strictSame(secondsSynced(policy(3, 0, 20), 70), [0, 20, 40, 60]);
  t.end();
});

test('a refresh period is at most half the timeout, but at least ten seconds', (t) => {
  t.strictSame(secondsSynced(policy(3, 0, 100), 70, 60), [0, 30, 60]);
  t.strictSame(
    secondsSynced(policy(3, 0, 100), 21, 16).slice(0, 3),
    [0, 8, 16],
    'ages by half before',
  );
  t.end();
});

test('with a period as well, both have to be over', (t) => {
  t.strictSame(secondsSynced(policy(3, 10, 25), 70), [2, 32, 62]);
  t.strictSame(secondsSynced(policy(3, 50, 25), 160), [2, 52, 102, 152]);
  t.end();
});

test('a refresh is repeated as often as the retries say, an eighth of the period apart', (t) => {
  t.strictSame(secondsSynced(policy(3, 0, 80, 2), 120), [0, 10, 20, 100, 110]);
  t.strictSame(secondsSynced(policy(3, 0, 80, 0), 170), [0, 80, 160]);
  t.end();
});

test('a change of state begins the repeats anew', (t) => {
  const table = tableWith();
  const settings = policy(3, 0, 80, 1);
  table.packets[0] = 9;
  table.markSynced(0, at(0));
  t.equal(isSyncDue(table, 0, settings, 1, at(10)), true);
  table.markSynced(0, at(10));
  t.equal(isSyncDue(table, 0, settings, 1, at(20)), false);
  table.state[0] = State.finWait;
  t.equal(isSyncDue(table, 0, settings, 1, at(20)), true);
  table.markSynced(0, at(20));
  t.equal(isSyncDue(table, 0, settings, 1, at(30)), true);
  t.end();
});

test('replies do not refresh', (t) => {
  const table = tableWith();
  table.packets[0] = 9;
  table.markSynced(0, at(0));
  t.equal(isSyncDue(table, 0, policy(3, 0, 20), 0, at(30)), false);
  t.equal(isSyncDue(table, 0, policy(3, 0, 20), 1, at(30)), true);
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
