import { test } from 'tap';

import { Method, PlainTunnel } from '../../director/core/services.js';
import { fromServer } from '../packets/packet-case.js';
import { carriedScene } from './carrier.js';
import { send } from './entries.js';

/*
 * Which connections of IPv6 the kernel carries, as far as that differs from IPv4.
 */

const client = '[fd01::2]:40000';
const vip = '[fd01::100]:80';
const real = '[fd02::23]:8080';

test('connections of IPv6 are carried as those of IPv4, and what is counted is theirs', (t) => {
  const { bench, carrier } = carriedScene();
  for (const tcp of ['S', 'A']) {
    send(bench, client, vip, tcp);
    if (tcp === 'S') bench.receive('servers', fromServer({ from: real, to: client, tcp: 'SA' }));
  }
  t.ok(carrier.carry(client, vip, 5));
  t.ok(carrier.carry(real, client, 3));
  carrier.machine.settle(bench.now);
  t.equal(bench.director.connections.packets[0], 2 + 5);
  const moved = bench.server('fd01::100', 80, 'fd02::23');
  bench.director.services.editServer(moved, { method: moved.method, weight: 0 });
  bench.wait(0.5);
  t.ok(carrier.carries(client, vip), 'a real server that is quiesced keeps it');
  bench.setMaster(false);
  t.notOk(carrier.carries(client, vip));
  t.end();
});

test('a connection by a tunnel is carried over IPv6, and IPv6 not over IPv4', (t) => {
  const cases: readonly (readonly [
    vip: string,
    from: string,
    server: string,
    isCarried: boolean,
  ])[] = [
    ['fd01::100', '[fd01::2]:40000', 'fd02::21', true],
    ['fd01::100', '[fd01::2]:40000', '10.2.0.21', false],
    ['10.1.0.100', '10.1.0.2:40000', 'fd02::21', true],
  ];
  for (const [address, from, server, isCarried] of cases) {
    for (const pmtu_disc of [0, 1]) {
      const { bench, carrier } = carriedScene({ settings: { pmtu_disc } });
      const service = bench.addService({ vip: address, port: 81 });
      const tunnel = { ...PlainTunnel, type: 'gre' } as const;
      bench.addServer(service, { address: server, method: Method.tunnel, tunnel });
      const to = address.includes(':') ? `[${address}]:81` : `${address}:81`;
      for (const tcp of ['S', 'A', 'A']) send(bench, from, to, tcp);
      t.equal(carrier.carries(from, to), isCarried, `${address} by ${server}`);
    }
  }
  t.end();
});

test('a connection by a tunnel over IPv6 is not carried any more when the tunnel is another', (t) => {
  const { bench, carrier } = carriedScene();
  const service = bench.addService({ vip: '10.1.0.100', port: 81 });
  const server = bench.addServer(service, {
    address: 'fd02::21',
    method: Method.tunnel,
    tunnel: PlainTunnel,
  });
  const [from, to] = ['10.1.0.2:40000', '10.1.0.100:81'];
  for (const tcp of ['S', 'A', 'A']) send(bench, from, to, tcp);
  t.ok(carrier.carries(from, to));
  bench.director.services.editServer(server, {
    method: Method.tunnel,
    weight: 2,
    tunnel: PlainTunnel,
  });
  bench.wait(0.5);
  t.ok(carrier.carries(from, to), 'the tunnel is the same');
  const gre = { ...PlainTunnel, type: 'gre' } as const;
  bench.director.services.editServer(server, { method: Method.tunnel, weight: 2, tunnel: gre });
  bench.wait(0.5);
  t.notOk(carrier.carries(from, to));
  t.end();
});
