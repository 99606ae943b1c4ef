import { test } from 'tap';

import { ServiceBench } from './service-bench.js';

/** How often each server is chosen. */
function share(bench: ServiceBench, count: number): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const name of bench.sequence(count).split(' ')) shares[name] = (shares[name] ?? 0) + 1;
  return shares;
}

test('twos picks by weight when the loads are alike', (t) => {
  const shares = share(new ServiceBench('twos', [700, 200, 100]), 10_000);
  t.ok(Math.abs((shares['r1'] ?? 0) - 7_000) < 200, `r1 got ${shares['r1']} of about 7000`);
  t.ok(Math.abs((shares['r2'] ?? 0) - 2_000) < 200, `r2 got ${shares['r2']} of about 2000`);
  t.ok(Math.abs((shares['r3'] ?? 0) - 1_000) < 200, `r3 got ${shares['r3']} of about 1000`);
  t.end();
});

test('twos takes the less loaded one of two picks', (t) => {
  const bench = new ServiceBench('twos', [1_000, 1_000]);
  bench.server(1).active = 1;
  const { r1 = 0 } = share(bench, 10_000);
  t.ok(Math.abs(r1 - 2_500) < 200, `the busy one only when picked twice: ${r1} of about 2500`);
  t.end();
});

test('twos compares loads for their weights', (t) => {
  const bench = new ServiceBench('twos', [2_000, 1_000]);
  bench.server(1).active = 3;
  bench.server(2).active = 2;
  const { r2 = 0 } = share(bench, 9_000);
  t.ok(Math.abs(r2 - 1_000) < 150, `r2 has more for its weight: ${r2} of about 1000`);
  t.end();
});

test('twos gives the first server one share more than its weight, as the kernel does', (t) => {
  const { r2 = 0 } = share(new ServiceBench('twos', [1, 1]), 9_000);
  t.ok(Math.abs(r2 - 6_000) < 200, `${r2} of about 6000`);
  t.end();
});

test('twos keeps connections that stay open in proportion to the weights', (t) => {
  const bench = new ServiceBench('twos', [400, 200, 100]);
  bench.opened(7_000);
  for (const server of bench.service.servers) {
    t.ok(Math.abs(server.active / server.weight - 10) < 1, `${server.active} on ${server.weight}`);
  }
  t.end();
});

test('the same seed gives the same picks', (t) => {
  const once = new ServiceBench('twos', [3, 2, 1]).opened(50);
  t.equal(new ServiceBench('twos', [3, 2, 1]).opened(50), once);
  t.end();
});

test('twos never picks the quiesced or the overloaded', (t) => {
  const bench = new ServiceBench('twos', [5, 0, 5, 5]);
  bench.server(4).isOverloaded = true;
  t.strictSame(new Set(bench.sequence(500).split(' ')), new Set(['r1', 'r3']));
  bench.server(1).isOverloaded = true;
  bench.edit(3, { weight: 0 });
  t.equal(bench.sequence(2), 'none none');
  t.end();
});
