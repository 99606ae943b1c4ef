import type { IpAddress } from '../../director/base/address.js';
import { after, type Duration, type Instant } from '../../director/base/time.js';
import type { Advertisement, RejectReason } from './advertisement.js';
import type { ElectionConfig } from './election-config.js';

/**
 * Why an advertisement did not take part in the election: what the decoder found; `own-address`, a sender with our
 * primary address (our own multicast come back, or a second node with the same address); or `dead-peer`, an advertisement
 * that was under way when its sender died.
 */
export type IgnoreReason = RejectReason | 'own-address' | 'dead-peer';

type ReceptionConfig = Pick<ElectionConfig, 'primaryAddress' | 'addresses'>;

/**
 * Decides which of the advertisements that the decoder has accepted count, and counts the others. Other virtual addresses
 * than ours are a mistake in one of the files, but no reason to have two masters (RFC 9568 §7.1 leaves the choice).
 */
export class Reception {
  readonly #config: ReceptionConfig;
  readonly #addresses: string;
  readonly #rejected = new Map<IgnoreReason, number>();
  #dead: { readonly address: IpAddress; readonly until: Instant } | undefined;
  #accepted = 0;
  #addressMismatches = 0;

  constructor(config: ReceptionConfig) {
    this.#config = config;
    this.#addresses = addressList(config.addresses);
  }

  /** True when the advertisement takes part in the election. */
  accepts(now: Instant, advertisement: Advertisement): boolean {
    const reason = this.#reasonAgainst(now, advertisement);
    if (reason !== undefined) {
      this.reject(reason);
      return false;
    }
    this.#accepted += 1;
    if (addressList(advertisement.addresses) !== this.#addresses) this.#addressMismatches += 1;
    return true;
  }

  /** Counts a message that was not accepted. */
  reject(reason: IgnoreReason): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1);
  }

  /** What still comes from this address for a while was sent before its sender died. */
  bury(now: Instant, address: IpAddress, duration: Duration): void {
    this.#dead = { address, until: after(now, duration) };
  }

  get accepted(): number {
    return this.#accepted;
  }

  get addressMismatches(): number {
    return this.#addressMismatches;
  }

  /** By reason; a reason that never occurred is absent. */
  get rejected(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#rejected);
  }

  #reasonAgainst(now: Instant, { source }: Advertisement): IgnoreReason | undefined {
    if (source === this.#config.primaryAddress) return 'own-address';
    if (this.#dead !== undefined && now >= this.#dead.until) this.#dead = undefined;
    return source === this.#dead?.address ? 'dead-peer' : undefined;
  }
}

const addressList = (addresses: readonly IpAddress[]): string => addresses.toSorted().join(' ');
