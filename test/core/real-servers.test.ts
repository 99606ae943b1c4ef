import { test } from 'tap';

import { Method } from '../../director/core/services.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromServer } from '../packets/packet-case.js';
import { entries, send, serverOfClient } from './entries.js';

const Vip = '10.1.0.100';
const masq = `${Vip}:80`;
const first = '10.2.0.23';

/** A bench on which one client has an established connection to 10.2.0.23. */
function withConnection() {
  const bench = new BenchDirector();
  for (const tcp of ['S', 'A']) send(bench, '10.1.0.2:40000', masq, tcp);
  return { bench, service: bench.service(Vip, 80), server: bench.server(Vip, 80, first) };
}

const again = { port: 8_080, address: first };

test('packets for a removed server are dropped in silence while its connections remain', (t) => {
  const { bench, server } = withConnection();
  bench.director.services.removeServer(server);
  bench.takeSent();
  for (const tcp of ['PA', 'FA', 'S', 'R']) {
    t.equal(send(bench, '10.1.0.2:40000', masq, tcp), 'drop: server-gone', tcp);
  }
  t.strictSame(bench.takeSent(), [], 'nobody is told');
  t.match(entries(bench)[0], /^TCP 900 ESTABLISHED /, 'and the entry is as it was');
  t.equal(server.active, 1);
  t.end();
});

test('a server’s answers still pass after its removal', (t) => {
  // ip_vs_out does not ask whether the destination is available.
  const { bench, server } = withConnection();
  bench.director.services.removeServer(server);
  const answer = { from: '10.2.0.23:8080', to: '10.1.0.2:40000', tcp: 'A' };
  t.equal(bench.receive('servers', fromServer(answer)), 'forward');
  t.end();
});

test('a server that is added again has its connections and its counts', (t) => {
  const { bench, service, server } = withConnection();
  const { inPackets } = server.stats;
  bench.director.services.removeServer(server);
  bench.wait(20);
  const revived = bench.addServer(service, { ...again, weight: 7 });
  t.equal(revived, server);
  t.equal(revived.weight, 7);
  t.strictSame([revived.active, revived.stats.inPackets], [1, inPackets]);
  t.equal(send(bench, '10.1.0.2:40000', masq, 'PA'), 'forward');
  t.equal(service.servers[0], server, 'at the head of the list, as the kernel has it');
  t.end();
});

test('a service that is removed and added again finds its servers in the trash', (t) => {
  const { bench, service, server } = withConnection();
  const { services } = bench.director;
  services.removeService(service);
  t.equal(send(bench, '10.1.0.2:40000', masq, 'PA'), 'drop: server-gone');
  t.equal(send(bench, '10.1.0.2:40001', masq), 'drop: no-service');
  const anew = bench.addService({ vip: Vip, port: 80 });
  t.equal(bench.addServer(anew, again), server);
  t.equal(server.service, anew);
  t.equal(send(bench, '10.1.0.2:40000', masq, 'PA'), 'forward');
  t.equal(anew.stats.inPackets, 1);
  t.end();
});

test('another port, or the same server of another service, is another server', (t) => {
  const { bench, service, server } = withConnection();
  bench.director.services.removeServer(server);
  t.not(bench.addServer(service, { address: first, port: 8_081 }), server);
  const other = bench.addService({ vip: Vip, port: 81 });
  t.not(bench.addServer(other, again), server);
  t.end();
});

test('the trash keeps a server for two minutes after its last connection', (t) => {
  const { bench, service, server } = withConnection();
  const { services, connections } = bench.director;
  services.removeServer(server);
  bench.wait(901);
  t.equal(connections.size, 0);
  bench.wait(118);
  t.equal(services.server(server.id), server);
  bench.wait(3);
  t.equal(services.server(server.id), undefined);
  t.not(bench.addServer(service, again), server, 'a new one without a past');
  t.end();
});

test('a server without connections waits in the trash as well', (t) => {
  const bench = new BenchDirector();
  const { services } = bench.director;
  const server = bench.server(Vip, 80, first);
  server.stats.countConnection();
  services.removeServer(server);
  services.removeServer(server);
  t.equal(bench.service(Vip, 80).servers.length, 2, 'removing it twice changes nothing');
  bench.wait(60);
  t.equal(bench.addServer(bench.service(Vip, 80), again), server);
  t.equal(server.stats.connections, 1);
  bench.wait(300);
  t.equal(services.server(server.id), server, 'and once back it stays');
  t.end();
});

test('a node that lost the address serves no connection of a service that it forgot', (t) => {
  const { bench, service } = withConnection();
  const removed: number[] = [];
  const { connections, services, sync } = bench.director;
  sync.onRemove = (index) => removed.push(index);
  connections.markSynced(0, bench.now);
  services.removeService(service);
  bench.setMaster(false);
  bench.wait(901);
  t.equal(connections.size, 0);
  t.strictSame(removed, [0], 'it no longer vouches for it; its new master decides about its end');
  t.equal(bench.director.connections.digests.entries(0), 0);
  t.end();
});

test('a weight of 0 quiesces: old connections go on, new ones go elsewhere', (t) => {
  const { bench, service, server } = withConnection();
  bench.director.services.editServer(server, { method: Method.masq, weight: 0 });
  t.equal(send(bench, '10.1.0.2:40000', masq, 'PA'), 'forward');
  for (let port = 40_001; port < 40_010; port += 1) send(bench, `10.1.0.2:${port}`, masq);
  t.strictSame([server.active, server.stats.connections], [1, 1]);
  t.equal(server.lastWeight, 1);
  t.equal(service.stats.connections, 10);
  t.end();
});

test('at its upper threshold a server is overloaded, below three quarters of it no more', (t) => {
  const bench = new BenchDirector({ capacity: 64 });
  const service = bench.addService({ vip: Vip, port: 81 });
  const server = bench.addServer(service, { address: first, upperThreshold: 4 });
  const to = `${Vip}:81`;
  const open = (port: number): string => send(bench, `10.1.0.2:${port}`, to);
  const end = (port: number): void => {
    for (const tcp of ['A', 'R']) send(bench, `10.1.0.2:${port}`, to, tcp);
    bench.wait(10.5);
  };
  for (const port of [1, 2, 3]) t.equal(open(port), 'forward');
  t.equal(server.isOverloaded, false);
  t.equal(open(4), 'forward');
  t.equal(server.isOverloaded, true);
  t.equal(open(5), 'drop: no-server');
  t.equal(send(bench, '10.1.0.2:1', to, 'A'), 'forward', 'old ones go on');
  end(4);
  t.equal(server.total, 3);
  t.equal(server.isOverloaded, true, '3 of 4 are three quarters');
  end(3);
  t.equal(server.isOverloaded, false);
  t.equal(open(6), 'forward');
  t.end();
});

test('a lower threshold decides when a server takes connections again', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ vip: Vip, port: 81 });
  const spec = { address: first, upperThreshold: 4, lowerThreshold: 2 };
  const server = bench.addServer(service, spec);
  const to = `${Vip}:81`;
  for (const port of [1, 2, 3, 4]) send(bench, `10.1.0.2:${port}`, to);
  const overloaded: boolean[] = [];
  for (const port of [1, 2, 3]) {
    for (const tcp of ['A', 'R']) send(bench, `10.1.0.2:${port}`, to, tcp);
    bench.wait(10.5);
    overloaded.push(server.isOverloaded);
  }
  t.strictSame(overloaded, [true, true, false]);
  t.end();
});

test('inactive connections count against the threshold too', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ vip: Vip, port: 81 });
  const server = bench.addServer(service, { address: first, upperThreshold: 2 });
  for (const tcp of ['S', 'A', 'FA']) send(bench, '10.1.0.2:1', `${Vip}:81`, tcp);
  send(bench, '10.1.0.2:2', `${Vip}:81`);
  t.strictSame([server.active, server.inactive, server.isOverloaded], [1, 1, true]);
  t.end();
});

test('thresholds may be edited: taken away, raised and lowered', (t) => {
  const bench = new BenchDirector();
  const { services } = bench.director;
  const service = bench.addService({ vip: Vip, port: 81 });
  const server = bench.addServer(service, { address: first, upperThreshold: 2 });
  for (const port of [1, 2]) send(bench, `10.1.0.2:${port}`, `${Vip}:81`);
  const after = (upperThreshold: number): boolean => {
    services.editServer(server, { method: Method.masq, weight: 1, upperThreshold });
    return server.isOverloaded;
  };
  t.equal(server.isOverloaded, true);
  t.equal(after(3), false);
  t.equal(after(1), false, 'a lower one counts from the next connection on');
  send(bench, '10.1.0.2:3', `${Vip}:81`);
  t.equal(server.isOverloaded, true);
  t.equal(after(1), true, 'the same one changes nothing');
  t.equal(after(0), false);
  t.end();
});

test('a scheduler passes over overloaded servers', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ vip: Vip, port: 81 });
  bench.addServer(service, { address: '10.2.0.21' });
  bench.addServer(service, { address: first, upperThreshold: 1 });
  for (const port of [1, 2, 3]) send(bench, `10.1.0.2:${port}`, `${Vip}:81`);
  t.strictSame(
    [1, 2, 3].map((port) => serverOfClient(bench, `10.1.0.2:${port}`, `${Vip}:81`)),
    ['10.2.0.23:81', '10.2.0.21:81', '10.2.0.21:81'],
  );
  t.end();
});
