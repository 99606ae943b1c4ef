import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { Flag } from '../../director/core/connections.js';
import { closeConnection } from '../../director/core/lifecycle.js';
import { isActive } from '../../director/core/states.js';
import { BenchDirector, type Link } from '../packets/bench-director.js';
import { Mac } from '../packets/hosts.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { entries } from './entries.js';
import { flowOf } from './flows.js';

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';

/** Active and inactive connections of the server that gets the first connection. */
function counts(bench: BenchDirector, address = '10.1.0.100', port = 80): [number, number] {
  const server = bench.server(address, port, '10.2.0.23');
  return [server.active, server.inactive];
}

const segment = (tcp: string, to = vip): Uint8Array => fromClient({ from: client, to, tcp });

test('a connection is active from its SYN until it begins to end, then inactive, then gone', (t) => {
  const bench = new BenchDirector();
  bench.receive('clients', segment('S'));
  t.strictSame(counts(bench), [1, 0]);
  bench.receive('clients', segment('A'));
  t.strictSame(counts(bench), [1, 0]);
  bench.receive('clients', segment('FA'));
  t.strictSame(counts(bench), [0, 1]);
  bench.receive('servers', fromServer({ from: '10.2.0.23:8080', to: client, tcp: 'FA' }));
  t.strictSame(counts(bench), [0, 1]);
  bench.wait(119);
  t.strictSame(counts(bench), [0, 1], 'in TIME_WAIT for 120 s');
  bench.wait(1.5);
  t.strictSame(counts(bench), [0, 0]);
  t.equal(bench.director.connections.size, 0);
  t.end();
});

test('a Route connection whose answer comes by is followed in both directions from then on', (t) => {
  const [from, to] = ['[fd01::2]:40000', '[fd01::101]:80'];
  for (const [comesBy, expected] of [
    [false, 'FIN_WAIT'],
    [true, 'CLOSE_WAIT'],
  ] as const) {
    const bench = new BenchDirector();
    bench.receive('clients', fromClient({ from, to, tcp: 'S' }));
    if (comesBy) bench.receive('servers', fromServer({ from: to, to: from, tcp: 'SA' }));
    bench.receive('clients', fromClient({ from, to, tcp: 'A' }));
    bench.receive('clients', fromClient({ from, to, tcp: 'FA' }));
    t.match(entries(bench)[0], ` ${expected} `);
  }
  t.end();
});

test('a segment without control bits is forwarded and leaves its connection in CLOSE', (t) => {
  const bench = new BenchDirector();
  for (const tcp of ['S', 'A']) bench.receive('clients', segment(tcp));
  t.equal(bench.receive('clients', segment('P')), 'forward');
  t.strictSame(counts(bench), [0, 1]);
  bench.wait(10.5);
  t.equal(bench.director.connections.size, 0, 'for 10 s');
  t.end();
});

test('a connection whose port is used again is scheduled anew and active again', (t) => {
  const bench = new BenchDirector();
  for (const tcp of ['S', 'A', 'R']) bench.receive('clients', segment(tcp));
  t.strictSame(counts(bench), [0, 1]);
  bench.receive('clients', segment('S'));
  t.strictSame(counts(bench), [0, 0]);
  const next = bench.server('10.1.0.100', 80, '10.2.0.22');
  t.strictSame([next.active, next.inactive], [1, 0], 'the next server’s turn');
  t.equal(bench.director.connections.size, 1);
  t.end();
});

test('with conn_reuse_mode 0 a connection whose port is used again keeps its server', (t) => {
  const bench = new BenchDirector({ settings: { conn_reuse_mode: 0 } });
  for (const tcp of ['S', 'A', 'R', 'S']) bench.receive('clients', segment(tcp));
  t.strictSame(counts(bench), [1, 0]);
  t.equal(bench.director.connections.size, 1);
  t.end();
});

test('a UDP flow is an inactive connection for 300 seconds after its last datagram', (t) => {
  const bench = new BenchDirector();
  const query = fromClient({ from: client, to: '10.1.0.100:53', udp: {} });
  bench.receive('clients', query);
  t.strictSame(counts(bench, '10.1.0.100', 53), [0, 1]);
  bench.wait(200);
  bench.receive('servers', fromServer({ from: '10.2.0.23:5353', to: client, udp: {} }));
  bench.wait(299);
  t.strictSame(counts(bench, '10.1.0.100', 53), [0, 1], 'an answer counts as a sign of life');
  bench.wait(1.5);
  t.strictSame(counts(bench, '10.1.0.100', 53), [0, 0]);
  t.end();
});

test('a state’s own timeout holds from each packet on', (t) => {
  const bench = new BenchDirector();
  bench.receive('clients', segment('S'));
  bench.wait(59);
  t.equal(bench.director.connections.size, 1, 'SYN_RECV: 60 s');
  bench.receive('clients', segment('A'));
  bench.wait(899);
  t.equal(bench.director.connections.size, 1, 'ESTABLISHED: 900 s');
  bench.receive('clients', segment('R'));
  bench.wait(10.5);
  t.equal(bench.director.connections.size, 0, 'CLOSE: 10 s');
  t.end();
});

test('a packet that cannot go on has been seen all the same, as in the kernel', (t) => {
  // ip_vs_in counts and moves the state before it transmits.
  const bench = new BenchDirector();
  bench.receive('clients', fromClient({ from: client, to: vip, tcp: 'S', ttl: 1 }));
  const { connections } = bench.director;
  const index = connections.find(flowOf(client, vip));
  t.equal(connections.state[index], 3, 'SYN_RECV');
  t.equal(connections.packets[index], 1);
  bench.wait(60.5);
  t.equal(connections.size, 0);
  t.strictSame(counts(bench), [0, 0]);
  t.end();
});

test('a packet that only the master may forward leaves the connection of a backup as it was', (t) => {
  const bench = new BenchDirector({ settings: { backup_only: 1 } });
  for (const tcp of ['S', 'A']) bench.receive('clients', segment(tcp));
  const { connections } = bench.director;
  const index = connections.find(flowOf(client, vip));
  bench.setMaster(false);
  bench.receive('clients', segment('R'));
  t.equal(connections.state[index], 1);
  t.equal(connections.packets[index], 2);
  t.end();
});

test('packets of the client are counted, those of the server are not', (t) => {
  const bench = new BenchDirector();
  bench.receive('clients', segment('S'));
  bench.receive('servers', fromServer({ from: '10.2.0.23:8080', to: client, tcp: 'SA' }));
  bench.receive('clients', segment('A'));
  const { connections } = bench.director;
  t.equal(connections.packets[connections.find(flowOf(client, vip))], 2);
  t.end();
});

test('peers are told of the end of a connection that they know, and of no other', (t) => {
  const bench = new BenchDirector();
  const { connections, sync } = bench.director;
  const removed: number[] = [];
  sync.onRemove = (index) => removed.push(index);
  bench.receive('clients', segment('S'));
  bench.receive('clients', segment('S', '10.1.0.101:80'));
  const known = connections.find(flowOf(client, vip));
  connections.markSynced(known, bench.now);
  bench.wait(61);
  t.equal(connections.size, 0);
  t.strictSame(removed, [known]);
  t.end();
});

/** Counts the connections of each server in the table itself, which its own counts must equal. */
function miscounted(bench: BenchDirector): string | undefined {
  const { connections, services } = bench.director;
  const actual = new Map<number, [number, number]>();
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index)) continue;
    const id = connections.server[index] ?? -1;
    const [active, inactive] = actual.get(id) ?? [0, 0];
    const isLive = isActive(connections.state[index] ?? 0);
    if (isLive === connections.hasFlag(index, Flag.inactive)) return `the flag of entry ${index}`;
    actual.set(id, isLive ? [active + 1, inactive] : [active, inactive + 1]);
  }
  for (const service of services.services()) {
    for (const server of service.servers) {
      const [active, inactive] = actual.get(server.id) ?? [0, 0];
      if (server.active !== active || server.inactive !== inactive) {
        return `${server.active}+${server.inactive}, not ${active}+${inactive}`;
      }
    }
  }
  return undefined;
}

const Flags = ['S', 'S', 'S', 'A', 'A', 'PA', 'FA', 'F', 'R', 'RA', 'SA', 'SF', ''];

/** A segment or datagram between a few clients, the VIPs and the servers. */
function randomTraffic(random: Prng): { link: Link; frame: Uint8Array } {
  const host = `10.1.0.2:${40_000 + random.below(12)}`;
  const isUdp = random.below(4) === 0;
  const carried = isUdp ? { udp: {} } : { tcp: Flags[random.below(Flags.length)] ?? 'S' };
  if (random.below(3) === 0) {
    const server = random.below(3);
    const from = `10.2.0.${21 + server}:${isUdp ? 5_353 : 8_080}`;
    const source = [Mac.server1, Mac.server2, Mac.server3][server];
    return { link: 'servers', frame: fromServer({ from, to: host, ...carried }, source) };
  }
  const to = `10.1.0.${100 + random.below(2)}:${isUdp ? 53 : 80}`;
  return { link: 'clients', frame: fromClient({ from: host, to, ...carried }) };
}

test('after any traffic each server’s counts equal the table', (t) => {
  const random = new Prng(11);
  const bench = new BenchDirector({ capacity: 24, scheduler: 'wlc' });
  let failure: string | undefined;
  for (let round = 0; round < 20_000 && failure === undefined; round += 1) {
    const { link, frame } = randomTraffic(random);
    bench.receive(link, frame);
    bench.takeSent();
    if (random.below(50) === 0) bench.wait(random.below(200));
    const index = random.below(24);
    if (random.below(100) === 0 && bench.director.connections.isInUse(index)) {
      closeConnection(bench.director, index);
    }
    failure = miscounted(bench);
    if (failure !== undefined) failure += ` in round ${round}`;
  }
  t.equal(failure, undefined);
  t.ok(bench.isBalanced);
  bench.wait(1_000);
  t.equal(bench.director.connections.size, 0);
  t.equal(miscounted(bench), undefined);
  t.end();
});

test('a server’s packet that goes no further does not move its connection', (t) => {
  // A kernel's router drops such a packet before IPVS sees it.
  const bench = new BenchDirector({ mtu: { clients: 1_400 } });
  for (const tcp of ['S', 'A']) bench.receive('clients', segment(tcp));
  const before = entries(bench);
  const reply = { from: '10.2.0.23:8080', to: client };
  t.equal(bench.receive('servers', fromServer({ ...reply, tcp: 'FA', ttl: 1 })), 'drop: ttl');
  const long = { ...reply, tcp: 'RA', dontFragment: true, payload: 'x'.repeat(1_400) };
  t.equal(bench.receive('servers', fromServer(long)), 'drop: too-big');
  t.strictSame(entries(bench), before);
  const { stats } = bench.server('10.1.0.100', 80, '10.2.0.23');
  t.equal(stats.outPackets, 0, 'nor does it count');
  t.equal(bench.receive('servers', fromServer({ ...reply, tcp: 'FA', ttl: 2 })), 'forward');
  t.notSame(entries(bench), before);
  t.end();
});
