import { test } from 'tap';

import { masterDownInterval, skewTime } from '../../../cluster/vrrp/timers.js';
import { after, microseconds, milliseconds, seconds } from '../../../director/base/time.js';
import type { Router } from './link.js';
import { goodLink, Turmoil } from './turmoil.js';

const highest = (routers: readonly Router[]): number =>
  Math.max(...routers.map(({ election }) => election.snapshot().effectivePriority));

for (const seed of Array.from({ length: 60 }, (_, index) => index + 1)) {
  test(`seed ${seed}: after any trouble there is one master, the one of highest priority`, (t) => {
    const turmoil = new Turmoil(seed);
    const { link } = turmoil;
    for (let round = 0; round < 2; round += 1) {
      turmoil.rage();
      turmoil.calm();
      t.same(turmoil.breaches, []);
      t.equal(link.masters.length, 1, 'V1');
      const master = link.router(link.masters[0] ?? '');
      const { effectivePriority } = master.election.snapshot();
      t.equal(effectivePriority, highest(link.routers), 'V2');
      for (const { election } of link.routers) {
        if (election === master.election) continue;
        const { takeOverAt, master: known, effectivePriority: priority } = election.snapshot();
        t.equal(known, master.config.primaryAddress);
        const silence = masterDownInterval(priority, master.config.advertInterval);
        t.ok(takeOverAt > link.now && takeOverAt <= after(link.now, silence), 'V9');
      }
    }
    t.end();
  });
}

for (const seed of Array.from({ length: 25 }, (_, index) => 101 + index)) {
  test(`seed ${seed}: with nopreempt there is one master after any trouble, and it stays`, (t) => {
    const turmoil = new Turmoil(seed, { preempt: false });
    const { link } = turmoil;
    turmoil.rage();
    turmoil.calm();
    t.same(turmoil.breaches, []);
    t.equal(link.masters.length, 1, 'V1');
    const incumbent = link.masters;
    for (const { election } of link.routers) election.setPriority(link.now, 254);
    turmoil.run(turmoil.window);
    t.same(link.masters, incumbent, 'V2');
    t.end();
  });

  test(`seed ${seed}: with a delay nobody preempts early, and then the best does`, (t) => {
    const turmoil = new Turmoil(seed, { preemptDelay: seconds(7) });
    const { link } = turmoil;
    turmoil.rage();
    turmoil.calm();
    t.same(turmoil.breaches, []);
    const master = link.router(link.masters[0] ?? '');
    t.equal(master.election.snapshot().effectivePriority, highest(link.routers));
    t.end();
  });

  test(`seed ${seed}: when the master resigns, the next one takes over within its skew time`, (t) => {
    const turmoil = new Turmoil(seed);
    const { link } = turmoil;
    turmoil.rage();
    turmoil.calm();
    const [name] = link.masters;
    const resigning = link.router(name ?? '');
    const next = highest(link.routers.filter((router) => router !== resigning));
    resigning.election.stop(link.now);
    const skew = skewTime(next, resigning.config.advertInterval);
    turmoil.run(microseconds(skew + 2 * goodLink.longestDelay));
    t.equal(link.masters.length, 1, 'V4');
    t.not(link.masters[0], name);
    t.end();
  });
}

for (const seed of Array.from({ length: 40 }, (_, index) => 201 + index)) {
  test(`seed ${seed}: a pause of a backup, however long, changes nothing`, (t) => {
    const turmoil = new Turmoil(seed);
    const { link, prng } = turmoil;
    turmoil.calm();
    const settled = link.holders.length;
    for (const router of link.routers.filter(({ holdsAddresses }) => !holdsAddresses)) {
      turmoil.run(milliseconds(prng.below(1_000)));
      link.pause(router.config.name, prng.below(2) === 0 ? 'stopped' : 'frozen');
      turmoil.run(milliseconds(prng.below(6_000)));
      turmoil.resume(router);
      turmoil.run(seconds(5));
    }
    t.same(turmoil.breaches, []);
    t.same(link.holders.slice(settled), []);
    t.end();
  });

  test(`seed ${seed}: a pause of the master, however long, never leaves two masters`, (t) => {
    const turmoil = new Turmoil(seed);
    const { link, prng } = turmoil;
    turmoil.calm();
    for (let pause = 0; pause < 3; pause += 1) {
      const [master] = link.routers.filter(({ holdsAddresses }) => holdsAddresses);
      if (master === undefined) return t.fail('there is a master');
      link.pause(master.config.name, prng.below(2) === 0 ? 'stopped' : 'frozen');
      turmoil.run(milliseconds(prng.below(8_000)));
      turmoil.resume(master);
      turmoil.run(microseconds(3 * goodLink.longestDelay));
      t.ok(link.masters.length <= 1, link.masters.join(' '));
      turmoil.run(turmoil.window);
      t.equal(link.masters.length, 1);
    }
    t.same(turmoil.breaches, []);
    return t.end();
  });
}
