import { test } from 'tap';

import { Flag, LocalOrigin, NoConnection } from '../../director/core/connections.js';
import { applyReplica, removeReplica, type Replica } from '../../director/core/replica.js';
import { Method, NoServer } from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import { BenchDirector } from '../packets/bench-director.js';
import { Mac } from '../packets/hosts.js';
import { fromClient, sentTo } from '../packets/packet-case.js';
import { flowOf, keyOf } from './flows.js';

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';

/** An established Masq connection of the server 10.2.0.22, as peer 3 describes it. */
const replica: Replica = {
  ...keyOf({ client, virtual: vip, real: '10.2.0.22:8080' }),
  method: Method.masq,
  state: State.established,
  packets: 17,
  remaining: 880,
  timeout: 900,
  origin: 3,
  isDated: false,
};

/** A backup without connections. */
const backup = (capacity = 64): BenchDirector => new BenchDirector({ isMaster: false, capacity });

const find = (bench: BenchDirector): number => bench.director.connections.find(flowOf(client, vip));

function counts(bench: BenchDirector, address: string): [number, number] {
  const server = bench.server('10.1.0.100', 80, address);
  return [server.active, server.inactive];
}

test('a replica becomes an entry like the peer’s', (t) => {
  const bench = backup();
  const { connections } = bench.director;
  t.equal(applyReplica(bench.director, replica, bench.now), 'created');
  const index = find(bench);
  t.equal(connections.state[index], State.established);
  t.equal(connections.method[index], Method.masq);
  t.equal(connections.packets[index], 17);
  t.equal(connections.origin[index], 3);
  t.equal(connections.server[index], bench.server('10.1.0.100', 80, '10.2.0.22').id);
  t.equal(connections.hasFlag(index, Flag.synced), true, 'peers know it');
  t.equal(bench.director.sync.length, 0, 'and are not told again');
  t.strictSame(counts(bench, '10.2.0.22'), [1, 0]);
  t.end();
});

test('a replica outlives the original by half a timeout', (t) => {
  const bench = backup();
  applyReplica(bench.director, replica, bench.now);
  t.equal(bench.director.connections.remaining(find(bench), bench.now), 880 + 450);
  bench.wait(880 + 449.75);
  t.equal(bench.director.connections.size, 1);
  bench.wait(0.5);
  t.equal(bench.director.connections.size, 0);
  t.strictSame(counts(bench, '10.2.0.22'), [0, 0]);
  t.end();
});

test('the node that takes over goes on with the peer’s server', (t) => {
  const bench = backup();
  applyReplica(bench.director, replica, bench.now);
  bench.setMaster(true);
  const segment = { from: client, to: vip, tcp: 'PA', payload: 'hello' };
  t.equal(bench.receive('clients', fromClient(segment)), 'forward');
  const expected = { ...segment, to: '10.2.0.22:8080', ttl: 63 };
  t.strictSame(bench.takeSent(), [sentTo('servers', Mac.server2, expected)]);
  t.equal(bench.director.connections.packets[find(bench)], 18);
  t.end();
});

test('a second replica of an entry updates it', (t) => {
  const bench = backup();
  const { connections } = bench.director;
  applyReplica(bench.director, replica, bench.now);
  const later = { ...replica, state: State.timeWait, packets: 21, origin: 4 };
  const outcome = applyReplica(
    bench.director,
    { ...later, remaining: 120, timeout: 120 },
    bench.now,
  );
  t.equal(outcome, 'updated');
  const index = find(bench);
  t.equal(connections.size, 1);
  t.equal(connections.state[index], State.timeWait);
  t.equal(connections.packets[index], 21);
  t.equal(connections.origin[index], 4);
  t.equal(connections.remaining(index, bench.now), 180, 'shorter than before');
  t.strictSame(counts(bench, '10.2.0.22'), [0, 1]);

  applyReplica(bench.director, { ...replica, packets: 1, origin: 4 }, bench.now);
  t.strictSame(counts(bench, '10.2.0.22'), [1, 0], 'and back');
  t.end();
});

test('a replica with another server replaces an entry that this node does not serve', (t) => {
  const bench = backup();
  const removed: number[] = [];
  bench.director.sync.onRemove = (index) => removed.push(index);
  applyReplica(bench.director, replica, bench.now);
  const other = { ...replica, ...keyOf({ client, virtual: vip, real: '10.2.0.21:8080' }) };
  t.equal(applyReplica(bench.director, other, bench.now), 'created');
  t.equal(bench.director.connections.size, 1);
  t.strictSame(counts(bench, '10.2.0.22'), [0, 0]);
  t.strictSame(counts(bench, '10.2.0.21'), [1, 0]);
  t.strictSame(removed, [], 'the peer is not told what it just told us');
  t.end();
});

test('the end of a connection that has been replaced is no news', (t) => {
  const bench = backup();
  const { connections } = bench.director;
  applyReplica(bench.director, replica, bench.now);
  const other = { ...replica, ...keyOf({ client, virtual: vip, real: '10.2.0.21:8080' }) };
  const end = { ...other, state: State.timeWait, isInactive: true };
  t.equal(applyReplica(bench.director, end, bench.now), 'replaced-before');
  t.equal(connections.state[find(bench)], State.established);
  t.strictSame(counts(bench, '10.2.0.22'), [1, 0]);
  t.strictSame(counts(bench, '10.2.0.21'), [0, 0]);

  const own = { ...replica, state: State.timeWait, isInactive: true };
  t.equal(applyReplica(bench.director, own, bench.now), 'updated', 'its own end is');
  t.equal(applyReplica(bench.director, other, bench.now), 'created', 'and so is a living one');
  t.end();
});

test('another port of the same server is another server', (t) => {
  const bench = backup();
  applyReplica(bench.director, replica, bench.now);
  const other = { ...replica, realPort: 8_081 };
  t.equal(applyReplica(bench.director, other, bench.now), 'created');
  t.equal(bench.director.connections.realPort(find(bench)), 8_081);
  t.end();
});

test('an entry that this node serves is not overwritten by one with another server', (t) => {
  const bench = new BenchDirector();
  bench.receive('clients', fromClient({ from: client, to: vip, tcp: 'S' }));
  t.equal(applyReplica(bench.director, replica, bench.now), 'kept-own');
  const { connections } = bench.director;
  const index = find(bench);
  t.equal(connections.origin[index], LocalOrigin);
  t.equal(connections.server[index], bench.server('10.1.0.100', 80, '10.2.0.23').id);
  t.equal(connections.state[index], State.synRecv);

  bench.setMaster(false);
  t.equal(applyReplica(bench.director, replica, bench.now), 'created', 'once it serves no more');
  t.strictSame(counts(bench, '10.2.0.23'), [0, 0]);
  t.end();
});

test('a full table takes no replica, but updates those it has', (t) => {
  const bench = backup(1);
  applyReplica(bench.director, replica, bench.now);
  const other = {
    ...replica,
    ...keyOf({ client: '10.1.0.3:1', virtual: vip, real: '10.2.0.22:8080' }),
  };
  t.equal(applyReplica(bench.director, other, bench.now), 'table-full');
  t.equal(applyReplica(bench.director, replica, bench.now), 'updated');
  t.strictSame(counts(bench, '10.2.0.22'), [1, 0]);
  t.end();
});

test('a replica of a service or server that this node does not have is bound to nothing', (t) => {
  const bench = backup();
  for (const [virtual, real] of [
    ['10.1.0.150:80', '10.2.0.22:8080'],
    [vip, '10.2.0.99:8080'],
    [vip, '10.2.0.22:9999'],
  ] as const) {
    const unknown = { ...replica, ...keyOf({ client, virtual, real }) };
    t.equal(applyReplica(bench.director, unknown, bench.now), 'created', `${virtual} ${real}`);
    const { connections } = bench.director;
    const index = connections.find(flowOf(client, virtual));
    t.equal(connections.server[index], NoServer);
    applyReplica(bench.director, { ...unknown, state: State.timeWait }, bench.now);
    t.equal(connections.state[index], State.timeWait, 'and yet it is kept up to date');
  }
  t.strictSame(counts(bench, '10.2.0.22'), [0, 0]);

  bench.setMaster(true);
  const segment = fromClient({ from: client, to: vip, tcp: 'A' });
  t.equal(bench.receive('clients', segment), 'forward', 'it goes where the peer sent it');
  bench.wait(2_000);
  t.equal(bench.director.connections.size, 0, 'it expires like any other');
  t.end();
});

test('an entry whose server is added later is bound with its next message, or its next packet', (t) => {
  const bench = backup();
  const { connections } = bench.director;
  const unknown = { ...replica, ...keyOf({ client, virtual: vip, real: '10.2.0.99:8080' }) };
  applyReplica(bench.director, unknown, bench.now);
  const index = find(bench);
  t.equal(connections.server[index], NoServer);
  const server = bench.addServer(bench.service('10.1.0.100', 80), {
    address: '10.2.0.99',
    port: 8_080,
  });
  applyReplica(bench.director, unknown, bench.now);
  t.equal(connections.server[index], server.id);
  t.strictSame(counts(bench, '10.2.0.99'), [1, 0]);

  const other = '10.1.0.2:40001';
  const second = { ...replica, ...keyOf({ client: other, virtual: vip, real: '10.2.0.98:80' }) };
  applyReplica(bench.director, second, bench.now);
  const late = bench.addServer(bench.service('10.1.0.100', 80), { address: '10.2.0.98' });
  bench.setMaster(true);
  bench.receive('clients', fromClient({ from: other, to: vip, tcp: 'A' }));
  const found = connections.find(flowOf(other, vip));
  t.equal(connections.server[found], late.id);
  t.strictSame(counts(bench, '10.2.0.98'), [1, 0]);
  t.end();
});

test('the forwarding method is that of this node’s own configuration', (t) => {
  const bench = backup();
  const { connections } = bench.director;
  applyReplica(bench.director, { ...replica, method: Method.route }, bench.now);
  const index = find(bench);
  t.equal(connections.method[index], Method.masq);
  t.equal(connections.hasFlag(index, Flag.noOutput), false);
  t.equal(connections.findReply(flowOf('10.2.0.22:8080', client)), index);
  t.end();
});

test('a Route replica follows the half that the director sees', (t) => {
  const bench = backup();
  const routed = {
    ...replica,
    ...keyOf({ client, virtual: '10.1.0.101:80', real: '10.2.0.22:80' }),
    method: Method.route,
  };
  applyReplica(bench.director, routed, bench.now);
  bench.setMaster(true);
  bench.receive('clients', fromClient({ from: client, to: '10.1.0.101:80', tcp: 'FA' }));
  const { connections } = bench.director;
  const index = connections.find(flowOf(client, '10.1.0.101:80'));
  t.equal(connections.state[index], State.finWait, 'under Masq it would be CLOSE_WAIT');
  t.end();
});

test('a copy that expires here takes nothing away from its master', (t) => {
  const bench = backup();
  const removed: number[] = [];
  bench.director.sync.onRemove = (index) => removed.push(index);
  applyReplica(bench.director, replica, bench.now);
  bench.wait(2_000);
  t.equal(bench.director.connections.size, 0);
  t.strictSame(removed, [], 'the master may only have been out of our hearing');
  t.end();
});

test('a connection that this node took over and serves is announced when it ends', (t) => {
  const bench = backup();
  const removed: number[] = [];
  bench.director.sync.onRemove = (index) => removed.push(index);
  applyReplica(bench.director, replica, bench.now);
  bench.setMaster(true);
  const index = find(bench);
  bench.wait(2_000);
  t.strictSame(removed, [index]);
  t.end();
});

test('a peer cannot remove a connection that this node serves', (t) => {
  const bench = new BenchDirector();
  bench.receive('clients', fromClient({ from: client, to: vip, tcp: 'S' }));
  t.equal(removeReplica(bench.director, { ...replica, isServed: true }), false);
  t.not(find(bench), NoConnection);
  bench.setMaster(false);
  t.equal(
    removeReplica(bench.director, { ...replica, isServed: true }),
    true,
    'once it serves no more',
  );
  t.equal(find(bench), NoConnection);
  t.end();
});

test('an entry that a peer has removed goes, and is not announced as removed', (t) => {
  const bench = backup();
  const removed: number[] = [];
  bench.director.sync.onRemove = (index) => removed.push(index);
  applyReplica(bench.director, replica, bench.now);
  t.equal(removeReplica(bench.director, { ...replica, isServed: true }), true);
  t.equal(find(bench), NoConnection);
  t.strictSame(counts(bench, '10.2.0.22'), [0, 0]);
  t.strictSame(removed, []);
  t.equal(
    removeReplica(bench.director, { ...replica, isServed: true }),
    false,
    'there is none any more',
  );
  t.end();
});

test('a dated copy never replaces an entry of this node’s own', (t) => {
  const bench = backup();
  applyReplica(bench.director, { ...replica, origin: LocalOrigin }, bench.now);
  const dated: Replica = { ...replica, state: State.close, isDated: true };
  t.equal(applyReplica(bench.director, dated, bench.now), 'kept-own');
  t.equal(bench.director.connections.state[find(bench)], State.established);
  applyReplica(bench.director, { ...replica, packets: 18 }, bench.now);
  t.equal(applyReplica(bench.director, dated, bench.now), 'updated', 'one from a peer it does');
  t.end();
});

test('a peer’s entries of one client endpoint are bounded like our own, and others are not touched', (t) => {
  const bench = new BenchDirector({ isMaster: false, mostOfClient: 3 });
  const tell = (port: number, from = client): string => {
    const ends = keyOf({ client: from, virtual: `10.1.0.100:${port}`, real: '10.2.0.22:8080' });
    return applyReplica(bench.director, { ...replica, ...ends }, bench.now);
  };
  t.strictSame(
    [80, 81, 82, 83].map((port) => tell(port)),
    [...Array<string>(3).fill('created'), 'client-limit'],
  );
  t.equal(tell(80), 'updated', 'what is there goes on');
  t.equal(tell(83, '10.1.0.3:40000'), 'created');
  t.equal(bench.director.connections.size, 4);
  t.end();
});
