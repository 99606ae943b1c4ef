import { test } from 'tap';

import { ServiceBench } from './service-bench.js';

test('fo gives everything to the highest weight, the first on a tie', (t) => {
  const bench = new ServiceBench('fo', [3, 7, 7, 5]);
  t.equal(bench.opened(4), 'r3 r3 r3 r3');
  bench.remove(3);
  t.equal(bench.opened(2), 'r2 r2');
  t.end();
});

test('fo fails over when the first is quiesced or overloaded, and back', (t) => {
  const bench = new ServiceBench('fo', [3, 7, 5]);
  bench.edit(2, { weight: 0 });
  t.equal(bench.chosen(), 'r3');
  bench.server(3).isOverloaded = true;
  t.equal(bench.chosen(), 'r1');
  bench.edit(2, { weight: 70_000 });
  t.equal(bench.chosen(), 'r2');
  t.end();
});

test('ovf fills the highest weight up to one connection more than it, then the next', (t) => {
  const bench = new ServiceBench('ovf', [1, 3, 2]);
  t.equal(bench.opened(10), 'r2 r2 r2 r2 r3 r3 r3 r1 r1 none');
  bench.server(3).active = 1;
  t.equal(bench.chosen(), 'r3', 'a connection that ends makes room');
  t.end();
});

test('ovf counts active connections only', (t) => {
  const bench = new ServiceBench('ovf', [1, 3]);
  bench.server(2).inactive = 1_000;
  t.equal(bench.chosen(), 'r2');
  t.end();
});

test('ovf passes over the quiesced and the overloaded, and takes the first on a tie', (t) => {
  const bench = new ServiceBench('ovf', [2, 2, 9, 0]);
  bench.server(3).isOverloaded = true;
  t.equal(bench.opened(7), 'r2 r2 r2 r1 r1 r1 none');
  bench.edit(1, { weight: 4 });
  t.equal(bench.chosen(), 'r1', 'more weight is more room');
  t.end();
});
