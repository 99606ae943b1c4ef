import type { TransitionReason, VrrpState } from './state.js';

/** What the driver of an election has to do, in this order; effects name the intent. */
export type ElectionEffect =
  /** Send an advertisement with this priority: the effective one, or 0 to give up. */
  | { readonly kind: 'advertise'; readonly priority: number }
  /** Answer for the virtual addresses from now on. */
  | { readonly kind: 'acquire-addresses' }
  /**
   * Be silent about the virtual addresses from now on, and forget what is left of a burst of announcements. `isStale`: others
   * have served them for a while, unknown to this node; not even what still arrives is to be forwarded.
   */
  | { readonly kind: 'release-addresses'; readonly isStale: boolean }
  /**
   * Send `repeat` rounds of gratuitous ARP, or of unsolicited neighbour advertisements, for the virtual addresses. The
   * driver may space the packets out (`garp_interval`); a later burst then takes the place of one that is not over.
   */
  | { readonly kind: 'announce-addresses'; readonly repeat: number }
  /**
   * The connection table may lack what happened meanwhile, so the preemption gate is closed. The driver makes sure that
   * the table is complete, and says so by `allowPreemption`.
   */
  | { readonly kind: 'stale' }
  | {
      readonly kind: 'state';
      readonly from: VrrpState;
      readonly to: VrrpState;
      readonly reason: TransitionReason;
      /** What is faulty, in the words of `setFault`; only with `faulty`. */
      readonly detail?: string;
    };
