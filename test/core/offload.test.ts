import { test } from 'tap';

import { Flag } from '../../director/core/connections.js';
import { removeReplica } from '../../director/core/replica.js';
import { LastingOnes, LongConnection } from '../../director/core/worth.js';
import { ip } from '../base/values.js';
import { BenchDirector } from '../packets/bench-director.js';
import { Mac } from '../packets/hosts.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { Carrier, carriedScene } from './carrier.js';
import { entries, send } from './entries.js';
import { keyOf } from './flows.js';

/*
 * Which connections the kernel carries, and what its counts mean. The carrier stands for the program in the kernel.
 */

const client = '10.1.0.2:40000';
const masqVip = '10.1.0.100:80';
const routeVip = '10.1.0.101:80';
const real = '10.2.0.23:8080';
const Udp = 17;

const WithoutSync = { sync_threshold: [0, 0] } as const;

/** A connection by Masq, established: the scheduler chooses the first server. */
function establish(bench: BenchDirector, from = client): void {
  send(bench, from, masqVip);
  bench.receive('servers', fromServer({ from: real, to: from, tcp: 'SA' }));
  send(bench, from, masqVip, 'A');
}

test('a connection is carried when it is established, both ways, and not before', (t) => {
  const { bench, carrier } = carriedScene();
  send(bench, client, masqVip);
  t.notOk(carrier.carries(client, masqVip));
  bench.receive('servers', fromServer({ from: real, to: client, tcp: 'SA' }));
  t.notOk(carrier.carries(client, masqVip));
  send(bench, client, masqVip, 'A');
  t.ok(carrier.carries(client, masqVip));
  t.ok(carrier.carries(real, client));
  t.match(carrier.machine.counters, { carried: 1, installed: 1 });
  t.end();
});

test('of a connection by Route only the way to the server is carried', (t) => {
  const { bench, carrier } = carriedScene();
  for (const tcp of ['S', 'A']) send(bench, client, routeVip, tcp);
  t.ok(carrier.carries(client, routeVip));
  t.notOk(carrier.carries('10.1.0.101:80', client));
  t.end();
});

test('datagrams are carried from the second answered one on, or from the third', (t) => {
  const { bench, carrier } = carriedScene();
  const vip = '10.1.0.100:53';
  const ask = (from: string): unknown =>
    bench.receive('clients', fromClient({ from, to: vip, udp: {}, payload: 'who' }));
  const answer = (): unknown =>
    bench.receive(
      'servers',
      fromServer({ from: '10.2.0.23:5353', to: client, udp: {}, payload: 'me' }),
    );
  ask(client);
  answer();
  t.notOk(carrier.carries(client, vip, Udp), 'one question, one answer');
  ask(client);
  t.notOk(carrier.carries(client, vip, Udp));
  answer();
  t.ok(carrier.carries(client, vip, Udp));
  const other = '10.1.0.2:40001';
  for (const isCarried of [false, false, true]) {
    ask(other);
    t.equal(carrier.carries(other, vip, Udp), isCarried);
  }
  t.end();
});

test('a connection is carried only when its client has sent more than a question', (t) => {
  const bench = new BenchDirector({ settings: WithoutSync });
  const carrier = new Carrier(bench, undefined, { worth: LastingOnes });
  establish(bench);
  for (let sent = 2; sent < LongConnection; sent += 1) {
    t.notOk(carrier.carries(client, masqVip), `${sent} segments`);
    bench.receive('servers', fromServer({ from: real, to: client, tcp: 'A' }));
    send(bench, client, masqVip, 'A');
  }
  t.ok(carrier.carries(client, masqVip));
  t.ok(carrier.carries(real, client));
  carrier.useDevices([0, 0]);
  t.notOk(carrier.carries(client, masqVip));
  carrier.useDevices([3, 4]);
  send(bench, client, masqVip, 'A');
  t.ok(carrier.carries(client, masqVip), 'that it has is not forgotten');
  t.end();
});

test('with session sync a connection is carried once peers know it', (t) => {
  const { bench, carrier } = carriedScene({ settings: { sync_threshold: [3, 50] } });
  const { connections, sync } = bench.director;
  establish(bench);
  for (let more = 0; more < 5; more += 1) send(bench, client, masqVip, 'A');
  t.notOk(carrier.carries(client, masqVip));
  sync.drain(connections, (index) => connections.markSynced(index, bench.now));
  t.notOk(carrier.carries(client, masqVip), 'until its next packet');
  send(bench, client, masqVip, 'A');
  t.ok(carrier.carries(client, masqVip));
  t.end();
});

test('what is not this node alone to rewrite is not carried', (t) => {
  const { bench, carrier } = carriedScene();
  const { director } = bench;
  establish(bench);
  director.connections.setFlag(0, Flag.uncommitted);
  t.notOk(carrier.carries(client, masqVip), 'waits for a commitment');
  director.connections.clearFlag(0, Flag.uncommitted);
  bench.setMaster(false);
  send(bench, client, masqVip, 'A');
  t.notOk(carrier.carries(client, masqVip), 'another node is the master');
  bench.setMaster(true);
  send(bench, client, masqVip, 'A');
  t.ok(carrier.carries(client, masqVip));
  t.end();
});

test('while too many connections are in doubt for one go, the kernel carries none', (t) => {
  const flows = 40_000;
  const bench = new BenchDirector({
    capacity: 65_536,
    mostOfClient: 65_536,
    settings: WithoutSync,
  });
  const carrier = new Carrier(bench, [3, 4], { records: 2 ** 17 });
  const { counters } = carrier.machine;
  for (let flow = 0; flow < flows; flow += 1) {
    const from = `10.1.0.2:${1_024 + flow}`;
    const frame = fromClient({ from, to: '10.1.0.101:53', udp: {}, payload: 'who' });
    for (const _ of [1, 2, 3]) bench.receive('clients', frame.slice());
    if (flow % 1_000 === 0) carrier.machine.install();
  }
  carrier.machine.install();
  bench.wait(1);
  t.equal(counters.carried + counters.refused, flows);
  t.ok(carrier.isAttended);
  bench.setMaster(false);
  t.ok(counters.carried > 0 && counters.carried < 10_000, `${counters.carried} are left`);
  t.notOk(carrier.isAttended);
  carrier.machine.install();
  t.notOk(carrier.isAttended);
  for (let batch = 0; batch < 4; batch += 1) carrier.machine.install();
  t.equal(counters.carried, 0);
  t.ok(carrier.isAttended);
  t.end();
});

test('a connection with an unknown way, or one by a link that is not there, is not carried', (t) => {
  const bench = new BenchDirector({ settings: WithoutSync });
  const carrier = new Carrier(bench, [3]);
  establish(bench);
  t.notOk(carrier.carries(client, masqVip), 'to a link without a device');
  t.match(carrier.machine.counters, { carried: 0, installed: 0, refused: 0 });
  t.end();
});

test('carried packets count as if they had been received and forwarded here', (t) => {
  const { bench, carrier } = carriedScene();
  establish(bench);
  const { counters } = bench.director;
  const { received, forwarded } = counters;
  carrier.carry(client, masqVip, 10, 100);
  carrier.carry(real, client, 20, 1_500);
  bench.wait(0.25);
  t.equal(counters.received - received, 30);
  t.equal(counters.forwarded - forwarded, 30);
  for (const { stats } of [
    bench.service('10.1.0.100', 80),
    bench.server('10.1.0.100', 80, '10.2.0.23'),
  ]) {
    t.match(stats, { inPackets: 12, inBytes: 1_080, outPackets: 21, outBytes: 30_040 });
  }
  t.equal(bench.director.connections.packets[0], 12);
  t.match(carrier.machine.counters, { packets: 30 });
  t.end();
});

test('a carried connection lives on by its packets, and expires after the last one', (t) => {
  const { bench, carrier } = carriedScene();
  establish(bench);
  for (let time = 0; time < 4; time += 1) {
    bench.wait(600);
    // Hosts are forgotten when nobody has anything to say to them for long.
    bench.resolveAll();
    send(bench, client, masqVip, 'A');
    t.ok(carrier.carry(client, masqVip));
  }
  bench.wait(899);
  t.strictSame(entries(bench), [`TCP 1 ESTABLISHED ${client} ${masqVip} ${real}`]);
  bench.wait(1.5);
  t.strictSame(entries(bench), []);
  t.equal(carrier.machine.counters.carried, 0);
  t.end();
});

test('packets that come right before the end are seen at the end', (t) => {
  const { bench, carrier } = carriedScene();
  establish(bench);
  bench.wait(5);
  t.ok(carrier.carry(client, masqVip));
  const { connections } = bench.director;
  connections.expireAfter(0, 0, bench.now);
  connections.expire(bench.now, () => {});
  t.ok(carrier.machine.isInUse(0, bench.now));
  t.equal(connections.remaining(0, bench.now), 900);
  t.notOk(carrier.carries(client, masqVip), 'it comes up again');
  t.end();
});

test('peers are told of carried packets when they would have been of others', (t) => {
  const { bench, carrier } = carriedScene({ settings: { sync_threshold: [3, 50] } });
  const { connections, sync } = bench.director;
  let told = 0;
  const tell = (): void =>
    sync.drain(connections, (index) => {
      told += 1;
      connections.markSynced(index, bench.now);
    });
  establish(bench);
  send(bench, client, masqVip, 'A');
  tell();
  send(bench, client, masqVip, 'A');
  told = 0;
  for (const [packets, isTold] of [
    [40, 0],
    [8, 0],
    [1, 1],
    [49, 0],
    [120, 1],
  ] as const) {
    t.ok(carrier.carry(client, masqVip, packets));
    bench.wait(0.25);
    tell();
    t.equal(told, isTold, `${connections.packets[0]} packets`);
    told = 0;
  }
  carrier.carry(real, client);
  bench.wait(451);
  told = 0;
  bench.resolveAll();
  send(bench, client, masqVip, 'A');
  tell();
  t.equal(told, 1, 'half of the timeout has passed');
  t.end();
});

test('half a connection is still carried, one that is over is taken back, with all that was counted', (t) => {
  for (const tcp of ['FA', 'R', 'S']) {
    const { bench, carrier } = carriedScene();
    establish(bench);
    carrier.carry(client, masqVip, 7);
    send(bench, client, masqVip, tcp);
    const isOpen = tcp !== 'R';
    t.equal(carrier.carries(client, masqVip), isOpen, tcp);
    t.equal(carrier.carries(real, client), isOpen, tcp);
    bench.wait(0.25);
    t.equal(bench.director.connections.packets[0], 10, tcp);
  }
  t.end();
});

test('half a connection expires as such after its last carried packet', (t) => {
  const { bench, carrier } = carriedScene();
  establish(bench);
  carrier.carry(client, masqVip);
  send(bench, client, masqVip, 'FA');
  t.match(entries(bench), [/ 60 CLOSE_WAIT /]);
  bench.wait(20);
  t.ok(carrier.carry(real, client));
  bench.wait(5);
  t.match(entries(bench), [/ 55 CLOSE_WAIT /]);
  bench.receive('servers', fromServer({ from: real, to: client, tcp: 'FA' }));
  t.match(entries(bench), [/ 120 TIME_WAIT /]);
  t.notOk(carrier.carries(client, masqVip));
  t.end();
});

test('whatever its way depends on takes a connection back', (t) => {
  const cases: readonly (readonly [string, (bench: BenchDirector) => void])[] = [
    [
      'its real server is removed',
      (bench) => bench.director.services.removeServer(bench.server('10.1.0.100', 80, '10.2.0.23')),
    ],
    [
      'the service goes',
      (bench) => bench.director.services.removeService(bench.service('10.1.0.100', 80)),
    ],
    ['another node is master', (bench) => bench.setMaster(false)],
    ['the address is another node’s now', (bench) => bench.director.retire(ip('10.1.0.100'))],
    [
      'the client has another MAC address',
      (bench) => void bench.answerNeighbour('clients', Mac.stranger, '10.1.0.2'),
    ],
    [
      'the server has another MAC address',
      (bench) => void bench.answerNeighbour('servers', Mac.stranger, '10.2.0.23'),
    ],
  ];
  for (const [name, change] of cases) {
    const { bench, carrier } = carriedScene();
    establish(bench);
    t.ok(carrier.carries(client, masqVip), name);
    change(bench);
    carrier.machine.follow(bench.now);
    t.notOk(carrier.carries(client, masqVip), name);
    t.notOk(carrier.carries(real, client), name);
  }
  t.end();
});

test('a real server that is quiesced keeps its connections carried', (t) => {
  const { bench, carrier } = carriedScene();
  establish(bench);
  t.ok(carrier.carries(client, masqVip));
  const server = bench.server('10.1.0.100', 80, '10.2.0.23');
  bench.director.services.editServer(server, { method: server.method, weight: 0 });
  bench.wait(0.5);
  t.ok(carrier.carries(client, masqVip));
  t.end();
});

test('an entry that a peer removes is not carried any more', (t) => {
  const { bench, carrier } = carriedScene();
  establish(bench);
  t.ok(carrier.carries(client, masqVip));
  const { director } = bench;
  director.connections.origin[0] = 3;
  bench.setMaster(false);
  removeReplica(director, {
    ...keyOf({ client, virtual: masqVip, real }),
    origin: 3,
    isServed: true,
  });
  t.strictSame(entries(bench), []);
  t.notOk(carrier.carries(client, masqVip));
  t.end();
});

test('what a client sends is carried before it is known where answers go', (t) => {
  const { bench, carrier } = carriedScene({ isUnresolved: true });
  const vip = '10.1.0.100:53';
  bench.answerNeighbour('servers', Mac.server3, '10.2.0.23');
  const ask = (): unknown =>
    bench.receive('clients', fromClient({ from: client, to: vip, udp: {}, payload: 'who' }));
  const answer = { from: '10.2.0.23:5353', to: client, udp: {}, payload: 'me' };
  ask();
  bench.answerNeighbour('servers', Mac.server3, '10.2.0.23');
  for (let more = 0; more < 2; more += 1) ask();
  t.ok(carrier.carry(client, vip, 5, 100, Udp));
  t.notOk(carrier.carries('10.2.0.23:5353', client, Udp));
  bench.receive('servers', fromServer(answer));
  bench.answerNeighbour('clients', Mac.client, '10.1.0.2');
  bench.receive('servers', fromServer(answer));
  t.ok(carrier.carries(client, vip, Udp));
  t.ok(carrier.carries('10.2.0.23:5353', client, Udp));
  t.equal(bench.director.connections.packets[0], 8);
  t.end();
});

test('of two connections whose answers look alike only one is carried', (t) => {
  const { bench, carrier } = carriedScene();
  const twin = bench.addService({ vip: '10.1.0.100', port: 81 });
  bench.addServer(twin, { address: '10.2.0.23', port: 8_080 });
  establish(bench);
  t.ok(carrier.carries(client, masqVip));
  send(bench, client, '10.1.0.100:81');
  t.notOk(carrier.carries(client, masqVip), 'answers are taken for the new one’s');
  send(bench, client, masqVip, 'A');
  t.notOk(carrier.carries(client, masqVip));
  bench.receive('servers', fromServer({ from: real, to: client, tcp: 'SA' }));
  send(bench, client, '10.1.0.100:81', 'A');
  t.ok(carrier.carries(client, '10.1.0.100:81'));
  t.end();
});

test('a place in the table rests before it is used again, and what was in hand then is counted', (t) => {
  const { bench, carrier } = carriedScene({ capacity: 64 });
  for (let port = 1; port < 32; port += 1) {
    establish(bench, `10.1.0.2:${port}`);
    t.ok(carrier.carries(`10.1.0.2:${port}`, masqVip));
  }
  establish(bench, client);
  t.notOk(carrier.carries(client, masqVip), 'all places are taken');
  t.match(carrier.machine.counters, { carried: 31, refused: 1 });
  const { received } = bench.director.counters;
  send(bench, '10.1.0.2:1', masqVip, 'R');
  send(bench, client, masqVip, 'A');
  t.notOk(carrier.carries(client, masqVip), 'the free one rests');
  bench.wait(1.25);
  t.equal(bench.director.counters.received, received + 2);
  send(bench, client, masqVip, 'A');
  t.ok(carrier.carries(client, masqVip));
  t.end();
});

test('everything comes back when it cannot leave by its interfaces any more', (t) => {
  const { bench, carrier } = carriedScene();
  establish(bench);
  carrier.carry(client, masqVip, 3);
  carrier.useDevices([0, 0]);
  t.notOk(carrier.carries(client, masqVip));
  t.equal(bench.director.connections.packets[0], 5);
  t.match(carrier.machine.counters, { carried: 0, withdrawn: 1 });
  t.end();
});
