import { test } from 'tap';

import { applyReplica, type Replica } from '../../director/core/replica.js';
import { Method } from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import { BenchDirector, type BenchOptions } from '../packets/bench-director.js';
import { BothFamilies, Mac } from '../packets/hosts.js';
import { buildArp, endpoint, quote } from '../packets/packet-builder.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { entries, send } from './entries.js';
import { keyOf } from './flows.js';

/*
 * Any node forwards what it is sent of connections that it knows; only the master answers for addresses and takes new
 * connections.
 */

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';

const ping = fromClient({
  from: '10.1.0.2',
  to: '10.1.0.100',
  icmp: { type: 8 },
  payload: '0x0001000161',
});

/** A node that was master, has a Masq connection with 10.2.0.23, and is not master any more. */
function formerMaster(options: BenchOptions = {}): BenchDirector {
  const bench = new BenchDirector(options);
  for (const tcp of ['S', 'A']) send(bench, client, vip, tcp);
  bench.setMaster(false);
  bench.takeSent();
  return bench;
}

for (const { family, client: host, masqVip, routeVip, servers } of BothFamilies) {
  test(`${family}: a node that is not master forwards both ways for connections that it knows`, (t) => {
    const from = endpoint(host, 40_000);
    for (const [to, real] of [
      [endpoint(masqVip, 80), endpoint(servers[2], 8_080)],
      [endpoint(routeVip, 80), undefined],
    ] as const) {
      const bench = new BenchDirector();
      send(bench, from, to);
      bench.setMaster(false);
      bench.takeSent();
      t.equal(send(bench, from, to, 'A'), 'forward');
      if (real !== undefined) {
        t.equal(
          bench.receive('servers', fromServer({ from: real, to: from, tcp: 'PA' })),
          'forward',
        );
      }
      t.match(entries(bench), [/ESTABLISHED/], 'and follows the connection');
    }
    t.end();
  });
}

test('with backup_only it forwards nothing, not even errors', (t) => {
  const bench = formerMaster({ settings: { backup_only: 1 } });
  t.equal(send(bench, client, vip, 'A'), 'drop: not-master');
  const reply = { from: '10.2.0.23:8080', to: client, tcp: 'A' };
  t.equal(bench.receive('servers', fromServer(reply)), 'drop: not-master');
  const error = fromClient({
    from: '10.1.0.1',
    to: '10.1.0.100',
    icmp: { type: 3, code: 4 },
    payload: quote(fromClient({ from: vip, to: client, tcp: 'A' }), { mtu: 1_400, most: 548 }),
  });
  t.equal(bench.receive('clients', error), 'drop: not-master');
  t.strictSame(bench.takeSent(), []);
  t.end();
});

test('an ICMP error about a known connection follows it on any node', (t) => {
  const bench = formerMaster();
  const error = fromClient({
    from: '10.1.0.1',
    to: '10.1.0.100',
    icmp: { type: 3, code: 4 },
    payload: quote(fromClient({ from: vip, to: client, tcp: 'A' }), { mtu: 1_400, most: 548 }),
  });
  t.equal(bench.receive('clients', error), 'forward');
  t.equal(bench.takeSent()[0]?.link, 'servers');
  t.end();
});

test('it neither answers for addresses nor takes new connections', (t) => {
  const bench = formerMaster();
  const request = buildArp({
    ethernet: { destination: Mac.broadcast },
    operation: 'request',
    sender: [Mac.client, '10.1.0.2'],
    target: ['00:00:00:00:00:00', '10.1.0.100'],
  });
  bench.receive('clients', request);
  t.equal(bench.receive('clients', ping), 'drop: not-master');
  t.equal(send(bench, '10.1.0.2:40001', vip), 'drop: not-master');
  t.strictSame(bench.takeSent(), []);
  t.end();
});

test('it ends no connection of another node, whatever a client opens anew', (t) => {
  const bench = formerMaster({ settings: { expire_nodest_conn: 1 } });
  send(bench, client, vip, 'R');
  t.match(entries(bench), [/CLOSE/]);
  t.equal(send(bench, client, vip), 'forward', 'a SYN on a connection that is over goes its way');
  t.equal(bench.director.connections.size, 1);
  t.end();
});

test('an address that was taken over is silent, but its services go on for a moment', (t) => {
  const bench = new BenchDirector();
  const { director } = bench;
  for (const { address } of director.floating.values()) director.retire(address);
  t.equal(bench.receive('clients', ping), 'drop: not-master');
  t.equal(send(bench, client, vip), 'forward');
  for (const { address } of director.floating.values()) director.setLive(address, false);
  t.equal(send(bench, '10.1.0.2:40001', vip), 'drop: not-master');
  t.end();
});

test('with backup_only a node that is succeeded forwards nothing from that moment on', (t) => {
  const bench = new BenchDirector({ settings: { backup_only: 1 } });
  send(bench, client, vip);
  const { director } = bench;
  for (const { address } of director.floating.values()) director.retire(address);
  t.equal(send(bench, client, vip, 'A'), 'drop: not-master');
  t.equal(send(bench, '10.1.0.2:40001', vip), 'drop: not-master');
  t.end();
});

test('a node that is succeeded believes its successor, also about connections that it has opened', (t) => {
  const bench = new BenchDirector();
  send(bench, client, vip);
  const replica: Replica = {
    ...keyOf({ client, virtual: vip, real: '10.2.0.21:8080' }),
    method: Method.masq,
    state: State.synRecv,
    packets: 1,
    remaining: 60,
    timeout: 60,
    origin: 1,
    isDated: false,
  };
  t.equal(applyReplica(bench.director, replica, bench.now), 'kept-own', 'a master does not');
  const { director } = bench;
  for (const { address } of director.floating.values()) director.retire(address);
  t.equal(applyReplica(director, replica, bench.now), 'created');
  t.match(entries(bench), [/10\.2\.0\.21:8080$/]);
  t.end();
});

test('a director never forwards to itself', (t) => {
  const bench = new BenchDirector();
  for (const [method, port] of [
    [Method.masq, 90],
    [Method.route, 91],
    [Method.tunnel, 92],
  ] as const) {
    const service = bench.addService({ vip: '10.1.0.100', port });
    bench.addServer(service, { address: '10.2.0.11', method });
    t.equal(send(bench, client, `10.1.0.100:${port}`), 'drop: no-route');
  }
  t.strictSame(bench.takeSent(), []);
  t.end();
});
