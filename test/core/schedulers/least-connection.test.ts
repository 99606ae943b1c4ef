import { test } from 'tap';

import { ServiceBench } from './service-bench.js';

test('lc takes the fewest connections whatever the weights, and the first on a tie', (t) => {
  const bench = new ServiceBench('lc', [9, 1, 1]);
  t.equal(bench.opened(4), 'r3 r2 r1 r3');
  t.end();
});

test('lc counts an active connection as 256 others and itself', (t) => {
  const bench = new ServiceBench('lc', [1, 1]);
  bench.server(2).active = 1;
  bench.server(1).inactive = 256;
  t.equal(bench.server(2).overhead, 257);
  t.equal(bench.chosen(), 'r1');
  bench.server(1).inactive = 257;
  t.equal(bench.chosen(), 'r2', 'a tie: the first in the list');
  bench.server(2).inactive = 1;
  t.equal(bench.chosen(), 'r1');
  t.end();
});

test('wlc takes the smallest load for its weight, and the first on a tie', (t) => {
  const bench = new ServiceBench('wlc', [5, 3, 2]);
  t.equal(bench.opened(10), 'r3 r2 r1 r1 r2 r1 r3 r1 r2 r1');
  t.equal(bench.chosen(), 'r3', 'all in proportion');
  bench.server(3).inactive = 1;
  t.equal(bench.chosen(), 'r2');
  t.end();
});

test('wlc compares exactly, with weights and loads at their limits', (t) => {
  const bench = new ServiceBench('wlc', [65_535, 65_534]);
  bench.server(1).active = 65_535 * 16;
  bench.server(2).active = 65_534 * 16;
  t.equal(bench.chosen(), 'r2', 'equal ratios: the first in the list');
  bench.server(2).inactive = 1;
  t.equal(bench.chosen(), 'r1', 'one connection among millions decides');
  t.end();
});

test('sed counts active connections only, and the new one with them', (t) => {
  const bench = new ServiceBench('sed', [5, 3, 2]);
  t.equal(bench.opened(6), 'r1 r2 r1 r3 r1 r2', 'as recorded from the kernel');
  const light = new ServiceBench('sed', [1, 10]);
  light.server(2).inactive = 100_000;
  t.equal(
    light.opened(10),
    'r2 r2 r2 r2 r2 r2 r2 r2 r2 r2',
    'a slow server waits until the delay is even',
  );
  t.equal(light.chosen(), 'r1');
  t.end();
});

test('nq takes the first server without active connections, then the shortest delay', (t) => {
  const bench = new ServiceBench('nq', [5, 3, 2]);
  t.equal(bench.opened(8), 'r3 r2 r1 r1 r1 r2 r1 r3', 'as recorded from the kernel');
  bench.server(2).active = 0;
  t.equal(bench.chosen(), 'r2', 'an idle server comes first, also one in the middle');
  t.end();
});

for (const name of ['lc', 'wlc', 'sed', 'nq'] as const) {
  test(`${name} never takes a server that is quiesced, overloaded or gone, however idle`, (t) => {
    const bench = new ServiceBench(name, [1, 1, 1, 1]);
    bench.edit(4, { weight: 0 });
    bench.edit(3, { upperThreshold: 2 });
    bench.remove(2);
    t.equal(bench.opened(6), 'r3 r1 r3 r1 r1 r1');
    bench.server(3).active = 0;
    bench.server(3).checkLowerThreshold();
    t.equal(bench.chosen(), 'r3', 'below the threshold it serves again');
    t.end();
  });
}
