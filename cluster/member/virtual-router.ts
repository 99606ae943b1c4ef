import type { IpAddress } from '../../director/base/address.js';
import { unreachable } from '../../director/base/invariant.js';
import { earliest, type Instant } from '../../director/base/time.js';
import type { Director } from '../../director/core/director.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';
import type { Introduction, PeerRouter } from '../sync/presence-codec.js';
import { resignPriority, type Advertisement, type Rejection } from '../vrrp/advertisement.js';
import type { ElectionEffect } from '../vrrp/election-effects.js';
import { Election } from '../vrrp/election.js';
import type { VrrpState } from '../vrrp/state.js';
import { Tracking, type Tracked, type TrackerReport } from '../vrrp/tracking.js';
import { Adverts } from './adverts.js';
import { requireInterface } from './build-director.js';
import type { Environment } from './environment.js';
import { HeldAddresses } from './held-addresses.js';

/** Of a node that gives way to all others. */
const LowestPriority = 1;

/** The rest of the node, as a virtual router needs it. */
export interface RouterPorts {
  readonly director: Director;
  readonly environment: Environment;
  /** The election has had an input: deadlines and effects are to be looked at. */
  changed(): void;
  /** Something has come from another node. */
  heard(): void;
  becameMaster(): void;
  /** Another node is master in the place of this one, which forwards for a moment more. */
  resigned(): void;
  /** The connection table may lack changes; the election waits for `allowPreemption`. */
  stale(): void;
  /** The state has changed, at this effective priority. */
  notify(state: VrrpState, priority: number): void;
}

/** How often something has happened to an instance, as keepalived counts it. */
export interface RouterCounts {
  becameMaster: number;
  releasedMaster: number;
  /** Advertisements of priority 0. */
  resignationsReceived: number;
  resignationsSent: number;
}

/** What an instance depends on besides its own configuration. */
export interface RouterOptions {
  readonly tracked: readonly Tracked[];
  readonly isInGroup: boolean;
}

/**
 * One VRRP instance of a node: its election, the way of its advertisements and the addresses that follow its state.
 *
 * Addresses change hands without a gap. A node that leaves on purpose says so with priority 0, and goes on answering and
 * forwarding until its successor has been heard. A node that has been succeeded, now or because it was outranked, is
 * silent about the addresses at once, but forwards what still arrives, new connections included, for a moment.
 *
 *     held ──leave: priority 0──▶ leaving ──successor heard──▶ retired ──250 ms──▶ given up
 *       └────────────────────outranked───────────────────────────┘
 */
export class VirtualRouter {
  readonly config: VrrpInstanceConfig;
  readonly election: Election;
  readonly adverts: Adverts;
  readonly tracking: Tracking;
  readonly counts: RouterCounts = {
    becameMaster: 0,
    releasedMaster: 0,
    resignationsReceived: 0,
    resignationsSent: 0,
  };
  readonly #ports: RouterPorts;
  readonly #addresses: HeldAddresses;
  #isLeaving = false;
  #isStandingDown = false;

  /** Throws an `IoError` when its interface is not there, or has no address to send from. */
  constructor(
    config: VrrpInstanceConfig,
    { tracked, isInGroup }: RouterOptions,
    ports: RouterPorts,
  ) {
    const { director, environment } = ports;
    const owner = requireInterface(director.interfaces, config.device);
    this.config = config;
    this.adverts = new Adverts(config, owner, {
      hmac: environment.hmac,
      wallClock: () => environment.wallClock(),
      inject: (frame) => {
        director.scratch.load(frame);
        director.output.send(owner.index, director.scratch);
      },
      receive: (outcome) => this.#receive(outcome),
    });
    this.tracking = new Tracking(config.priority, tracked);
    this.#ports = ports;
    this.#addresses = new HeldAddresses(config, director);
    this.election = new Election(
      {
        ...config,
        primaryAddress: this.adverts.source,
        addresses: config.virtualAddresses.map(({ address }) => address),
        inSyncGroup: isInGroup,
      },
      environment.log,
    );
  }

  /** What peers are told of this virtual router when they meet this node. */
  get presence(): PeerRouter {
    const { virtualRouterId, priority } = this.config;
    return { virtualRouterId, priority, address: this.adverts.source };
  }

  /** A peer is proven dead; `survivors` are known to live. */
  handlePeerDeath(peer: Introduction, survivors: readonly Introduction[]): void {
    const candidates = survivors
      .flatMap(({ routers }) => routers)
      .filter(({ virtualRouterId }) => virtualRouterId === this.config.virtualRouterId);
    for (const { virtualRouterId, address } of peer.routers) {
      if (virtualRouterId !== this.config.virtualRouterId) continue;
      this.election.handlePeerDeath(this.#now, address, candidates);
    }
  }

  /** Something that may be tracked has changed. */
  track(...report: Parameters<TrackerReport>): void {
    this.tracking.set(...report);
    const { fault } = this.tracking;
    this.election.setFault(this.#now, fault !== undefined, fault ?? '');
    this.#setPriority();
  }

  /** Whether somebody wants this node to give way to every other one: it then has the lowest priority there is. */
  standDown(isDown: boolean): void {
    this.#isStandingDown = isDown;
    this.#setPriority();
  }

  /**
   * Hears what waits in the socket, so that no deadline is served in ignorance; false when that takes the event loop, which
   * has not polled. A master is served all the same: it has to advertise. When the event loop has polled, a master has heard
   * enough; a backup makes sure that nothing has come since.
   */
  listen(hasPolled: boolean): boolean {
    const isMaster = this.election.state === 'master';
    if (isMaster && hasPolled) return true;
    return this.adverts.listen() || hasPolled || isMaster;
  }

  /** True while the addresses are on their way to another node. */
  get isGivingUp(): boolean {
    return this.#isLeaving || this.#addresses.isRetired;
  }

  /** True while this node waits for a successor to announce itself. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  get deadline(): Instant {
    return earliest(this.election.deadline, this.#addresses.deadline);
  }

  handleDeadline(at: Instant): void {
    if (this.election.deadline <= at) this.election.handleDeadline(at);
    this.#addresses.handleDeadline(at);
  }

  /**
   * Begins in the place of a virtual router of an earlier configuration, which ends without a word. A master stays master,
   * and what it holds is not let go of; addresses that it had and this one has not are given up.
   */
  replace(former: VirtualRouter, at: Instant, options: { readonly mayPreempt: boolean }): void {
    const wasMaster = former.election.state === 'master';
    const { virtualAddresses, excludedAddresses } = this.config;
    const kept = [...virtualAddresses, ...excludedAddresses].map(({ address }) => address);
    Object.assign(this.counts, former.counts);
    former.entrust(new Set(wasMaster ? kept : []));
    former.#addresses.giveUp();
    former.close();
    if (wasMaster) this.election.inherit(at, options);
    if (this.election.state !== 'master') this.begin(at, options);
    this.standDown(former.#isStandingDown);
  }

  /** Takes part from now on, among others of a node that runs: its addresses may have been another instance's. */
  begin(at: Instant, options: { readonly mayPreempt: boolean }): void {
    this.#addresses.giveUp();
    if (this.election.state === 'initialize') this.election.start(at, options);
  }

  /** From now on these addresses are another virtual router's of this node. */
  entrust(addresses: ReadonlySet<IpAddress>): void {
    this.#addresses.entrust(addresses);
  }

  /** Leaves the election on purpose. A master keeps its addresses until `isLeaving` is false, or `giveUp` is called. */
  leave(at: Instant): void {
    this.#isLeaving = this.election.state === 'master';
    this.election.stop(at);
  }

  /** No successor has been heard: the addresses are given up all the same. */
  giveUp(at: Instant): void {
    if (this.#isLeaving) this.#retire(at);
  }

  close(): void {
    this.adverts.close();
  }

  /** Carries out what the election decided, in its order. */
  applyEffects(): void {
    for (const effect of this.election.effects.splice(0)) this.#apply(effect);
  }

  #receive(outcome: Advertisement | Rejection): void {
    this.#ports.heard();
    if (outcome.kind === 'rejected') this.election.handleRejected(outcome.reason);
    else {
      const at = this.#now;
      if (outcome.priority === resignPriority) this.counts.resignationsReceived += 1;
      this.election.handleAdvertisement(at, outcome);
      const isOther = outcome.source !== this.adverts.source && outcome.priority !== resignPriority;
      if (this.#isLeaving && isOther) this.#retire(at);
    }
    this.#ports.changed();
  }

  #apply(effect: ElectionEffect): void {
    switch (effect.kind) {
      case 'advertise':
        if (effect.priority === resignPriority) this.counts.resignationsSent += 1;
        this.adverts.advertise(effect.priority);
        break;
      case 'acquire-addresses':
        this.#addresses.acquire();
        break;
      case 'release-addresses':
        if (effect.isStale) this.#dropOut();
        else if (!this.#isLeaving) this.#retire(this.#now);
        break;
      case 'announce-addresses':
        this.#addresses.announce(this.#now, effect.repeat);
        this.#ports.environment.timeline.add('gratuitous-arp', this.#advertised);
        break;
      case 'stale':
        this.#ports.stale();
        break;
      case 'state':
        this.#changeState(effect);
        break;
      default:
        unreachable(effect);
    }
  }

  #changeState(change: Extract<ElectionEffect, { kind: 'state' }>): void {
    // A master that goes on as one by another configuration has not changed its state.
    const isPassing = change.reason === 'started' && this.election.state === 'master';
    if (isPassing || change.reason === 'inherited') return;
    if (change.to === 'master') this.counts.becameMaster += 1;
    if (change.from === 'master') this.counts.releasedMaster += 1;
    if (change.to !== 'initialize') {
      this.#ports.environment.timeline.add(
        change.to,
        `${this.config.name}: ${change.detail ?? change.reason}`,
      );
    }
    this.#ports.notify(change.to, this.tracking.effectivePriority);
    if (change.to === 'master') this.#ports.becameMaster();
  }

  #retire(at: Instant): void {
    this.#isLeaving = false;
    this.#addresses.retire(at);
    this.#ports.resigned();
  }

  /** The connections are those of a while ago: nothing more is forwarded. */
  #dropOut(): void {
    this.#isLeaving = false;
    this.#addresses.giveUp();
  }

  #setPriority(): void {
    const priority = this.#isStandingDown ? LowestPriority : this.tracking.effectivePriority;
    this.election.setPriority(this.#now, priority);
  }

  get #now(): Instant {
    return this.#ports.environment.now();
  }

  /** The addresses in the advertisements, for people. */
  get #advertised(): string {
    return this.config.virtualAddresses.map(({ address }) => address).join(', ');
  }
}
