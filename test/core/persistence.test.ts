import { test } from 'tap';

import { Method, type VirtualService } from '../../director/core/services.js';
import { BenchDirector, type BenchOptions, type ServiceSpec } from '../packets/bench-director.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { entries, markRules, send, serverOfClient, templates } from './entries.js';

const Vip = '10.1.0.110';
const Servers = ['10.2.0.21', '10.2.0.22', '10.2.0.23'];

interface Persistent {
  readonly bench: BenchDirector;
  readonly service: VirtualService;
}

/** A bench with one service more, TCP on port 443, Masq to port 8080, persistent for 360 s and single clients. */
function persistent(spec: ServiceSpec = {}, options: BenchOptions = {}): Persistent {
  const bench = new BenchDirector({ capacity: 16, ...options });
  const where = spec.mark === undefined ? { vip: Vip, port: 443 } : {};
  const persistence = { timeout: 360, prefixLength: 32 };
  const service = bench.addService({ ...where, persistence, ...spec });
  for (const address of Servers) {
    bench.addServer(service, { address, port: service.port === 0 ? 0 : 8_080 });
  }
  return { bench, service };
}

const udp = (to: string, from = '10.1.0.2:40000'): Uint8Array =>
  fromClient({ from, to, udp: {}, payload: 'x' });

test('connections of one client go to one server, and a template says which', (t) => {
  const { bench } = persistent();
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  send(bench, '10.1.0.2:40001', `${Vip}:443`);
  send(bench, '10.1.0.3:40000', `${Vip}:443`);
  t.strictSame(entries(bench), [
    `TCP 360 NONE 10.1.0.2:0 ${Vip}:443 10.2.0.23:8080`,
    `TCP 360 NONE 10.1.0.3:0 ${Vip}:443 10.2.0.22:8080`,
    `TCP 60 SYN_RECV 10.1.0.2:40000 ${Vip}:443 10.2.0.23:8080`,
    `TCP 60 SYN_RECV 10.1.0.2:40001 ${Vip}:443 10.2.0.23:8080`,
    `TCP 60 SYN_RECV 10.1.0.3:40000 ${Vip}:443 10.2.0.22:8080`,
  ]);
  t.end();
});

test('a netmask makes a template for a whole network', (t) => {
  const { bench } = persistent({ persistence: { timeout: 60, prefixLength: 24 } });
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  send(bench, '10.1.0.200:40000', `${Vip}:443`);
  send(bench, '10.1.1.2:40000', `${Vip}:443`);
  t.strictSame(templates(bench), [
    `TCP 60 NONE 10.1.0.0:0 ${Vip}:443 10.2.0.23:8080`,
    `TCP 60 NONE 10.1.1.0:0 ${Vip}:443 10.2.0.22:8080`,
  ]);
  t.end();
});

test('a netmask need not end at a byte, and may be of no bits', (t) => {
  for (const [prefixLength, expected] of [
    [29, '172.31.255.248'],
    [20, '172.31.240.0'],
    [1, '128.0.0.0'],
    [0, '0.0.0.0'],
    [31, '172.31.255.254'],
    [32, '172.31.255.255'],
  ] as const) {
    const { bench } = persistent({ persistence: { timeout: 60, prefixLength } });
    send(bench, '172.31.255.255:40000', `${Vip}:443`);
    const [line = ''] = templates(bench);
    t.equal(line.split(' ')[3], `${expected}:0`, `/${prefixLength}`);
  }
  t.end();
});

test('IPv6 has a prefix length', (t) => {
  for (const [prefixLength, expected] of [
    [128, 'fd77:1:2:3:4:5:6:f'],
    [64, 'fd77:1:2:3::'],
    [60, 'fd77:1:2::'],
    [33, 'fd77:1::'],
  ] as const) {
    const bench = new BenchDirector();
    const persistence = { timeout: 360, prefixLength };
    const service = bench.addService({ vip: 'fd01::110', port: 443, persistence });
    bench.addServer(service, { address: 'fd02::21', port: 8_080 });
    send(bench, '[fd77:1:2:3:4:5:6:f]:40000', '[fd01::110]:443');
    const [line = ''] = templates(bench);
    t.equal(line, `TCP 360 NONE [${expected}]:0 [fd01::110]:443 [fd02::21]:8080`);
  }
  t.end();
});

test('a service of every port has one template for them all, and keeps the ports', (t) => {
  const { bench } = persistent({ port: 0 });
  t.equal(send(bench, '10.1.0.2:40000', `${Vip}:443`), 'forward');
  t.equal(send(bench, '10.1.0.2:40001', `${Vip}:8443`), 'forward');
  t.strictSame(entries(bench), [
    `TCP 360 NONE 10.1.0.2:0 ${Vip}:0 10.2.0.23:0`,
    `TCP 60 SYN_RECV 10.1.0.2:40000 ${Vip}:443 10.2.0.23:443`,
    `TCP 60 SYN_RECV 10.1.0.2:40001 ${Vip}:8443 10.2.0.23:8443`,
  ]);
  t.equal(bench.receive('clients', udp(`${Vip}:443`)), 'drop: no-service', 'of one protocol');
  t.end();
});

test('a service of its own port goes before the one of every port', (t) => {
  const { bench } = persistent({ port: 0 });
  const exact = bench.addService({ vip: Vip, port: 22 });
  bench.addServer(exact, { address: '10.2.0.21', port: 2_222 });
  send(bench, '10.1.0.2:40000', `${Vip}:22`);
  t.equal(serverOfClient(bench, '10.1.0.2:40000', `${Vip}:22`), '10.2.0.21:2222');
  t.strictSame(templates(bench), []);
  t.end();
});

test('a firewall mark’s template has the mark for an address, for all its ports and protocols', (t) => {
  const { bench } = persistent({ mark: 5 });
  bench.addService({ vip: Vip, port: 1 });
  bench.addService({ vip: '10.1.0.111', port: 1 });
  bench.director.marks = markRules(5, [Vip, '10.1.0.111'], [80, 443, 53]);
  send(bench, '10.1.0.2:40000', `${Vip}:80`);
  send(bench, '10.1.0.2:40001', '10.1.0.111:443');
  bench.receive('clients', udp(`${Vip}:53`));
  t.strictSame(entries(bench), [
    'IP 360 NONE 10.1.0.2:0 0.0.0.5:0 10.2.0.23:0',
    'TCP 60 SYN_RECV 10.1.0.2:40000 10.1.0.110:80 10.2.0.23:80',
    'TCP 60 SYN_RECV 10.1.0.2:40001 10.1.0.111:443 10.2.0.23:443',
    'UDP 300 UDP 10.1.0.2:40000 10.1.0.110:53 10.2.0.23:53',
  ]);
  t.end();
});

test('the data connections of FTP go where its control connection goes', (t) => {
  const { bench } = persistent({ port: 21 });
  send(bench, '10.1.0.2:40000', `${Vip}:21`);
  t.equal(send(bench, '10.1.0.2:40001', `${Vip}:50000`), 'forward', 'passive');
  t.strictSame(entries(bench), [
    `TCP 360 NONE 10.1.0.2:0 ${Vip}:0 10.2.0.23:0`,
    `TCP 60 SYN_RECV 10.1.0.2:40000 ${Vip}:21 10.2.0.23:8080`,
    `TCP 60 SYN_RECV 10.1.0.2:40001 ${Vip}:50000 10.2.0.23:50000`,
  ]);
  t.equal(send(bench, '10.1.0.2:40002', `${Vip}:22`), 'drop: no-service', 'a port of its own');
  t.end();
});

test('FTP without persistence has no data connections', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ vip: Vip, port: 21 });
  bench.addServer(service, { address: '10.2.0.21' });
  t.equal(send(bench, '10.1.0.2:40000', `${Vip}:21`), 'forward');
  t.equal(send(bench, '10.1.0.2:40001', `${Vip}:50000`), 'drop: no-service');
  t.end();
});

test('a template is assured once a connection that follows it is established', (t) => {
  const { bench } = persistent();
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  t.match(templates(bench)[0], / NONE /);
  send(bench, '10.1.0.2:40000', `${Vip}:443`, 'A');
  t.match(templates(bench)[0], / ASSURED /);
  send(bench, '10.1.0.2:40000', `${Vip}:443`, 'R');
  t.match(templates(bench)[0], / ASSURED /, 'and remains so');
  t.end();
});

test('a UDP template is assured once a server has answered', (t) => {
  const { bench } = persistent({ protocol: 17 });
  bench.receive('clients', udp(`${Vip}:443`));
  bench.receive('clients', udp(`${Vip}:443`));
  t.match(templates(bench)[0], /^UDP 360 NONE /);
  const answer = { from: '10.2.0.23:8080', to: '10.1.0.2:40000', udp: {}, payload: 'y' };
  t.equal(bench.receive('servers', fromServer(answer)), 'forward');
  t.match(templates(bench)[0], /^UDP 360 ASSURED /);
  t.end();
});

test('an SCTP template is assured once an association is established', (t) => {
  const { bench } = persistent({ protocol: 132 });
  const chunk = (type: number, isReply = false): string => {
    const ends = { from: '10.1.0.2:40000', to: `${Vip}:443` };
    const back = { from: '10.2.0.23:8080', to: '10.1.0.2:40000' };
    const spec = { ...(isReply ? back : ends), sctp: { chunk: type }, payload: '0x00000001' };
    return isReply
      ? bench.receive('servers', fromServer(spec))
      : bench.receive('clients', fromClient(spec));
  };
  const [init, initAck, cookieEcho, cookieAck] = [1, 2, 10, 11];
  t.equal(chunk(init), 'forward');
  t.equal(chunk(initAck, true), 'forward');
  t.match(templates(bench)[0], /^SCTP 360 NONE /, 'an answer is not enough');
  chunk(cookieEcho);
  t.equal(chunk(cookieAck, true), 'forward');
  t.match(templates(bench)[0], /^SCTP 360 ASSURED /);
  t.end();
});

test('a template lives for its timeout from its last new connection on', (t) => {
  const { bench } = persistent({ persistence: { timeout: 30, prefixLength: 32 } });
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  bench.wait(20);
  send(bench, '10.1.0.2:40001', `${Vip}:443`);
  t.match(templates(bench)[0], /^TCP 30 /);
  bench.wait(10);
  send(bench, '10.1.0.2:40001', `${Vip}:443`, 'A');
  t.match(templates(bench)[0], /^TCP 20 /, 'a known connection’s packets do not count');
  t.end();
});

test('a template that expires while connections follow it lives on, a minute at a time', (t) => {
  const { bench } = persistent({ persistence: { timeout: 30, prefixLength: 32 } });
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  bench.wait(29.75);
  t.match(templates(bench)[0], /^TCP 0 /);
  bench.wait(0.5);
  t.match(templates(bench)[0], /^TCP 60 /);
  bench.wait(30);
  t.equal(bench.director.connections.size, 1, 'its connection has ended');
  bench.wait(29);
  t.equal(templates(bench).length, 1, 'the minute is not over');
  bench.wait(1.25);
  t.equal(bench.director.connections.size, 0);
  t.end();
});

test('templates are persistent connections of their server and no others', (t) => {
  const { bench, service } = persistent();
  const server = service.servers[0];
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  t.strictSame([server?.persistent, server?.active, server?.inactive], [1, 1, 0]);
  bench.wait(61);
  t.strictSame([server?.persistent, server?.active, server?.inactive], [1, 0, 0]);
  bench.wait(300);
  t.strictSame([server?.persistent, server?.active, server?.inactive], [0, 0, 0]);
  t.equal(server?.stats.connections, 1, 'and not counted as one that was scheduled');
  t.end();
});

test('a quiesced server keeps its persistent clients', (t) => {
  const { bench, service } = persistent();
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  for (const server of service.servers) server.weight = server.address === '10.2.0.23' ? 0 : 1;
  send(bench, '10.1.0.2:40001', `${Vip}:443`);
  t.equal(serverOfClient(bench, '10.1.0.2:40001', `${Vip}:443`), '10.2.0.23:8080');
  t.end();
});

test('with expire_quiescent_template a quiesced server loses its persistent clients', (t) => {
  const { bench, service } = persistent({}, { settings: { expire_quiescent_template: 1 } });
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  for (const server of service.servers) server.weight = server.address === '10.2.0.23' ? 0 : 1;
  send(bench, '10.1.0.2:40001', `${Vip}:443`);
  t.equal(serverOfClient(bench, '10.1.0.2:40001', `${Vip}:443`), '10.2.0.22:8080');
  t.equal(send(bench, '10.1.0.2:40000', `${Vip}:443`, 'A'), 'forward', 'the old one goes on');
  t.strictSame(
    templates(bench),
    [
      `TCP 360 NONE 10.1.0.2:0 ${Vip}:443 10.2.0.22:8080`,
      // Out of sight, for as long as its connection needs it.
      `TCP 360 ASSURED 10.1.0.2:0 ${Vip}:65535 10.2.0.23:8080`,
    ].toSorted(),
  );
  send(bench, '10.1.0.2:40002', `${Vip}:443`);
  t.equal(serverOfClient(bench, '10.1.0.2:40002', `${Vip}:443`), '10.2.0.22:8080');
  t.end();
});

test('peers are told that the template of a removed server is gone, and of nothing that is out of sight', (t) => {
  const { bench, service } = persistent();
  const { connections, services, sync } = bench.director;
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  const told: number[] = [];
  const removed: number[] = [];
  const tell = (index: number): void => {
    connections.markSynced(index, bench.now);
    told.push(index);
  };
  sync.onRemove = (index) => removed.push(index);
  sync.drain(connections, tell);
  for (let index = 0; index < connections.end; index += 1) {
    if (connections.isInUse(index) && connections.template(index) < 0) tell(index);
  }
  const [old] = told;
  const gone = service.servers.find(({ persistent: count }) => count > 0);
  if (gone !== undefined) services.removeServer(gone);
  told.length = 0;
  send(bench, '10.1.0.2:40001', `${Vip}:443`);
  sync.drain(connections, tell);
  t.strictSame(removed, [old]);
  sync.add(connections, old ?? 0);
  t.equal(sync.length, 0);
  t.notOk(told.includes(old ?? 0));
  t.end();
});

test('the client of a removed server gets another one', (t) => {
  const { bench, service } = persistent();
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  const [removed] = service.servers;
  if (removed !== undefined) bench.director.services.removeServer(removed);
  send(bench, '10.1.0.2:40001', `${Vip}:443`);
  t.equal(serverOfClient(bench, '10.1.0.2:40001', `${Vip}:443`), '10.2.0.22:8080');
  t.equal(send(bench, '10.1.0.2:40000', `${Vip}:443`, 'A'), 'drop: server-gone');
  bench.wait(1_000);
  t.equal(bench.director.connections.size, 0, 'nothing stays behind');
  t.equal(removed?.persistent, 0);
  t.end();
});

test('a connection that follows a template keeps its server when its port is used again', (t) => {
  const { bench } = persistent();
  send(bench, '10.1.0.3:1', `${Vip}:443`);
  for (const tcp of ['S', 'A', 'R', 'S']) send(bench, '10.1.0.2:40000', `${Vip}:443`, tcp);
  t.equal(serverOfClient(bench, '10.1.0.2:40000', `${Vip}:443`), '10.2.0.22:8080');
  t.equal(templates(bench).length, 2);
  t.end();
});

test('a service without a usable server makes no template', (t) => {
  const { bench, service } = persistent();
  for (const server of service.servers) server.weight = 0;
  t.equal(send(bench, '10.1.0.2:40000', `${Vip}:443`), 'drop: no-server');
  t.strictSame(entries(bench), []);
  t.equal(bench.takeSent().length, 1, 'and the client is told');
  t.end();
});

test('a server that is full still serves its persistent clients', (t) => {
  const { bench } = persistent();
  const service = bench.addService({
    vip: Vip,
    port: 444,
    persistence: { timeout: 360, prefixLength: 32 },
  });
  bench.addServer(service, { address: '10.2.0.21', upperThreshold: 1 });
  t.equal(send(bench, '10.1.0.2:40000', `${Vip}:444`), 'forward');
  t.equal(send(bench, '10.1.0.2:40001', `${Vip}:444`), 'forward');
  t.equal(send(bench, '10.1.0.3:40000', `${Vip}:444`), 'drop: no-server', 'but no others');
  t.end();
});

test('templates work for the methods that see half a connection', (t) => {
  for (const method of [Method.route, Method.tunnel]) {
    const bench = new BenchDirector();
    const persistence = { timeout: 360, prefixLength: 24 };
    const service = bench.addService({ vip: Vip, port: 443, persistence });
    for (const address of Servers) bench.addServer(service, { address, port: 443, method });
    for (const tcp of ['S', 'A']) send(bench, '10.1.0.2:40000', `${Vip}:443`, tcp);
    send(bench, '10.1.0.9:40000', `${Vip}:443`);
    t.strictSame(entries(bench), [
      `TCP 360 ASSURED 10.1.0.0:0 ${Vip}:443 10.2.0.23:443`,
      `TCP 60 SYN_RECV 10.1.0.9:40000 ${Vip}:443 10.2.0.23:443`,
      `TCP 900 ESTABLISHED 10.1.0.2:40000 ${Vip}:443 10.2.0.23:443`,
    ]);
  }
  t.end();
});

test('peers are told of a template with its connection', (t) => {
  const { bench } = persistent({}, { settings: { sync_threshold: [3, 50] } });
  const { sync, connections } = bench.director;
  const told: number[] = [];
  const drain = (): number => {
    told.length = 0;
    sync.drain(connections, (index) => {
      told.push(index);
      connections.markSynced(index, bench.now);
    });
    return told.length;
  };
  for (const tcp of ['S', 'A']) send(bench, '10.1.0.2:40000', `${Vip}:443`, tcp);
  t.equal(drain(), 0);
  send(bench, '10.1.0.2:40000', `${Vip}:443`, 'PA');
  t.equal(drain(), 2, 'the template first, then the connection');
  send(bench, '10.1.0.2:40000', `${Vip}:443`, 'PA');
  t.equal(drain(), 0, 'not with every packet, as IPVS does');
  t.end();
});

test('with sync_persist_mode peers are told of templates only', (t) => {
  const { bench } = persistent({}, { settings: { sync_persist_mode: 1 } });
  const { sync, connections } = bench.director;
  for (const tcp of ['S', 'A', 'PA']) send(bench, '10.1.0.2:40000', `${Vip}:443`, tcp);
  for (const tcp of ['S', 'A', 'PA']) send(bench, '10.1.0.2:40000', '10.1.0.100:80', tcp);
  const told: string[] = [];
  sync.drain(connections, (index) => {
    told.push(`${connections.clientPort(index)} ${connections.virtualPort(index)}`);
  });
  t.strictSame(told, ['0 443', '40000 80'], 'and of connections that follow none');
  t.end();
});

test('a client network has so many templates; the next connection is refused as of one client', (t) => {
  const { bench } = persistent({}, { mostOfClient: 1 });
  const other = bench.addService({
    vip: Vip,
    port: 444,
    persistence: { timeout: 360, prefixLength: 32 },
  });
  bench.addServer(other, { address: '10.2.0.21' });
  t.equal(send(bench, '10.1.0.2:40000', `${Vip}:443`), 'forward');
  t.equal(send(bench, '10.1.0.2:40001', `${Vip}:444`), 'drop: client-limit');
  t.equal(send(bench, '10.1.0.3:40001', `${Vip}:444`), 'forward');
  t.equal(bench.director.connections.size, 4);
  t.end();
});
