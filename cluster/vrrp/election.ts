import type { IpAddress } from '../../director/base/address.js';
import { assert, unreachable } from '../../director/base/invariant.js';
import { silentLog, type Log } from '../../director/base/log.js';
import { after, between, earliest, instant } from '../../director/base/time.js';
import type { Duration, Instant } from '../../director/base/time.js';
import { resignPriority, type Advertisement, type RejectReason } from './advertisement.js';
import { Candidacy } from './candidacy.js';
import { outranks, type Candidate } from './candidate.js';
import { assertElectionConfig, isPriority, type ElectionConfig } from './election-config.js';
import type { ElectionEffect } from './election-effects.js';
import type { ElectionSnapshot } from './election-snapshot.js';
import { lateBound } from './master-watch.js';
import { Mastership } from './mastership.js';
import { Reception } from './reception.js';
import type { TakeOverReason, TransitionReason, VrrpState } from './state.js';
import { centiseconds, masterDownInterval } from './timers.js';

/**
 * The election of one virtual router (RFC 9568 §6.4, and RFC 3768 §6.4 for version 2), with keepalived's behaviour where
 * people rely on it.
 *
 *                  start            master down, peer died
 *     initialize ---------> backup ------------------------> master
 *         ^                  |  ^ <------------------------     |
 *         |                  |  |     outranked, paused         |
 *         |           faulty |  | recovered                     |
 *         |                  v  |                               |
 *         |                 fault <------------------------------
 *         +---- stop, from every state              faulty
 *
 * The election itself is no more than these transitions. `Reception` says which advertisements count, `Candidacy` is what
 * a backup does, and `Mastership` what a master does.
 *
 * The driver calls an input with a `now` that never goes back, then drains `effects`, then waits until `deadline`. It
 * hands over the advertisements that are waiting in its socket before it calls `handleDeadline`.
 *
 * **A node that did not run** notices it at the first input after `lateAt`. As a backup it listens for a while before it
 * believes its timers. As a master, when the pause was so long that others have taken over, it gives up: it holds the
 * addresses beside the new master, and the connections of a while ago. It says so with priority 0, which a living
 * master answers at once, and preempts only with a complete table.
 */
export class Election {
  /** What is to be done, oldest first. The driver empties it after every input. */
  readonly effects: ElectionEffect[] = [];

  readonly #config: ElectionConfig;
  readonly #log: Log;
  readonly #reception: Reception;
  readonly #candidacy: Candidacy;
  readonly #mastership: Mastership;

  #state: VrrpState = 'initialize';
  #since = instant(0);
  #now = instant(0);
  /** This node, with its effective priority. */
  #self: Candidate;
  #fault: string | undefined;
  #groupFault: string | undefined;
  #transitions = 0;
  #rivals = 0;
  #lateTimers = 0;

  constructor(config: ElectionConfig, log: Log = silentLog) {
    assertElectionConfig(config);
    this.#config = config;
    this.#log = log;
    this.#self = { address: config.primaryAddress, priority: config.priority };
    this.#reception = new Reception(config);
    this.#candidacy = new Candidacy(config);
    this.#mastership = new Mastership(config, this.effects);
  }

  /**
   * Takes part from now on, as a backup, or in fault if a fault is known. `mayPreempt` says that the connection table is
   * already complete, or that there is none to wait for.
   */
  start(now: Instant, options: { readonly mayPreempt: boolean }): void {
    this.#enter(now);
    assert(this.#state === 'initialize', 'an election that runs is not started');
    if (options.mayPreempt) this.#candidacy.allowPreemption(now);
    else this.#candidacy.forbidPreemption();
    const fault = this.#fault ?? this.#groupFault;
    if (fault === undefined) this.#becomeBackup(now, 'started');
    else this.#becomeFault(now, fault);
  }

  /**
   * Takes part from now on in the place of an election of this very node that was master and ends without a word: a reload.
   * The addresses have been nobody else's meanwhile, so it is master at once, unless a fault is known.
   */
  inherit(now: Instant, options: { readonly mayPreempt: boolean }): void {
    this.start(now, options);
    if (this.#state === 'backup') this.#becomeMaster(now, 'inherited');
  }

  /** Leaves the election; a master says so, so that a backup takes over within its skew time. May be started again. */
  stop(now: Instant): void {
    this.#enter(now);
    if (this.#state !== 'initialize') this.#becomeInitialize(now);
  }

  /** An advertisement for this virtual router has arrived. Advertisements of this node itself are ignored. */
  handleAdvertisement(now: Instant, advertisement: Advertisement): void {
    this.#enter(now);
    if (!this.#reception.accepts(now, advertisement)) return;
    switch (this.#state) {
      case 'initialize':
      case 'fault':
        return;
      case 'backup':
        return this.#candidacy.receive(now, advertisement);
      case 'master':
        return this.#masterReceive(now, advertisement);
      default:
        return unreachable(this.#state);
    }
  }

  /** A message came in that `decodeAdvertisement` did not accept: counts it. */
  handleRejected(reason: RejectReason): void {
    this.#reception.reject(reason);
  }

  /**
   * The connection table is complete: from now on, or after the configured delay, this node may take over from a
   * master of lower priority. If there is one, that happens within the skew time instead of the whole master-down
   * interval: the master is alive and in the middle of its work, and nothing is gained by letting it wait. It is safe
   * because the table that this node takes over with is the master's. Does nothing when preemption is configured off.
   */
  allowPreemption(now: Instant): void {
    this.#enter(now);
    this.#candidacy.allowPreemption(now);
  }

  /** The connection table may lack something after all: `allowPreemption` follows when it does not any more. */
  forbidPreemption(now: Instant): void {
    this.#enter(now);
    this.#candidacy.forbidPreemption();
  }

  /**
   * The peer with this primary address has died, and it is proven to send nothing more (its kernel has closed its
   * connections, and its virtual addresses died with it). If it was the master, the silence need not be waited for.
   *
   * If this node is next in line among the `survivors` (the other living backups; higher priority first, then greater
   * address), it takes over at once. Otherwise the next in line does so now, and the skew time, which is shorter for
   * higher priorities, decides among the rest should that one not be there. VRRP does not tell backups of each other,
   * so the caller has to name the survivors. With none named this node takes over at once; should another do the
   * same, the first advertisement decides between the two.
   *
   * Advertisements of the dead that are still under way, or waiting in a socket, are ignored for one of its intervals.
   * A peer that returns cannot be master again before three of them have passed. But to a node that did not run meanwhile
   * its death and its return come at once: then only silence counts.
   */
  handlePeerDeath(now: Instant, address: IpAddress, survivors: readonly Candidate[] = []): void {
    this.#enter(now);
    if (this.#candidacy.master?.address !== address || this.#candidacy.isDoubtful(now)) return;
    this.#reception.bury(now, address, this.#candidacy.interval);
    const isNext = !survivors.some((survivor) => outranks(survivor, this.#self));
    const place = survivors.length === 0 ? 'only' : isNext ? 'next' : 'later';
    if (this.#candidacy.loseMaster(now, place)) this.#takeOver(now, 'peer-died');
  }

  /**
   * What is tracked has moved the priority: 1 to 254. A master that falls in rank advertises at once, where
   * keepalived waits for the next advertisement, so that a better backup need not wait an interval to learn of it; one that
   * rises has nothing to hurry for. A backup that has come to outrank the master preempts it, if it may.
   */
  setPriority(now: Instant, priority: number): void {
    this.#enter(now);
    assert(isPriority(priority), 'an effective priority is 1 to 254');
    const falls = priority < this.#self.priority;
    if (priority === this.#self.priority) return;
    this.#self = { ...this.#self, priority };
    this.#candidacy.setPriority(now, priority);
    if (this.#state === 'master' && falls) this.#mastership.advertiseSoon(now, priority);
  }

  /**
   * This node cannot do its work, for example because its interface has no carrier, or can do it again. In fault it is
   * silent; a master resigns first, as keepalived does. When it recovers it is a backup, listens for a whole master-down
   * interval, and its table counts as stale. `reason` says what is faulty, for people. May be called before the
   * start; repeats do no harm.
   */
  setFault(now: Instant, isFaulty: boolean, reason: string): void {
    this.#enter(now);
    this.#fault = isFaulty ? reason : undefined;
    this.#applyFaults(now);
  }

  /** When `handleDeadline` wants to be called, or `Never`. */
  get deadline(): Instant {
    return earliest(this.#candidacy.deadline, this.#mastership.deadline);
  }

  /**
   * From when on `handleDeadline` is so late that this node must have been held up. A driver that finds this past forwards
   * no packet before it has called `handleDeadline`: the addresses may be another's by now.
   */
  get lateAt(): Instant {
    return after(this.#aliveBy, lateBound(this.#interval));
  }

  /** Does what is due at `now`; called early, it does nothing. */
  handleDeadline(now: Instant): void {
    this.#enter(now);
    const reason = this.#candidacy.handleDeadline(now);
    if (reason !== undefined) this.#takeOver(now, reason);
    this.#mastership.handleDeadline(now, this.#self.priority);
    assert(this.deadline > now, 'nothing that is due is left over');
  }

  /** The election as people and programs want to see it; a copy. */
  snapshot(): ElectionSnapshot {
    const { name, virtualRouterId, priority } = this.#config;
    const master = this.#state === 'master' ? this.#self : this.#candidacy.master;
    return {
      name,
      virtualRouterId,
      priority,
      effectivePriority: this.#self.priority,
      state: this.#state,
      since: this.#since,
      fault: this.#fault ?? this.#groupFault,
      transitions: this.#transitions,
      master: master?.address,
      masterPriority: master?.priority,
      mayPreempt: this.#candidacy.mayPreempt,
      takeOverAt: this.#candidacy.takeOverAt,
      advertisementsSent: this.#mastership.sent,
      advertisementsReceived: this.#reception.accepted,
      addressMismatches: this.#reception.addressMismatches,
      rivalAdvertisements: this.#rivals,
      lateTimers: this.#lateTimers,
      rejected: this.#reception.rejected,
    };
  }

  // For the sync group; nobody else calls these

  get state(): VrrpState {
    return this.#state;
  }

  /** What is faulty about this member itself. */
  get ownFault(): string | undefined {
    return this.#fault;
  }

  /** True for a backup that would be master if it were alone. */
  get isReady(): boolean {
    return this.#candidacy.readyBecause !== undefined;
  }

  /** Advertisements of rivals so far. */
  get rivals(): number {
    return this.#rivals;
  }

  /** Every member is ready, or master. */
  takeOverWithGroup(now: Instant): void {
    this.#enter(now);
    const reason = this.#candidacy.readyBecause;
    if (reason !== undefined) this.#becomeMaster(now, reason);
  }

  /** Another member is not master, so this one is not either. */
  yieldToGroup(now: Instant): void {
    this.#enter(now);
    if (this.#state === 'master') this.#becomeBackup(now, 'group');
  }

  /** Another member is in fault, and why; undefined when none is any more. */
  setGroupFault(now: Instant, reason: string | undefined): void {
    this.#enter(now);
    this.#groupFault = reason;
    this.#applyFaults(now);
  }

  /** Another node has announced the addresses, as another member of the sync group or session sync has found out. */
  announceAgain(now: Instant): void {
    this.#enter(now);
    if (this.#state !== 'master') return;
    this.#mastership.handleRival(now, this.#config.advertInterval);
  }

  // Time

  #enter(now: Instant): void {
    assert(now >= this.#now, 'time does not go back');
    this.#now = now;
    if (now > this.lateAt) this.#noticePause(now);
  }

  /** The timer that a node which runs serves in time. */
  get #aliveBy(): Instant {
    return this.#state === 'master' ? this.#mastership.advertiseAt : this.#candidacy.aliveBy;
  }

  /** The interval that this timer belongs to. */
  get #interval(): Duration {
    return this.#state === 'master' ? this.#config.advertInterval : this.#candidacy.interval;
  }

  #noticePause(now: Instant): void {
    const late = between(this.#aliveBy, now);
    const isMaster = this.#state === 'master';
    const unheard = isMaster ? between(this.#mastership.sentAt, now) : late + this.#interval;
    const { priority } = this.#self;
    const isLong = unheard > masterDownInterval(priority, this.#interval, this.#config);
    this.#lateTimers += 1;
    const fields = { router: this.#config.name, microseconds: late };
    if (isLong) this.#log.warn('this node was held up', fields);
    else this.#log.debug('this node was late', fields);
    if (!isMaster) this.#candidacy.handlePause(now);
    else if (isLong) this.#becomeBackup(now, 'paused');
    if (isLong) this.#distrustTable();
  }

  // Transitions

  /** RFC 9568 §6.4.3. Whoever resigns was master beside us, so it is answered like any rival of lower rank. */
  #masterReceive(now: Instant, advertisement: Advertisement): void {
    const { name, higherPrioritySendsAdvert, lowerPriorityNoAdvert } = this.#config;
    const { source, priority, intervalCentiseconds } = advertisement;
    if (outranks({ address: source, priority }, this.#self)) {
      if (higherPrioritySendsAdvert) this.#mastership.advertise(now, this.#self.priority);
      return this.#becomeBackup(now, 'outranked', advertisement);
    }
    this.#log.debug('a lower router believes that it is master', {
      router: name,
      source,
      priority,
    });
    this.#rivals += 1;
    if (priority === resignPriority || !lowerPriorityNoAdvert) {
      this.#mastership.advertiseSoon(now, this.#self.priority);
    }
    this.#mastership.handleRival(now, centiseconds(intervalCentiseconds));
  }

  /** Who stops being master, and not because of a better `master`, resigns. */
  #becomeBackup(now: Instant, reason: TransitionReason, master?: Advertisement): void {
    assert(this.#state !== 'backup', 'a backup does not become backup');
    this.#leave({ resigns: master === undefined, isStale: reason === 'paused' });
    if (master !== undefined) this.#candidacy.follow(now, master);
    else if (reason === 'paused') this.#candidacy.listenBriefly(now);
    else this.#candidacy.listen(now);
    this.#changeState(now, 'backup', reason);
  }

  #becomeMaster(now: Instant, reason: TakeOverReason): void {
    assert(this.#state === 'backup', 'only a backup becomes master');
    this.#candidacy.stop();
    this.#mastership.start(now, this.#self.priority);
    this.#changeState(now, 'master', reason);
  }

  #becomeFault(now: Instant, fault: string): void {
    this.#leave({ resigns: true, isStale: false });
    this.#candidacy.forbidPreemption();
    this.#changeState(now, 'fault', 'faulty', fault);
  }

  #becomeInitialize(now: Instant): void {
    this.#leave({ resigns: true, isStale: false });
    this.#candidacy.forbidPreemption();
    this.#changeState(now, 'initialize', 'stopped');
  }

  /** What the present state holds is given up, whichever state comes next. */
  #leave(how: { readonly resigns: boolean; readonly isStale: boolean }): void {
    if (this.#state === 'master') this.#mastership.stop(how);
    this.#candidacy.stop();
  }

  #changeState(now: Instant, to: VrrpState, reason: TransitionReason, detail?: string): void {
    const from = this.#state;
    this.#state = to;
    this.#since = now;
    this.#transitions += 1;
    this.effects.push({ kind: 'state', from, to, reason, ...(detail !== undefined && { detail }) });
    this.#log.info('state', { router: this.#config.name, from, to, reason, detail });
  }

  #takeOver(now: Instant, reason: TakeOverReason): void {
    if (this.#config.inSyncGroup) this.#candidacy.waitForGroup(reason);
    else this.#becomeMaster(now, reason);
  }

  #applyFaults(now: Instant): void {
    const fault = this.#fault ?? this.#groupFault;
    if (fault === undefined) {
      if (this.#state !== 'fault') return;
      this.#becomeBackup(now, 'recovered');
      this.#distrustTable();
    } else if (this.#state === 'backup' || this.#state === 'master') {
      this.#becomeFault(now, fault);
    }
  }

  #distrustTable(): void {
    this.#candidacy.forbidPreemption();
    this.effects.push({ kind: 'stale' });
  }
}
