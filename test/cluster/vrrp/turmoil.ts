import { resignPriority } from '../../../cluster/vrrp/advertisement.js';
import type { ElectionConfig } from '../../../cluster/vrrp/election-config.js';
import type { ElectionEffect } from '../../../cluster/vrrp/election-effects.js';
import type { TransitionReason } from '../../../cluster/vrrp/state.js';
import { masterDownInterval } from '../../../cluster/vrrp/timers.js';
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
/** What the link is like after the troubles. */
export const goodLink = {
  shortestDelay: milliseconds(1),
  longestDelay: milliseconds(3),
  lossPercent: 0,
};
/** How long the table of a router that asks for it takes at most. */
const syncTime = seconds(1);

/** Several routers, troubles of every kind, and the invariants that hold at every moment. */
export class Turmoil {
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
    const { name } = router.config;
    const watched = this.#of(name);
    switch (effect.kind) {
      case 'advertise':
        this.#checkAdvertisement(router, effect.priority);
        watched.advertisedAt = this.link.now;
        break;
      case 'release-addresses':
        watched.mustYield = false;
        break;
      case 'announce-addresses':
        if (!router.holdsAddresses) this.#breach(name, 'announces what it does not hold (V3)');
        watched.announcedAt = this.link.now;
        break;
      case 'stale':
        this.#distrust(name);
        break;
      case 'state':
        if (effect.to === 'master') this.#checkTakeOver(router, effect.reason);
        break;
      default:
        break;
    }
  }

  #checkAdvertisement(
    { config: { name }, election, holdsAddresses }: Router,
    priority: number,
  ): void {
    if (!holdsAddresses) this.#breach(name, 'advertises without the addresses (V3)');
    if (priority === resignPriority) return;
    if (priority !== election.snapshot().effectivePriority) {
      this.#breach(name, 'advertises a priority that is not its own');
    }
    if (this.#of(name).mustYield) this.#breach(name, 'goes on as master after a pause');
  }

  #checkTakeOver({ config: { name, preemptDelay } }: Router, reason: TransitionReason): void {
    const { announcedAt, completeSince } = this.#of(name);
    const { now } = this.link;
    if (announcedAt !== now) this.#breach(name, 'becomes master in silence (V6)');
    const mayPreempt = now >= after(completeSince, preemptDelay);
    if (reason === 'preempted-lower-priority' && !mayPreempt) {
      this.#breach(name, 'preempts without a complete table, or too early (V8)');
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
