import { test } from 'tap';

import { createScheduler } from '../../director/core/schedulers/create.js';
import type { VirtualService } from '../../director/core/services.js';
import { BenchDirector } from '../packets/bench-director.js';
import { send, serverOfClient, templates } from './entries.js';
import { flowOf } from './flows.js';

const Vip = '10.1.0.110';

/** A bench with a persistent service more, whose unknown segments go where a hash over client address and port says. */
function persistent(port: number): { bench: BenchDirector; service: VirtualService } {
  const bench = new BenchDirector();
  const persistence = { timeout: 360, prefixLength: 32 };
  const service = bench.addService({ vip: Vip, port, persistence });
  const { settings, prng } = bench.director;
  service.consistent = createScheduler('mh', { settings, prng, flags: ['mh-port'] });
  for (const address of ['10.2.0.21', '10.2.0.22', '10.2.0.23']) {
    bench.addServer(service, { address, port: port === 0 ? 0 : 8_080 });
  }
  return { bench, service };
}

test('the middle of a connection goes by the hash and makes no template', (t) => {
  const { bench, service } = persistent(443);
  const ports = Array.from({ length: 7 }, (_, index) => 40_000 + index);
  for (const port of ports) {
    const from = `10.1.0.2:${port}`;
    t.equal(send(bench, from, `${Vip}:443`, 'PA'), 'forward');
    const expected = service.consistent?.choose(service, flowOf(from, `${Vip}:443`), bench.now);
    const address = `${expected?.address}:8080`;
    t.equal(serverOfClient(bench, from, `${Vip}:443`), address);
  }
  t.strictSame(templates(bench), []);
  t.equal(send(bench, '10.1.0.2:1', `${Vip}:443`), 'forward');
  const [template = ''] = templates(bench);
  t.match(template, /10\.2\.0\.23:8080$/, 'the service’s own scheduler has not moved');
  bench.wait(5);
  t.equal(send(bench, '10.1.0.2:2', `${Vip}:443`, 'A'), 'forward');
  const bound = [1, 2].map((port) => serverOfClient(bench, `10.1.0.2:${port}`, `${Vip}:443`));
  t.strictSame(bound, ['10.2.0.23:8080', '10.2.0.23:8080'], 'an existing template decides');
  t.match(templates(bench)[0], /^TCP 360 /, 'and lives on');
  t.equal(send(bench, '10.1.0.2:3', `${Vip}:443`, 'R'), 'drop: no-connection');
  t.end();
});

test('the middle of a connection to a service of every port keeps the port', (t) => {
  const { bench } = persistent(0);
  t.equal(send(bench, '10.1.0.2:1', `${Vip}:9000`, 'PA'), 'forward');
  t.match(serverOfClient(bench, '10.1.0.2:1', `${Vip}:9000`), /^10\.2\.0\.\d+:9000$/);
  t.strictSame(templates(bench), []);
  t.end();
});
