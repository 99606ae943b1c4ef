import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { DropReason } from '../../director/core/counters.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { entries, send } from './entries.js';

const masq = '10.1.0.100:80';

/** The connections of honest clients, from 10.1.0.2; the flood comes from 10.66.0.0/16. */
const honest = (port: number): string => `10.1.0.2:${50_000 + port}`;

function establish(bench: BenchDirector, count: number, to = masq): void {
  for (let port = 0; port < count; port += 1) {
    for (const tcp of ['S', 'A']) send(bench, honest(port), to, tcp);
  }
}

function attacker(random: Prng): string {
  return `10.66.${random.below(256)}.${random.below(256)}:${1_024 + random.below(60_000)}`;
}

const established = (bench: BenchDirector): number =>
  entries(bench).filter((line) => / ESTABLISHED 10\.1\.0\.2:/.test(line)).length;

/** Sums over the servers of a service that must equal what stands in the table. */
function counted(bench: BenchDirector, vip: string, port: number): number {
  const { servers } = bench.service(vip, port);
  return servers.reduce((sum, server) => sum + server.total + server.persistent, 0);
}

test('no established connection ends in a SYN flood, and new clients still come through', (t) => {
  const bench = new BenchDirector({ capacity: 256 });
  const random = new Prng(9);
  establish(bench, 100);
  let refused = 0;
  for (let round = 0; round < 20_000; round += 1) {
    if (send(bench, attacker(random), masq) !== 'forward') refused += 1;
    bench.takeSent();
    if (round % 500 === 0) bench.wait(0.25);
  }
  t.equal(bench.director.connections.size, bench.director.connections.capacity);
  t.equal(established(bench), 100, 'every one of them');
  t.equal(refused, bench.dropped(DropReason.tableFull), 'what is refused is counted');
  t.ok(refused < 400, `${refused} of 20000 met with nothing but established ones`);
  t.ok(bench.director.counters.evicted > 19_000);

  t.equal(send(bench, '10.1.0.3:1', masq), 'forward', 'a new honest client in the midst of it');
  t.equal(send(bench, '10.1.0.3:1', masq, 'A'), 'forward');
  t.match(entries(bench).join('\n'), / ESTABLISHED 10\.1\.0\.3:1 /);
  t.equal(counted(bench, '10.1.0.100', 80), 256, 'the servers’ counts equal the table');
  t.end();
});

test('when nothing is expendable, new connections are refused and nothing else happens', (t) => {
  const bench = new BenchDirector({ capacity: 32 });
  establish(bench, 32);
  bench.takeSent();
  for (let port = 1; port <= 50; port += 1) {
    t.equal(send(bench, `10.66.0.1:${port}`, masq), 'drop: table-full');
  }
  t.strictSame(bench.takeSent(), []);
  t.equal(established(bench), 32);
  t.equal(bench.director.counters.evicted, 0);
  t.end();
});

test('closed connections make way before anything is refused, those that are closing do not', (t) => {
  const bench = new BenchDirector({ capacity: 8 });
  establish(bench, 8);
  send(bench, honest(3), masq, 'R');
  send(bench, honest(5), masq, 'FA');
  t.equal(send(bench, '10.66.0.1:1', masq), 'forward');
  const table = entries(bench).join('\n');
  t.notMatch(table, /CLOSE 10\.1\.0\.2:50003/);
  t.match(table, /CLOSE_WAIT 10\.1\.0\.2:50005/);
  send(bench, '10.66.0.1:1', masq, 'A');
  t.equal(send(bench, '10.66.0.1:2', masq), 'drop: table-full');
  t.end();
});

test('a UDP flood of single datagrams makes way for itself, a conversation stays', (t) => {
  const bench = new BenchDirector({ capacity: 16 });
  const to = '10.1.0.100:53';
  const query = (from: string): string =>
    bench.receive('clients', fromClient({ from, to, udp: {}, payload: 'x' }));
  for (let count = 0; count < 2; count += 1) query('10.1.0.2:5000');
  for (let port = 1; port <= 500; port += 1) t.equal(query(`10.66.0.1:${port}`), 'forward');
  const answer = { from: '10.2.0.23:5353', to: '10.1.0.2:5000', udp: {}, payload: 'y' };
  t.equal(bench.receive('servers', fromServer(answer)), 'forward');
  t.end();
});

test('a flood of SCTP associations that never get beyond INIT makes way for itself', (t) => {
  const bench = new BenchDirector({ capacity: 16 });
  const service = bench.addService({ vip: '10.1.0.100', port: 80, protocol: 132 });
  bench.addServer(service, { address: '10.2.0.23', port: 8_080 });
  const chunk = (from: string, type: number): string =>
    bench.receive('clients', fromClient({ from, to: masq, sctp: { chunk: type } }));
  const answer = (to: string, type: number): string => {
    const spec = { from: '10.2.0.23:8080', to, sctp: { chunk: type } };
    return bench.receive('servers', fromServer(spec));
  };
  const [data, init, initAck, cookieEcho, cookieAck] = [0, 1, 2, 10, 11];
  chunk('10.1.0.2:1', init);
  answer('10.1.0.2:1', initAck);
  chunk('10.1.0.2:1', cookieEcho);
  answer('10.1.0.2:1', cookieAck);
  for (let port = 1; port <= 200; port += 1) {
    t.equal(chunk(`10.66.0.1:${port}`, init), 'forward');
    answer(`10.66.0.1:${port}`, initAck);
  }
  t.equal(chunk('10.1.0.2:1', data), 'forward');
  t.match(entries(bench).join('\n'), / ESTABLISHED 10\.1\.0\.2:1 /);
  t.end();
});

test('peers are told of the end of evicted connections that they know', (t) => {
  const bench = new BenchDirector({ capacity: 1 });
  const { connections, sync } = bench.director;
  const removed: number[] = [];
  sync.onRemove = (index) => removed.push(index);
  send(bench, '10.66.0.1:1', masq);
  connections.markSynced(0, bench.now);
  send(bench, '10.66.0.1:2', masq);
  t.strictSame(removed, [0]);
  t.end();
});

test('a persistent service survives a SYN flood: unproven templates make way too', (t) => {
  const bench = new BenchDirector({ capacity: 128 });
  const persistence = { timeout: 360, prefixLength: 32 };
  const service = bench.addService({ vip: '10.1.0.110', port: 443, persistence });
  for (const address of ['10.2.0.21', '10.2.0.22']) bench.addServer(service, { address });
  const to = '10.1.0.110:443';
  const random = new Prng(10);
  establish(bench, 20, to);
  let refused = 0;
  for (let round = 0; round < 5_000; round += 1) {
    if (send(bench, attacker(random), to) !== 'forward') refused += 1;
    bench.takeSent();
  }
  t.equal(established(bench), 20);
  const table = entries(bench);
  t.equal(table.filter((line) => / ASSURED 10\.1\.0\.2:0 /.test(line)).length, 1);
  t.equal(refused, bench.dropped(DropReason.tableFull));
  t.ok(refused < 500, `${refused} of 5000 refused`);
  t.equal(counted(bench, '10.1.0.110', 443), table.length);
  t.equal(send(bench, '10.1.0.3:1', to), 'forward');
  for (const tcp of ['A', 'PA']) t.equal(send(bench, '10.1.0.3:1', to, tcp), 'forward');
  bench.wait(2_000);
  t.equal(bench.director.connections.size, 0, 'nothing stays behind');
  t.equal(counted(bench, '10.1.0.110', 443), 0);
  t.end();
});

test('drop_entry clears a flood away before the table is full', (t) => {
  const bench = new BenchDirector({ capacity: 2_048, settings: { drop_entry: 3 } });
  const random = new Prng(12);
  establish(bench, 100);
  for (let round = 0; round < 1_000; round += 1) send(bench, attacker(random), masq);
  bench.wait(30);
  t.equal(established(bench), 100);
  t.ok(bench.director.connections.size < 800, `${bench.director.connections.size} left`);
  t.equal(counted(bench, '10.1.0.100', 80), bench.director.connections.size);
  t.end();
});

test('secure_tcp: a flood that sends ACKs too establishes nothing without the server’s answer', (t) => {
  const bench = new BenchDirector({ capacity: 64, settings: { secure_tcp: 3 } });
  bench.wait(0.25);
  for (const tcp of ['S', 'A', 'PA']) send(bench, '10.66.0.1:1', masq, tcp);
  t.match(entries(bench)[0], / SYN_RECV /);
  const from = '10.1.0.2:1';
  send(bench, from, masq);
  bench.receive('servers', fromServer({ from: '10.2.0.22:8080', to: from, tcp: 'SA' }));
  send(bench, from, masq, 'A');
  t.match(entries(bench).join('\n'), / (SYNACK|ESTABLISHED) 10\.1\.0\.2:1 /);
  bench.receive('servers', fromServer({ from: '10.2.0.22:8080', to: from, tcp: 'A' }));
  t.match(entries(bench).join('\n'), / ESTABLISHED 10\.1\.0\.2:1 /);
  t.end();
});

test('random traffic on a small table: servers’ counts equal the table at every moment', (t) => {
  const bench = new BenchDirector({ capacity: 24 });
  const persistence = { timeout: 20, prefixLength: 30 };
  const service = bench.addService({ vip: '10.1.0.110', port: 443, persistence });
  for (const address of ['10.2.0.21', '10.2.0.22']) bench.addServer(service, { address });
  const random = new Prng(13);
  const [vips, flags] = [
    ['10.1.0.110:443', masq],
    ['S', 'S', 'S', 'A', 'R', 'FA'],
  ];
  let failure: string | undefined;
  for (let round = 0; round < 20_000 && failure === undefined; round += 1) {
    const from = `10.1.0.${2 + random.below(40)}:${1_000 + random.below(3)}`;
    send(bench, from, vips[random.below(2)] ?? masq, flags[random.below(6)]);
    bench.takeSent();
    if (random.below(100) === 0) bench.wait(random.below(40));
    const sum = counted(bench, '10.1.0.110', 443) + counted(bench, '10.1.0.100', 80);
    const { size } = bench.director.connections;
    if (sum !== size) failure = `${sum} counted, ${size} in the table, round ${round}`;
  }
  t.equal(failure, undefined);
  t.ok(bench.director.counters.evicted > 1_000);
  t.end();
});
