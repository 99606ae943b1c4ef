import { test } from 'tap';

import { at } from '../../base/values.js';
import { ServiceBench } from './service-bench.js';

const Elsewhere = { to: '10.0.0.101' };

for (const name of ['lblc', 'lblcr'] as const) {
  test(`${name} keeps a destination on one server while it is not too busy`, (t) => {
    const bench = new ServiceBench(name, [5, 3, 2]);
    t.equal(bench.opened(3), 'r3 r3 r3');
    t.equal(bench.opened(2, Elsewhere), 'r2 r2', 'another destination goes to the least loaded');
    t.equal(bench.opened(2, { to: 'fd00::100' }), 'r1 r1', 'as does one of IPv6');
    t.end();
  });

  test(`${name} spreads a destination when its server has more than its weight and another has room`, (t) => {
    const bench = new ServiceBench(name, [2, 2]);
    t.equal(bench.opened(4), 'r2 r2 r2 r1', 'more active connections than weight, and r1 is idle');
    bench.server(1).active = 1;
    bench.server(2).active = 9;
    const full = new ServiceBench(name, [2, 2]);
    full.server(1).active = 1;
    t.equal(full.opened(6), 'r2 r2 r2 r2 r2 r2', 'half of its weight is no room');
    t.end();
  });

  test(`${name} moves a destination when its server is quiesced or removed`, (t) => {
    const bench = new ServiceBench(name, [1, 1, 1]);
    t.equal(bench.opened(1), 'r3');
    bench.edit(3, { weight: 0 });
    t.equal(bench.opened(2), 'r2 r2', 'and stays there, though r1 is idle');
    bench.remove(2);
    t.equal(bench.opened(1), 'r1');
    bench.edit(1, { weight: 0 });
    t.equal(bench.chosen(), 'none');
    t.end();
  });

  test(`${name} moves no new destination to a server over its threshold`, (t) => {
    const bench = new ServiceBench(name, [9, 9]);
    bench.server(2).isOverloaded = true;
    t.equal(bench.opened(2), 'r1 r1');
    bench.server(1).isOverloaded = true;
    t.equal(bench.chosen(Elsewhere), 'none');
    t.end();
  });

  test(`${name} forgets a destination that has not been used for its expiration`, (t) => {
    const bench = new ServiceBench(name, [100, 100]);
    const expiration = name === 'lblc' ? 'lblc_expiration' : 'lblcr_expiration';
    bench.settings[expiration] = 7_200;
    t.equal(bench.opened(2, { now: at(0) }), 'r2 r2');
    t.equal(bench.chosen({ now: at(7_100) }), 'r2', 'the use counts, not the age');
    t.equal(bench.chosen({ now: at(14_000) }), 'r2');
    t.equal(bench.chosen({ now: at(14_000 + 7_200 + 1_800) }), 'r1', 'half an hour late at most');
    bench.settings[expiration] = 600;
    t.equal(bench.opened(3, { now: at(23_000) }), 'r1 r1 r1');
    t.equal(bench.chosen({ now: at(23_000 + 600 + 1_800) }), 'r2', 'the setting may change');
    t.end();
  });
}

test('lblc stays with a server over its threshold for the destinations that it has', (t) => {
  const bench = new ServiceBench('lblc', [9, 9]);
  t.equal(bench.chosen(), 'r2');
  bench.server(2).isOverloaded = true;
  t.equal(bench.chosen(), 'r2', 'the rule of the kernel');
  t.equal(bench.chosen(Elsewhere), 'r1');
  t.end();
});

test('lblc comes back to a removed server that is added again while connections refer to it', (t) => {
  const bench = new ServiceBench('lblc', [9, 9]);
  t.equal(bench.opened(1), 'r2');
  bench.remove(2);
  bench.add(2, { weight: 9 });
  t.equal(bench.chosen(), 'r2');
  t.end();
});

test('lblcr takes the least loaded server of the set that a destination has', (t) => {
  const bench = new ServiceBench('lblcr', [2, 2, 2]);
  t.equal(bench.opened(8), 'r3 r3 r3 r2 r2 r2 r1 r1', 'the set grows as its servers fill');
  bench.server(3).active = 0;
  bench.server(2).active = 1;
  t.equal(bench.opened(3), 'r3 r2 r3', 'and all of it serves; of equal ones the latest to join');
  t.end();
});

test('lblcr passes over servers of the set over their thresholds', (t) => {
  const bench = new ServiceBench('lblcr', [9, 9]);
  t.equal(bench.chosen(), 'r2');
  bench.server(2).isOverloaded = true;
  t.equal(bench.chosen(), 'r1');
  bench.server(2).isOverloaded = false;
  bench.server(1).active = 1;
  t.equal(bench.chosen(), 'r2');
  t.end();
});

test('lblcr drops the busiest server of a set that has not changed for its expiration', (t) => {
  const bench = new ServiceBench('lblcr', [2, 2, 2]);
  bench.settings.lblcr_expiration = 3_600;
  t.equal(bench.opened(7, { now: at(0) }), 'r3 r3 r3 r2 r2 r2 r1');
  for (const number of [1, 2, 3]) bench.server(number).active = 0;
  bench.server(3).active = 1;
  t.equal(bench.chosen({ now: at(3_000) }), 'r1');
  t.equal(bench.chosen({ now: at(3_600) }), 'r1');
  for (const number of [1, 2]) bench.server(number).active = 2;
  t.equal(bench.chosen({ now: at(3_600) }), 'r3', 'not yet');
  for (const number of [1, 2]) bench.server(number).active = 0;
  t.equal(bench.chosen({ now: at(3_601) }), 'r1', 'r3 leaves the set');
  bench.server(1).active = 2;
  bench.server(2).active = 1;
  bench.server(3).active = 0;
  t.equal(bench.chosen({ now: at(6_000) }), 'r2');
  t.equal(bench.chosen({ now: at(7_201) }), 'r2', 'the idle r3 is not in it any more');
  t.equal(bench.chosen({ now: at(7_202) }), 'r2', 'r1 leaves it');
  bench.server(1).active = 0;
  t.equal(bench.chosen({ now: at(9_000) }), 'r2');
  t.equal(bench.chosen({ now: at(11_000) }), 'r2', 'the last one stays');
  t.equal(bench.chosen({ now: at(11_001) }), 'r2');
  t.end();
});

test('lblcr forgets servers of a set that nobody refers to any more', (t) => {
  const bench = new ServiceBench('lblcr', [1]);
  bench.settings.lblcr_expiration = 3_600;
  const first = bench.server(1);
  t.equal(bench.opened(2), 'r1 r1');
  bench.add(2);
  t.equal(bench.opened(2), 'r2 r2', 'r2 joins the set');
  bench.remove(1);
  first.active = 0;
  bench.table.emptyTrash(at(0));
  bench.table.emptyTrash(at(121));
  bench.add(3);
  t.equal(bench.opened(1), 'r3', 'r3 joins it, and r1 is forgotten');
  t.equal(bench.chosen({ now: at(3_000) }), 'r3');
  t.equal(bench.chosen({ now: at(3_601) }), 'r3', 'r2 leaves it as the busiest');
  bench.server(2).active = 0;
  t.equal(bench.chosen({ now: at(6_000) }), 'r3');
  t.equal(bench.chosen({ now: at(7_203) }), 'r3', 'r3 is the only one, and stays');
  t.equal(bench.chosen({ now: at(7_204) }), 'r3');
  t.end();
});
