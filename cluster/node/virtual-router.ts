import type { IpAddress } from '../../director/base/address.js';
import { parseAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { assert, unreachable } from '../../director/base/invariant.js';
import type { Log } from '../../director/base/log.js';
import { after, earliest, milliseconds, Never, type Instant } from '../../director/base/time.js';
import type { Director } from '../../director/core/director.js';
import { ownAddress, type Interface } from '../../director/core/interfaces.js';
import { announce } from '../../director/core/solicit.js';
import {
  openVrrpSocket,
  type VrrpMessage,
  type VrrpSocket,
} from '../../director/io/vrrp-socket.js';
import type { VirtualAddress, VrrpInstanceConfig } from '../config/vrrp-config.js';
import type { Introduction, PeerRouter } from '../sync/presence-codec.js';
import { decodeAdvertisement, encodeAdvertisement, resignPriority } from '../vrrp/advertisement.js';
import type { ElectionEffect } from '../vrrp/election-effects.js';
import { Election } from '../vrrp/election.js';
import { toCentiseconds } from '../vrrp/timers.js';
import { now } from './clock.js';
import { requireInterface } from './data-plane.js';
import type { Timeline } from './timeline.js';

/** How long a node that is succeeded takes what still arrives for its addresses: until everybody's ARP cache has changed. */
const RetirementPeriod = milliseconds(250);

/** The rest of the node, as a virtual router needs it. */
export interface RouterPorts {
  readonly director: Director;
  readonly timeline: Timeline;
  readonly log: Log;
  /** The election has had an input: deadlines and effects are to be looked at. */
  changed(): void;
  becameMaster(): void;
  /** Another node is master in the place of this one, which forwards for a moment more. */
  resigned(): void;
  /** The connection table may lack changes; the election waits for `allowPreemption`. */
  stale(): void;
}

/**
 * One VRRP instance at the edge: its election, its socket and the addresses that follow its state.
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
  readonly #ports: RouterPorts;
  readonly #address: IpAddress;
  readonly #group: IpAddress;
  readonly #advertised: readonly IpAddress[];
  #socket: VrrpSocket | undefined;
  #isLeaving = false;
  #retiredUntil: Instant = Never;

  private constructor(config: VrrpInstanceConfig, address: IpAddress, ports: RouterPorts) {
    const group = parseAddress('224.0.0.18');
    assert(group !== undefined, 'the VRRP group is an address');
    this.config = config;
    this.#address = address;
    this.#group = group;
    this.#ports = ports;
    this.#advertised = config.virtualAddresses.map((virtual) => virtual.address);
    this.election = new Election(
      {
        ...config,
        primaryAddress: address,
        addresses: this.#advertised,
        inSyncGroup: false,
      },
      ports.log,
    );
  }

  static async open(
    config: VrrpInstanceConfig,
    interfaces: readonly Interface[],
    ports: RouterPorts,
  ): Promise<VirtualRouter> {
    const { device } = config;
    const first = config.virtualAddresses[0];
    assert(first !== undefined, 'a virtual router has an address');
    const address = ownAddress(requireInterface(interfaces, device), first.address);
    if (address === undefined) {
      throw new IoError({ code: 'no-address' }, `${device} has no address to send VRRP from`);
    }
    const router = new VirtualRouter(config, address, ports);
    const options = { device, address, group: router.#group };
    router.#socket = await openVrrpSocket(options, (message) => router.#receive(message));
    return router;
  }

  /** What peers are told of this virtual router when they meet this node. */
  get presence(): PeerRouter {
    const { virtualRouterId, priority } = this.config;
    return { virtualRouterId, priority, address: this.#address };
  }

  /** A peer is proven dead; `survivors` are known to live. */
  handlePeerDeath(peer: Introduction, survivors: readonly Introduction[]): void {
    const candidates = survivors
      .flatMap(({ routers }) => routers)
      .filter(({ virtualRouterId }) => virtualRouterId === this.config.virtualRouterId);
    for (const { virtualRouterId, address } of peer.routers) {
      if (virtualRouterId !== this.config.virtualRouterId) continue;
      this.election.handlePeerDeath(now(), address, candidates);
    }
  }

  /** True while the addresses are on their way to another node. */
  get isGivingUp(): boolean {
    return this.#isLeaving || this.#retiredUntil !== Never;
  }

  /** True while this node waits for a successor to announce itself. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  get deadline(): Instant {
    return earliest(this.election.deadline, this.#retiredUntil);
  }

  handleDeadline(at: Instant): void {
    if (this.election.deadline <= at) this.election.handleDeadline(at);
    if (this.#retiredUntil > at) return;
    this.#retiredUntil = Never;
    this.#setLive(false);
  }

  /** Leaves the election on purpose. A master keeps its addresses until `isLeaving` is false, or `giveUp` is called. */
  leave(at: Instant): void {
    this.#isLeaving = this.election.snapshot().state === 'master';
    this.election.stop(at);
  }

  /** No successor has been heard: the addresses are given up all the same. */
  giveUp(at: Instant): void {
    if (this.#isLeaving) this.#retire(at);
  }

  close(): void {
    this.#socket?.close();
  }

  /** Carries out what the election decided, in its order. */
  applyEffects(): void {
    for (const effect of this.election.effects.splice(0)) this.#apply(effect);
  }

  #receive(message: VrrpMessage): void {
    const decoded = decodeAdvertisement(message.bytes, message, { version: 3 });
    if (decoded.kind === 'rejected') this.election.handleRejected(decoded.reason);
    else if (decoded.virtualRouterId === this.config.virtualRouterId) {
      this.election.handleAdvertisement(now(), decoded);
      const isOther = decoded.source !== this.#address && decoded.priority !== resignPriority;
      if (this.#isLeaving && isOther) this.#retire(now());
    }
    this.#ports.changed();
  }

  #apply(effect: ElectionEffect): void {
    switch (effect.kind) {
      case 'advertise':
        this.#advertise(effect.priority);
        break;
      case 'acquire-addresses':
        this.#retiredUntil = Never;
        this.#setLive(true);
        break;
      case 'release-addresses':
        if (effect.isStale) this.#dropOut();
        else if (!this.#isLeaving) this.#retire(now());
        break;
      case 'announce-addresses':
        this.#announce(effect.repeat);
        break;
      case 'stale':
        this.#ports.stale();
        break;
      case 'state':
        if (effect.to !== 'initialize') {
          this.#ports.timeline.add(effect.to, stateText(this.config.name, effect));
        }
        if (effect.to === 'master') this.#ports.becameMaster();
        break;
      default:
        unreachable(effect);
    }
  }

  #advertise(priority: number): void {
    const { virtualRouterId, advertInterval } = this.config;
    const fields = {
      virtualRouterId,
      priority,
      intervalCentiseconds: toCentiseconds(advertInterval),
      addresses: this.#advertised,
    };
    this.#socket?.send(encodeAdvertisement(fields, this.#address, this.#group));
  }

  /** The addresses that the master answers for: those in the advertisement, and those kept out of it. */
  #held(): readonly VirtualAddress[] {
    return [...this.config.virtualAddresses, ...this.config.excludedAddresses];
  }

  #retire(at: Instant): void {
    this.#isLeaving = false;
    this.#retiredUntil = after(at, RetirementPeriod);
    for (const { address } of this.#held()) this.#ports.director.retire(address);
    this.#ports.resigned();
  }

  /** The connections are those of a while ago: nothing more is forwarded. */
  #dropOut(): void {
    this.#isLeaving = false;
    this.#retiredUntil = Never;
    this.#setLive(false);
  }

  #setLive(isLive: boolean): void {
    for (const { address } of this.#held()) {
      this.#ports.director.setLive(address, isLive);
    }
  }

  #announce(repeat: number): void {
    const { director, timeline } = this.#ports;
    for (let round = 0; round < repeat; round += 1) {
      for (const { address } of this.#held()) {
        const floating = director.findFloating(address);
        if (floating !== undefined) announce(director, floating);
      }
    }
    timeline.add('gratuitous-arp', this.#advertised.join(', '));
  }
}

const stateText = (name: string, change: Extract<ElectionEffect, { kind: 'state' }>): string =>
  `${name}: ${change.detail ?? change.reason}`;
