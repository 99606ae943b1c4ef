import { test } from 'tap';

import type { Director } from '../../director/core/director.js';
import {
  Method,
  PlainTunnel,
  type RealServer,
  type TunnelSettings,
} from '../../director/core/services.js';
import type { BenchDirector } from '../packets/bench-director.js';
import { carriedScene } from './carrier.js';
import { send } from './entries.js';

/*
 * Which connections by tunnels the kernel carries. What it makes of their packets is tested with the program.
 */

const client = '10.1.0.2:40000';
const tunnelVip = '10.1.0.100:81';
const gue = { type: 'gue', port: 6_080, checksum: 'none' } as const;
const remote = { type: 'gue', port: 6_080, checksum: 'remote' } as const;

/** A connection by such a tunnel; its real server. */
function tunnelled(bench: BenchDirector, tunnel: TunnelSettings): RealServer {
  const service = bench.addService({ vip: '10.1.0.100', port: 81 });
  const server = bench.addServer(service, { address: '10.2.0.21', method: Method.tunnel, tunnel });
  for (const tcp of ['S', 'A', 'A']) send(bench, client, tunnelVip, tcp);
  return server;
}

test('a connection by a tunnel is carried one way, unless the tunnel has checksums', (t) => {
  for (const tunnel of [PlainTunnel, { ...PlainTunnel, type: 'gre' } as const, gue]) {
    const { bench, carrier } = carriedScene();
    tunnelled(bench, tunnel);
    t.ok(carrier.carries(client, tunnelVip), tunnel.type);
    t.notOk(carrier.carries('10.2.0.21:81', client), `${tunnel.type}: answers`);
  }
  for (const tunnel of [remote, { type: 'gre', port: 0, checksum: 'full' } as const]) {
    const { bench, carrier } = carriedScene();
    tunnelled(bench, tunnel);
    t.notOk(carrier.carries(client, tunnelVip), `${tunnel.type} ${tunnel.checksum}`);
  }
  const { bench, carrier } = carriedScene({ settings: { pmtu_disc: 0 } });
  tunnelled(bench, PlainTunnel);
  t.notOk(carrier.carries(client, tunnelVip), 'packets in it may be cut');
  t.end();
});

type Change = (director: Director, server: RealServer) => void;

const edit =
  (tunnel: TunnelSettings): Change =>
  ({ services }, server) =>
    services.editServer(server, { method: Method.tunnel, weight: 1, tunnel });

const letCut: Change = ({ settings }) => {
  settings.pmtu_disc = 0;
};

test('another tunnel, or other rules for it, take its connections back', (t) => {
  const cases: readonly (readonly [name: string, isCarriedAgain: boolean, change: Change])[] = [
    ['another type', true, edit(PlainTunnel)],
    ['another port', true, edit({ ...gue, port: 6_081 })],
    ['a checksum', false, edit(remote)],
    ['packets may be cut', false, letCut],
  ];
  for (const [name, isCarriedAgain, change] of cases) {
    const { bench, carrier } = carriedScene();
    const server = tunnelled(bench, gue);
    t.ok(carrier.carries(client, tunnelVip), name);
    change(bench.director, server);
    carrier.machine.follow(bench.now);
    t.notOk(carrier.carries(client, tunnelVip), name);
    send(bench, client, tunnelVip, 'A');
    t.equal(carrier.carries(client, tunnelVip), isCarriedAgain, `${name}: again`);
  }
  const { bench, carrier } = carriedScene();
  const server = tunnelled(bench, gue);
  t.ok(carrier.carries(client, tunnelVip));
  bench.director.services.editServer(server, { method: Method.tunnel, weight: 0, tunnel: gue });
  carrier.machine.follow(bench.now);
  t.ok(carrier.carries(client, tunnelVip), 'another weight is no reason');
  t.end();
});
