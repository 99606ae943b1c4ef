import { test } from 'tap';

import type { ElectionConfig } from '../../../cluster/vrrp/election-config.js';
import { masterDownInterval } from '../../../cluster/vrrp/timers.js';
import { instant, toMilliseconds } from '../../../director/base/time.js';
import { Link } from './link.js';
import { address, at, config } from './routers.js';

const router = (name: string, host: number, priority: number): ElectionConfig => ({
  ...config,
  name,
  priority,
  primaryAddress: address(`10.0.0.${host}`),
});
const a = router('a', 1, 200);
const b = router('b', 2, 150);
const c = router('c', 3, 100);

const downOf = ({ priority, advertInterval }: ElectionConfig): number =>
  toMilliseconds(masterDownInterval(priority, advertInterval));

for (const configs of [
  [a, b],
  [c, b, a],
]) {
  const count = configs.length;

  test(`of ${count} routers the one of highest priority becomes master, and no other`, (t) => {
    const link = new Link();
    for (const member of configs) link.add(member);
    link.run(60_000);
    t.same(link.holders, [{ at: at(downOf(a)), names: ['a'] }]);
    t.end();
  });

  test(`of ${count} routers the next takes over within its master-down interval`, (t) => {
    const link = new Link();
    for (const member of configs) link.add(member);
    link.run(10_500);
    link.kill('a');
    link.run(downOf(b));
    t.same(link.masters, ['b']);
    link.run(60_000);
    t.same(
      link.holders.map(({ names }) => names),
      [['a'], [], ['b']],
    );
    t.end();
  });

  test(`of ${count} routers the next takes over within its skew time after a clean stop`, (t) => {
    const link = new Link();
    const [first] = configs.map((member) => link.add(member)).slice(configs.indexOf(a));
    link.run(10_500);
    first?.stop(link.now);
    link.run(downOf(b) - 3_000 + 1);
    t.same(link.masters, ['b']);
    t.end();
  });

  test(`${count} routers have one master again a moment after a partition is healed`, (t) => {
    const link = new Link();
    for (const member of configs) link.add(member);
    link.run(10_500);
    link.cut('a');
    link.run(10_000);
    t.same(link.masters.toSorted(), ['a', 'b'], 'one on each side');
    link.cut();
    link.run(1_002);
    t.same(link.masters, ['a']);
    link.run(60_000);
    t.same(link.masters, ['a']);
    t.end();
  });
}

test('equal priorities: the greater address is master after a split brain, whoever was first', (t) => {
  for (const first of ['low', 'high']) {
    const link = new Link();
    link.add(router('low', 9, 100));
    link.add(router('high', 10, 100));
    link.cut(first);
    link.run(10_000);
    t.equal(link.masters.length, 2);
    link.cut();
    link.run(1_002);
    t.same(link.masters, ['high']);
  }
  t.end();
});

test('equal priorities: a living master keeps its place', (t) => {
  const link = new Link();
  link.add(router('low', 9, 100));
  link.run(10_000);
  link.add(router('high', 10, 100));
  link.run(60_000);
  t.same(
    link.holders.map(({ names }) => names),
    [['low']],
  );
  t.end();
});

test('a router that returns preempts only when its table is complete, with no gap', (t) => {
  const link = new Link();
  link.add(b);
  link.add(c);
  link.run(10_000);
  const returned = link.add(a, { mayPreempt: false });
  link.run(30_000);
  t.same(link.masters, ['b'], 'the table is not complete');
  returned.allowPreemption(link.now);
  const allowedAt = link.now;
  link.run(220);
  t.same(link.masters, ['a'], 'within its skew time');
  link.run(60_000);
  t.same(
    link.holders.map(({ names }) => names),
    [['b'], ['b', 'a'], ['a']],
    'the old master lets go after the new one has taken over',
  );
  const [, taken, released] = link.holders;
  t.equal(taken?.at, instant(allowedAt + 218_750));
  t.equal(released?.at, instant(allowedAt + 219_750), 'a link delay later');
  t.end();
});

test('a router that may not preempt never does', (t) => {
  const link = new Link();
  link.add(b);
  link.run(10_000);
  link.add({ ...a, preempt: false });
  link.run(60_000);
  t.same(link.masters, ['b']);
  link.kill('b');
  link.run(downOf(a));
  t.same(link.masters, ['a']);
  t.end();
});

test('after a death notice the next in line is master at once, and the only one', (t) => {
  const link = new Link();
  link.add(a);
  const second = link.add(b);
  const third = link.add(c);
  link.run(10_500);
  link.kill('a');
  second.handlePeerDeath(link.now, a.primaryAddress, [
    { address: c.primaryAddress, priority: c.priority },
  ]);
  third.handlePeerDeath(link.now, a.primaryAddress, [
    { address: b.primaryAddress, priority: b.priority },
  ]);
  link.run(0);
  t.same(link.masters, ['b']);
  link.run(60_000);
  t.same(
    link.holders.map(({ names }) => names),
    [['a'], [], ['b']],
  );
  t.end();
});

test('backups that do not know of each other settle a death notice within a link delay', (t) => {
  const link = new Link();
  link.add(a);
  const second = link.add(b);
  const third = link.add(c);
  link.run(10_500);
  link.kill('a');
  second.handlePeerDeath(link.now, a.primaryAddress);
  third.handlePeerDeath(link.now, a.primaryAddress);
  link.run(1);
  t.same(link.masters, ['b']);
  t.end();
});
