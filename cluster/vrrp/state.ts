/** The states of RFC 9568 §6.4 (whose Active is `master` here, as keepalived prints it) and keepalived's `fault`. */
export type VrrpState = 'initialize' | 'backup' | 'master' | 'fault';

/** Why a backup became master. */
export type TakeOverReason =
  | 'master-silent'
  | 'master-resigned'
  | 'peer-died'
  | 'preempted-lower-priority';

/** Why a virtual router changed its state. */
export type TransitionReason =
  | TakeOverReason
  | 'started'
  | 'outranked'
  | 'link-down'
  | 'link-up'
  | 'stopped';
