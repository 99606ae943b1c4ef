/** The states of RFC 9568 §6.4 (whose Active is `master` here, as keepalived prints it) and keepalived's `fault`. */
export type VrrpState = 'initialize' | 'backup' | 'master' | 'fault';

/** Why a backup became master; `inherited`: it was, by another configuration. */
export type TakeOverReason =
  | 'master-silent'
  | 'master-resigned'
  | 'peer-died'
  | 'preempted-lower-priority'
  | 'inherited';

/**
 * Why a virtual router changed its state. `paused`: this node did not run for so long that others have taken over;
 * `group`: it follows its sync group; `faulty` and `recovered`: see `Election.setFault`.
 */
export type TransitionReason =
  | TakeOverReason
  | 'started'
  | 'outranked'
  | 'paused'
  | 'group'
  | 'faulty'
  | 'recovered'
  | 'stopped';
