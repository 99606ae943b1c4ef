import { test } from 'tap';

import { SyncGroup } from '../../../cluster/vrrp/sync-group.js';
import { masterDownInterval } from '../../../cluster/vrrp/timers.js';
import { assert } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import { microseconds, milliseconds } from '../../../director/base/time.js';
import { Link } from './link.js';
import { address, config } from './routers.js';

const sides = ['in', 'out'];
const advertInterval = milliseconds(250);

/** Directors with a foot on each of two links, and a sync group over both feet. */
class Directors {
  readonly link: Link;
  readonly prng: Prng;
  readonly groups: readonly SyncGroup[];
  /** Directors that were master on one side only. */
  readonly torn: string[] = [];

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.link = new Link(seed);
    this.groups = Array.from({ length: 2 + this.prng.below(3) }, (_, index) => this.#add(index));
    const byMember = new Map(
      this.groups.flatMap((group) => sides.map((side) => [`${group.name}-${side}`, group])),
    );
    this.link.onInput = (router) => {
      const group = byMember.get(router.config.name);
      assert(group !== undefined, 'every router is in a group');
      group.settle(this.link.now);
      this.#checkWhole(group);
    };
  }

  /** Lets time pass, with one trouble after the other. */
  rage(): void {
    this.link.quality = {
      shortestDelay: microseconds(100),
      longestDelay: milliseconds(20),
      lossPercent: 10,
    };
    for (let event = 0; event < 20; event += 1) {
      this.#disturb();
      this.link.run(this.prng.below(1_500));
    }
  }

  calm(): void {
    this.link.quality = {
      shortestDelay: milliseconds(1),
      longestDelay: milliseconds(3),
      lossPercent: 0,
    };
    this.link.cut();
    for (const { config: own, election } of this.link.routers) {
      this.link.resume(own.name);
      election.setFault(this.link.now, false, '');
    }
    for (const group of this.groups) group.settle(this.link.now);
    for (let step = 0; step < 20; step += 1) {
      this.link.run(masterDownInterval(1, advertInterval) / 5_000);
      for (const { election } of this.link.routers) election.allowPreemption(this.link.now);
    }
  }

  /** The directors that are master on this side. */
  masters(side: string): string[] {
    return this.link.masters
      .filter((name) => name.endsWith(`-${side}`))
      .map((name) => name.slice(0, -side.length - 1));
  }

  #add(index: number): SyncGroup {
    const name = `d${index}`;
    const priority = 1 + this.prng.below(254);
    const members = sides.map((side, segment) => {
      const primaryAddress = address(`10.0.${segment}.${index + 1}`);
      const own = { ...config, name: `${name}-${side}`, priority, primaryAddress, advertInterval };
      const election = this.link.add({ ...own, inSyncGroup: true }, { segment });
      return { name: side, election };
    });
    return new SyncGroup(name, members);
  }

  #disturb(): void {
    const group = this.groups[this.prng.below(this.groups.length)];
    assert(group !== undefined, 'there are directors');
    const side = sides[this.prng.below(2)] ?? '';
    const { link } = this;
    const { election, paused } = link.router(`${group.name}-${side}`);
    switch (this.prng.below(5)) {
      case 0:
        return link.cut(`${group.name}-${side}`);
      case 1:
        return link.cut(...sides.map((each) => `${group.name}-${each}`));
      case 2:
        return link.cut();
      case 3:
        for (const each of sides) {
          if (paused === undefined) link.pause(`${group.name}-${each}`, 'stopped');
          else link.resume(`${group.name}-${each}`);
        }
        return undefined;
      default:
        if (paused !== undefined) return undefined;
        election.setFault(link.now, this.prng.below(2) === 0, 'a test');
        return group.settle(link.now);
    }
  }

  #checkWhole(group: SyncGroup): void {
    const states = sides.map((side) => this.link.router(`${group.name}-${side}`).election.state);
    if (states[0] === states[1]) return;
    this.torn.push(`${this.link.now} ${group.name} ${states.join(' ')}`);
  }
}

for (const seed of Array.from({ length: 60 }, (_, index) => index + 1)) {
  test(`seed ${seed}: after any trouble one director is master on both sides (V7)`, (t) => {
    const directors = new Directors(seed);
    for (let round = 0; round < 2; round += 1) {
      directors.rage();
      directors.calm();
      t.same(directors.torn, []);
      const [inner, outer] = sides.map((side) => directors.masters(side));
      t.equal(inner?.length, 1);
      t.same(inner, outer);
    }
    t.end();
  });
}

test('a director that is cut off on one side keeps both, and nobody moves to and fro', (t) => {
  const directors = new Directors(7);
  directors.calm();
  const [master] = directors.masters('in');
  const settled = directors.link.holders.length;
  directors.link.cut(`${master ?? ''}-in`);
  directors.link.run(60_000);
  t.same(directors.link.holders.slice(settled), []);
  t.end();
});

test('a director with a fault on one side gives both to another within the skew time', (t) => {
  const directors = new Directors(11);
  directors.calm();
  const [name] = directors.masters('in');
  const group = directors.groups.find((each) => each.name === name);
  assert(group !== undefined, 'there is a master');
  const { link } = directors;
  link.router(`${group.name}-out`).election.setFault(link.now, true, 'a test');
  group.settle(link.now);
  link.run(260);
  t.equal(directors.masters('in').length, 1);
  t.not(directors.masters('in')[0], name);
  t.same(directors.masters('in'), directors.masters('out'));
  t.end();
});
