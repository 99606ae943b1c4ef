import type { IpAddress } from '../../director/base/address.js';
import type { Instant } from '../../director/base/time.js';
import type { RejectReason } from './advertisement.js';
import type { VrrpState } from './state.js';

/**
 * Why an advertisement did not take part in the election: what the decoder found, or `own-address`, a sender with our
 * primary address (our own multicast come back, or a second node with the same address), or `dead-peer`, an
 * advertisement that was under way when its sender died.
 */
export type IgnoreReason = RejectReason | 'own-address' | 'dead-peer';

/** What an election says about itself to people and programs; the control socket shows it. */
export interface ElectionSnapshot {
  readonly name: string;
  readonly virtualRouterId: number;
  readonly priority: number;
  readonly state: VrrpState;
  /** When the present state was entered; the clock's origin before the start. */
  readonly since: Instant;
  /** Changes of state since the program began. */
  readonly transitions: number;
  /** The primary address of the master, undefined when none is known. */
  readonly master: IpAddress | undefined;
  readonly masterPriority: number | undefined;
  /** True when a living master of lower priority would be replaced. */
  readonly mayPreempt: boolean;
  readonly advertisementsSent: number;
  /** Advertisements that were accepted. */
  readonly advertisementsReceived: number;
  /** Of these, the ones whose virtual addresses are not the configured ones: a mistake in one of the files. */
  readonly addressMismatches: number;
  /** The others, by reason; a reason that never occurred is absent. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** The counts of one election, since the program began. */
export class ElectionCounters {
  sent = 0;
  received = 0;
  addressMismatches = 0;
  transitions = 0;
  readonly #rejected = new Map<IgnoreReason, number>();

  reject(reason: IgnoreReason): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + 1);
  }

  get rejected(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#rejected);
  }
}
