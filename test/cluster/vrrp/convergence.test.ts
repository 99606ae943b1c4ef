import { test } from 'tap';

import type { ElectionConfig } from '../../../cluster/vrrp/election-config.js';
import type { ElectionEffect } from '../../../cluster/vrrp/election-effects.js';
import { masterDownInterval, skewTime } from '../../../cluster/vrrp/timers.js';
import { Prng } from '../../../director/base/prng.js';
import {
  after,
  latest,
  microseconds,
  milliseconds,
  Never,
  seconds,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import { Link, type Router } from './link.js';
import { address, config } from './routers.js';

/** What the test knows of a router besides the election. */
interface Watched {
  /** Since when its table is complete; `Never` while it is not. */
  completeSince: Instant;
  /** When the table will be complete that the election has asked for. */
  completesAt: Instant;
  announcedAt: Instant;
  advertisedAt: Instant;
  /** It was master, and others have taken over while it did not run: it has to give up before anything else. */
  mustYield: boolean;
}

const badLink = {
  shortestDelay: microseconds(100),
  longestDelay: milliseconds(20),
  lossPercent: 10,
};
const goodLink = {
  shortestDelay: milliseconds(1),
  longestDelay: milliseconds(3),
  lossPercent: 0,
};
/** How long the table of a router that asks for it takes at most. */
const syncTime = seconds(1);

/** Several routers, troubles of every kind, and the invariants that hold at every moment. */
class Turmoil {
  readonly link: Link;
  readonly prng: Prng;
  /** What should not be. */
  readonly breaches: string[] = [];
  readonly #watched = new Map<string, Watched>();

  constructor(seed: number, change: Partial<ElectionConfig> = {}) {
    this.prng = new Prng(seed);
    this.link = new Link(seed);
    this.link.onEffect = (router, effect) => this.#check(router, effect);
    const count = 2 + this.prng.below(5);
    const intervals = [milliseconds(100), milliseconds(250), seconds(1)];
    for (let index = 0; index < count; index += 1) {
      const name = `r${index}`;
      this.#watched.set(name, {
        completeSince: Never,
        completesAt: after(this.link.now, syncTime),
        announcedAt: this.link.now,
        advertisedAt: this.link.now,
        mustYield: false,
      });
      const priority = 1 + this.prng.below(254);
      const advertInterval = intervals[this.prng.below(3)] ?? seconds(1);
      const primaryAddress = address(`10.0.0.${index + 1}`);
      const own = { ...config, name, priority, primaryAddress, advertInterval, ...change };
      this.link.add(own, { mayPreempt: false });
    }
  }

  /** Trouble of every kind for a while. */
  rage(): void {
    this.link.quality = badLink;
    for (let event = 0; event < 25; event += 1) {
      this.#disturb(this.#any());
      this.run(milliseconds(this.prng.below(1_500)));
    }
  }

  /** All is well again, and stays so for as long as it takes to settle. */
  calm(): void {
    const began = this.link.holders.length;
    this.link.quality = goodLink;
    this.link.cut();
    for (const router of this.link.routers) {
      this.resume(router);
      router.election.setFault(this.link.now, false, '');
      if (router.election.state === 'initialize') this.#start(router);
    }
    this.run(this.window);
    this.#checkSurvivor(began);
  }

  run(duration: Duration): void {
    const end = after(this.link.now, duration);
    while (this.link.now < end) {
      this.link.runUntil(latest(this.link.now, soonest(end, after(this.link.now, seconds(0.05)))));
      this.#completeTables();
    }
  }

  /** Lets a router go on, and remembers whether its time as master is over. */
  resume(router: Router): void {
    const { config: own, election, holdsAddresses, paused } = router;
    const watched = this.#of(own.name);
    const silence = masterDownInterval(election.snapshot().effectivePriority, own.advertInterval);
    const isOver = this.link.now > after(watched.advertisedAt, silence);
    watched.mustYield = paused !== undefined && holdsAddresses && isOver;
    this.link.resume(own.name);
  }

  /** The longest that it may take until there is one master, the right one. */
  get window(): Duration {
    const { preemptDelay } = this.link.routers[0]?.config ?? config;
    return microseconds(4 * masterDownInterval(1, seconds(1)) + 2 * syncTime + preemptDelay);
  }

  #any(): Router {
    const { routers } = this.link;
    const router = routers[this.prng.below(routers.length)];
    if (router === undefined) throw new Error('there are routers');
    return router;
  }

  #disturb(router: Router): void {
    const { election } = router;
    const { name } = router.config;
    const { now } = this.link;
    const isAwake = router.paused === undefined;
    switch (this.prng.below(8)) {
      case 0:
        return this.link.cut(
          ...this.link.routers
            .map((other) => other.config.name)
            .filter(() => this.prng.below(2) === 0),
        );
      case 1:
        return this.link.cut();
      case 2:
        return this.link.pause(name, this.prng.below(2) === 0 ? 'stopped' : 'frozen');
      case 3:
        return this.resume(router);
      case 4:
        return isAwake ? election.setFault(now, this.prng.below(2) === 0, 'a test') : undefined;
      case 5:
        return isAwake ? election.setPriority(now, 1 + this.prng.below(254)) : undefined;
      case 6:
        return isAwake ? election.stop(now) : undefined;
      default:
        if (isAwake && election.state === 'initialize') this.#start(router);
    }
  }

  #start({ config: { name }, election }: Router): void {
    this.#distrust(name);
    election.start(this.link.now, { mayPreempt: false });
  }

  /** The table takes a while to be fetched. */
  #distrust(name: string): void {
    const watched = this.#of(name);
    watched.completeSince = Never;
    watched.completesAt = after(this.link.now, milliseconds(this.prng.below(1_000)));
  }

  #completeTables(): void {
    for (const {
      config: { name },
      election,
      paused,
    } of this.link.routers) {
      const watched = this.#of(name);
      if (paused !== undefined || watched.completesAt > this.link.now) continue;
      watched.completesAt = Never;
      watched.completeSince = this.link.now;
      election.allowPreemption(this.link.now);
    }
  }

  #of(name: string): Watched {
    const watched = this.#watched.get(name);
    if (watched === undefined) throw new Error('the router is watched');
    return watched;
  }

  #check(router: Router, effect: ElectionEffect): void {
    const { name, preemptDelay } = router.config;
    const { now } = this.link;
    const watched = this.#of(name);
    switch (effect.kind) {
      case 'advertise':
        if (!router.holdsAddresses) this.#breach(name, 'advertises without the addresses (V3)');
        if (
          effect.priority !== 0 &&
          effect.priority !== router.election.snapshot().effectivePriority
        ) {
          this.#breach(name, 'advertises a priority that is not its own');
        }
        if (effect.priority !== 0 && watched.mustYield) {
          this.#breach(name, 'goes on as master after a pause');
        }
        watched.advertisedAt = now;
        break;
      case 'release-addresses':
        watched.mustYield = false;
        break;
      case 'announce-addresses':
        if (!router.holdsAddresses) this.#breach(name, 'announces what it does not hold (V3)');
        watched.announcedAt = now;
        break;
      case 'stale':
        this.#distrust(name);
        break;
      case 'state':
        if (effect.to !== 'master') break;
        if (watched.announcedAt !== now) this.#breach(name, 'becomes master in silence (V6)');
        if (effect.reason !== 'preempted-lower-priority') break;
        if (now < after(watched.completeSince, preemptDelay)) {
          this.#breach(name, 'preempts without a complete table, or too early (V8)');
        }
        break;
      default:
        break;
    }
  }

  /** After two masters have met, the one that remains has announced the addresses again. */
  #checkSurvivor(began: number): void {
    const holders = this.link.holders.slice(began);
    const last = holders.findLastIndex(({ names }) => names.length > 1);
    const [survivor] = holders.at(-1)?.names ?? [];
    const end = holders[last + 1];
    if (last < 0 || end === undefined || survivor === undefined) return;
    if (this.#of(survivor).announcedAt < end.at) {
      this.#breach(survivor, 'has not announced since it is the only master (V6)');
    }
  }

  #breach(name: string, what: string): void {
    this.breaches.push(`${this.link.now} ${name} ${what}`);
  }
}

const soonest = (first: Instant, second: Instant): Instant => (first <= second ? first : second);

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
      t.ok(link.masters.length <= 1, `${link.masters.join(' ')}`);
      turmoil.run(turmoil.window);
      t.equal(link.masters.length, 1);
    }
    t.same(turmoil.breaches, []);
    return t.end();
  });
}
