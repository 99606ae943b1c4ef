import { test } from 'tap';

import { TemplateState } from '../../director/core/protocol-states.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { Carrier } from './carrier.js';
import { templates } from './entries.js';

const client = '10.1.0.2:40000';
const vip = '10.1.0.110:53';
const real = '10.2.0.21:5353';
const Udp = 17;

test('carried answers assure a template, as others do', (t) => {
  const bench = new BenchDirector({ settings: { sync_threshold: [0, 0] } });
  const persistence = { timeout: 360, prefixLength: 32 };
  const service = bench.addService({ vip: '10.1.0.110', port: 53, protocol: Udp, persistence });
  bench.addServer(service, { address: '10.2.0.21', port: 5_353 });
  const carrier = new Carrier(bench);
  for (let question = 0; question < 2; question += 1) {
    bench.receive('clients', fromClient({ from: client, to: vip, udp: {} }));
    bench.receive('servers', fromServer({ from: real, to: client, udp: {} }));
  }
  t.ok(carrier.carries(client, vip, Udp));
  const { connections } = bench.director;
  // As when a peer tells what it knows.
  connections.state[connections.template(connections.end - 1)] = TemplateState.none;
  t.match(templates(bench), [/ NONE /]);
  t.ok(carrier.carry(client, vip, 1, 100, Udp));
  carrier.machine.sweep(bench.now);
  t.match(templates(bench), [/ NONE /], 'a question proves nothing');
  t.ok(carrier.carry(real, client, 1, 100, Udp));
  carrier.machine.sweep(bench.now);
  t.match(templates(bench), [/ ASSURED /]);
  t.end();
});
