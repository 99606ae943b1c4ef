import { test } from 'tap';

import type { SchedulerFlag } from '../../../director/core/schedulers/scheduler.js';
import { Method } from '../../../director/core/services.js';
import { clients, ServiceBench } from './service-bench.js';

const chosenBy = (bench: ServiceBench, addresses: readonly string[]): string[] =>
  addresses.map((from) => bench.chosen({ from }));

const share = (names: readonly string[], name: string): number =>
  names.filter((other) => other === name).length / names.length;

const many = clients(4_096);

test('sh shares the clients out by weight', (t) => {
  const names = chosenBy(new ServiceBench('sh', [5, 3, 2]), many);
  t.ok(Math.abs(share(names, 'r1') - 0.5) < 0.03);
  t.ok(Math.abs(share(names, 'r2') - 0.3) < 0.03);
  t.ok(Math.abs(share(names, 'r3') - 0.2) < 0.03);
  t.end();
});

test('sh with weights beyond its 256 buckets leaves servers without any, as the kernel does', (t) => {
  t.strictSame(new Set(chosenBy(new ServiceBench('sh', [100, 200, 700]), many)), new Set(['r3']));
  t.end();
});

test('sh is rebuilt when a weight changes, and only then gives other answers', (t) => {
  const bench = new ServiceBench('sh', [1, 1, 1]);
  const before = chosenBy(bench, many);
  bench.server(2).active = 1_000;
  bench.edit(2, { weight: 1, method: Method.masq });
  t.strictSame(chosenBy(bench, many), before, 'the load and the method count for nothing');
  bench.edit(2, { weight: 2 });
  t.notSame(chosenBy(bench, many), before);
  bench.edit(2, { weight: 1 });
  t.strictSame(chosenBy(bench, many), before);
  bench.remove(1);
  const without = chosenBy(bench, many);
  t.strictSame(new Set(without), new Set(['r2', 'r3']));
  bench.add(1);
  t.not(
    without.join(),
    chosenBy(bench, many).join(),
    'a server that is added again is the first of the list',
  );
  t.end();
});

for (const name of ['sh', 'mh'] as const) {
  const fallback: SchedulerFlag = `${name}-fallback`;
  const byPort: SchedulerFlag = `${name}-port`;

  test(`${name} gives a client the same server whatever its port`, (t) => {
    const bench = new ServiceBench(name, [1, 1, 1]);
    for (const from of many.slice(0, 50)) {
      t.equal(bench.chosen({ from, port: 1 }), bench.chosen({ from, port: 65_535 }));
    }
    t.end();
  });

  test(`${name} with ${byPort} spreads the ports of one client`, (t) => {
    const bench = new ServiceBench(name, [1, 1, 1], [byPort]);
    const names = Array.from({ length: 3_000 }, (_, port) => bench.chosen({ port }));
    for (const server of ['r1', 'r2', 'r3']) t.ok(Math.abs(share(names, server) - 1 / 3) < 0.05);
    t.equal(bench.chosen({ port: 7 }), names[7]);
    t.end();
  });

  test(`${name} hashes IPv6 addresses by all their words, and 255.255.255.255 like any other`, (t) => {
    const bench = new ServiceBench(name, [1, 1, 1], [byPort]);
    t.equal(bench.chosen({ from: 'fd00::a00:c8' }), bench.chosen({ from: 'a00:c8::fd00:0' }));
    const names = [0, 1, 2, 3].map(
      (word) =>
        new Set(
          Array.from({ length: 64 }, (_, index) => {
            const groups = [0xfd00, 0, 0, 0, 0, 0, 0, 1];
            groups[word * 2 + 1] = index;
            return bench.chosen({ from: groups.map((group) => group.toString(16)).join(':') });
          }),
        ).size,
    );
    t.strictSame(names, [3, 3, 3, 3]);
    t.match(bench.chosen({ from: '255.255.255.255', port: 65_535 }), /^r\d$/);
    t.end();
  });

  for (const reason of ['quiesced', 'overloaded'] as const) {
    const disable = (bench: ServiceBench): void => {
      if (reason === 'quiesced') bench.edit(2, { weight: 0 });
      else bench.server(2).isOverloaded = true;
    };

    test(`${name} has nobody for the clients of a server that is ${reason}`, (t) => {
      const bench = new ServiceBench(name, [1, 1, 1]);
      const before = chosenBy(bench, many);
      disable(bench);
      const expected = before.map((server) => (server === 'r2' ? 'none' : server));
      // sh deals a quiesced server one bucket, which is what it had by weight 1.
      t.strictSame(chosenBy(bench, many), expected);
      t.end();
    });

    test(`${name} with ${fallback} finds another for the clients of a server that is ${reason}, and moves no other`, (t) => {
      const bench = new ServiceBench(name, [1, 1, 1], [fallback]);
      const before = chosenBy(bench, many);
      disable(bench);
      const after = chosenBy(bench, many);
      const moved = after.filter((_, index) => before[index] === 'r2');
      t.equal(share(moved, 'r1') + share(moved, 'r3'), 1);
      t.strictSame(
        after.filter((_, index) => before[index] !== 'r2'),
        before.filter((server) => server !== 'r2'),
      );
      bench.edit(2, { weight: 1 });
      bench.server(2).isOverloaded = false;
      t.strictSame(chosenBy(bench, many), before, 'and they come back');
      t.end();
    });
  }

  test(`${name} with ${fallback} ends its search when no server is usable`, (t) => {
    const bench = new ServiceBench(name, [1, 1], [fallback]);
    bench.edit(1, { weight: 0 });
    bench.edit(2, { weight: 0 });
    t.equal(bench.chosen(), 'none');
    t.end();
  });

  test(`the flags of ${name} can be told`, (t) => {
    t.strictSame(new ServiceBench(name, [1], [fallback, byPort]).service.scheduler.flags, [
      fallback,
      byPort,
    ]);
    t.end();
  });
}

test('mh-fallback spreads the clients of a quiesced server over all others', (t) => {
  const bench = new ServiceBench('mh', [1, 1, 1], ['mh-fallback']);
  const before = chosenBy(bench, many);
  bench.edit(2, { weight: 0 });
  const moved = chosenBy(bench, many).filter((_, index) => before[index] === 'r2');
  t.ok(Math.abs(share(moved, 'r1') - 0.5) < 0.1, `${share(moved, 'r1')} of them went to r1`);
  t.end();
});

test('sh-fallback goes to the bucket of twice the hash, and on from there, as the kernel does', (t) => {
  const bench = new ServiceBench('sh', [1, 1, 1, 1], ['sh-fallback']);
  const before = chosenBy(bench, many);
  bench.edit(2, { weight: 0 });
  const moved = chosenBy(bench, many).filter((_, index) => before[index] === 'r2');
  // Buckets go r4 r3 r2 r1 r4 …: twice the number of one of r2 is that of one of r4.
  t.equal(share(moved, 'r4'), 1, 'so that with four equal servers one of them gets all');
  t.end();
});

test('mh shares the clients out by weight', (t) => {
  const names = chosenBy(new ServiceBench('mh', [5, 3, 2]), many);
  t.ok(Math.abs(share(names, 'r1') - 0.5) < 0.03);
  t.ok(Math.abs(share(names, 'r2') - 0.3) < 0.03);
  const large = chosenBy(new ServiceBench('mh', [60_000, 30_001]), many);
  t.ok(Math.abs(share(large, 'r1') - 2 / 3) < 0.03, 'weights are scaled down, in proportion');
  const unlike = chosenBy(new ServiceBench('mh', [2_147_483_647, 1]), many);
  t.ok(Math.abs(share(unlike, 'r2') - 1 / 64) < 0.01, 'the smallest weight has a turn');
  t.end();
});

test('mh leaves nearly all clients where they are when a server leaves or comes', (t) => {
  const bench = new ServiceBench('mh', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  const before = chosenBy(bench, many);
  bench.remove(5);
  const after = chosenBy(bench, many);
  const moved = before.filter((server, index) => server !== 'r5' && server !== after[index]);
  t.ok(moved.length < many.length * 0.02, `${moved.length} clients of others moved`);
  bench.add(11);
  const grown = chosenBy(bench, many);
  const lost = after.filter((server, index) => grown[index] !== 'r11' && server !== grown[index]);
  t.ok(lost.length < many.length * 0.03, `${lost.length} moved but not to the new server`);
  t.end();
});

test('mh goes by the last weight that was not 0, so that an edit to 0 disturbs nobody else', (t) => {
  const bench = new ServiceBench('mh', [1, 4, 2]);
  const before = chosenBy(bench, many);
  bench.edit(2, { weight: 0 });
  t.ok(share(chosenBy(bench, many), 'none') > 0.5);
  bench.edit(2, { weight: 4 });
  t.strictSame(chosenBy(bench, many), before);
  t.end();
});

test('mh gives a server that was added with weight 0 no place until it has a weight', (t) => {
  const bench = new ServiceBench('mh', [1, 0]);
  t.strictSame(new Set(chosenBy(bench, many)), new Set(['r1']));
  bench.edit(2, { weight: 1 });
  t.strictSame(new Set(chosenBy(bench, many)), new Set(['r1', 'r2']));
  const idle = new ServiceBench('mh', [0, 0], ['mh-fallback']);
  t.equal(idle.chosen(), 'none');
  t.end();
});

test('mh places servers by their ports too', (t) => {
  const [bench, other] = [new ServiceBench('mh', []), new ServiceBench('mh', [])];
  for (const number of [1, 2]) {
    bench.add(number, { port: 80 });
    other.add(number, { port: 80 + number });
  }
  t.notSame(chosenBy(bench, many), chosenBy(other, many));
  t.end();
});

test('dh deals out the destinations in turn, whatever the weights', (t) => {
  const bench = new ServiceBench('dh', [9, 1, 1]);
  const names = many.map((to) => bench.chosen({ to }));
  for (const server of ['r1', 'r2', 'r3']) t.ok(Math.abs(share(names, server) - 1 / 3) < 0.03);
  bench.edit(2, { weight: 50 });
  t.strictSame(
    many.map((to) => bench.chosen({ to })),
    names,
  );
  t.strictSame(new Set(chosenBy(bench, many)).size, 1, 'the client counts for nothing');
  t.end();
});

test('dh has nobody for the destinations of a server that is quiesced or overloaded', (t) => {
  const bench = new ServiceBench('dh', [1, 1, 1]);
  const names = many.map((to) => bench.chosen({ to }));
  bench.edit(1, { weight: 0 });
  bench.server(3).isOverloaded = true;
  const expected = names.map((server) => (server === 'r2' ? 'r2' : 'none'));
  t.strictSame(
    many.map((to) => bench.chosen({ to })),
    expected,
  );
  bench.remove(1);
  bench.server(3).isOverloaded = false;
  t.strictSame(new Set(many.map((to) => bench.chosen({ to }))), new Set(['r2', 'r3']));
  t.end();
});
