import type { IpAddress } from '../../director/base/address.js';
import { after, earliest, milliseconds, Never, type Instant } from '../../director/base/time.js';
import type { Director } from '../../director/core/director.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';
import { Announcer } from './announcer.js';

/** How long a node that is succeeded takes what still arrives for its addresses: until everybody's ARP cache has changed. */
const RetirementPeriod = milliseconds(250);

/**
 * The addresses of one virtual router as this node has them: those in its advertisements, and those kept out of them.
 *
 *     given up ──acquire──▶ held ──retire──▶ retired ──250 ms──▶ given up
 */
export class HeldAddresses {
  readonly #director: Director;
  #addresses: readonly IpAddress[];
  readonly #announcer: Announcer;
  #retiredUntil: Instant = Never;

  constructor(config: VrrpInstanceConfig, director: Director) {
    this.#director = director;
    this.#addresses = [...config.virtualAddresses, ...config.excludedAddresses].map(
      ({ address }) => address,
    );
    this.#announcer = new Announcer(director, config.announce.interval);
  }

  /** True while another node takes over and some do not know yet. */
  get isRetired(): boolean {
    return this.#retiredUntil !== Never;
  }

  get deadline(): Instant {
    return earliest(this.#retiredUntil, this.#announcer.deadline);
  }

  handleDeadline(at: Instant): void {
    if (this.#retiredUntil <= at) this.giveUp();
    this.#announcer.handleDeadline(at);
  }

  /** Answers for the addresses, and serves what comes for them. */
  acquire(): void {
    this.#retiredUntil = Never;
    this.#setLive(true);
  }

  /** Is silent about the addresses, and drops what comes for them. */
  giveUp(): void {
    this.#announcer.stop();
    this.#retiredUntil = Never;
    this.#setLive(false);
  }

  /** Is silent about the addresses, and still serves what comes for them for a moment. */
  retire(at: Instant): void {
    this.#announcer.stop();
    this.#retiredUntil = after(at, RetirementPeriod);
    for (const address of this.#addresses) this.#director.retire(address);
  }

  /** Tells the links so many times who has the addresses. */
  announce(at: Instant, rounds: number): void {
    const floating = this.#addresses
      .map((address) => this.#director.findFloating(address))
      .filter((one) => one !== undefined);
    this.#announcer.burst(at, floating, rounds);
  }

  /** From now on these are another virtual router's of this node: it leaves them as they are. */
  entrust(addresses: ReadonlySet<IpAddress>): void {
    this.#announcer.stop();
    this.#addresses = this.#addresses.filter((address) => !addresses.has(address));
  }

  #setLive(isLive: boolean): void {
    for (const address of this.#addresses) this.#director.setLive(address, isLive);
  }
}
