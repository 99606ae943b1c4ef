import { assert } from '../../director/base/invariant.js';
import { earliest, Never, type Instant } from '../../director/base/time.js';
import type { Election } from './election.js';
import type { VrrpState } from './state.js';

/** A member of a sync group: an election whose configuration says `inSyncGroup`. */
export interface SyncGroupMember {
  readonly name: string;
  readonly election: Election;
}

/**
 * The virtual routers of a node that are master together or not at all (keepalived's `vrrp_sync_group`), for example
 * the two sides of a NAT director. After every input to a member the driver calls `settle`, before it drains effects.
 *
 * - A member in fault puts all the others in fault, until none is faulty any more.
 * - A backup whose master is gone, or may be preempted, is ready, and waits. When all are ready they become master
 *   at once. So they prefer to be backups, which keeps a group with one side cut off from moving to and fro: keepalived's
 *   rule. A master that is alive on one side keeps both.
 * - A member that stops being master takes the others with it. They resign, so that nobody waits for their silence.
 * - When one member meets a rival, the rival's node was master of all of them: all announce their addresses.
 *
 * The priorities of the nodes have to be in the same order in all members. If each of two nodes is the better one
 * somewhere, neither can keep the whole group while both can hear each other.
 */
export class SyncGroup {
  readonly name: string;
  readonly #members: readonly SyncGroupMember[];
  #rivals = 0;

  constructor(name: string, members: readonly SyncGroupMember[]) {
    assert(members.length > 0, 'a sync group has members');
    this.name = name;
    this.#members = members;
  }

  /** The one state of all members; `backup` while they are on their way to it. */
  get state(): VrrpState {
    const states = new Set(this.#members.map(({ election }) => election.state));
    const [state] = states;
    return states.size === 1 && state !== undefined ? state : 'backup';
  }

  /** When any member wants to be called. */
  get deadline(): Instant {
    let next = Never;
    for (const { election } of this.#members) next = earliest(next, election.deadline);
    return next;
  }

  /** Lets all members follow the one that has moved. */
  settle(now: Instant): void {
    for (const { election } of this.#members) election.handleDeadline(now);
    this.#shareFaults(now);
    const elections = this.#members.map(({ election }) => election);
    const isReady = elections.every(({ state, isReady }) => state === 'master' || isReady);
    for (const election of elections) {
      if (isReady) election.takeOverWithGroup(now);
      else election.yieldToGroup(now);
    }
    this.#shareRivals(now);
  }

  #shareFaults(now: Instant): void {
    for (const { election } of this.#members) {
      const faulty = this.#members.find(
        (other) => other.election !== election && other.election.ownFault !== undefined,
      );
      election.setGroupFault(now, faulty && `${faulty.name}: ${faulty.election.ownFault ?? ''}`);
    }
  }

  #shareRivals(now: Instant): void {
    const total = this.#members.reduce((sum, { election }) => sum + election.rivals, 0);
    if (total === this.#rivals) return;
    this.#rivals = total;
    for (const { election } of this.#members) election.announceAgain(now);
  }
}
