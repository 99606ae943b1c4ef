import { test } from 'tap';

import { DropReason } from '../../director/core/counters.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import { Family } from '../../director/wire/flow.js';
import { BenchDirector } from '../packets/bench-director.js';
import { Mac } from '../packets/hosts.js';
import { errorOf, fromClient, fromServer, withoutIdentification } from '../packets/packet-case.js';
import { entries, markRules, send, serverOfClient } from './entries.js';

const Vip = '10.1.0.100';
const client = '10.1.0.2:40000';
const datagram = (to: string, from = client): Uint8Array =>
  fromClient({ from, to, udp: {}, payload: 'x' });

test('a firewall mark goes before address and port, and ports are those of the client', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ mark: 7 });
  bench.addServer(service, { address: '10.2.0.21' });
  bench.director.marks = markRules(7, [Vip], [80, 81]);
  send(bench, client, `${Vip}:80`);
  send(bench, client, `${Vip}:81`);
  bench.receive('clients', datagram(`${Vip}:81`));
  t.strictSame(entries(bench), [
    'TCP 60 SYN_RECV 10.1.0.2:40000 10.1.0.100:80 10.2.0.21:80',
    'TCP 60 SYN_RECV 10.1.0.2:40000 10.1.0.100:81 10.2.0.21:81',
    'UDP 300 UDP 10.1.0.2:40000 10.1.0.100:81 10.2.0.21:81',
  ]);
  t.equal(service.stats.connections, 3);
  t.end();
});

test('a server of a marked service may have a port of its own', (t) => {
  const bench = new BenchDirector();
  bench.addServer(bench.addService({ mark: 7 }), { address: '10.2.0.21', port: 9_000 });
  bench.director.marks = markRules(7, [Vip], [81]);
  send(bench, client, `${Vip}:81`);
  t.equal(serverOfClient(bench, client, `${Vip}:81`), '10.2.0.21:9000');
  t.end();
});

test('a mark without a service changes nothing, and marks are of one family', (t) => {
  const bench = new BenchDirector();
  bench.addServer(bench.addService({ mark: 7, family: Family.ipv6 }), { address: 'fd02::21' });
  bench.director.marks = [
    ...markRules(7, [Vip, 'fd01::100'], [80]),
    ...markRules(8, ['10.1.0.101'], [80]),
  ];
  t.equal(send(bench, client, `${Vip}:80`), 'forward');
  t.equal(serverOfClient(bench, client, `${Vip}:80`), '10.2.0.23:8080');
  t.equal(send(bench, client, '10.1.0.101:80'), 'forward');
  t.equal(send(bench, '[fd01::2]:40000', '[fd01::100]:80'), 'forward');
  const six = serverOfClient(bench, '[fd01::2]:40000', '[fd01::100]:80');
  t.equal(six, '[fd02::21]:80');
  t.end();
});

test('the first rule that fits gives the mark; a port range includes both its ends', (t) => {
  const bench = new BenchDirector();
  const [rule] = markRules(7, [Vip], [0]);
  if (rule === undefined) throw new Error('a rule');
  bench.director.marks = [
    { ...rule, firstPort: 100, lastPort: 200, protocol: 6 },
    { ...rule, firstPort: 150, lastPort: 300, mark: 8 },
  ];
  const [seven, eight] = [bench.addService({ mark: 7 }), bench.addService({ mark: 8 })];
  for (const service of [seven, eight]) bench.addServer(service, { address: '10.2.0.21' });
  for (const port of [99, 100, 150, 200, 201, 300, 301]) send(bench, client, `${Vip}:${port}`);
  bench.receive('clients', datagram(`${Vip}:150`));
  t.equal(seven.stats.connections, 3);
  t.equal(eight.stats.connections, 3);
  t.equal(bench.dropped(DropReason.noService), 2);
  t.end();
});

test('a backup directs nothing by a mark either', (t) => {
  const bench = new BenchDirector();
  bench.addServer(bench.addService({ mark: 7 }), { address: '10.2.0.21' });
  bench.director.marks = markRules(7, [Vip], [81]);
  send(bench, client, `${Vip}:81`);
  bench.setMaster(false);
  t.equal(send(bench, '10.1.0.2:40001', `${Vip}:81`), 'drop: not-master');
  t.end();
});

test('one-packet scheduling schedules every datagram and keeps no connection', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ vip: Vip, port: 514, protocol: 17, isOnePacket: true });
  for (const address of ['10.2.0.21', '10.2.0.22']) bench.addServer(service, { address });
  const servers: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    t.equal(bench.receive('clients', datagram(`${Vip}:514`)), 'forward');
    const [sent] = bench.takeSent();
    servers.push(Buffer.from(sent?.frame.subarray(0, 6) ?? []).toString('hex', 5));
  }
  t.strictSame(servers, ['16', '15', '16', '15']);
  t.equal(bench.director.connections.size, 0);
  t.strictSame([service.stats.connections, service.stats.inPackets], [4, 4]);
  for (const server of service.servers) t.equal(server.total, 0);
  t.end();
});

test('one-packet scheduling follows a template and leaves it', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({
    vip: Vip,
    port: 514,
    protocol: 17,
    isOnePacket: true,
    persistence: { timeout: 60, prefixLength: 32 },
  });
  for (const address of ['10.2.0.21', '10.2.0.22']) bench.addServer(service, { address });
  for (let count = 0; count < 3; count += 1) bench.receive('clients', datagram(`${Vip}:514`));
  t.strictSame(entries(bench), ['UDP 60 NONE 10.1.0.2:0 10.1.0.100:514 10.2.0.22:0']);
  bench.wait(61);
  t.equal(bench.director.connections.size, 0);
  t.end();
});

test('one-packet scheduling is for UDP: TCP under the same mark has connections', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ mark: 7, isOnePacket: true });
  bench.addServer(service, { address: '10.2.0.21' });
  bench.director.marks = markRules(7, [Vip], [81]);
  t.equal(send(bench, client, `${Vip}:81`), 'forward');
  t.equal(send(bench, client, `${Vip}:81`, 'A'), 'forward');
  bench.receive('clients', datagram(`${Vip}:81`));
  t.strictSame(entries(bench), ['TCP 900 ESTABLISHED 10.1.0.2:40000 10.1.0.100:81 10.2.0.21:81']);
  t.end();
});

test('peers are never told of a connection of one packet', (t) => {
  const bench = new BenchDirector({ settings: { sync_threshold: [1, 50] } });
  const service = bench.addService({ vip: Vip, port: 514, protocol: 17, isOnePacket: true });
  bench.addServer(service, { address: '10.2.0.21' });
  for (let count = 0; count < 5; count += 1) bench.receive('clients', datagram(`${Vip}:514`));
  t.equal(bench.director.sync.length, 0);
  t.end();
});

test('one client port opens 256 connections at once, whatever services there are', (t) => {
  const bench = new BenchDirector({ capacity: 1_000 });
  const server = bench.addServer(bench.addService({ mark: 7 }), { address: '10.2.0.21' });
  const [rule] = markRules(7, [Vip], [0]);
  if (rule === undefined) throw new Error('a rule');
  bench.director.marks = [{ ...rule, firstPort: 1_000, lastPort: 1_999 }];
  for (let port = 1_000; port < 1_256; port += 1) {
    t.equal(send(bench, client, `${Vip}:${port}`), 'forward');
  }
  for (let port = 1_256; port < 1_300; port += 1) {
    t.equal(send(bench, client, `${Vip}:${port}`), 'drop: client-limit');
  }
  t.equal(bench.dropped(DropReason.clientLimit), 44);
  t.strictSame([server.total, server.stats.connections, server.stats.inPackets], [256, 256, 256]);
  t.equal(bench.director.counters.icmpErrors, 0, 'nobody is told');
  t.equal(send(bench, client, `${Vip}:1000`, 'A'), 'forward', 'those there are go on');
  t.equal(send(bench, '10.1.0.2:40001', `${Vip}:1999`), 'forward', 'from another port');
  t.equal(bench.receive('clients', datagram(`${Vip}:1999`)), 'forward', 'over another protocol');
  t.end();
});

test('a client at its limit makes nobody else give way in a full table', (t) => {
  const bench = new BenchDirector({ capacity: 4, mostOfClient: 2 });
  for (const port of [81, 82]) {
    bench.addServer(bench.addService({ vip: Vip, port }), { address: '10.2.0.21' });
  }
  for (const port of [80, 81]) send(bench, client, `${Vip}:${port}`);
  for (const from of ['10.1.0.3:1', '10.1.0.4:1']) send(bench, from, `${Vip}:80`);
  t.equal(send(bench, client, `${Vip}:82`), 'drop: client-limit');
  t.equal(bench.director.counters.evicted, 0);
  t.equal(send(bench, '10.1.0.5:1', `${Vip}:82`), 'forward', 'anybody else would have');
  t.equal(bench.director.counters.evicted, 1);
  t.end();
});

test('without a server a client hears that the port is not there, and no one else', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ vip: Vip, port: 81 });
  const packet = fromClient({ from: client, to: `${Vip}:81`, tcp: 'S' });
  t.equal(bench.receive('clients', packet), 'drop: no-server');
  t.strictSame(bench.takeSent().map(withoutIdentification), [
    errorOf({ kind: 'portUnreachable', from: Vip, to: '10.1.0.2', about: packet }),
  ]);
  const fragment = { offset: 0, more: true };
  const first = fromClient({ from: client, to: `${Vip}:81`, tcp: 'S', fragment });
  t.equal(bench.receive('clients', first), 'drop: no-server');
  t.equal(bench.takeSent().length, 1, 'a first fragment has an answer');
  const later = {
    from: client,
    to: `${Vip}:81`,
    protocol: 6,
    fragment: { offset: 8, more: false },
  };
  t.equal(
    bench.receive('clients', fromClient({ ...later, payload: 'xxxx' })),
    'drop: no-connection',
  );
  t.strictSame(bench.takeSent(), [], 'a later one never (RFC 1122 §3.2.2)');
  t.equal(service.stats.connections, 0);
  t.equal(bench.director.counters.icmpErrors, 2);
  t.end();
});

test('the director’s ICMP errors are limited: 50 at once, 1,000 a second', (t) => {
  const bench = new BenchDirector();
  bench.addService({ vip: Vip, port: 81 });
  const refuse = (count: number): number => {
    for (let port = 1_000; port < 1_000 + count; port += 1) {
      send(bench, `10.1.0.2:${port}`, `${Vip}:81`);
    }
    return bench.takeSent().length;
  };
  t.equal(refuse(200), 50);
  bench.wait(0.25);
  t.equal(refuse(200), 50, 'the bucket is full again');
  t.equal(bench.dropped(DropReason.noServer), 400, 'what is not answered is counted all the same');
  t.end();
});

test('sloppy_tcp opens a connection from any segment but a RST', (t) => {
  const bench = new BenchDirector({ settings: { sloppy_tcp: 1 } });
  t.equal(send(bench, client, `${Vip}:80`, 'PA'), 'forward');
  t.match(entries(bench)[0], /^TCP 900 ESTABLISHED /);
  t.equal(send(bench, '10.1.0.2:1', `${Vip}:80`, 'FA'), 'forward');
  t.equal(send(bench, '10.1.0.2:2', `${Vip}:80`, 'R'), 'drop: no-connection');
  t.equal(send(bench, '10.1.0.2:3', `${Vip}:80`, 'RA'), 'drop: no-connection');
  t.end();
});

test('SCTP is opened by an INIT, or by anything with sloppy_sctp', (t) => {
  for (const sloppy of [0, 1]) {
    const bench = new BenchDirector({ settings: { sloppy_sctp: sloppy } });
    const service = bench.addService({ vip: Vip, port: 80, protocol: 132 });
    bench.addServer(service, { address: '10.2.0.21', port: 8_080 });
    const chunk = (type: number, from: string): string =>
      bench.receive('clients', fromClient({ from, to: `${Vip}:80`, sctp: { chunk: type } }));
    const [data, init] = [0, 1];
    t.equal(chunk(data, client), sloppy === 1 ? 'forward' : 'drop: no-connection');
    t.equal(chunk(init, '10.1.0.2:1'), 'forward');
  }
  t.end();
});

test('a segment of an unknown connection goes where a consistent hash says, if there is one', (t) => {
  const chosen = [new BenchDirector(), new BenchDirector()].map((bench) => {
    const service = bench.service(Vip, 80);
    const { settings, prng } = bench.director;
    service.consistent = createScheduler('mh', { settings, prng, flags: ['mh-port'] });
    for (const [index, server] of service.servers.entries()) {
      service.consistent.handleChange(service, { kind: 'added', server, index });
    }
    const servers = [];
    for (let port = 1; port <= 20; port += 1) {
      t.equal(send(bench, `10.1.0.2:${port}`, `${Vip}:80`, 'PA'), 'forward');
      servers.push(serverOfClient(bench, `10.1.0.2:${port}`, `${Vip}:80`));
    }
    t.equal(send(bench, client, `${Vip}:80`, 'R'), 'drop: no-connection', 'never for a RST');
    t.equal(send(bench, client, '10.1.0.101:80', 'A'), 'drop: no-connection', 'only this service');
    return servers;
  });
  t.strictSame(chosen[0], chosen[1], 'on every node the same');
  t.equal(new Set(chosen[0]).size, 3);
  t.end();
});

test('drop_packet drops one in am_droprate of those that open a connection', (t) => {
  const settings = { drop_packet: 3, am_droprate: 10 };
  const bench = new BenchDirector({ settings, capacity: 2_000 });
  for (const tcp of ['S', 'A']) send(bench, client, `${Vip}:80`, tcp);
  bench.wait(0.25);
  for (let port = 1; port <= 1_000; port += 1) send(bench, `10.1.0.2:${port}`, `${Vip}:80`);
  t.equal(bench.dropped(DropReason.overloaded), 100);
  for (let count = 0; count < 100; count += 1) {
    t.equal(send(bench, client, `${Vip}:80`, 'PA'), 'forward');
  }
  t.equal(bench.dropped(DropReason.overloaded), 100, 'known connections are spared');
  t.end();
});

const stray = { from: '10.2.0.23:8080', to: '10.1.0.2:40009' };

test('with nat_icmp_send a real server hears that its connection is unknown', (t) => {
  const bench = new BenchDirector({ settings: { nat_icmp_send: 1 } });
  const packet = fromServer({ ...stray, tcp: 'A' });
  t.equal(bench.receive('servers', packet), 'drop: not-for-us');
  t.strictSame(bench.takeSent().map(withoutIdentification), [
    errorOf({
      kind: 'portUnreachable',
      from: '10.2.0.11',
      to: '10.2.0.23',
      link: 'servers',
      mac: Mac.server3,
      about: packet,
    }),
  ]);
  bench.receive('servers', fromServer({ ...stray, from: '10.2.0.23:5353', udp: {} }));
  t.equal(bench.takeSent().length, 1, 'over UDP too');
  t.end();
});

test('nat_icmp_send leaves everything else alone', (t) => {
  const silent = new BenchDirector();
  silent.receive('servers', fromServer({ ...stray, tcp: 'A' }));
  t.strictSame(silent.takeSent(), [], 'it is off by default');

  const bench = new BenchDirector({ settings: { nat_icmp_send: 1 } });
  const said = (spec: Parameters<typeof fromServer>[0]): number => {
    bench.receive('servers', fromServer(spec));
    return bench.takeSent().length;
  };
  t.equal(said({ ...stray, tcp: 'R' }), 0, 'a RST is the end already');
  t.equal(said({ ...stray, tcp: 'RA' }), 0);
  t.equal(said({ ...stray, from: '10.2.0.23:9999', tcp: 'A' }), 0, 'no real server has this port');
  t.equal(said({ ...stray, from: '10.2.0.99:8080', tcp: 'A' }), 0, 'no real server is there');
  t.equal(
    said({ ...stray, from: '10.2.0.23:80', tcp: 'A' }),
    0,
    'Route servers answer by themselves',
  );
  bench.setMaster(false);
  t.equal(said({ ...stray, tcp: 'A' }), 0, 'a backup knows nothing');
  t.end();
});
