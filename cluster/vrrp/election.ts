import type { IpAddress } from '../../director/base/address.js';
import { Deadlines } from '../../director/base/deadlines.js';
import { assert, unreachable } from '../../director/base/invariant.js';
import { silentLog, type Log } from '../../director/base/log.js';
import { after, instant, milliseconds, seconds } from '../../director/base/time.js';
import type { Duration, Instant } from '../../director/base/time.js';
import { resignPriority, type Advertisement, type RejectReason } from './advertisement.js';
import { outranks, type Candidate } from './candidate.js';
import { ElectionCounters, type ElectionSnapshot } from './election-counters.js';
import type { TakeOverReason, TransitionReason, VrrpState } from './state.js';
import { centiseconds, masterDownInterval, skewTime, toCentiseconds } from './timers.js';

export type { VrrpState } from './state.js';

/** What the driver has to do, in this order; effects name the intent. */
export type ElectionEffect =
  /** Multicast an advertisement with this priority: the election's own, or 0 to give up. */
  | { readonly kind: 'advertise'; readonly priority: number }
  /** Answer for the virtual addresses from now on. */
  | { readonly kind: 'acquire-addresses' }
  /** Be silent about the virtual addresses from now on. */
  | { readonly kind: 'release-addresses' }
  /** Send a burst of gratuitous ARP, or unsolicited neighbour advertisements, for every virtual address. */
  | { readonly kind: 'announce-addresses' }
  | {
      readonly kind: 'state';
      readonly from: VrrpState;
      readonly to: VrrpState;
      readonly reason: TransitionReason;
    };

/** One virtual router as this node takes part in it. */
export interface ElectionConfig {
  readonly name: string;
  readonly virtualRouterId: number;
  /** 1 to 254: a director never owns its virtual addresses, so 255 is refused. */
  readonly priority: number;
  readonly advertInterval: Duration;
  /** False: never take over from a living master of lower priority (keepalived's `nopreempt`). */
  readonly preempt: boolean;
  /** How long this node waits after it has become able to preempt. */
  readonly preemptDelay: Duration;
  /** The address that this node's advertisements come from. */
  readonly primaryAddress: IpAddress;
  /** The virtual addresses, in any order. */
  readonly addresses: readonly IpAddress[];
}

/** When a new master announces its addresses for the second time (keepalived's `garp_master_delay`). */
export const announceAgainDelay = seconds(5);

/**
 * The shortest time between two answers of a master to rivals: the shortest interval that VRRP knows. A rival that
 * floods the link gets the rest of its answers in one.
 */
export const answerGap = milliseconds(10);

const Timer = { masterDown: 0, advertise: 1, announceAgain: 2, answer: 3, preempt: 4 } as const;
const timerCount = 5;

/**
 * The election of one virtual router (RFC 9568 §6.4), with keepalived's behaviour where people rely on it: the
 * advertisement goes out before the gratuitous ARP, which is repeated after a while and after a split brain.
 *
 *                  start            master down, peer died
 *     initialize ---------> backup ------------------------> master
 *         ^                  |  ^ <------------------------     |
 *         |                  |  |           outranked           |
 *         |        link down |  | link up                       |
 *         |                  v  |                               |
 *         |                 fault <------------------------------
 *         +---- stop, from every state              link down
 *
 * **The preemption gate.** A node that starts has an empty connection table: if it took over from a living master, it
 * would break every connection that it does not know. So until the table is complete (`start`, `allowPreemption`) it
 * treats a master of lower priority like its equal, as with `nopreempt`. When the master falls silent it takes over
 * regardless: a cold director is better than none.
 *
 * The driver calls an input with a `now` that never goes back, then drains `effects`, then waits until `deadline`. It
 * hands over the advertisements that are waiting in its socket before it calls `handleDeadline`; otherwise a node
 * that was held up for a while would declare dead a master that it has merely not listened to.
 */
export class Election {
  /** What is to be done, oldest first. The driver empties it after every input. */
  readonly effects: ElectionEffect[] = [];

  readonly #config: ElectionConfig;
  readonly #log: Log;
  readonly #self: Candidate;
  readonly #addresses: string;
  readonly #timers = new Deadlines(timerCount);
  readonly #counters = new ElectionCounters();

  #state: VrrpState = 'initialize';
  #since = instant(0);
  #now = instant(0);
  /** The master that a backup knows. */
  #master: Candidate | undefined;
  /** The interval that the master advertises at; our own as long as we know no master. */
  #masterInterval: Duration;
  /** Why the master-down timer will fire at the time it is armed for. */
  #takeOverReason: TakeOverReason = 'master-silent';
  #tableComplete = false;
  #mayPreempt = false;
  #answeredAt: Instant | undefined;
  /** A peer that is proven dead: what still comes from it was sent before. */
  #dead: { readonly address: IpAddress; readonly until: Instant } | undefined;

  constructor(config: ElectionConfig, log: Log = silentLog) {
    assert(
      config.priority >= 1 && config.priority <= 254,
      'the priority of a director is 1 to 254',
    );
    const interval = toCentiseconds(config.advertInterval);
    assert(interval >= 1 && interval <= 4095, 'the advertisement interval is 10 ms to 40.95 s');
    assert(config.preemptDelay >= 0, 'the preemption delay is not negative');
    this.#config = config;
    this.#log = log;
    this.#self = { address: config.primaryAddress, priority: config.priority };
    this.#addresses = addressList(config.addresses);
    this.#masterInterval = config.advertInterval;
  }

  /**
   * Takes part from now on, as a backup. `mayPreempt` says that the connection table is already complete, or that
   * there is none to wait for.
   */
  start(now: Instant, options: { readonly mayPreempt: boolean }): void {
    this.#enter(now);
    assert(this.#state === 'initialize', 'an election that runs is not started');
    this.#tableComplete = this.#tableComplete || options.mayPreempt;
    this.#becomeBackup(now, 'started');
    this.#startPreemptDelay(now);
  }

  /** An advertisement for this virtual router has arrived. Advertisements of this node itself are ignored. */
  handleAdvertisement(now: Instant, advertisement: Advertisement): void {
    this.#enter(now);
    if (advertisement.source === this.#self.address) {
      return this.#counters.reject('own-address');
    }
    if (this.#isFromTheDead(now, advertisement)) return this.#counters.reject('dead-peer');
    this.#counters.received += 1;
    if (addressList(advertisement.addresses) !== this.#addresses) {
      this.#counters.addressMismatches += 1;
    }
    switch (this.#state) {
      case 'initialize':
      case 'fault':
        return;
      case 'backup':
        return this.#backupReceive(now, advertisement);
      case 'master':
        return this.#masterReceive(now, advertisement);
      default:
        return unreachable(this.#state);
    }
  }

  /** A message came in that `decodeAdvertisement` did not accept: counts it. */
  handleRejected(reason: RejectReason): void {
    this.#counters.reject(reason);
  }

  /**
   * The connection table is complete: from now on, or after the configured delay, this node may take over from a
   * master of lower priority. If there is one, that happens within the skew time instead of the whole master-down
   * interval: the master is alive and in the middle of its work, and nothing is gained by letting it wait. It is safe
   * because the table that this node takes over with is the master's. Does nothing when preemption is configured off.
   */
  allowPreemption(now: Instant): void {
    this.#enter(now);
    if (this.#tableComplete) return;
    this.#tableComplete = true;
    if (this.#state === 'backup' || this.#state === 'master') this.#startPreemptDelay(now);
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
   * A peer that returns cannot be master again before three of them have passed.
   */
  handlePeerDeath(now: Instant, address: IpAddress, survivors: readonly Candidate[] = []): void {
    this.#enter(now);
    if (this.#state !== 'backup' || this.#master?.address !== address) return;
    this.#dead = { address, until: after(now, this.#masterInterval) };
    this.#master = undefined;
    if (survivors.some((survivor) => outranks(survivor, this.#self))) {
      this.#hastenTakeOver(now, 'peer-died');
    } else {
      this.#becomeMaster(now, 'peer-died');
    }
  }

  /**
   * The interface has lost its carrier: a node that cannot be heard is not master. Repeats do no harm. It counts only
   * after the start, so a driver that starts on a dead link says so afterwards.
   */
  handleLinkDown(now: Instant): void {
    this.#enter(now);
    if (this.#state === 'backup' || this.#state === 'master') this.#becomeFault(now);
  }

  /**
   * The interface is back: this node is a backup again, and listens for a whole master-down interval. Without
   * `options` the preemption gate is as it was before, except that the delay is waited for anew. A caller whose table
   * may have missed changes meanwhile says `mayPreempt: false`, and `allowPreemption` once it is complete again.
   */
  handleLinkUp(now: Instant, options?: { readonly mayPreempt: boolean }): void {
    this.#enter(now);
    if (this.#state !== 'fault') return;
    this.#tableComplete = options?.mayPreempt ?? this.#tableComplete;
    this.#becomeBackup(now, 'link-up');
    this.#startPreemptDelay(now);
  }

  /** Leaves the election; a master says so, so that a backup takes over within its skew time. May be started again. */
  stop(now: Instant): void {
    this.#enter(now);
    if (this.#state !== 'initialize') this.#becomeInitialize(now);
  }

  /** When `handleDeadline` wants to be called, or `Never`. */
  get deadline(): Instant {
    return this.#timers.next;
  }

  /** Does what is due at `now`; called early, it does nothing. */
  handleDeadline(now: Instant): void {
    this.#enter(now);
    if (this.#timers.takeDue(Timer.preempt, now)) this.#openGate(now);
    if (this.#timers.takeDue(Timer.masterDown, now)) this.#becomeMaster(now, this.#takeOverReason);
    if (this.#timers.takeDue(Timer.answer, now)) this.#answerRival(now);
    if (this.#timers.takeDue(Timer.advertise, now)) this.#advertise(now);
    if (this.#timers.takeDue(Timer.announceAgain, now)) this.#announce();
    assert(this.deadline > now, 'nothing that is due is left over');
  }

  /** The election as people and programs want to see it; a copy. */
  snapshot(): ElectionSnapshot {
    const { name, virtualRouterId, priority } = this.#config;
    const master = this.#state === 'master' ? this.#self : this.#master;
    return {
      name,
      virtualRouterId,
      priority,
      state: this.#state,
      since: this.#since,
      transitions: this.#counters.transitions,
      master: master?.address,
      masterPriority: master?.priority,
      mayPreempt: this.#mayPreempt,
      advertisementsSent: this.#counters.sent,
      advertisementsReceived: this.#counters.received,
      addressMismatches: this.#counters.addressMismatches,
      rejected: this.#counters.rejected,
    };
  }

  #enter(now: Instant): void {
    assert(now >= this.#now, 'time does not go back');
    this.#now = now;
  }

  #isFromTheDead(now: Instant, advertisement: Advertisement): boolean {
    if (this.#dead === undefined) return false;
    if (now >= this.#dead.until) this.#dead = undefined;
    return advertisement.source === this.#dead?.address;
  }

  // Per state

  /** RFC 9568 §6.4.2, with the preemption gate in the place of Preempt_Mode. */
  #backupReceive(now: Instant, advertisement: Advertisement): void {
    if (advertisement.priority === resignPriority) {
      this.#master = undefined;
      return this.#hastenTakeOver(now, 'master-resigned');
    }
    if (advertisement.priority >= this.#config.priority || !this.#mayPreempt) {
      return this.#follow(now, advertisement);
    }
    // While a better master is alive, a lower one that appears beside it is that master's to put in its place.
    const better = this.#master !== undefined && this.#master.priority >= this.#config.priority;
    if (better && this.#master?.address !== advertisement.source) return;
    this.#master = { address: advertisement.source, priority: advertisement.priority };
    this.#hastenTakeOver(now, 'preempted-lower-priority');
  }

  /** RFC 9568 §6.4.3. Whoever resigns was master beside us, so it is answered like any rival of lower rank. */
  #masterReceive(now: Instant, advertisement: Advertisement): void {
    const sender = { address: advertisement.source, priority: advertisement.priority };
    if (outranks(sender, this.#self)) return this.#becomeBackup(now, 'outranked', advertisement);
    this.#log.debug('a router of lower rank believes that it is master', {
      router: this.#config.name,
      rival: sender.address,
      priority: sender.priority,
    });
    this.#answer(now);
  }

  // Transitions

  #becomeBackup(now: Instant, reason: TransitionReason, master?: Advertisement): void {
    assert(this.#state !== 'backup', 'a backup does not become backup');
    this.#leave();
    this.#masterInterval = this.#config.advertInterval;
    if (master === undefined) this.#listen(now);
    else this.#follow(now, master);
    this.#changeState(now, 'backup', reason);
  }

  #becomeMaster(now: Instant, reason: TakeOverReason): void {
    assert(this.#state === 'backup', 'only a backup becomes master');
    this.#timers.disarm(Timer.masterDown);
    this.#master = undefined;
    this.effects.push({ kind: 'acquire-addresses' });
    this.#advertise(now);
    this.#announce();
    this.#timers.arm(Timer.announceAgain, after(now, announceAgainDelay));
    this.#changeState(now, 'master', reason);
  }

  #becomeFault(now: Instant): void {
    this.#leave();
    this.#closeGate();
    this.#changeState(now, 'fault', 'link-down');
  }

  #becomeInitialize(now: Instant): void {
    if (this.#state === 'master') this.#sendAdvertisement(resignPriority);
    this.#leave();
    this.#closeGate();
    this.#tableComplete = false;
    this.#changeState(now, 'initialize', 'stopped');
  }

  /** What the present state holds is given up, whichever state comes next. The preemption delay runs on. */
  #leave(): void {
    if (this.#state === 'master') this.effects.push({ kind: 'release-addresses' });
    this.#timers.disarm(Timer.masterDown);
    this.#timers.disarm(Timer.advertise);
    this.#timers.disarm(Timer.announceAgain);
    this.#timers.disarm(Timer.answer);
    this.#master = undefined;
  }

  #changeState(now: Instant, to: VrrpState, reason: TransitionReason): void {
    const from = this.#state;
    this.#state = to;
    this.#since = now;
    this.#counters.transitions += 1;
    this.effects.push({ kind: 'state', from, to, reason });
    this.#log.info('state', { router: this.#config.name, from, to, reason });
  }

  // A backup and its master

  /** Accepts the sender as master: its silence counts from now, in its own intervals. */
  #follow(now: Instant, advertisement: Advertisement): void {
    this.#master = { address: advertisement.source, priority: advertisement.priority };
    this.#masterInterval = centiseconds(advertisement.intervalCentiseconds);
    this.#listen(now);
  }

  #listen(now: Instant): void {
    const silence = masterDownInterval(this.#config.priority, this.#masterInterval);
    this.#timers.arm(Timer.masterDown, after(now, silence));
    this.#takeOverReason = 'master-silent';
  }

  /** Takes over after the skew time, or earlier if the master-down timer fires earlier anyway. */
  #hastenTakeOver(now: Instant, reason: TakeOverReason): void {
    const at = after(now, skewTime(this.#config.priority, this.#masterInterval));
    if (at >= this.#timers.at(Timer.masterDown)) return;
    this.#timers.arm(Timer.masterDown, at);
    this.#takeOverReason = reason;
  }

  // The preemption gate

  #startPreemptDelay(now: Instant): void {
    if (!this.#config.preempt || !this.#tableComplete) return;
    if (this.#config.preemptDelay === 0) this.#openGate(now);
    else this.#timers.arm(Timer.preempt, after(now, this.#config.preemptDelay));
  }

  #openGate(now: Instant): void {
    this.#mayPreempt = true;
    if (this.#state !== 'backup' || this.#master === undefined) return;
    if (this.#master.priority >= this.#config.priority) return;
    this.#hastenTakeOver(now, 'preempted-lower-priority');
  }

  #closeGate(): void {
    this.#mayPreempt = false;
    this.#timers.disarm(Timer.preempt);
  }

  // What a master sends

  #advertise(now: Instant): void {
    this.#sendAdvertisement(this.#config.priority);
    this.#timers.arm(Timer.advertise, after(now, this.#config.advertInterval));
  }

  #sendAdvertisement(priority: number): void {
    this.#counters.sent += 1;
    this.effects.push({ kind: 'advertise', priority });
  }

  #announce(): void {
    this.effects.push({ kind: 'announce-addresses' });
  }

  /** Asserts itself against a rival: now, or as soon as the gap after the last answer is over. */
  #answer(now: Instant): void {
    const at = this.#answeredAt === undefined ? now : after(this.#answeredAt, answerGap);
    if (at <= now) this.#answerRival(now);
    else this.#timers.arm(Timer.answer, at);
  }

  /** The link has learned the rival's way to the virtual addresses, so they are announced again. */
  #answerRival(now: Instant): void {
    this.#answeredAt = now;
    this.#advertise(now);
    this.#announce();
  }
}

const addressList = (addresses: readonly IpAddress[]): string => addresses.toSorted().join(' ');
