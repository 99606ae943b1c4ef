import { test } from 'tap';

import { NoConnection } from '../../director/core/connections.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { entries, send, serverOfClient } from './entries.js';
import { flowOf } from './flows.js';

const client = '10.1.0.2:40000';
const masq = '10.1.0.100:80';
const route = '10.1.0.101:80';

/** What a client sends to bring a Masq connection into a state; `<` is the server's FIN. */
const Ways = {
  SYN_RECV: ['S'],
  ESTABLISHED: ['S', 'A'],
  CLOSE_WAIT: ['S', 'A', 'FA'],
  TIME_WAIT: ['S', 'A', 'FA', '<'],
  FIN_WAIT: ['S', 'A', '<'],
  CLOSE: ['S', 'A', 'R'],
} as const;

/** The real server after a client has used its port again for a new connection; the first one was .23. */
function serverAfterReuse(mode: number, state: keyof typeof Ways, to = masq): string {
  const bench = new BenchDirector({ settings: { conn_reuse_mode: mode } });
  const ways: readonly string[] = Ways[state];
  for (const tcp of ways) {
    if (tcp !== '<') send(bench, client, to, tcp);
    else {
      bench.receive('servers', fromServer({ from: '10.2.0.23:8080', to: client, tcp: 'FA' }));
    }
  }
  if (!entries(bench)[0]?.includes(` ${state} `)) throw new Error(entries(bench).join());
  send(bench, client, to);
  return serverOfClient(bench, client, to).slice(0, 9) === '10.2.0.23' ? 'kept' : 'anew';
}

test('a port used again after the end is a new connection in every mode but 0', (t) => {
  // is_new_conn_expected: bit 1 of the mode adds FIN_WAIT, it takes nothing away.
  for (const mode of [1, 2, 3]) {
    t.equal(serverAfterReuse(mode, 'TIME_WAIT'), 'anew', `mode ${mode}`);
    t.equal(serverAfterReuse(mode, 'CLOSE'), 'anew', `mode ${mode}`);
    t.equal(serverAfterReuse(mode, 'CLOSE', route), 'anew', `mode ${mode}, Route`);
  }
  t.equal(serverAfterReuse(0, 'TIME_WAIT'), 'kept');
  t.equal(serverAfterReuse(0, 'CLOSE'), 'kept');
  t.end();
});

test('a SYN on a connection that is not over belongs to it', (t) => {
  for (const mode of [0, 1, 2, 3]) {
    for (const state of ['SYN_RECV', 'ESTABLISHED', 'CLOSE_WAIT', 'FIN_WAIT'] as const) {
      t.equal(serverAfterReuse(mode, state), 'kept', `mode ${mode}, ${state}`);
    }
  }
  t.end();
});

/** The server of a Route connection whose port is used again after the client's FIN. */
const afterFin = (mode: number): string => {
  const bench = new BenchDirector({ settings: { conn_reuse_mode: mode } });
  for (const tcp of ['S', 'A', 'FA', 'S']) send(bench, client, route, tcp);
  return serverOfClient(bench, client, route);
};

test('FIN_WAIT of a connection of which one half is seen may be the end: modes 2 and 3 say so', (t) => {
  t.equal(afterFin(0), '10.2.0.23:80');
  t.equal(afterFin(1), '10.2.0.23:80');
  t.equal(afterFin(2), '10.2.0.22:80');
  t.equal(afterFin(3), '10.2.0.22:80');
  t.end();
});

test('an old connection that makes way is counted off and peers are told', (t) => {
  const bench = new BenchDirector();
  const removed: number[] = [];
  bench.director.sync.onRemove = (index) => removed.push(index);
  for (const tcp of ['S', 'A', 'R']) send(bench, client, masq, tcp);
  const { connections } = bench.director;
  const index = connections.find(flowOf(client, masq));
  connections.markSynced(index, bench.now);
  send(bench, client, masq);
  t.strictSame(removed, [index]);
  const old = bench.server('10.1.0.100', 80, '10.2.0.23');
  t.strictSame([old.active, old.inactive], [0, 0]);
  t.end();
});

test('an old connection is counted until the one that takes its place has a server', (t) => {
  // Two servers without weights: in a kernel the old entry still burdens its own, so the new one goes to the other.
  const bench = new BenchDirector();
  bench.addService({ vip: '10.1.0.105', port: 80, scheduler: 'lc' });
  const service = bench.service('10.1.0.105', 80);
  for (const address of ['10.2.0.21', '10.2.0.22']) bench.addServer(service, { address });
  const vip = '10.1.0.105:80';
  for (const tcp of ['S', 'A', 'R']) send(bench, client, vip, tcp);
  t.equal(serverOfClient(bench, client, vip), '10.2.0.22:80');
  send(bench, client, vip);
  t.equal(serverOfClient(bench, client, vip), '10.2.0.21:80');
  const counts = service.servers.map(({ active, inactive }) => [active, inactive]);
  t.strictSame(counts, [
    [0, 0],
    [1, 0],
  ]);
  t.end();
});

test('an SCTP association that is closed makes way for a new one', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({ vip: '10.1.0.100', port: 80, protocol: 132 });
  for (const address of ['10.2.0.21', '10.2.0.22']) bench.addServer(service, { address });
  const chunk = (type: number): string =>
    bench.receive('clients', fromClient({ from: client, to: masq, sctp: { chunk: type } }));
  const [init, abort] = [1, 6];
  t.equal(chunk(init), 'forward');
  t.equal(chunk(init), 'forward', 'a retransmission');
  t.equal(serverOfClient(bench, client, masq), '10.2.0.22:80');
  chunk(abort);
  t.equal(chunk(init), 'forward');
  t.equal(serverOfClient(bench, client, masq), '10.2.0.21:80');
  t.end();
});

test('a quiesced server keeps its connections, and a SYN on them, by default', (t) => {
  const bench = new BenchDirector();
  for (const tcp of ['S', 'A']) send(bench, client, masq, tcp);
  bench.server('10.1.0.100', 80, '10.2.0.23').weight = 0;
  t.equal(send(bench, client, masq), 'forward');
  t.equal(serverOfClient(bench, client, masq), '10.2.0.23:8080');
  t.end();
});

test('with expire_nodest_conn a SYN leaves a quiesced server, other segments stay', (t) => {
  const bench = new BenchDirector({ settings: { expire_nodest_conn: 1 } });
  for (const tcp of ['S', 'A']) send(bench, client, masq, tcp);
  bench.server('10.1.0.100', 80, '10.2.0.23').weight = 0;
  t.equal(send(bench, client, masq, 'PA'), 'forward');
  t.equal(serverOfClient(bench, client, masq), '10.2.0.23:8080');
  t.equal(send(bench, client, masq), 'forward');
  t.equal(serverOfClient(bench, client, masq), '10.2.0.22:8080');
  t.end();
});

test('with expire_nodest_conn a connection whose server is gone ends with its next packet', (t) => {
  const bench = new BenchDirector({ settings: { expire_nodest_conn: 1 } });
  const { connections, services } = bench.director;
  for (const tcp of ['S', 'A']) send(bench, client, masq, tcp);
  services.removeServer(bench.server('10.1.0.100', 80, '10.2.0.23'));
  t.equal(send(bench, client, masq, 'PA'), 'drop: no-connection', 'and nobody is reset');
  t.equal(connections.find(flowOf(client, masq)), NoConnection);
  t.equal(send(bench, client, masq), 'forward', 'a new one goes to another server');
  t.equal(serverOfClient(bench, client, masq), '10.2.0.22:8080');
  t.end();
});
