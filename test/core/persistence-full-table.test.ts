import { test } from 'tap';

import { BenchDirector } from '../packets/bench-director.js';
import { entries, send, templates } from './entries.js';

const Vip = '10.1.0.110';
const plain = '10.1.0.100:80';
const persistent = `${Vip}:443`;

/** A bench with so many places and one persistent service more. */
function benchOf(capacity: number): BenchDirector {
  const bench = new BenchDirector({ capacity });
  const persistence = { timeout: 360, prefixLength: 32 };
  const service = bench.addService({ vip: Vip, port: 443, persistence });
  bench.addServer(service, { address: '10.2.0.21', port: 8_080 });
  return bench;
}

function establish(bench: BenchDirector, from: string, to: string): void {
  for (const tcp of ['S', 'A']) send(bench, from, to, tcp);
}

test('with a template there already the last place is enough for a connection', (t) => {
  const bench = benchOf(4);
  establish(bench, '10.1.0.2:1', persistent);
  establish(bench, '10.1.0.9:1', plain);
  t.equal(bench.director.connections.size, 3);
  t.equal(send(bench, '10.1.0.2:2', persistent), 'forward');
  t.equal(bench.director.counters.evicted, 0);
  t.equal(send(bench, '10.1.0.2:3', persistent), 'forward', 'in the place of the last one');
  t.equal(bench.director.counters.evicted, 1);
  t.end();
});

test('a new client needs two places, and takes none when there is one', (t) => {
  const bench = benchOf(4);
  for (const port of [1, 2, 3]) establish(bench, `10.1.0.9:${port}`, plain);
  t.equal(send(bench, '10.1.0.2:1', persistent), 'drop: table-full');
  t.equal(bench.director.connections.size, 3);
  t.strictSame(templates(bench), []);
  t.end();
});

test('a connection never takes the place of the template that it is to follow', (t) => {
  const bench = benchOf(3);
  // The second one, with neither SYN nor ACK, leads to CLOSE.
  for (const tcp of ['S', 'P']) send(bench, '10.1.0.2:1', persistent, tcp);
  bench.wait(11);
  t.equal(entries(bench).length, 1, 'a template that nobody has proven and nothing follows');
  for (const port of [1, 2]) establish(bench, `10.1.0.9:${port}`, plain);
  t.equal(send(bench, '10.1.0.2:2', persistent), 'drop: table-full');
  t.equal(templates(bench).length, 1);
  t.equal(bench.director.counters.evicted, 0);
  t.equal(send(bench, '10.1.0.8:1', plain), 'forward', 'anybody else’s would');
  t.strictSame(templates(bench), []);
  t.end();
});
