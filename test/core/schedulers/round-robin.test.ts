import { test } from 'tap';

import { Prng } from '../../../director/base/prng.js';
import { createScheduler } from '../../../director/core/schedulers/create.js';
import { ServiceBench } from './service-bench.js';

test('rr takes the servers in turn, the one added last first, whatever the weights', (t) => {
  t.equal(new ServiceBench('rr', [9, 1, 1]).sequence(7), 'r3 r2 r1 r3 r2 r1 r3');
  t.end();
});

test('rr goes on after the server used last when others come, change and go', (t) => {
  const bench = new ServiceBench('rr', [1, 1, 1]);
  t.equal(bench.sequence(2), 'r3 r2');
  bench.add(4);
  t.equal(bench.sequence(2), 'r1 r4', 'a new server waits for the next round');
  bench.edit(1, { weight: 7 });
  t.equal(bench.sequence(1), 'r3', 'an edit moves nothing');
  bench.remove(4);
  t.equal(bench.sequence(3), 'r2 r1 r3', 'nor does the removal of one before it');
  bench.remove(1);
  t.equal(bench.sequence(3), 'r2 r3 r2', 'or after it');
  t.end();
});

test('rr steps back when the server used last is removed', (t) => {
  const bench = new ServiceBench('rr', [1, 1, 1, 1]);
  t.equal(bench.sequence(2), 'r4 r3');
  bench.remove(3);
  t.equal(bench.sequence(3), 'r2 r1 r4');
  bench.remove(4);
  t.equal(bench.sequence(3), 'r2 r1 r2', 'from the first server back to the head');
  t.end();
});

test('rr passes over servers that are quiesced or overloaded, and finds them back in their places', (t) => {
  const bench = new ServiceBench('rr', [1, 1, 1]);
  bench.edit(3, { weight: 0 });
  bench.server(2).isOverloaded = true;
  t.equal(bench.sequence(2), 'r1 r1');
  bench.edit(3, { weight: 1 });
  bench.server(2).isOverloaded = false;
  t.equal(bench.sequence(3), 'r3 r2 r1');
  t.end();
});

test('wrr gives each server its weight in each round', (t) => {
  const bench = new ServiceBench('wrr', [5, 3, 2]);
  t.equal(bench.sequence(10), 'r3 r2 r1 r1 r1 r2 r1 r3 r2 r1', 'as recorded from the kernel');
  for (const [number, weight] of [5, 3, 2].entries()) {
    const round = bench.sequence(10).split(' ');
    t.equal(round.filter((name) => name === `r${number + 1}`).length, weight);
  }
  t.end();
});

test('wrr with a scheduler of its own from the start begins at the greatest weight', (t) => {
  const bench = new ServiceBench('rr', [5, 3, 2]);
  const scheduler = createScheduler('wrr', { settings: bench.settings, prng: new Prng(1) });
  bench.table.setScheduler(bench.service, scheduler);
  t.equal(bench.sequence(10), 'r1 r1 r2 r1 r3 r2 r1 r3 r2 r1', 'the textbook order');
  t.end();
});

test('wrr counts in steps of the greatest common divisor', (t) => {
  const bench = new ServiceBench('wrr', [30_000, 10_000]);
  t.equal(
    bench.sequence(8),
    'r2 r1 r1 r1 r2 r1 r1 r1',
    'after a start where the first server left it',
  );
  const huge = new ServiceBench('wrr', [2_147_483_647, 1]);
  t.equal(huge.sequence(4), 'r2 r1 r1 r1');
  t.end();
});

test('wrr starts again at the head with each change, at about the weight reached', (t) => {
  const bench = new ServiceBench('wrr', [5, 3, 2]);
  t.equal(bench.sequence(3), 'r3 r2 r1');
  bench.edit(3, { weight: 9 });
  t.equal(bench.sequence(6), 'r3 r2 r1 r3 r3 r3', 'the threshold stays at 1 and then starts at 9');
  bench.remove(3);
  t.equal(bench.sequence(5), 'r1 r1 r2 r1 r2', 'a threshold above the greatest weight comes down');
  bench.edit(1, { weight: 6 });
  t.equal(bench.sequence(4), 'r2 r1 r1 r2', 'with the divisor 3');
  t.end();
});

test('wrr passes over servers that are quiesced or overloaded', (t) => {
  const bench = new ServiceBench('wrr', [4, 0, 2]);
  t.equal(bench.sequence(6), 'r3 r1 r1 r3 r1 r1');
  bench.server(1).isOverloaded = true;
  t.equal(bench.sequence(3), 'r3 r3 r3');
  bench.server(3).isOverloaded = true;
  t.equal(bench.sequence(2), 'none none');
  bench.server(3).isOverloaded = false;
  t.equal(bench.sequence(2), 'r3 r3');
  bench.server(1).isOverloaded = false;
  t.match(bench.sequence(12), /^(?=(.*r1){8})(?=(.*r3){4})/, 'and comes back to full rounds');
  t.end();
});

test('wrr goes on where it was when overloaded servers come back', (t) => {
  const bench = new ServiceBench('wrr', [1, 1, 1]);
  t.equal(bench.sequence(1), 'r3');
  for (const server of bench.service.servers) server.isOverloaded = true;
  t.equal(bench.chosen(), 'none');
  for (const server of bench.service.servers) server.isOverloaded = false;
  t.equal(bench.sequence(3), 'r2 r1 r3');
  t.end();
});

test('wrr does not count down from a huge weight one by one', (t) => {
  const bench = new ServiceBench('wrr', [3, 2_147_483_647, 2]);
  bench.server(2).isOverloaded = true;
  t.equal(bench.sequence(6), 'r3 r1 r1 r3 r1 r3', 'when its server is overloaded');
  const rounds = bench.sequence(200).split(' ');
  t.equal(rounds.filter((name) => name === 'r1').length, 120, 'round after round');
  bench.edit(2, { weight: 1 });
  bench.server(2).isOverloaded = false;
  t.equal(bench.sequence(6), 'r3 r2 r1 r1 r3 r1', 'and when it is edited down');
  t.end();
});
