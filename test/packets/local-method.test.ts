import { test } from 'tap';

import { Method } from '../../director/core/services.js';
import { BenchDirector, type BenchOptions } from './bench-director.js';
import { fromClient } from './packet-case.js';

const request = { from: '10.1.0.2:40000', to: '10.1.0.100:8080', tcp: 'S' };

function setUp(options: BenchOptions = {}): BenchDirector {
  const bench = new BenchDirector(options);
  const service = bench.addService({ vip: '10.1.0.100', port: 8_080 });
  bench.addServer(service, { address: '10.1.0.11', method: Method.local });
  return bench;
}

test('Local hands the packet to the node’s own stack as it came', (t) => {
  const bench = setUp();
  for (const ttl of [64, 1]) {
    const packet = fromClient({ ...request, ttl });
    t.equal(bench.receive('clients', packet), 'forward');
    const delivered = bench.delivered.splice(0).map((bytes) => Buffer.from(bytes).toString('hex'));
    t.strictSame(delivered, [Buffer.from(packet.subarray(14)).toString('hex')], `TTL ${ttl}`);
  }
  t.strictSame(bench.takeSent(), [], 'nothing leaves');
  const server = bench.server('10.1.0.100', 8_080, '10.1.0.11');
  t.strictSame([server.active, server.stats.inPackets], [1, 2]);
  t.end();
});

test('without a stack of its own a node says that it has none', (t) => {
  const bench = setUp({ isWithoutStack: true });
  t.equal(bench.receive('clients', fromClient(request)), 'drop: no-local-delivery');
  t.end();
});
