import { decodeAdvertisement, encodeAdvertisement } from '../../../cluster/vrrp/advertisement.js';
import type { ElectionConfig } from '../../../cluster/vrrp/election-config.js';
import type { ElectionEffect } from '../../../cluster/vrrp/election-effects.js';
import { Election } from '../../../cluster/vrrp/election.js';
import { toCentiseconds } from '../../../cluster/vrrp/timers.js';
import type { IpAddress } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import { after, earliest, milliseconds, Never, type Instant } from '../../../director/base/time.js';
import { address, at } from './routers.js';

const group = address('224.0.0.18');
const delay = milliseconds(1);

interface Router {
  readonly config: ElectionConfig;
  readonly election: Election;
  alive: boolean;
  holdsAddresses: boolean;
}

interface Delivery {
  readonly at: Instant;
  readonly from: Router;
  readonly to: Router;
  readonly message: Uint8Array;
}

/**
 * Elections on one link, in virtual time: advertisements travel as bytes and take a millisecond, and the link can be
 * cut in two.
 */
export class Link {
  now = at(0);
  /** How often the number of routers that hold the addresses changed, and to what. */
  readonly holders: { at: Instant; names: readonly string[] }[] = [];
  readonly #routers = new Map<string, Router>();
  #deliveries: Delivery[] = [];
  #island = new Set<string>();

  add(config: ElectionConfig, options = { mayPreempt: true }): Election {
    const election = new Election(config);
    this.#routers.set(config.name, { config, election, alive: true, holdsAddresses: false });
    election.start(this.now, options);
    return election;
  }

  /** The router is gone without a word: it sends and hears nothing more. */
  kill(name: string): void {
    const router = this.#router(name);
    router.alive = false;
    router.holdsAddresses = false;
    this.#recordHolders();
  }

  /** Cuts the named routers off from the others; without names, heals the link. */
  cut(...names: string[]): void {
    this.#island = new Set(names);
  }

  /** The routers that answer for the virtual addresses. */
  get masters(): string[] {
    return [...this.#routers.values()]
      .filter((router) => router.holdsAddresses)
      .map((router) => router.config.name);
  }

  /** Lets `milliseconds` pass. */
  run(duration: number): void {
    const end = after(this.now, milliseconds(duration));
    this.#drain();
    for (let steps = 0; this.#next() <= end; steps += 1) {
      assert(steps < 100_000, 'a run of elections ends');
      this.now = this.#next();
      this.#deliver();
      for (const { alive, election } of this.#routers.values()) {
        if (alive && election.deadline <= this.now) election.handleDeadline(this.now);
      }
      this.#drain();
    }
    this.now = end;
  }

  #router(name: string): Router {
    const router = this.#routers.get(name);
    assert(router !== undefined, 'the router is on the link');
    return router;
  }

  #next(): Instant {
    let next = Never;
    for (const delivery of this.#deliveries) next = earliest(next, delivery.at);
    for (const { alive, election } of this.#routers.values()) {
      if (alive) next = earliest(next, election.deadline);
    }
    return next;
  }

  #deliver(): void {
    const due = this.#deliveries.filter((delivery) => delivery.at <= this.now);
    this.#deliveries = this.#deliveries.filter((delivery) => delivery.at > this.now);
    for (const { from, to, message } of due) {
      if (!to.alive) continue;
      const source: IpAddress = from.config.primaryAddress;
      const decoded = decodeAdvertisement(message, { source, destination: group, ttl: 255 });
      assert(decoded.kind === 'advertisement', 'our own advertisements are accepted');
      to.election.handleAdvertisement(this.now, decoded);
    }
  }

  #drain(): void {
    for (const router of this.#routers.values()) {
      for (const effect of router.election.effects.splice(0)) {
        if (router.alive) this.#apply(router, effect);
      }
    }
    this.#recordHolders();
  }

  #apply(router: Router, effect: ElectionEffect): void {
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
      if (to === from || !connected) continue;
      this.#deliveries.push({ at: after(this.now, delay), from, to, message });
    }
  }

  #recordHolders(): void {
    const names = this.masters;
    if (names.join(' ') === (this.holders.at(-1)?.names.join(' ') ?? '')) return;
    this.holders.push({ at: this.now, names });
  }
}
