import type { IpAddress } from '../../director/base/address.js';
import { earliest, type Duration, type Instant } from '../../director/base/time.js';
import { resignPriority, type Advertisement } from './advertisement.js';
import type { Candidate } from './candidate.js';
import type { ElectionConfig } from './election-config.js';
import { MasterWatch } from './master-watch.js';
import { PreemptionGate } from './preemption-gate.js';
import type { TakeOverReason } from './state.js';
import { centiseconds } from './timers.js';

/**
 * What a backup does from its first moment to its last: it listens to a master, and finds out when to take its place
 * (RFC 9568 §6.4.2, with `PreemptionGate` for Preempt_Mode and `MasterWatch` for the timer). Whoever is not backup has
 * stopped it; then it remembers no master, and nothing is due.
 */
export class Candidacy {
  readonly #config: ElectionConfig;
  readonly #watch: MasterWatch;
  readonly #gate: PreemptionGate;
  #priority: number;
  #master: Candidate | undefined;
  /** A master has been heard since this node became backup; and others have had their turn since it fell silent. */
  #hasHeardMaster = false;
  #hasGivenWay = false;
  /** Why this backup is ready to take over, while it waits for the rest of its sync group. */
  #readyBecause: TakeOverReason | undefined;

  constructor(config: ElectionConfig) {
    this.#config = config;
    this.#watch = new MasterWatch(config, config.advertInterval);
    this.#gate = new PreemptionGate(config);
    this.#priority = config.priority;
  }

  /** Begins without any master: silence counts from now, in our own intervals. */
  listen(now: Instant): void {
    this.#watch.listen(now, this.#priority, this.#config.advertInterval);
  }

  /** Begins after a pause as master: for as long as a living master needs to be heard. */
  listenBriefly(now: Instant): void {
    this.#watch.listenBriefly(now, this.#priority, this.#config.advertInterval);
  }

  stop(): void {
    this.#watch.stop();
    this.#gate.forgetMaster();
    this.#master = undefined;
    this.#readyBecause = undefined;
    this.#hasHeardMaster = false;
    this.#hasGivenWay = false;
  }

  receive(now: Instant, advertisement: Advertisement): void {
    const { source, priority } = advertisement;
    if (priority === resignPriority) return this.#handleResignation(now, source);
    if (priority >= this.#priority || !this.#gate.isOpen) return this.follow(now, advertisement);
    // While a better master is alive, a lower one that appears beside it is that master's to put in its place.
    const better = this.#master !== undefined && this.#master.priority >= this.#priority;
    if (better && this.#master?.address !== source) return;
    this.#hear({ address: source, priority });
    this.#watch.notice(now);
    this.#gate.seeMaster(now, true);
    this.#considerPreemption(now);
  }

  /** Accepts the sender as master: its silence counts from now, in its own intervals, but in version 2 in ours. */
  follow(now: Instant, advertisement: Advertisement): void {
    const { source, priority, intervalCentiseconds } = advertisement;
    const { version, advertInterval } = this.#config;
    const interval = version === 2 ? advertInterval : centiseconds(intervalCentiseconds);
    this.#hear({ address: source, priority });
    this.#readyBecause = undefined;
    this.#watch.listen(now, this.#priority, interval);
    this.#gate.seeMaster(now, priority < this.#priority);
  }

  /** True for a while after a pause of this node. */
  isDoubtful(now: Instant): boolean {
    return this.#watch.isDoubtful(now);
  }

  /**
   * The master is proven dead, and this node has that place in line among those who are left. True when it is to take over
   * at once: without its table only when there is nobody else.
   */
  loseMaster(now: Instant, place: 'only' | 'next' | 'later'): boolean {
    this.#master = undefined;
    if (place === 'only' || (place === 'next' && !this.#isCold)) return true;
    this.#hasten(now, 'peer-died');
    return false;
  }

  /** The connection table is complete. */
  allowPreemption(now: Instant): void {
    this.#gate.allow(now);
    this.#considerPreemption(now);
  }

  /** Something may be missing from the connection table: what was planned with it is off. */
  forbidPreemption(): void {
    this.#gate.close();
    const isPreempting = this.#master !== undefined && this.#master.priority < this.#priority;
    if (!isPreempting) return;
    this.#readyBecause = undefined;
    this.#watch.awaitSilence(this.#priority);
  }

  setPriority(now: Instant, priority: number): void {
    this.#priority = priority;
    if (this.#master === undefined) return this.#watch.setPriority(priority);
    const isLower = this.#master.priority < priority;
    this.#gate.seeMaster(now, isLower);
    if (isLower && this.#gate.isOpen) return this.#considerPreemption(now);
    this.#readyBecause = undefined;
    this.#watch.awaitSilence(priority);
  }

  /** This node did not run for a while. */
  handlePause(now: Instant): void {
    this.#readyBecause = undefined;
    this.#watch.relisten(now, this.#priority);
  }

  /** The time to take over has come, but the rest of the sync group is not so far. */
  waitForGroup(reason: TakeOverReason): void {
    this.#watch.hold();
    this.#readyBecause = reason;
  }

  get readyBecause(): TakeOverReason | undefined {
    return this.#readyBecause;
  }

  get master(): Candidate | undefined {
    return this.#master;
  }

  /** The interval that the master advertises at; our own as long as none is known. */
  get interval(): Duration {
    return this.#watch.interval;
  }

  get mayPreempt(): boolean {
    return this.#gate.isOpen;
  }

  get takeOverAt(): Instant {
    return this.#watch.takeOverAt;
  }

  /** When a node that runs does something, be it only to show that it runs. */
  get aliveBy(): Instant {
    return this.#watch.deadline;
  }

  get deadline(): Instant {
    return earliest(this.#watch.deadline, this.#gate.deadline);
  }

  /** Why this node takes over now, undefined if it does not. */
  handleDeadline(now: Instant): TakeOverReason | undefined {
    if (this.#gate.handleDeadline(now)) this.#considerPreemption(now);
    const reason = this.#watch.handleDeadline(now);
    if (reason === undefined || !this.#isCold || this.#hasGivenWay) return reason;
    this.#hasGivenWay = true;
    this.#watch.giveWay(now, reason);
    return undefined;
  }

  /**
   * There is a table somewhere, and it is not complete here: whoever has it shall be master before this node. Within one
   * interval, which is longer than any skew time, the best of them is.
   */
  get #isCold(): boolean {
    return this.#hasHeardMaster && !this.#gate.isTableComplete;
  }

  #hear(master: Candidate): void {
    this.#master = master;
    this.#hasHeardMaster = true;
    this.#hasGivenWay = false;
  }

  /** Somebody gives up. When it is not the master that we hear, that one's silence is still waited for. */
  #handleResignation(now: Instant, source: IpAddress): void {
    if (this.#master !== undefined && this.#master.address !== source) return;
    this.#master = undefined;
    this.#hasHeardMaster = true;
    this.#hasten(now, 'master-resigned');
  }

  #considerPreemption(now: Instant): void {
    if (this.#master === undefined || !this.#gate.isOpen) return;
    if (this.#master.priority < this.#priority) this.#hasten(now, 'preempted-lower-priority');
  }

  /** Takes over after the skew time at the latest; whoever is ready already has nothing to hasten. */
  #hasten(now: Instant, reason: TakeOverReason): void {
    if (this.#readyBecause !== undefined) return;
    this.#watch.hasten(now, this.#priority, reason);
  }
}
