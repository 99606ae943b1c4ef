import { decodeAdvertisement, encodeAdvertisement } from '../../../cluster/vrrp/advertisement.js';
import type { ElectionConfig } from '../../../cluster/vrrp/election-config.js';
import type { ElectionEffect } from '../../../cluster/vrrp/election-effects.js';
import { Election } from '../../../cluster/vrrp/election.js';
import { toCentiseconds } from '../../../cluster/vrrp/timers.js';
import { assert } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import {
  after,
  earliest,
  latest,
  microseconds,
  milliseconds,
  Never,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import { address, at } from './routers.js';

const group = address('224.0.0.18');

/** A router on the link. */
export interface Router {
  readonly config: ElectionConfig;
  readonly election: Election;
  readonly segment: number;
  alive: boolean;
  holdsAddresses: boolean;
  /** Undefined while it runs. `stopped`: what arrives waits in its socket. `frozen`: what arrives is lost. */
  paused: 'stopped' | 'frozen' | undefined;
  readonly waiting: Delivery[];
}

interface Delivery {
  readonly at: Instant;
  readonly from: Router;
  readonly to: Router;
  readonly message: Uint8Array;
}

/** How bad the link is. */
export interface LinkQuality {
  readonly shortestDelay: Duration;
  readonly longestDelay: Duration;
  /** Of a hundred messages, how many are lost on the way to one receiver. */
  readonly lossPercent: number;
}

const perfect: LinkQuality = {
  shortestDelay: milliseconds(1),
  longestDelay: milliseconds(1),
  lossPercent: 0,
};

/**
 * Elections on a link, or on several, in virtual time: advertisements travel as bytes and take a while, and a link can be
 * cut in two and lose messages. Routers can be killed and paused.
 */
export class Link {
  now = at(0);
  quality = perfect;
  /** How often the number of routers that hold the addresses changed, and to what. */
  readonly holders: { at: Instant; names: readonly string[] }[] = [];
  /** Called before each effect of a living router is carried out. */
  onEffect: (router: Router, effect: ElectionEffect) => void = () => {};
  /** Called after each input to an election. */
  onInput: (router: Router) => void = () => {};
  readonly #routers = new Map<string, Router>();
  readonly #prng: Prng;
  #deliveries: Delivery[] = [];
  #island = new Set<string>();

  constructor(seed = 0) {
    this.#prng = new Prng(seed);
  }

  get routers(): readonly Router[] {
    return [...this.#routers.values()];
  }

  /** Routers hear those of their own segment only. */
  add(
    config: ElectionConfig,
    { mayPreempt = true, segment = 0 }: { mayPreempt?: boolean; segment?: number } = {},
  ): Election {
    const election = new Election(config);
    this.#routers.set(config.name, {
      config,
      election,
      segment,
      alive: true,
      holdsAddresses: false,
      paused: undefined,
      waiting: [],
    });
    election.start(this.now, { mayPreempt });
    return election;
  }

  /** The router is gone without a word: it sends and hears nothing more. */
  kill(name: string): void {
    const router = this.router(name);
    router.alive = false;
    router.holdsAddresses = false;
    this.#recordHolders();
  }

  /** The router does nothing until it is resumed. */
  pause(name: string, how: 'stopped' | 'frozen'): void {
    this.router(name).paused ??= how;
  }

  /** The router goes on: it reads what waits in its socket, and then looks at its timers. */
  resume(name: string): void {
    const router = this.router(name);
    router.paused = undefined;
    for (const delivery of router.waiting.splice(0)) this.#receive(delivery);
    this.#drain();
  }

  /** Cuts the named routers off from the others; without names, heals the link. */
  cut(...names: string[]): void {
    this.#island = new Set(names);
  }

  /** The routers that answer for the virtual addresses. */
  get masters(): string[] {
    return this.routers
      .filter((router) => router.holdsAddresses)
      .map((router) => router.config.name);
  }

  /** Lets `milliseconds` pass. */
  run(duration: number): void {
    this.runUntil(after(this.now, milliseconds(duration)));
  }

  runUntil(end: Instant): void {
    this.#drain();
    for (let steps = 0; this.#next() <= end; steps += 1) {
      assert(steps < 1_000_000, 'a run of elections ends');
      this.now = latest(this.now, this.#next());
      this.#deliver();
      for (const router of this.#routers.values()) {
        if (runs(router) && router.election.deadline <= this.now) {
          router.election.handleDeadline(this.now);
          this.onInput(router);
        }
      }
      this.#drain();
    }
    this.now = end;
  }

  router(name: string): Router {
    const router = this.#routers.get(name);
    assert(router !== undefined, 'the router is on the link');
    return router;
  }

  #next(): Instant {
    let next = Never;
    for (const delivery of this.#deliveries) next = earliest(next, delivery.at);
    for (const router of this.#routers.values()) {
      if (runs(router)) next = earliest(next, router.election.deadline);
    }
    return next;
  }

  #deliver(): void {
    const due = this.#deliveries.filter((delivery) => delivery.at <= this.now);
    this.#deliveries = this.#deliveries.filter((delivery) => delivery.at > this.now);
    for (const delivery of due) {
      const { to } = delivery;
      if (runs(to)) this.#receive(delivery);
      else if (to.alive && to.paused === 'stopped') to.waiting.push(delivery);
    }
  }

  #receive({ from, to, message }: Delivery): void {
    const source = from.config.primaryAddress;
    const decoded = decodeAdvertisement(message, { source, destination: group, ttl: 255 });
    assert(decoded.kind === 'advertisement', 'our own advertisements are accepted');
    to.election.handleAdvertisement(this.now, decoded);
    this.onInput(to);
  }

  #drain(): void {
    for (const router of this.#routers.values()) {
      if (router.paused !== undefined) continue;
      for (const effect of router.election.effects.splice(0)) {
        if (router.alive) this.#apply(router, effect);
      }
    }
    this.#recordHolders();
  }

  #apply(router: Router, effect: ElectionEffect): void {
    this.onEffect(router, effect);
    if (effect.kind === 'acquire-addresses') router.holdsAddresses = true;
    if (effect.kind === 'release-addresses') router.holdsAddresses = false;
    if (effect.kind === 'advertise') this.#multicast(router, effect.priority);
  }

  #multicast(from: Router, priority: number): void {
    const { virtualRouterId, advertInterval, addresses, primaryAddress, name } = from.config;
    const intervalCentiseconds = toCentiseconds(advertInterval);
    const fields = { virtualRouterId, priority, intervalCentiseconds, addresses };
    const message = encodeAdvertisement(fields, primaryAddress, group);
    for (const to of this.#routers.values()) {
      const connected = this.#island.has(name) === this.#island.has(to.config.name);
      const isHeard = to.segment === from.segment && connected;
      if (to === from || !isHeard || this.#isLost()) continue;
      this.#deliveries.push({ at: after(this.now, this.#delay()), from, to, message });
    }
  }

  #isLost(): boolean {
    const { lossPercent } = this.quality;
    return lossPercent > 0 && this.#prng.below(100) < lossPercent;
  }

  #delay(): Duration {
    const { shortestDelay, longestDelay } = this.quality;
    const spread = longestDelay - shortestDelay;
    return spread === 0
      ? shortestDelay
      : microseconds(shortestDelay + this.#prng.below(spread + 1));
  }

  #recordHolders(): void {
    const names = this.masters;
    if (names.join(' ') === (this.holders.at(-1)?.names.join(' ') ?? '')) return;
    this.holders.push({ at: this.now, names });
  }
}

const runs = ({ alive, paused }: Router): boolean => alive && paused === undefined;
