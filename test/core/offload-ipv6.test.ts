import { test } from 'tap';

import { Method, PlainTunnel } from '../../director/core/services.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromServer } from '../packets/packet-case.js';
import { Carrier } from './carrier.js';
import { send } from './entries.js';

/*
 * Which connections of IPv6 the kernel carries, as far as that differs from IPv4.
 */

const client = '[fd01::2]:40000';
const vip = '[fd01::100]:80';
const real = '[fd02::23]:8080';

function scene(): { readonly bench: BenchDirector; readonly carrier: Carrier } {
  const bench = new BenchDirector({ settings: { sync_threshold: [0, 0] } });
  return { bench, carrier: new Carrier(bench) };
}

test('connections of IPv6 are carried as those of IPv4, and what is counted is theirs', (t) => {
  const { bench, carrier } = scene();
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

test('connections of IPv6 by a tunnel are not carried', (t) => {
  const { bench, carrier } = scene();
  const service = bench.addService({ vip: 'fd01::100', port: 81 });
  const to = '[fd01::100]:81';
  for (const address of ['fd02::15', '10.2.0.21']) {
    bench.addServer(service, { address, method: Method.tunnel, tunnel: PlainTunnel });
  }
  for (const port of [1, 2]) {
    for (const tcp of ['S', 'A', 'A']) send(bench, `[fd01::2]:${port}`, to, tcp);
    t.notOk(carrier.carries(`[fd01::2]:${port}`, to));
  }
  for (const tcp of ['S', 'A', 'A']) send(bench, client, '[fd01::101]:80', tcp);
  t.ok(carrier.carries(client, '[fd01::101]:80'), 'one by Route is');
  t.end();
});
